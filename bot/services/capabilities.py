"""What WHMCS can do for us just now: asked at start, every few minutes, noted at every call, and again after a failure."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

import whmcs
from bot.domain.clients import SetPasswordOffer
from bot.domain.resets import Reason
from bot.services.failures import explain

_logger = structlog.stdlib.get_logger(__name__)
_PING_SECONDS: Final = 5.0
_EVERY_SECONDS: Final = 180.0
_AFTER_FAILURE_SECONDS: Final = 10.0
_PROTOCOL: Final = 1
_OPTIONAL: Final = "GetClientsDomains"
_PASSING: Final = frozenset({Reason.UNREACHABLE, Reason.TIMED_OUT, Reason.CONNECTION_LOST, Reason.NOT_ANSWERING})
"""What is looked at again soon; a refusal is not, since somebody has to act first."""

_READS: Final = ("GetClients", "GetUsers", "GetClientsDetails", _OPTIONAL)
"""Actions whose absence changes what an agent is offered. Each is tried by a call that can't change anything.

ResetPassword is tried only once it has been missing: a bot that has nothing to do writes nothing, not even in vain.
"""


class Capabilities:
    """`companion` None: no secret is set, so that only the reset e-mail is offered. `clock`: seconds that only go on."""

    def __init__(
        self, client: whmcs.WhmcsClient, companion: whmcs.CompanionClient | None, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._companion = companion
        self._clock = clock
        self._failure: Reason | None = None
        self._missing: frozenset[str] = frozenset()
        self._set_password = SetPasswordOffer.NOT_INSTALLED if companion is None else SetPasswordOffer.NOT_ANSWERING
        self._looked_at = clock()
        self._is_doubtful = False

    @property
    def set_password(self) -> SetPasswordOffer:
        """Whether a password can be set, whoever asks; and else why not."""
        return self._set_password

    def offer_to(self, *, may_set_passwords: bool) -> SetPasswordOffer:
        """The same for somebody; what is not installed is so for everybody."""
        if may_set_passwords or self._set_password is SetPasswordOffer.NOT_INSTALLED:
            return self._set_password
        return SetPasswordOffer.NOT_ALLOWED

    def has(self, action: str) -> bool:
        """Whether the role has this action, as far as is known."""
        return action not in self._missing

    @property
    def whmcs_failure(self) -> Reason | None:
        """Why the last call to WHMCS failed; None: it answered."""
        return self._failure

    def note(self, reason: Reason | None) -> None:
        """Say how a call to WHMCS ended."""
        self._failure = reason

    def note_missing(self, action: str) -> None:
        """Say that a call was refused because the role lacks this action; it is offered again when it no longer is."""
        self._missing |= {action}
        self.look_again()

    def look_again(self) -> None:
        """Say that something was other than it was known to be, so that it is asked soon."""
        self._is_doubtful = True

    async def refresh_if_due(self) -> None:
        """To be called every second; never raises for what they answer."""
        wait = _AFTER_FAILURE_SECONDS if self._is_doubtful else _EVERY_SECONDS
        if self._clock() - self._looked_at >= wait:
            await self.refresh()

    async def refresh(self) -> None:
        """Ask all; never raises for what they answer."""
        self._looked_at = self._clock()
        self._is_doubtful = False
        await asyncio.gather(self._ask_whmcs(), self._ask_role(), self._ask_companion())
        if self._failure in _PASSING:
            self.look_again()

    async def _ask_whmcs(self) -> None:
        try:
            await self._client.whmcs_details(deadline_seconds=_PING_SECONDS)
        except whmcs.NotPermittedError:
            # It answered; the role lacks a mere convenience.
            self._failure = None
        except whmcs.WhmcsError as error:
            failure = explain(error)
            _logger.warning(
                "whmcs does not answer: run `python -m bot check`", reason=failure.reason.value, detail=failure.detail
            )
            self._failure = failure.reason
        else:
            self._failure = None

    async def _ask_role(self) -> None:
        tried = sorted({*_READS, *self._missing})
        is_missing = await asyncio.gather(*(self._is_missing(action) for action in tried))
        missing = frozenset(action for action, lacks in zip(tried, is_missing, strict=True) if lacks)
        if missing - {_OPTIONAL} != self._missing - {_OPTIONAL}:
            _logger.warning("actions missing in the API role", actions=sorted(missing))
        self._missing = missing

    async def _is_missing(self, action: str) -> bool:
        """What can't be learnt stays as it was."""
        try:
            await self._client.probe(action, deadline_seconds=_PING_SECONDS)
        except whmcs.NotPermittedError:
            return True
        except whmcs.WhmcsError:
            return action in self._missing
        return False

    async def _ask_companion(self) -> None:
        if self._companion is None:
            return
        try:
            answer = await self._companion.ping(deadline_seconds=_PING_SECONDS)
        except whmcs.WhmcsError as error:
            failure = explain(error)
            _logger.warning(
                "companion does not answer: run `python -m bot check`",
                reason=failure.reason.value,
                detail=failure.detail,
            )
            self._set_password = _offer(error)
        else:
            is_able = answer.protocol == _PROTOCOL and "set_password" in answer.capabilities
            self._set_password = SetPasswordOffer.OFFERED if is_able else SetPasswordOffer.TOO_OLD


def _offer(error: whmcs.WhmcsError) -> SetPasswordOffer:
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
