"""How to learn whether a role has an action without doing anything: WHMCS tells no role's actions, so each is tried.

WHMCS looks at the permission first ("Invalid Permissions"), then at the parameters. A read is asked for one record, or for
one that can't be there. A write is sent without what says whom or what it is about, which the reference
(developers.whmcs.com/api-reference) calls required and answers with an error: there is nothing that it could be done to.
"""

from collections.abc import Mapping
from typing import Final

_NOBODY: Final = 2147483647
"""The largest id that WHMCS's columns hold."""

PARAMETERS: Final[Mapping[str, Mapping[str, str | int | bool]]] = {
    "GetClients": {"limitnum": 1},
    "GetUsers": {"limitnum": 1},
    "GetClientsDetails": {"clientid": _NOBODY},
    "GetClientsDomains": {"limitnum": 1},
    "GetTicket": {"ticketid": _NOBODY},
    "GetTickets": {"limitnum": 1},
    "WhmcsDetails": {},
    # "Please enter the email address or provide the id": there is nobody to whom a mail could go.
    "ResetPassword": {},
    # The reference calls `description` required, but has no text for its absence; at the very worst an empty line is
    # logged, which names nobody, and which `probe` tells.
    "LogActivity": {},
    # "Ticket ID not found", "Message is required": neither ticket nor text.
    "AddTicketNote": {},
    "AddTicketReply": {},
    # "Reply ID Required"
    "UpdateTicketReply": {},
    # "You must provide either an existing email template name or a custom message type": neither text nor recipient.
    "SendEmail": {},
}
WRITES: Final = frozenset(
    {"ResetPassword", "LogActivity", "AddTicketNote", "AddTicketReply", "UpdateTicketReply", "SendEmail"}
)
