"""The notice to the client that support set a password, so that a reset that nobody asked for is noticed."""

from typing import Final

import structlog

import whmcs
from bot.domain.resets import ClientNotice, Outcome, Reset
from bot.services.failures import explain

_logger = structlog.stdlib.get_logger(__name__)

_SECONDS: Final = 10.0
"""The password is with its agent by then; the result waits for this, so that it can say what became of it."""


class ClientNotices:
    """`template`: the name of a WHMCS e-mail template, without the password in it; empty: no notice is sent."""

    def __init__(self, *, client: whmcs.WhmcsClient, template: str) -> None:
        self._client = client
        self._template = template

    @property
    def are_sent(self) -> bool:
        return bool(self._template)

    async def send(self, reset: Reset) -> ClientNotice | None:
        """Let WHMCS mail the notice to the client's address; asked once, whatever becomes of the answer. None: switched off."""
        if not self._template:
            return None
        try:
            await self._client.send_email(self._template, reset.client_id, deadline_seconds=_SECONDS)
        except whmcs.WhmcsError as error:
            failure = explain(error)
            _logger.warning(
                "notice to the client not sent",
                reference=reset.reference,
                outcome=failure.outcome.value,
                reason=failure.reason.value,
                detail=failure.detail,
            )
            return ClientNotice(outcome=failure.outcome, reason=failure.reason, detail=failure.detail)
        _logger.info("notice to the client sent", reference=reset.reference)
        return ClientNotice(outcome=Outcome.SUCCEEDED)
