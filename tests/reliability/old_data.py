"""A database of yesterday is put back, in which ten thousand messages wait to be deleted; nobody's new reset waits."""

import asyncio
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from tests.flows.replicas import ROOT, Replica
from tests.flows.world import World
from tests.reliability.case import PATIENCE_SECONDS, Case
from tests.reliability.checks import expect_end
from tests.reliability.row import EMAIL, SET, Message, Row, done, form, message
from tests.reliability.stage import Endings, Stage
from tests.reliability.steps import Do, finish, held_by_whmcs, nothing

WAITING: Final = 10_000
AT_ONCE: Final = 20
PER_MINUTE: Final = 40
UNKNOWN_PASSWORD: Final = "It is not known whether the password"
_DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True)
class Past:
    """`before` and `since` the copy was made; then it is put back, a day later, and `now` another process runs."""

    row: Row
    before: Do = nothing
    since: Do = nothing
    now: Do = nothing


async def let_whmcs_go_on(case: Case) -> None:
    case.let_whmcs_go_on()
    await case.form.shows("Done", timeout_seconds=20)


async def hold_deletion(case: Case) -> None:
    await let_whmcs_go_on(case)
    case.break_slack("chat.delete", "held_before")


async def read_and_let_delete(case: Case) -> None:
    """What is said in the message before it is deleted is gone with it."""
    await case.agent.direct_message(containing=UNKNOWN_PASSWORD, timeout_seconds=20)
    case.let_slack_go_on()


async def let_message_go(case: Case) -> None:
    case.let_message_be_due()
    await case.until_audit("STARTED", "SUCCEEDED", "message DELETED")


async def fill_in_and_finish(case: Case) -> None:
    await case.fill_in()
    await finish(case)


async def delete_now(case: Case) -> None:
    await case.agent.direct_messages[-1].press("Delete now")


def deleted(name: str, fault: str, *audit: str) -> Row:
    return replace(done(name, SET, fault), message=Message.DELETED, audit=(*audit, "message DELETED"))


_RUNNING: Final = "Yesterday’s database is put back: the reset ran when the copy was made, and has ended since"
_NEW: Final = f"Begun while {WAITING:,} messages of yesterday are to be deleted"
PASTS: Final = (
    Past(done("ended", EMAIL, "Yesterday’s database is put back: the reset had ended"), before=finish),
    Past(
        deleted(
            "still_there",
            "Yesterday’s database is put back: the message was there, and is so still",
            *("STARTED", "SUCCEEDED"),
        ),
        before=finish,
    ),
    Past(
        deleted(
            "gone_since",
            "Yesterday’s database is put back: the message was there, and has been deleted since",
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
            done("running", SET, f"{_RUNNING}, and its message is still there"),
            reads=(*form("Done"), *message(UNKNOWN_PASSWORD)),
            message=Message.NOTICE,
            audit=("STARTED", "UNKNOWN interrupted", "message DELETED"),
        ),
        before=held_by_whmcs("held_after"),
        since=hold_deletion,
        now=read_and_let_delete,
    ),
    Past(
        replace(done("begun_since", EMAIL, "Yesterday’s database is put back: the reset has begun since"), audit=()),
        since=finish,
    ),
    Past(
        deleted(
            "begun_since",
            "Yesterday’s database is put back: the reset has begun since, and its message is still there, until *Delete now*",
        ),
        since=finish,
        now=delete_now,
    ),
    *(Past(done("backlog", method, _NEW), now=fill_in_and_finish) for method in (EMAIL, SET)),
)
ROWS: Final = tuple(past.row for past in PASTS)
_PASTS: Final = {past.row.id: past for past in PASTS}


async def tell(stage: Stage, endings: Endings, cases: list[Case]) -> None:
    if not cases:
        return
    world, pasts = stage.world, {case.row.id: _PASTS[case.row.id] for case in cases}
    bot = await stage.start()
    await endings.play([case for case in cases if pasts[case.row.id].now is not fill_in_and_finish], Case.fill_in)
    await endings.play(cases, lambda case: pasts[case.row.id].before(case))
    # Who has just read it in the form is not told once more.
    await world.until(lambda: not world.rows("SELECT * FROM jobs WHERE kind = 'tell_agent'"), 20)
    copy = _copy(world.database)
    await endings.play(cases, lambda case: pasts[case.row.id].since(case))
    await endings.play(cases, Case.answered)
    assert await bot.ends() == 0
    _put_back(copy, world.database)
    world.whmcs.forget_requests()
    stage.let_pass(minutes=_DAY_MINUTES)
    _let_many_wait(stage)
    deleted_before = _deletions(world)
    bot = await stage.start()
    await world.until(lambda: _deletions(world) > deleted_before, 20)
    loop = asyncio.get_running_loop()
    began_at = loop.time()
    await world.until(lambda: _is_told(bot), 20, every_seconds=0.1)
    await endings.play(cases, lambda case: pasts[case.row.id].now(case))
    await endings.play(cases, expect_end)
    # As many as there would be much sooner, if they were not kept back.
    await world.until(lambda: _deletions(world) - deleted_before > AT_ONCE + 10, PATIENCE_SECONDS)
    most = AT_ONCE + (loop.time() - began_at) * PER_MINUTE / 60 + 1
    by_hand = len([case for case in cases if pasts[case.row.id].now is delete_now])
    assert _deletions(world) - deleted_before <= most + by_hand, "more than Slack takes"
    await _expect_check_to_tell(bot)
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


def _let_many_wait(stage: Stage) -> None:
    """They are in Slack no more, which makes no difference for who has to ask. What else waits has waited for longer."""
    bystander = stage.bystanders[0]
    stage.world.execute(
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {WAITING})"  # noqa: S608 - ids of ours
        " INSERT INTO jobs (kind, reference, due_at, attempts, agent_id, agent_locale, channel, ts)"
        " SELECT 'delete_message', 'OLD-' || i, strftime('%Y-%m-%d %H:%M:%f000', 'now', '-1 hours'), 0,"
        f" '{bystander.id}', 'en-US', 'D0{bystander.id}', i || '.0' FROM n"
    )


def _deletions(world: World) -> int:
    return [call.method for call in world.slack.calls].count("chat.delete")


async def _is_told(bot: Replica) -> bool:
    """By the figures: nearly all are overdue, of which some have been deleted by now."""
    figures = dict(line.rsplit(" ", 1) for line in (await bot.figures()).splitlines() if not line.startswith("#"))
    return WAITING - 500 < float(figures["resetbot_secret_messages_overdue"]) <= WAITING + len(ROWS)


async def _expect_check_to_tell(bot: Replica) -> None:
    check = await asyncio.create_subprocess_exec(
        sys.executable, *("-m", "bot", "check", "--json"), cwd=ROOT, env=bot.environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await check.communicate()
    [line] = [line for line in json.loads(said)["checks"] if line["check"] == "database.overdue_messages"]
    number = int(str(line["text"]).split()[0])
    assert WAITING - 500 < number <= WAITING
