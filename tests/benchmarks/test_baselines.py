"""The baselines do what they are compared with."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from benchmarks.conversations import open_card, send_reset_email
from benchmarks.resets import SERIAL
from benchmarks.sides import run_side
from benchmarks.whmcs import add_users
from sandbox.whmcs import LocalWhmcs

pytestmark = pytest.mark.asyncio


async def test_the_bot_and_its_copies_make_the_same_calls_in_a_reset_email(tmp_path: Path) -> None:
    names = ("bot", "tuned", "tutorial")
    bot, tuned, tutorial = await asyncio.gather(*(list_calls(name, tmp_path / name) for name in names))
    assert Counter(bot) == Counter(tuned)
    # It asks for permission at each command, where the others remember it.
    assert Counter(tutorial) - Counter(bot) == Counter(["users.info", "usergroups.users.list"])
    assert Counter(bot) - Counter(tutorial) == Counter()
    serial = [step.partition(",")[0] for step, _ in SERIAL]
    for made in (bot, tuned, tutorial):
        assert [call for call in made if call in serial] == serial


async def test_the_conversation_is_checked_by_its_labels(tmp_path: Path) -> None:
    async with LocalWhmcs() as whmcs, run_side("tuned", whmcs, tmp_path / "bot") as side:
        # There is no such client.
        with pytest.raises(AssertionError, match="One moment: searching WHMCS for"):
            await asyncio.wait_for(open_card(side, 0, patience_seconds=0.5), 10)


async def list_calls(name: str, folder: Path) -> list[str]:
    """Return the calls of a bot that knows the agent already."""
    async with LocalWhmcs() as whmcs, run_side(name, whmcs, folder) as side:
        add_users(whmcs)
        await send_reset_email(side, 0)
        await whmcs.wait_for_call("LogActivity")
        side.forget()
        whmcs.forget_history()
        await send_reset_email(side, 0)
        await whmcs.wait_for_call("LogActivity")
        made = [(call.at, call.method) for call in side.slack.calls]
        made += [(call.at.timestamp(), call.action) for call in whmcs.calls]
        return [action for _, action in sorted(made)]
