"""Notices to clients that support has set a password, so that they can object to a reset they didn't request."""

from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.resets import ClientNotice, Reset
from bot.services.failures import explain
from bot.services.whmcs_gateway import Whmcs
from whmcs import WhmcsError

_logger = structlog.stdlib.get_logger(__name__)

_SECONDS: Final = 10.0
"""The result waits this long for WHMCS, so that it can report the notice. The agent has the password by then."""


@dataclass(kw_only=True)
class ClientNotices:
    """`template`: name of a WHMCS e-mail template without the password; empty: no notice is sent."""

    whmcs: Whmcs
    template: str

    async def send(self, reset: Reset) -> ClientNotice | None:
        """Send the notice to the client's address, once: a lost answer is not repeated. None: switched off."""
        if not self.template:
            return None
        try:
            await self.whmcs.client.send_email(self.template, reset.client_id, deadline_seconds=_SECONDS)
        except WhmcsError as error:
            failure = explain(error)
            _logger.warning(
                "client_notice.not_sent",
                reference=reset.reference,
                outcome=failure.outcome.value,
                reason=failure.reason.value,
                detail=failure.detail,
            )
            return ClientNotice(failure=failure)
        _logger.info("client_notice.sent", reference=reset.reference)
        return ClientNotice()
