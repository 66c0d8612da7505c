"""Actions that one feature alone needs: tickets, and notices by e-mail.

Their texts are those of the reference (developers.whmcs.com/api-reference).
"""

from collections.abc import Callable, Mapping
from typing import Final

from sandbox.whmcs import ticket_api
from sandbox.whmcs.parameters import Answer, as_int
from sandbox.whmcs.refusal import Refusal
from sandbox.whmcs.state import State


def _send_email(state: State, parameters: Mapping[str, str]) -> Answer:
    template, related_id = parameters.get("messagename", ""), as_int(parameters.get("id", ""), 0)
    if not template and not parameters.get("customtype"):
        raise Refusal("You must provide either an existing email template name or a custom message type")
    if not related_id:
        raise Refusal("A related ID is required")
    templates = state.data.desk.templates
    if template not in templates:
        raise Refusal("Email Template not found")
    if not templates[template]:
        raise Refusal("Email Template is disabled")
    if related_id not in state.data.clients:
        # The reference lists a wrong related id among the reasons for this text.
        raise Refusal("Sending Failed. Please see documentation.")
    state.send_notice(template, related_id)
    return {}


FEATURES: Final[Mapping[str, Callable[[State, Mapping[str, str]], Answer]]] = {
    "gettickets": ticket_api.get_tickets,
    "getticket": ticket_api.get_ticket,
    "addticketnote": ticket_api.add_ticket_note,
    "addticketreply": ticket_api.add_ticket_reply,
    "updateticketreply": ticket_api.update_ticket_reply,
    "sendemail": _send_email,
}
OPTIONAL_ACTIONS: Final = ("getclientsdomains", *FEATURES)
"""All that one feature alone needs, and a role may lack."""
