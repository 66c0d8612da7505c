"""Actions of `includes/api.php`, in the format and wording of the public reference (developers.whmcs.com)."""

import dataclasses
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from starlette.responses import Response

from sandbox.whmcs import ticket_api
from sandbox.whmcs.parameters import Answer, as_int, encode, page
from sandbox.whmcs.records import Client, Link, User
from sandbox.whmcs.refusal import Refusal
from sandbox.whmcs.state import State

_Record = TypeVar("_Record", Client, User)

CREDENTIALS: Final = frozenset({"identifier", "secret", "username", "password", "accesskey"})


@dataclasses.dataclass
class Access:
    """The API credential. `allowed_actions` is its role; None allows all actions, as old admin logins do."""

    identifier: str
    secret: str
    allowed_actions: set[str] | None


def perform(state: State, access: Access, parameters: Mapping[str, str]) -> tuple[Response, bool]:
    """Perform an API request. Return the response, and True if the request changed something."""
    if parameters.get("responsetype") != "json":
        return Response("result=error;message=Command Not Found;", media_type="text/plain"), False
    try:
        action = _check_access(access, parameters)
        answer = action.perform(state, parameters)
    except Refusal as refusal:
        return render({"result": "error", "message": refusal.message}, refusal.status), False
    return render({"result": "success", **answer}), action.is_write


def render(answer: object, status: int = 200) -> Response:
    """Return JSON as PHP writes it for WHMCS: ASCII only, with slashes and quotes escaped."""
    text = json.dumps(answer, ensure_ascii=True)
    text = re.sub(r"\\(.)", lambda escape: "\\u0022" if escape[1] == '"' else escape[0], text)
    return Response(text.replace("/", "\\/"), status, media_type="application/json")


def deny_permission(action: str) -> Refusal:
    return Refusal(f'Invalid Permissions: API action "{action.casefold()}" is not allowed', 403)


def unknown_action() -> Refusal:
    return Refusal("Action not found", 403)


def _check_access(access: Access, parameters: Mapping[str, str]) -> "Action":
    if (parameters.get("identifier"), parameters.get("secret")) != (access.identifier, access.secret):
        raise Refusal("Invalid or missing credentials", 403)
    action = parameters.get("action", "").casefold()
    if not action:
        raise Refusal("Empty action request", 400)
    if access.allowed_actions is not None and action not in {name.casefold() for name in access.allowed_actions}:
        raise deny_permission(action)
    if action not in _BY_FOLDED_NAME:
        raise unknown_action()
    return _BY_FOLDED_NAME[action]


def _get_clients(state: State, parameters: Mapping[str, str]) -> Answer:
    prefix = parameters.get("search", "").casefold()
    status = parameters.get("status", "")
    found = [
        client
        for client in state.data.clients.values()
        if _begins(prefix, client.email, client.firstname, client.lastname, client.fullname, client.companyname)
        and status in ("", client.status)
    ]
    rows, start = page(_order(found, parameters), parameters)
    # The total is a string, the other counts are numbers, and a page without clients has no list at all.
    answer: Answer = {"totalresults": str(len(found)), "startnumber": start, "numreturned": len(rows)}
    if rows:
        answer["clients"] = {"client": [_client_row(client) for client in rows]}
    return answer


def _client_row(client: Client) -> Answer:
    return {
        "id": client.id,
        "firstname": encode(client.firstname),
        "lastname": encode(client.lastname),
        "companyname": encode(client.companyname),
        "email": encode(client.email),
        "datecreated": f"{client.created_at:%Y-%m-%d}",
        "groupid": client.groupid,
        "status": client.status,
    }


def _get_users(state: State, parameters: Mapping[str, str]) -> Answer:
    prefix = parameters.get("search", "").casefold()
    found = [
        user
        for user in state.data.users.values()
        if _begins(prefix, user.email, user.firstname, user.lastname, user.fullname)
    ]
    rows, start = page(_order(found, parameters), parameters)
    return {
        "totalresults": len(found),
        "startnumber": start,
        "numreturned": len(rows),
        "users": [_user_row(user, state.data.links_of_user(user.id)) for user in rows],
    }


def _user_row(user: User, links: tuple[Link, ...]) -> Answer:
    return {
        "id": user.id,
        "firstname": encode(user.firstname),
        "lastname": encode(user.lastname),
        "email": encode(user.email),
        "datecreated": f"{user.created_at:%Y-%m-%d %H:%M:%S}",
        "validationdata": "",
        "clients": [{"id": link.client_id, "isOwner": link.is_owner} for link in links],
    }


def _get_clients_details(state: State, parameters: Mapping[str, str]) -> Answer:
    client_id, email = parameters.get("clientid", ""), parameters.get("email", "")
    if not client_id and not email:
        raise Refusal("Either clientid Or email Is Required")
    if client_id:
        client = state.data.clients.get(as_int(client_id, 0))
    else:
        every = state.data.clients.values()
        client = next((one for one in every if one.email.casefold() == email.casefold()), None)
    if client is None:
        raise Refusal("Client Not Found")
    details = _client_details(client, state)
    # WHMCS repeats the data at the top level for old callers.
    return {"client": details, **details}


def _client_details(client: Client, state: State) -> Answer:
    links = state.data.links_of_client(client.id)
    owner_id = next((link.user_id for link in links if link.is_owner), 0)
    users = [(state.data.users[link.user_id], link.is_owner) for link in links]
    return {
        "userid": client.id,
        "id": client.id,
        "client_id": str(client.id),
        "owner_user_id": owner_id,
        "firstname": encode(client.firstname),
        "lastname": encode(client.lastname),
        "fullname": encode(client.fullname),
        "companyname": encode(client.companyname),
        "email": encode(client.email),
        "groupid": str(client.groupid),
        "status": client.status,
        "language": client.language,
        "email_verified": client.email_verified,
        "twofaenabled": False,
        "lastlogin": _last_login(client),
        "users": {
            "user": [
                {"id": user.id, "name": encode(user.fullname), "email": encode(user.email), "is_owner": is_owner}
                for user, is_owner in users
            ]
        },
    }


def _last_login(client: Client) -> str:
    if client.last_login_at is None:
        return "No Login Logged"
    return f"Date: {client.last_login_at:%d/%m/%Y %H:%M}<br>IP Address: 203.0.113.9<br>Host: host.example.com"


def _get_clients_domains(state: State, parameters: Mapping[str, str]) -> Answer:
    wanted = parameters.get("domain", "").casefold()
    found = [domain for domain in state.data.domains if wanted in ("", domain.name.casefold())]
    rows, start = page(found, parameters)
    answer: Answer = {
        "clientid": parameters.get("clientid", ""),
        "domainid": parameters.get("domainid", ""),
        "totalresults": str(len(found)),
        "startnumber": start,
        "numreturned": len(rows),
    }
    if rows:
        # `userid` is the client's id here.
        domains = [
            {"id": str(domain.id), "userid": str(domain.client_id), "domainname": domain.name, "status": "Active"}
            for domain in rows
        ]
        answer["domains"] = {"domain": domains}
    return answer


def _reset_password(state: State, parameters: Mapping[str, str]) -> Answer:
    user_id, email = parameters.get("id", ""), parameters.get("email", "")
    if not user_id and not email:
        raise Refusal("Please enter the email address or provide the id")
    if not user_id and "@" not in email:
        raise Refusal("Please provide a valid email address")
    user = state.data.users.get(as_int(user_id, 0)) if user_id else state.data.find_user_by_email(email)
    if user is None:
        raise Refusal("User Not Found")
    state.send_reset_email(user)
    return {"email": encode(user.email)}


def _log_activity(state: State, parameters: Mapping[str, str]) -> Answer:
    description = parameters.get("description", "")
    if not description:
        raise Refusal("You must enter a description")
    state.log_activity(description, as_int(parameters.get("clientid", ""), 0))
    return {}


def _whmcs_details(state: State, _: Mapping[str, str]) -> Answer:
    version = state.data.version
    return {"whmcs": {"version": version, "canonicalversion": f"{version}-release.1"}}


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


@dataclasses.dataclass(frozen=True)
class Action:
    """An action of the API. `is_optional`: only one feature needs it, so a role may lack it."""

    perform: Callable[[State, Mapping[str, str]], Answer]
    is_write: bool = False
    is_optional: bool = False


ACTIONS: Final[Mapping[str, Action]] = {
    "GetClients": Action(_get_clients),
    "GetUsers": Action(_get_users),
    "GetClientsDetails": Action(_get_clients_details),
    "ResetPassword": Action(_reset_password, is_write=True),
    "LogActivity": Action(_log_activity, is_write=True),
    "WhmcsDetails": Action(_whmcs_details),
    "GetClientsDomains": Action(_get_clients_domains, is_optional=True),
    "GetTicket": Action(ticket_api.get_ticket, is_optional=True),
    "GetTickets": Action(ticket_api.get_tickets, is_optional=True),
    "AddTicketNote": Action(ticket_api.add_ticket_note, is_write=True, is_optional=True),
    "AddTicketReply": Action(ticket_api.add_ticket_reply, is_write=True, is_optional=True),
    "UpdateTicketReply": Action(ticket_api.update_ticket_reply, is_write=True, is_optional=True),
    "SendEmail": Action(_send_email, is_write=True, is_optional=True),
}
ROLE: Final = tuple(name for name, action in ACTIONS.items() if not action.is_optional)
OPTIONAL_ACTIONS: Final = tuple(name for name, action in ACTIONS.items() if action.is_optional)
DEFAULT_ROLE: Final = frozenset(ACTIONS) - {"GetClientsDomains"}
"""The role of the credential, unless a test changes it."""
_BY_FOLDED_NAME: Final = {name.casefold(): action for name, action in ACTIONS.items()}


def _begins(prefix: str, *values: str) -> bool:
    """Compare like MySQL's LIKE: character by character, ignoring case and accents.

    A combining accent counts as a separate character, and a full-width letter differs from the ordinary one.
    """
    begin = _plain(prefix)
    return any(_plain(value).startswith(begin) for value in values)


def _plain(text: str) -> str:
    folded = text.casefold()
    # Most names, and the only way that is fast enough for a hundred thousand of them.
    if folded.isascii():
        return folded
    return "".join(unicodedata.normalize("NFD", letter)[0] for letter in folded)


def _order(found: list[_Record], parameters: Mapping[str, str]) -> list[_Record]:
    """Sort by name, WHMCS's default order."""
    return sorted(
        found,
        key=lambda record: (record.lastname.casefold(), record.firstname.casefold(), record.id),
        reverse=parameters.get("sorting", "").upper() == "DESC",
    )
