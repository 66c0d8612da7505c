"""What WHMCS can do for us just now: asked at start, every few minutes, and noted at every call."""

import asyncio
from typing import Final

import structlog

import whmcs
from bot.domain.clients import SetPasswordOffer
from bot.domain.resets import Reason
from bot.services.failures import explain

_logger = structlog.stdlib.get_logger(__name__)
_PING_SECONDS: Final = 5.0


class Capabilities:
    """`companion` None: no secret is set, so that only the reset e-mail is offered."""

    def __init__(self, client: whmcs.WhmcsClient, companion: whmcs.CompanionClient | None) -> None:
        self._client = client
        self._companion = companion
        self._is_answering = False
        self._failure: Reason | None = None

    @property
    def set_password(self) -> SetPasswordOffer:
        if self._companion is None:
            return SetPasswordOffer.NOT_INSTALLED
        return SetPasswordOffer.OFFERED if self._is_answering else SetPasswordOffer.NOT_ANSWERING

    @property
    def whmcs_failure(self) -> Reason | None:
        """Why the last call to WHMCS failed; None: it answered."""
        return self._failure

    def note(self, reason: Reason | None) -> None:
        """Say how a call to WHMCS ended."""
        self._failure = reason

    async def refresh(self) -> None:
        """Ask both; never raises for what they answer."""
        await asyncio.gather(self._ask_whmcs(), self._ask_companion())

    async def _ask_whmcs(self) -> None:
        try:
            await self._client.whmcs_details(deadline_seconds=_PING_SECONDS)
        except whmcs.NotPermittedError:
            # It answered; the role lacks a mere convenience.
            self.note(None)
        except whmcs.WhmcsError as error:
            failure = explain(error)
            _logger.warning("whmcs does not answer", reason=failure.reason.value, detail=failure.detail)
            self.note(failure.reason)
        else:
            self.note(None)

    async def _ask_companion(self) -> None:
        if self._companion is None:
            return
        try:
            answer = await self._companion.ping(deadline_seconds=_PING_SECONDS)
        except whmcs.WhmcsError as error:
            failure = explain(error)
            _logger.warning("companion does not answer", reason=failure.reason.value, detail=failure.detail)
            self._is_answering = False
        else:
            self._is_answering = "set_password" in answer.capabilities
