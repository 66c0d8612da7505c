"""Runs all parts concurrently and reports each, in order, as soon as it is complete."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.check.companion import check_companion
from bot.check.database import check_database
from bot.check.report import Line, Lines, Part, failed, ok, warning
from bot.check.slack import check_slack
from bot.check.whmcs import check_whmcs
from bot.domain.identity import ApprovalRule
from bot.domain.names import one_line
from bot.environment import SettingsError
from bot.logs import Masker
from bot.settings import Settings

_PROOF: Final = "settings.proof"
_SIGNING_SECRET: Final = re.compile(r"[0-9a-f]{32}")
_SECONDS: Final = 30.0
"""Limit per part, for many slow calls in a row; every call has a shorter deadline of its own."""

_PARTS: Final[Mapping[Part, Callable[[Settings], Awaitable[Lines]]]] = {
    Part.DATABASE: check_database,
    Part.SLACK: check_slack,
    Part.WHMCS: check_whmcs,
    Part.COMPANION: check_companion,
}


async def check_all(settings: Settings, show: Callable[[Part, Lines], None]) -> Lines:
    """Check everything, and pass each part to `show`. No line holds a secret of the settings."""
    mask = Masker(settings.secrets)
    mode = "Socket Mode" if settings.slack_app_token is not None else "HTTP mode"
    found: list[Line] = [ok("settings.values", f"complete and within their ranges; {mode}")]
    found += (*_check_signing_secret(settings), *_check_proof(settings))
    show(Part.SETTINGS, tuple(found))
    async with asyncio.TaskGroup() as group:
        tasks = {part: group.create_task(_run_part(part, check(settings))) for part, check in _PARTS.items()}
        for part, task in tasks.items():
            lines = tuple(_sanitize(line, mask) for line in await task)
            show(part, lines)
            found += lines
    return tuple(found)


def _check_signing_secret(settings: Settings) -> Lines:
    """Check the format only. The bot at PUBLIC_URL has the same settings, so no call would reveal a wrong secret."""
    secret = settings.slack_signing_secret
    if settings.slack_app_token is not None or secret is None or _SIGNING_SECRET.fullmatch(secret.get_secret_value()):
        return ()
    return (
        warning(
            "settings.signing_secret",
            "SLACK_SIGNING_SECRET is not 32 hexadecimal digits, as Slack's are",
            "Copy it again: in the app's settings, Basic Information, App Credentials, Signing Secret.",
        ),
    )


def _check_proof(settings: Settings) -> Lines:
    """Warn if a ticket by itself can make a second agent unnecessary. No line if no ticket is strong proof."""
    if not settings.ticket_departments_signed_in:
        return ()
    if settings.approval_channel and settings.approval_policy is ApprovalRule.ALWAYS:
        return (ok(_PROOF, "a second agent decides about every new password, whatever a ticket proves"),)
    return (
        warning(
            _PROOF,
            "TICKET_DEPARTMENTS_SIGNED_IN: WHMCS does not show whether a ticket was moved into one of these departments",
            "Don't allow tickets to be moved into them, or set APPROVAL_CHANNEL and APPROVAL_POLICY=always.",
        ),
    )


def explain_settings(error: SettingsError) -> Lines:
    """Return a line for each variable that is wrong."""
    problems = [line.partition(": ") for line in error.lines]
    return tuple(
        failed(f"settings.{name}", f"{name}: {text}", f"Correct {name}; docs/settings.md lists its range.")
        for name, _, text in problems
    )


async def _run_part(part: Part, check: Awaitable[Lines]) -> Lines:
    try:
        async with asyncio.timeout(_SECONDS):
            return await check
    except TimeoutError:
        return (
            failed(
                f"{part}.time",
                f"not finished within {_SECONDS:.0f} s",
                "Find the cause of the delay, then check again.",
            ),
        )


def _sanitize(line: Line, mask: Masker) -> Line:
    """Mask secrets and join lines: some of the text comes from other servers."""
    return replace(line, text=one_line(mask(None, "", line.text)), next=one_line(mask(None, "", line.next)))
