"""Actions of which only permission and missing parameters are known here: this installation has no tickets.

The texts are those of the reference (developers.whmcs.com/api-reference).
"""

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.whmcs.refusal import Refusal

Answer = dict[str, object]


def _get_tickets(_: Mapping[str, str]) -> Answer:
    return {"totalresults": "0", "startnumber": 0, "numreturned": 0}


def _find_no_ticket(_: Mapping[str, str]) -> Answer:
    raise Refusal("Ticket ID Not Found")


def _add_to_no_ticket(_: Mapping[str, str]) -> Answer:
    raise Refusal("Ticket ID not found")


def _update_no_reply(parameters: Mapping[str, str]) -> Answer:
    if not parameters.get("replyid"):
        raise Refusal("Reply ID Required")
    if not parameters.get("message"):
        raise Refusal("Message is Required")
    raise Refusal("Reply ID Not Found")


def _send_no_email(parameters: Mapping[str, str]) -> Answer:
    if not parameters.get("messagename") and not parameters.get("customtype"):
        raise Refusal("You must provide either an existing email template name or a custom message type")
    if not parameters.get("id"):
        raise Refusal("A related ID is required")
    raise Refusal("Email Template not found")


FEATURES: Final[Mapping[str, Callable[[Mapping[str, str]], Answer]]] = {
    "gettickets": _get_tickets,
    "getticket": _find_no_ticket,
    "addticketnote": _add_to_no_ticket,
    "addticketreply": _add_to_no_ticket,
    "updateticketreply": _update_no_reply,
    "sendemail": _send_no_email,
}
OPTIONAL_ACTIONS: Final = ("getclientsdomains", *FEATURES)
"""All that one feature alone needs, and a role may lack."""
