"""Health of WHMCS and feature detection: what WHMCS, the API role and the companion can currently do.

Checked at startup, every few minutes and soon after a failure; updated by the outcome of every call.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import structlog

import whmcs
from bot.domain.clients import SetPasswordOffer
from bot.domain.resets import Reason
from bot.services.failures import explain
from whmcs.actions import ACTIONS, GET_CLIENTS_DOMAINS, Action

_logger = structlog.stdlib.get_logger(__name__)
_PING_SECONDS: Final = 5.0
_REFRESH_SECONDS: Final = 180.0
_RECHECK_SECONDS: Final = 10.0
_ADVICE: Final = "run `python -m bot check`"
_PROTOCOL: Final = 1
_TRANSIENT: Final = frozenset({Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.CONNECTION_LOST, Reason.NOT_ANSWERING})
"""Failures that are re-checked after 10 s. Refusals need an operator and are not."""


@dataclass(kw_only=True)
class WhmcsHealth:
    """`companion` None: no secret is set, so only the reset e-mail is offered. `clock` returns monotonic seconds."""

    client: whmcs.WhmcsClient
    companion: whmcs.CompanionClient | None
    clock: Callable[[], float]
    whmcs_failure: Reason | None = field(default=None, init=False)
    """Why the last call to WHMCS failed; None if it was answered."""
    set_password: SetPasswordOffer = field(init=False)
    """Whether a password can be set at all, and if not, why."""
    utc_offset: timedelta | None = field(default=None, init=False)
    """Offset of WHMCS's local time, in which it writes the times of tickets. None: the companion did not report it."""
    _missing: frozenset[str] = field(default=frozenset(), init=False)
    _refreshed_at: float = field(init=False)
    _is_recheck_due: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        is_absent = self.companion is None
        self.set_password = SetPasswordOffer.NOT_INSTALLED if is_absent else SetPasswordOffer.NOT_ANSWERING
        self._refreshed_at = self.clock()

    def offer_to(self, *, may_set_passwords: bool) -> SetPasswordOffer:
        """Return the offer to one agent. A companion that is not installed is reported to every agent."""
        if may_set_passwords or self.set_password is SetPasswordOffer.NOT_INSTALLED:
            return self.set_password
        return SetPasswordOffer.NOT_ALLOWED

    def has(self, action: Action) -> bool:
        """Return False if the API role is known to lack this action."""
        return action.name not in self._missing

    def note(self, reason: Reason | None) -> None:
        """Record how a call to WHMCS ended; None if it was answered."""
        self.whmcs_failure = reason

    def note_missing(self, action: str) -> None:
        """Record that the role refused the action of this name. It is probed until the role has it."""
        self._missing |= {action}
        self.look_again()

    def look_again(self) -> None:
        """Schedule a refresh soon, after a call that contradicted what was known."""
        self._is_recheck_due = True

    async def refresh_if_due(self) -> None:
        """Refresh if it is time to; call this every second. WHMCS errors are recorded, never raised."""
        wait = _RECHECK_SECONDS if self._is_recheck_due else _REFRESH_SECONDS
        if self.clock() - self._refreshed_at >= wait:
            await self.refresh()

    async def refresh(self) -> None:
        """Ask WHMCS, the role and the companion. WHMCS errors are recorded, never raised."""
        self._refreshed_at = self.clock()
        self._is_recheck_due = False
        await asyncio.gather(self._check_whmcs(), self._check_role(), self._check_companion())
        if self.whmcs_failure in _TRANSIENT:
            self.look_again()

    async def _check_whmcs(self) -> None:
        try:
            await self.client.whmcs_details(deadline_seconds=_PING_SECONDS)
        except whmcs.NotPermittedError:
            # WHMCS answered; only its version is unknown.
            self.whmcs_failure = None
        except whmcs.WhmcsError as error:
            failure = explain(error)
            _logger.warning("whmcs.unavailable", reason=failure.reason.value, detail=failure.detail, advice=_ADVICE)
            self.whmcs_failure = failure.reason
        else:
            self.whmcs_failure = None

    async def _check_role(self) -> None:
        # Writes are probed only once they have been missing: an idle bot sends none.
        probed = [action for action in ACTIONS if action.is_watched or not self.has(action)]
        is_missing = await asyncio.gather(*(self._is_missing(action) for action in probed))
        missing = frozenset(action.name for action, lacks in zip(probed, is_missing, strict=True) if lacks)
        if (missing ^ self._missing) - {GET_CLIENTS_DOMAINS.name}:
            _logger.warning("api_role.actions_missing", actions=sorted(missing))
        self._missing = missing

    async def _is_missing(self, action: Action) -> bool:
        """Probe an action. The last known result stands if the probe is inconclusive."""
        try:
            await self.client.probe(action, deadline_seconds=_PING_SECONDS)
        except whmcs.NotPermittedError:
            return True
        except whmcs.WhmcsError:
            return not self.has(action)
        return False

    async def _check_companion(self) -> None:
        if self.companion is None:
            return
        try:
            answer = await self.companion.ping(deadline_seconds=_PING_SECONDS)
        except whmcs.WhmcsError as error:
            failure = explain(error)
            _logger.warning("companion.unavailable", reason=failure.reason.value, detail=failure.detail, advice=_ADVICE)
            self.set_password = _find_offer(error)
            self.utc_offset = None
        else:
            seconds = answer.utc_offset_seconds
            self.utc_offset = timedelta(seconds=seconds) if seconds is not None else None
            can_set = answer.protocol == _PROTOCOL and "set_password" in answer.capabilities
            self.set_password = SetPasswordOffer.OFFERED if can_set else SetPasswordOffer.TOO_OLD


def _find_offer(error: whmcs.WhmcsError) -> SetPasswordOffer:
    match error:
        case whmcs.NotInstalledError():
            return SetPasswordOffer.ABSENT
        case whmcs.CredentialsError():
            return SetPasswordOffer.WRONG_SECRET
        case whmcs.ClockSkewError():
            return SetPasswordOffer.WRONG_CLOCK
        case whmcs.AddressRefusedError():
            return SetPasswordOffer.ADDRESS_REFUSED
        case _:
            return SetPasswordOffer.NOT_ANSWERING
