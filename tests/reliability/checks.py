"""Checks after every fault: the expectations of its row, and invariants of every reset."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.reliability.scenario import EMAIL, Message, Reads
from tests.reliability.scenario_run import PATIENCE_SECONDS, ScenarioRun

_FINAL = ("SUCCEEDED", "REFUSED", "FAILED", "UNKNOWN")


@dataclass(frozen=True)
class End:
    """The visible end of a scenario, in the terms of its row. `unread` are expected texts that are missing."""

    whmcs: str
    message: Message
    audit: tuple[str, ...]
    unread: tuple[Reads, ...] = ()


def expected(run: ScenarioRun) -> End:
    return End(run.scenario.whmcs, run.scenario.message, run.scenario.audit)


def seen(run: ScenarioRun) -> End:
    unread = tuple((place, text) for place, text in run.scenario.reads if text not in run.read(place))
    return End(run.whmcs, run.message, run.audit, unread)


async def expect_end(run: ScenarioRun) -> None:
    """Wait until the row's expectations hold, then check the invariants."""
    try:
        await run.world.until(lambda: seen(run) == expected(run), PATIENCE_SECONDS, every_seconds=0.1)
    except TimeoutError:
        raise AssertionError(_difference(run)) from None
    expect_invariants(run)
    if run.scenario.again:
        await run.submit_again()
        await run.form.shows("Done", timeout_seconds=20)
        expect_invariants(run)


def expect_invariants(run: ScenarioRun) -> None:
    """Check for at most one change, which only the agent sees, and one outcome with at most one correction."""
    whmcs, slack = run.world.whmcs, run.world.slack
    mails = sum(mail.user_id == run.user_id for mail in whmcs.reset_emails)
    passwords = run.sent_passwords
    assert mails <= (run.scenario.method is EMAIL)
    assert len(passwords) <= (run.scenario.method is not EMAIL)
    for password in passwords:
        assert slack.people_who_saw(password) <= {run.agent}
    assert len(run.shown_passwords) <= 1
    assert all(whmcs.opens(run.email, password) for password in run.shown_passwords)
    outcomes = [event.split()[0] for event in run.audit]
    ends = [outcome for outcome in outcomes if outcome in _FINAL]
    assert outcomes.count("STARTED") == len(ends) <= 1
    assert outcomes.count("SETTLED") <= (ends in (["UNKNOWN"], ["FAILED"]))


async def expect_nothing_left(runs: Iterable[ScenarioRun], logs: Iterable[str]) -> None:
    """Check that no message contains a password after its deletion is due, and that database and logs never did."""
    runs = list(runs)
    world = runs[0].world
    world.let_messages_be_due()
    await world.until(lambda: _has_no_jobs(runs), PATIENCE_SECONDS, every_seconds=0.1)
    passwords = {password for run in runs for password in run.sent_passwords}
    assert [run.scenario.id for run in runs if run.shown_passwords] == []
    held = world.read_all_of_the_database()
    written = [*logs]
    assert not any(password.encode() in held for password in passwords)
    assert not any(password in log for log in written for password in passwords)
    assert not any("Traceback" in log for log in written), "a traceback in the log"


def _has_no_jobs(runs: Iterable[ScenarioRun]) -> bool:
    """Return True if the only remaining jobs re-check unknown outcomes."""
    references = ", ".join(f"'{run.reference}'" for run in runs)
    world = next(iter(runs)).world
    return not world.rows(
        f"SELECT * FROM jobs WHERE reference IN ({references}) AND kind <> 'settle_reset'"  # noqa: S608 - ids of ours
    )


def _difference(run: ScenarioRun) -> str:
    wanted, found = expected(run), seen(run)
    lines = [
        f"{name}: {getattr(found, name)!r}, not {getattr(wanted, name)!r}"
        for name in ("whmcs", "message", "audit", "unread")
        if getattr(found, name) != getattr(wanted, name)
    ]
    places = [f"-- {place}:\n{run.read(place)}" for place in type(run.scenario.reads[0][0])]
    return "\n".join([f"{run.scenario.id} {run.reference}", *lines, *places])
