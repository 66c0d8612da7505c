"""Every action of the WHMCS API that the bot calls, one record each.

The API role, the probes, `python -m bot check` and feature detection are derived from this table; tests compare it with
docs/install.md and docs/whmcs.md.

WHMCS reports no role's actions, so each is probed by a call that can't change anything. WHMCS checks the permission first
("Invalid Permissions"), then the parameters. A read asks for one record, or for one that can't exist. A write omits what
the reference (developers.whmcs.com/api-reference) requires and rejects with an error: its recipient or its subject.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Self

_NO_SUCH_ID: Final = 2147483647
"""The largest id that WHMCS's columns can hold."""


class Feature(StrEnum):
    """Why the bot needs an action. The role must have those of `RESETS`; the others are optional.

    `purpose`: what an optional feature is for, as `check` reports it.
    """

    _value_: str
    purpose: str

    RESETS = "resets"
    DOMAINS = "domains", "a search by domain"
    TICKETS = "tickets", "tickets"
    REPLIES = "replies", "replies on tickets"
    NOTICES = "notices", "notices to clients"

    # With a default, since `Feature(word)` looks a row up.
    def __new__(cls, word: str, purpose: str = "") -> Self:
        feature = str.__new__(cls, word)
        feature._value_ = word
        feature.purpose = purpose
        return feature


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One action.

    `probe` holds the parameters of a call that changes nothing. `is_watched`: probed at startup and every few minutes,
    because its absence changes what an agent is offered.
    """

    name: str
    feature: Feature
    probe: Mapping[str, str | int | bool] = field(default_factory=dict)
    is_write: bool = False
    is_watched: bool = False

    @property
    def is_required(self) -> bool:
        return self.feature is Feature.RESETS


GET_CLIENTS: Final = Action("GetClients", Feature.RESETS, {"limitnum": 1}, is_watched=True)
GET_USERS: Final = Action("GetUsers", Feature.RESETS, {"limitnum": 1}, is_watched=True)
GET_CLIENTS_DETAILS: Final = Action("GetClientsDetails", Feature.RESETS, {"clientid": _NO_SUCH_ID}, is_watched=True)
# "Please enter the email address or provide the id": there is no recipient.
RESET_PASSWORD: Final = Action("ResetPassword", Feature.RESETS, is_write=True)
# The reference requires `description` but documents no text for its absence. In the worst case an empty line is logged,
# which names nobody and which the probe reports.
LOG_ACTIVITY: Final = Action("LogActivity", Feature.RESETS, is_write=True)
WHMCS_DETAILS: Final = Action("WhmcsDetails", Feature.RESETS)
GET_CLIENTS_DOMAINS: Final = Action("GetClientsDomains", Feature.DOMAINS, {"limitnum": 1}, is_watched=True)
GET_TICKET: Final = Action("GetTicket", Feature.TICKETS, {"ticketid": _NO_SUCH_ID})
GET_TICKETS: Final = Action("GetTickets", Feature.TICKETS, {"limitnum": 1})
# "Ticket ID not found", "Message is required": neither ticket nor text.
ADD_TICKET_NOTE: Final = Action("AddTicketNote", Feature.REPLIES, is_write=True)
ADD_TICKET_REPLY: Final = Action("AddTicketReply", Feature.REPLIES, is_write=True)
# "Reply ID Required"
UPDATE_TICKET_REPLY: Final = Action("UpdateTicketReply", Feature.REPLIES, is_write=True)
# "You must provide either an existing email template name or a custom message type": neither text nor recipient.
SEND_EMAIL: Final = Action("SendEmail", Feature.NOTICES, is_write=True)

ACTIONS: Final = (
    GET_CLIENTS,
    GET_USERS,
    GET_CLIENTS_DETAILS,
    RESET_PASSWORD,
    LOG_ACTIVITY,
    WHMCS_DETAILS,
    GET_CLIENTS_DOMAINS,
    GET_TICKET,
    GET_TICKETS,
    ADD_TICKET_NOTE,
    ADD_TICKET_REPLY,
    UPDATE_TICKET_REPLY,
    SEND_EMAIL,
)
"""In the order in which `check` reports them."""
