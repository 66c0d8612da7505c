"""What is looked at after every fault: what its row says, and what holds whatever happens."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.reliability.case import PATIENCE_SECONDS, Case
from tests.reliability.row import EMAIL, Message, Reads

_FINAL = ("SUCCEEDED", "REFUSED", "FAILED", "UNKNOWN")


@dataclass(frozen=True)
class End:
    """What is seen of a case, as its row has it. `unread`: what should stand somewhere, and does not."""

    whmcs: str
    message: Message
    audit: tuple[str, ...]
    unread: tuple[Reads, ...] = ()


def expected(case: Case) -> End:
    return End(case.row.whmcs, case.row.message, case.row.audit)


def seen(case: Case) -> End:
    unread = tuple((place, text) for place, text in case.row.reads if text not in case.read(place))
    return End(case.whmcs, case.message, case.audit, unread)


async def expect_end(case: Case) -> None:
    """Wait for everything that the row says; then look at what holds for every reset."""
    try:
        await case.world.until(lambda: seen(case) == expected(case), PATIENCE_SECONDS, every_seconds=0.1)
    except TimeoutError:
        raise AssertionError(_difference(case)) from None
    expect_invariants(case)
    if case.row.again:
        await case.submit_again()
        await case.form.shows("Done", timeout_seconds=20)
        expect_invariants(case)


def expect_invariants(case: Case) -> None:
    """At most one change, of which nobody else learns; one end, and at most one correction of it."""
    whmcs, slack = case.world.whmcs, case.world.slack
    mails = sum(mail.user_id == case.user_id for mail in whmcs.reset_emails)
    passwords = case.sent_passwords
    assert mails <= (case.row.method is EMAIL)
    assert len(passwords) <= (case.row.method is not EMAIL)
    for password in passwords:
        assert slack.people_who_saw(password) <= {case.agent}
    assert len(case.shown_passwords) <= 1
    assert all(whmcs.opens(case.email, password) for password in case.shown_passwords)
    outcomes = [event.split()[0] for event in case.audit]
    ends = [outcome for outcome in outcomes if outcome in _FINAL]
    assert outcomes.count("STARTED") == len(ends) <= 1
    assert outcomes.count("SETTLED") <= (ends in (["UNKNOWN"], ["FAILED"]))


async def expect_nothing_left(cases: Iterable[Case], logs: Iterable[str]) -> None:
    """Once their time is over and the bot has worked, no message holds a password; no store and no log ever did."""
    cases = list(cases)
    world = cases[0].world
    world.let_messages_be_due()
    await world.until(lambda: _has_no_jobs(cases), PATIENCE_SECONDS, every_seconds=0.1)
    passwords = {password for case in cases for password in case.sent_passwords}
    assert [case.row.id for case in cases if case.shown_passwords] == []
    held = world.read_all_of_the_database()
    written = [*logs]
    assert not any(password.encode() in held for password in passwords)
    assert not any(password in log for log in written for password in passwords)
    assert not any("Traceback" in log for log in written), "a traceback in the log"


def _has_no_jobs(cases: Iterable[Case]) -> bool:
    """Nothing is left to do but to ask on what became of unknown ones."""
    references = ", ".join(f"'{case.reference}'" for case in cases)
    world = next(iter(cases)).world
    return not world.rows(
        f"SELECT * FROM jobs WHERE reference IN ({references}) AND kind <> 'settle_reset'"  # noqa: S608 - ids of ours
    )


def _difference(case: Case) -> str:
    wanted, found = expected(case), seen(case)
    lines = [
        f"{name}: {getattr(found, name)!r}, not {getattr(wanted, name)!r}"
        for name in ("whmcs", "message", "audit", "unread")
        if getattr(found, name) != getattr(wanted, name)
    ]
    places = [f"-- {place}:\n{case.read(place)}" for place in type(case.row.reads[0][0])]
    return "\n".join([f"{case.row.id} {case.reference}", *lines, *places])
