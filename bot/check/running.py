"""Runs all parts at the same time, and tells them in their order as soon as each is known."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.check.companion import check_companion
from bot.check.database import check_database
from bot.check.report import Line, Lines, Part, failed, ok
from bot.check.slack import check_slack
from bot.check.whmcs import check_whmcs
from bot.domain.names import one_line
from bot.logs import Masker
from bot.settings import Settings, SettingsError

_SECONDS: Final = 30.0
"""Every call has a shorter deadline of its own; this one is for many slow ones after another."""

_PARTS: Final[Mapping[Part, Callable[[Settings], Awaitable[Lines]]]] = {
    Part.DATABASE: check_database,
    Part.SLACK: check_slack,
    Part.WHMCS: check_whmcs,
    Part.COMPANION: check_companion,
}


async def check_all(settings: Settings, show: Callable[[Part, Lines], None]) -> Lines:
    """Check everything; `show` gets part after part. No line holds a secret of the settings."""
    mask = Masker(settings.secrets)
    mode = "Socket Mode" if settings.slack_app_token is not None else "HTTP mode"
    found: list[Line] = [ok("settings.values", f"complete and within their ranges; {mode}")]
    show(Part.SETTINGS, tuple(found))
    async with asyncio.TaskGroup() as group:
        tasks = {part: group.create_task(_within_time(part, check(settings))) for part, check in _PARTS.items()}
        for part, task in tasks.items():
            lines = tuple(_masked(line, mask) for line in await task)
            show(part, lines)
            found += lines
    return tuple(found)


def explain_settings(error: SettingsError) -> Lines:
    """A line for each variable that is wrong."""
    told = [line.partition(": ") for line in error.lines]
    return tuple(
        failed(f"settings.{name}", f"{name}: {text}", f"Correct {name}; docs/settings.md tells its range.")
        for name, _, text in told
    )


async def _within_time(part: Part, check: Awaitable[Lines]) -> Lines:
    try:
        async with asyncio.timeout(_SECONDS):
            return await check
    except TimeoutError:
        return (
            failed(f"{part}.time", f"not done within {_SECONDS:.0f} s", "Find out what is so slow, then check again."),
        )


def _masked(line: Line, mask: Masker) -> Line:
    """Without secrets, and on one line: some of the text comes from other servers."""
    return replace(line, text=one_line(mask(None, "", line.text)), next=one_line(mask(None, "", line.next)))
