"""The actions of `includes/api.php`, in the shapes and words of the public reference (developers.whmcs.com)."""

import dataclasses
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from starlette.responses import Response

from sandbox.whmcs.features import FEATURES
from sandbox.whmcs.parameters import Answer, as_int, encode, page
from sandbox.whmcs.records import Client, Link, User
from sandbox.whmcs.refusal import Refusal
from sandbox.whmcs.state import State

_Record = TypeVar("_Record", Client, User)

CREDENTIALS: Final = frozenset({"identifier", "secret", "username", "password", "accesskey"})


@dataclasses.dataclass
class Access:
    """Who may call what. `allowed_actions` is the credential's role; None allows all, as old admin logins do."""

    identifier: str
    secret: str
    allowed_actions: set[str] | None
    version: str = "8.13.1"


def perform(state: State, access: Access, parameters: Mapping[str, str]) -> tuple[Response, bool]:
    """One request of the API: its answer, and whether it changed something."""
    if parameters.get("responsetype") != "json":
        return Response("result=error;message=Command Not Found;", media_type="text/plain"), False
    try:
        action = _check_access(access, parameters)
        answer = (
            FEATURES[action](state, parameters) if action in FEATURES else ACTIONS[action](state, parameters, access)
        )
    except Refusal as refusal:
        return render({"result": "error", "message": refusal.message}, refusal.status), False
    return render({"result": "success", **answer}), action in WRITES


def render(answer: object, status: int = 200) -> Response:
    """JSON as PHP writes it for WHMCS: ASCII only, with slashes and quotes escaped."""
    text = json.dumps(answer, ensure_ascii=True)
    text = re.sub(r"\\(.)", lambda escape: "\\u0022" if escape[1] == '"' else escape[0], text)
    return Response(text.replace("/", "\\/"), status, media_type="application/json")


def deny_permission(action: str) -> Refusal:
    return Refusal(f'Invalid Permissions: API action "{action.casefold()}" is not allowed', 403)


def unknown_action() -> Refusal:
    return Refusal("Action not found", 403)


def _check_access(access: Access, parameters: Mapping[str, str]) -> str:
    if (parameters.get("identifier"), parameters.get("secret")) != (access.identifier, access.secret):
        raise Refusal("Invalid or missing credentials", 403)
    action = parameters.get("action", "").casefold()
    if not action:
        raise Refusal("Empty action request", 400)
    if access.allowed_actions is not None and action not in {name.casefold() for name in access.allowed_actions}:
        raise deny_permission(action)
    if action not in ACTIONS and action not in FEATURES:
        raise unknown_action()
    return action


def _get_clients(state: State, parameters: Mapping[str, str], _: Access) -> Answer:
    prefix = parameters.get("search", "").casefold()
    status = parameters.get("status", "")
    found = [
        client
        for client in state.data.clients.values()
        if _begins(prefix, client.email, client.firstname, client.lastname, client.fullname, client.companyname)
        and status in ("", client.status)
    ]
    rows, start = page(_order(found, parameters), parameters)
    # The total is text while the other counts are numbers, and a page without clients has no list at all.
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


def _get_users(state: State, parameters: Mapping[str, str], _: Access) -> Answer:
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


def _get_clients_details(state: State, parameters: Mapping[str, str], _: Access) -> Answer:
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
    # Old callers read the same data at the top.
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


def _get_clients_domains(state: State, parameters: Mapping[str, str], _: Access) -> Answer:
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
        told = [
            {"id": str(domain.id), "userid": str(domain.client_id), "domainname": domain.name, "status": "Active"}
            for domain in rows
        ]
        answer["domains"] = {"domain": told}
    return answer


def _reset_password(state: State, parameters: Mapping[str, str], _: Access) -> Answer:
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


def _log_activity(state: State, parameters: Mapping[str, str], _: Access) -> Answer:
    description = parameters.get("description", "")
    if not description:
        raise Refusal("You must enter a description")
    state.log_activity(description, as_int(parameters.get("clientid", ""), 0))
    return {}


def _whmcs_details(_: State, __: Mapping[str, str], access: Access) -> Answer:
    return {"whmcs": {"version": access.version, "canonicalversion": f"{access.version}-release.1"}}


ACTIONS: Final[Mapping[str, Callable[[State, Mapping[str, str], Access], Answer]]] = {
    "getclients": _get_clients,
    "getusers": _get_users,
    "getclientsdetails": _get_clients_details,
    "getclientsdomains": _get_clients_domains,
    "resetpassword": _reset_password,
    "logactivity": _log_activity,
    "whmcsdetails": _whmcs_details,
}
WRITES: Final = frozenset(
    {"resetpassword", "logactivity", "addticketreply", "addticketnote", "updateticketreply", "sendemail"}
)


def _begins(prefix: str, *values: str) -> bool:
    """As MySQL's usual collations compare: neither case nor accents matter."""
    return any(_plain(value).startswith(_plain(prefix)) for value in values)


def _plain(text: str) -> str:
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(letter)
    )


def _order(found: list[_Record], parameters: Mapping[str, str]) -> list[_Record]:
    """By name, and not by id: that is how WHMCS lists them when nothing else is asked for."""
    return sorted(
        found,
        key=lambda record: (record.lastname.casefold(), record.firstname.casefold(), record.id),
        reverse=parameters.get("sorting", "").upper() == "DESC",
    )
