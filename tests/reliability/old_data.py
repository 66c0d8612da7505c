"""Yesterday's database is restored, with a backlog of ten thousand deletions, which does not delay new resets."""

import asyncio
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.harness.fork_server import ROOT
from tests.harness.process import Replica
from tests.harness.world import World
from tests.reliability.checks import expect_end
from tests.reliability.harness import Endings, Harness
from tests.reliability.scenario import EMAIL, SET, Message, Scenario, done, form, message
from tests.reliability.scenario_run import PATIENCE_SECONDS, ScenarioRun
from tests.reliability.steps import Do, finish, held_by_whmcs, nothing

WAITING: Final = 10_000
AT_ONCE: Final = 20
PER_MINUTE: Final = 40
UNKNOWN_PASSWORD: Final = "It is not known whether the password"
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True)
class Past:
    """Steps `before` the copy is made, `since` then, and `now`, when it was restored a day later and the bot restarted."""

    scenario: Scenario
    before: Do = nothing
    since: Do = nothing
    now: Do = nothing


async def let_whmcs_go_on(run: ScenarioRun) -> None:
    run.let_whmcs_go_on()
    await run.form.shows("Done", timeout_seconds=20)


async def hold_deletion(run: ScenarioRun) -> None:
    await let_whmcs_go_on(run)
    run.break_slack("chat.delete", "held_before")


async def read_and_let_delete(run: ScenarioRun) -> None:
    """Read the message before its deletion."""
    await run.agent.direct_message(containing=UNKNOWN_PASSWORD, timeout_seconds=20)
    run.let_slack_go_on()


async def let_message_go(run: ScenarioRun) -> None:
    run.let_message_be_due()
    await run.until_audit("STARTED", "SUCCEEDED", "message DELETED")


async def fill_in_and_finish(run: ScenarioRun) -> None:
    await run.fill_in()
    await finish(run)


async def delete_now(run: ScenarioRun) -> None:
    await run.agent.direct_messages[-1].press("Delete now")


def deleted(name: str, fault: str, *audit: str) -> Scenario:
    return replace(done(name, SET, fault), message=Message.DELETED, audit=(*audit, "message DELETED"))


_RUNNING: Final = "A backup is restored: the reset was running when it was made, and has ended since"
_NEW: Final = f"Started while {WAITING:,} old messages are due for deletion"
PASTS: Final = (
    Past(done("ended", EMAIL, "A backup is restored: the reset had ended"), before=finish),
    Past(
        deleted(
            "still_there",
            "A backup is restored: it knows the message, which still exists",
            *("STARTED", "SUCCEEDED"),
        ),
        before=finish,
    ),
    Past(
        deleted(
            "gone_since",
            "A backup is restored: it knows the message, which has been deleted since",
            *("STARTED", "SUCCEEDED"),
        ),
        before=finish,
        since=let_message_go,
    ),
    Past(
        replace(
            done("running", EMAIL, _RUNNING),
            reads=(*form("Done"), *message("It is not known whether WHMCS sent the e-mail")),
            message=Message.NOTICE,
            audit=("STARTED", "UNKNOWN interrupted"),
        ),
        before=held_by_whmcs("held_after"),
        since=let_whmcs_go_on,
    ),
    Past(
        replace(
            done("running", SET, f"{_RUNNING}, and its message still exists"),
            reads=(*form("Done"), *message(UNKNOWN_PASSWORD)),
            message=Message.NOTICE,
            audit=("STARTED", "UNKNOWN interrupted", "message DELETED"),
        ),
        before=held_by_whmcs("held_after"),
        since=hold_deletion,
        now=read_and_let_delete,
    ),
    Past(
        replace(done("begun_since", EMAIL, "A backup is restored: the reset started after it"), audit=()),
        since=finish,
    ),
    Past(
        deleted(
            "begun_since",
            "A backup is restored: the reset started after it, and its message exists until *Delete now*",
        ),
        since=finish,
        now=delete_now,
    ),
    *(Past(done("backlog", method, _NEW), now=fill_in_and_finish) for method in (EMAIL, SET)),
)
SCENARIOS: Final = tuple(past.scenario for past in PASTS)
_PASTS: Final = {past.scenario.id: past for past in PASTS}


async def play(harness: Harness, endings: Endings, runs: list[ScenarioRun]) -> None:
    if not runs:
        return
    world, pasts = harness.world, {run.scenario.id: _PASTS[run.scenario.id] for run in runs}
    bot = await harness.start()
    await endings.play(
        [run for run in runs if pasts[run.scenario.id].now is not fill_in_and_finish], ScenarioRun.fill_in
    )
    await endings.play(runs, lambda run: pasts[run.scenario.id].before(run))
    # The agents have read the outcome in the form, so no notification remains.
    await world.until(lambda: not world.rows("SELECT * FROM jobs WHERE kind = 'tell_agent'"), 20)
    copy = _copy(world.database)
    await endings.play(runs, lambda run: pasts[run.scenario.id].since(run))
    await endings.play(runs, ScenarioRun.answered)
    assert await bot.ends() == 0
    _put_back(copy, world.database)
    world.whmcs.forget_requests()
    harness.let_pass(minutes=_DAY_MINUTES)
    _let_many_wait(harness)
    deleted_before = _deletions(world)
    bot = await harness.start()
    await world.until(lambda: _deletions(world) > deleted_before, 20)
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    await world.until(lambda: _is_overdue_reported(bot), 20, every_seconds=0.1)
    await endings.play(runs, lambda run: pasts[run.scenario.id].now(run))
    await endings.play(runs, expect_end)
    # Without the rate limit this number would be reached much sooner.
    await world.until(lambda: _deletions(world) - deleted_before > AT_ONCE + 10, PATIENCE_SECONDS)
    most = AT_ONCE + (loop.time() - began_at) * PER_MINUTE / 60 + 1
    by_hand = len([run for run in runs if pasts[run.scenario.id].now is delete_now])
    assert _deletions(world) - deleted_before <= most + by_hand, "more than Slack takes"
    await _expect_check_to_report(bot)
    world.execute("DELETE FROM jobs WHERE reference LIKE 'OLD-%'")


def _copy(database: Path) -> Path:
    copy = database.with_name("copy")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"VACUUM INTO '{copy}'")
    return copy


def _put_back(copy: Path, database: Path) -> None:
    shutil.move(copy, database)
    for name in ("bot.db-wal", "bot.db-shm"):
        database.with_name(name).unlink(missing_ok=True)


def _let_many_wait(harness: Harness) -> None:
    """Add overdue deletions of messages that Slack no longer has. The other jobs are overdue for longer."""
    bystander = harness.bystanders[0]
    harness.world.execute(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {WAITING})"  # noqa: S608 - ids of ours
        " INSERT INTO jobs (kind, reference, due_at, attempts, agent_id, agent_locale, channel, ts)"
        " SELECT 'delete_message', 'OLD-' || i, strftime('%Y-%m-%d %H:%M:%f000', 'now', '-1 hours'), 0,"
        f" '{bystander.id}', 'en-US', 'D0{bystander.id}', i || '.0' FROM n"
    )


def _deletions(world: World) -> int:
    return [call.method for call in world.slack.calls].count("chat.delete")


async def _is_overdue_reported(bot: Replica) -> bool:
    """Return True if the metrics report nearly all messages as overdue; some are deleted meanwhile."""
    metrics = dict(line.rsplit(" ", 1) for line in (await bot.metrics()).splitlines() if not line.startswith("#"))
    return WAITING - 500 < float(metrics["resetbot_secret_messages_overdue"]) <= WAITING + len(SCENARIOS)


async def _expect_check_to_report(bot: Replica) -> None:
    check = await asyncio.create_subprocess_exec(
        sys.executable, *("-m", "bot", "check", "--json"), cwd=ROOT, env=bot.environment, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await check.communicate()
    [line] = [line for line in json.loads(output)["checks"] if line["check"] == "database.overdue_messages"]
    number = int(str(line["text"]).split()[0])
    assert WAITING - 500 < number <= WAITING
