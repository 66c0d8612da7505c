"""The actions for tickets, in the format of the public reference (developers.whmcs.com)."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Final

from sandbox.whmcs.parameters import Answer, as_int, encode, page
from sandbox.whmcs.refusal import Refusal
from sandbox.whmcs.state import State
from sandbox.whmcs.tickets import Desk, Requestor, Ticket, TicketMessage

_ALL_ACTIVE: Final = "All Active Tickets"
_API_ADMIN: Final = "Credencial Ejemplo"


def get_ticket(state: State, parameters: Mapping[str, str]) -> Answer:
    desk = state.data.desk
    ticket = _find_ticket(desk, parameters)
    if ticket is None:
        raise Refusal("Ticket ID Not Found")
    if ticket.merged_into and desk.merged_answer == "is_target":
        ticket = desk.tickets[ticket.merged_into]
    department = desk.departments.get(ticket.department_id)
    answer: Answer = {
        "ticketid": str(ticket.id),
        "tid": ticket.number,
        "c": ticket.access_key,
        "deptid": str(ticket.department_id),
        "deptname": encode(department.name) if department else "",
        **_common(state, ticket),
        "lastreply": _local(state, ticket.last_reply_at),
        "replies": {"reply": [_reply(state, ticket, message) for message in ticket.messages]},
        "notes": {
            "note": [
                {
                    "noteid": str(note.id),
                    "date": _local(state, note.at),
                    "message": encode(note.message),
                    "attachments": [[]],
                    "admin": encode(note.admin),
                }
                for note in ticket.notes
            ]
        },
    }
    if ticket.merged_into and desk.merged_answer == "names_target":
        answer["merged_ticket_id"] = str(ticket.merged_into)
    return answer


def get_tickets(state: State, parameters: Mapping[str, str]) -> Answer:
    desk = state.data.desk
    wanted, client_id = parameters.get("status", ""), as_int(parameters.get("clientid", ""), 0)
    found = [
        ticket
        for ticket in desk.tickets.values()
        if (not client_id or ticket.client_id == client_id)
        and (not wanted or (desk.statuses.get(ticket.status) if wanted == _ALL_ACTIVE else ticket.status == wanted))
        and (parameters.get("ignore_dept_assignments") == "true" or desk.departments[ticket.department_id].is_assigned)
    ]
    rows, start = page(found, parameters)
    answer: Answer = {"totalresults": str(len(found)), "startnumber": start, "numreturned": len(rows)}
    if rows:
        answer["tickets"] = {"ticket": [_summary(state, ticket) for ticket in rows]}
    return answer


def add_ticket_reply(state: State, parameters: Mapping[str, str]) -> Answer:
    desk = state.data.desk
    ticket = desk.tickets.get(as_int(parameters.get("ticketid", ""), 0))
    if ticket is None:
        raise Refusal("Ticket ID not found")
    admin, client_id = parameters.get("adminusername", ""), as_int(parameters.get("clientid", ""), 0)
    if client_id and client_id not in state.data.clients:
        raise Refusal("Client ID Not Found")
    if not admin and not client_id and not (parameters.get("name") and parameters.get("email")):
        raise Refusal("Name and email address are required if not a client")
    if admin and admin not in desk.admins:
        # The reference does not document this refusal.
        raise Refusal("Admin Username Not Found")
    message, status = parameters.get("message", ""), parameters.get("status", "")
    if not message:
        raise Refusal("Message is required")
    if status and status not in desk.statuses:
        raise Refusal("Invalid Ticket Status")
    if admin:
        is_mailed = parameters.get("noemail") != "true"
        state.reply_as_admin(ticket, message, desk.admins[admin], status=status, is_mailed=is_mailed)
    else:
        state.reply_as_client(ticket, message, status=status)
    return {}


def update_ticket_reply(state: State, parameters: Mapping[str, str]) -> Answer:
    if not parameters.get("replyid"):
        raise Refusal("Reply ID Required")
    if not parameters.get("message"):
        raise Refusal("Message is Required")
    reply_id = as_int(parameters["replyid"], 0)
    reply = state.data.desk.find_message(reply_id) if reply_id else None
    if reply is None:
        raise Refusal("Reply ID Not Found")
    reply.message = parameters["message"]
    return {"replyid": str(reply_id)}


def add_ticket_note(state: State, parameters: Mapping[str, str]) -> Answer:
    ticket = _find_ticket(state.data.desk, parameters)
    if ticket is None:
        raise Refusal("Ticket ID not found")
    if not parameters.get("message"):
        raise Refusal("Message is required")
    state.add_note(ticket, parameters["message"], _API_ADMIN)
    return {}


def _find_ticket(desk: Desk, parameters: Mapping[str, str]) -> Ticket | None:
    if parameters.get("ticketnum"):
        return desk.find_ticket(parameters["ticketnum"])
    return desk.tickets.get(as_int(parameters.get("ticketid", ""), 0))


def _summary(state: State, ticket: Ticket) -> Answer:
    return {
        "id": str(ticket.id),
        "tid": ticket.number,
        "deptid": str(ticket.department_id),
        "c": ticket.access_key,
        "owner_name": encode(ticket.requestor.name),
        **_common(state, ticket),
        **_requestor(ticket.requestor),
        "lastreply": _local(state, ticket.last_reply_at),
    }


def _common(state: State, ticket: Ticket) -> Answer:
    """Return the fields of both responses. In the reference's sample the requestor is a field of each message."""
    return {
        "userid": str(ticket.client_id),
        "contactid": "0",
        "name": encode(ticket.requestor.name),
        "email": encode(ticket.requestor.email),
        "cc": "",
        "date": _local(state, ticket.opened_at),
        "subject": encode(ticket.subject),
        "status": ticket.status,
        "priority": "Medium",
        "admin": "",
        "flag": "0",
        "service": "",
    }


def _reply(state: State, ticket: Ticket, message: TicketMessage) -> Answer:
    by_admin = Requestor(message.admin, "", "Operator")
    requestor = by_admin if message.admin else message.requestor or ticket.requestor
    return {
        "replyid": str(message.id),
        "userid": "0" if requestor.type == "Guest" else str(ticket.client_id),
        "contactid": "0",
        "name": "" if message.admin else encode(requestor.name),
        "email": "" if message.admin else encode(requestor.email),
        **_requestor(requestor),
        "date": _local(state, message.at),
        "message": encode(message.message),
        "attachment": "",
        "attachments": [[]],
        "attachments_removed": False,
        "admin": encode(message.admin),
    }


def _requestor(requestor: Requestor) -> Answer:
    return {
        "requestor_name": encode(requestor.name),
        "requestor_email": encode(requestor.email),
        "requestor_type": requestor.type,
    }


def _local(state: State, at: datetime) -> str:
    """Return a time as WHMCS writes it: local, without a zone."""
    return f"{at.astimezone(timezone(state.data.utc_offset)):%Y-%m-%d %H:%M:%S}"
