"""The companion module's endpoint: version 1 of its signed protocol."""

import dataclasses
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response

from sandbox.whmcs.faults import FaultKind
from sandbox.whmcs.records import CompanionRequest, User, hash_password, matches
from sandbox.whmcs.refusal import CompanionRefusal, refuse
from sandbox.whmcs.state import State

MAXIMUM_SKEW_SECONDS: Final = 300
MAXIMUM_BODY_BYTES: Final = 16 * 1024
MAXIMUM_PASSWORD_LENGTH: Final = 64
REQUEST_LIFE: Final = timedelta(hours=24)


@dataclasses.dataclass
class Settings:
    """The module's settings, and the content of `ping`. `emptied_at`: when its tables were made.

    Older modules report neither the UTC offset nor since when they remember requests.
    """

    secret: str
    minimum_password_length: int = 8
    version: str = "1.0.0"
    protocol: int = 1
    capabilities: tuple[str, ...] = ("users", "set_password", "result")
    whmcs_version: str = "8.13.1"
    php_version: str = "8.2.29"
    has_utc_offset: bool = True
    has_remembers_since: bool = True
    emptied_at: datetime = datetime(2026, 1, 1, tzinfo=UTC)


class Companion:
    """Handles requests at the time `now`, which may differ from the caller's clock."""

    def __init__(self, state: State, settings: Settings) -> None:
        self._state = state
        self._settings = settings

    def perform(
        self, headers: Headers, body: bytes, now: datetime, failure: FaultKind | None = None
    ) -> tuple[Response, bool]:
        """Return the response, and True if the request changed something. `failure` is one of the `internal` kinds."""
        written: list[str] = []
        try:
            self._authenticate(headers, body, now)
            answer = self._dispatch(parse(body), now, failure, written)
        except CompanionRefusal as refusal:
            return refuse(refusal), bool(written)
        return JSONResponse({"ok": True, **answer}), bool(written)

    def _authenticate(self, headers: Headers, body: bytes, now: datetime) -> None:
        timestamp = headers.get("x-resetbot-timestamp", "")
        nonce = headers.get("x-resetbot-nonce", "")
        signature = headers.get("x-resetbot-signature", "")
        expected = sign(self._settings.secret, timestamp, nonce, body)
        is_well_formed = re.fullmatch(r"[0-9]{1,12}", timestamp) and re.fullmatch(r"[0-9a-fA-F]{32}", nonce)
        if not is_well_formed or not hmac.compare_digest(signature.encode(), expected.encode()):
            raise CompanionRefusal("bad_signature", "The signature does not match.")
        if abs(now.timestamp() - int(timestamp)) > MAXIMUM_SKEW_SECONDS:
            raise CompanionRefusal("clock_skew", "The clocks differ too much.", time=_rfc3339(now))
        if nonce.lower() in self._state.nonces:
            raise CompanionRefusal("replayed", "The nonce was used before.")
        self._state.nonces.add(nonce.lower())

    def _dispatch(
        self, fields: Mapping[str, object], now: datetime, failure: FaultKind | None, written: list[str]
    ) -> dict[str, object]:
        action = _text(fields, "action", 40)
        if failure == "internal":
            raise self._break()
        if action != "ping" and action not in self._settings.capabilities:
            raise CompanionRefusal("unknown_action", "There is no such action.")
        match action:
            case "ping":
                answer = self._ping(now)
            case "users":
                answer = self._users(fields)
            case "set_password":
                answer = self._set_password(fields, now, failure, written)
            case "result":
                answer = self._result(fields, now)
            case _:
                raise CompanionRefusal("unknown_action", "There is no such action.")
        if failure == "internal_after":
            raise self._break()
        return answer

    def _ping(self, now: datetime) -> dict[str, object]:
        answer: dict[str, object] = {
            "name": "resetbot",
            "version": self._settings.version,
            "protocol": self._settings.protocol,
            "whmcs_version": self._settings.whmcs_version,
            "php_version": self._settings.php_version,
            "time": _rfc3339(now),
            "capabilities": list(self._settings.capabilities),
            "minimum_password_length": self._settings.minimum_password_length,
        }
        answer |= self._remembered(now)
        if self._settings.has_utc_offset:
            answer["utc_offset_seconds"] = int(self._state.data.utc_offset.total_seconds())
        return answer

    def _users(self, fields: Mapping[str, object]) -> dict[str, object]:
        client_id = _identifier(fields, "client_id")
        data = self._state.data
        if client_id not in data.clients:
            raise CompanionRefusal("client_not_found", "There is no such client.")
        users = [data.users[link.user_id] for link in data.links_of_client(client_id)]
        return {"users": [self._describe(user) for user in users]}

    def _describe(self, user: User) -> dict[str, object]:
        return {
            "id": user.id,
            "email": user.email,
            "last_sign_in_at": None if user.last_sign_in_at is None else _rfc3339(user.last_sign_in_at),
            "second_factor": user.second_factor,
            "email_verified": user.email_verified,
            "client_ids": [link.client_id for link in self._state.data.links_of_user(user.id)],
        }

    def _set_password(
        self, fields: Mapping[str, object], now: datetime, failure: FaultKind | None, written: list[str]
    ) -> dict[str, object]:
        asked = _parse_set_password(fields)
        self._check_password(asked.password)
        request = self._find_request(asked.request_id, now)
        if request is not None:
            _check_same(request, asked)
            if request.is_done:
                return _report(request, is_repeated=True)
        user = self._get_user_of_client(asked.user_id, asked.client_id)
        request = CompanionRequest(
            asked.request_id, asked.client_id, asked.user_id, hash_password(asked.password), changed_at=now
        )
        self._state.companion_requests[asked.request_id] = request
        self._state.set_password(user, asked.password, now)
        written.append(asked.request_id)
        if failure == "internal_between":
            raise self._break()
        request.is_done = True
        self._state.log_activity(
            f"Reset Bot: {asked.agent} set a new password for user {user.id} ({user.email})"
            f" of client {asked.client_id}, request {asked.request_id}"
            + (f", approved by {asked.approved_by}" if asked.approved_by else ""),
            asked.client_id,
        )
        return _report(request, is_repeated=False)

    def _check_password(self, password: str) -> None:
        length = len(password)
        is_printable = all(" " <= character <= "~" for character in password)
        if not self._settings.minimum_password_length <= length <= MAXIMUM_PASSWORD_LENGTH or not is_printable:
            raise CompanionRefusal("password_refused", "The password is too short, too long or not printable ASCII.")

    def _get_user_of_client(self, user_id: int, client_id: int) -> User:
        data = self._state.data
        if user_id not in data.users:
            raise CompanionRefusal("user_not_found", "There is no such user.")
        if client_id not in data.clients:
            raise CompanionRefusal("client_not_found", "There is no such client.")
        if not data.is_linked(user_id, client_id):
            raise CompanionRefusal("not_a_user_of_client", "The user does not open this client.")
        return data.users[user_id]

    def _result(self, fields: Mapping[str, object], now: datetime) -> dict[str, object]:
        request = self._find_request(_reference(fields, "request_id"), now)
        answer: dict[str, object] = {"known": False, "action": None, "user_id": None, "changed_at": None}
        if request is not None:
            answer |= {"known": None, "action": "set_password"}
            if request.is_done:
                answer |= {"known": True, "user_id": request.user_id, "changed_at": _rfc3339(request.changed_at)}
        return answer | self._remembered(now)

    def _remembered(self, now: datetime) -> dict[str, object]:
        """Return since when all requests are known; older modules do not report it."""
        if not self._settings.has_remembers_since:
            return {}
        return {"remembers_since": _rfc3339(max(self._settings.emptied_at, now - REQUEST_LIFE))}

    def _find_request(self, request_id: str, now: datetime) -> CompanionRequest | None:
        request = self._state.companion_requests.get(request_id)
        if request is None or now - request.changed_at > REQUEST_LIFE:
            return None
        return request

    def _break(self) -> CompanionRefusal:
        self._state.log_activity("Reset Bot: internal error: SQLSTATE[HY000]: General error: 2006 server has gone away")
        return CompanionRefusal("internal", "Something went wrong; see the activity log.")


@dataclasses.dataclass(frozen=True)
class _SetPassword:
    request_id: str
    client_id: int
    user_id: int
    password: str
    agent: str
    approved_by: str


def sign(secret: str, timestamp: str, nonce: str, body: bytes) -> str:
    """Return the value of the X-Resetbot-Signature header."""
    signed = f"v1:{timestamp}:{nonce}:".encode() + body
    return "v1=" + hmac.digest(secret.encode(), signed, "sha256").hex()


def parse(body: bytes) -> Mapping[str, object]:
    """Return the fields of a request. Raises: CompanionRefusal."""
    if len(body) > MAXIMUM_BODY_BYTES:
        raise CompanionRefusal("invalid_request", "The body is too long.")
    try:
        fields: object = json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise CompanionRefusal("invalid_request", "The body is not JSON.") from error
    if not isinstance(fields, dict):
        raise CompanionRefusal("invalid_request", "The body is not an object.")
    return fields


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON")


def _parse_set_password(fields: Mapping[str, object]) -> _SetPassword:
    password = fields.get("password")
    if not isinstance(password, str):
        raise CompanionRefusal("invalid_request", "password is missing.")
    if fields.get("temporary", False) is not False:
        raise CompanionRefusal("invalid_request", "temporary is not among the capabilities.")
    return _SetPassword(
        request_id=_reference(fields, "request_id"),
        client_id=_identifier(fields, "client_id"),
        user_id=_identifier(fields, "user_id"),
        password=password,
        agent=_slack_id(fields, "agent"),
        approved_by=_slack_id(fields, "approved_by") if "approved_by" in fields else "",
    )


def _check_same(request: CompanionRequest, asked: _SetPassword) -> None:
    is_same = (request.client_id, request.user_id) == (asked.client_id, asked.user_id)
    if not is_same or not matches(asked.password, request.password_hash):
        raise CompanionRefusal("request_id_conflict", "This request_id belongs to another request.")


def _report(request: CompanionRequest, *, is_repeated: bool) -> dict[str, object]:
    changed_at = _rfc3339(request.changed_at)
    return {"user_id": request.user_id, "changed_at": changed_at, "repeated": is_repeated, "temporary": False}


def _text(fields: Mapping[str, object], name: str, maximum: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= maximum or re.search("[\ud800-\udfff]", value):
        raise CompanionRefusal("invalid_request", f"{name} is missing or malformed.")
    return value


def _slack_id(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not re.fullmatch("[UW][A-Z0-9]{1,20}", value):
        raise CompanionRefusal("invalid_request", f"{name} is missing or malformed.")
    return value


def _reference(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not re.fullmatch("[!-~]{1,64}", value):
        raise CompanionRefusal("invalid_request", f"{name} is missing or malformed.")
    return value


def _identifier(fields: Mapping[str, object], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise CompanionRefusal("invalid_request", f"{name} is missing or malformed.")
    return value


def _rfc3339(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
