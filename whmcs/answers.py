"""Parses the API's answers into frozen values, or rejects them as a whole.

Handles PHP's loose types: ints as strings, booleans as "on", lists in five shapes, HTML entities in text. Unknown keys
are ignored; a missing optional text is "". Every failure is a ValueError.
"""

import html
import re
from collections.abc import Mapping
from datetime import datetime
from html.entities import html5
from typing import Annotated, TypeVar

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from whmcs.models import Client, ClientDetails, ClientUser, User, UserClient

_ENTITY = re.compile(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LOCAL_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")
# Other years are placeholders, and adding a zone's offset to the extreme ones overflows.
_YEARS = range(1970, 9999)
_TRUE = frozenset({"1", "on", "true", "yes"})
_FALSE = frozenset({"", "0", "off", "false", "no"})


def decode_entities(text: str) -> str:
    """Decode complete HTML entities, once: `&amp;lt;` becomes `&lt;`; `AT&T` and `a&copy=1` stay."""
    return _ENTITY.sub(_decode_entity, text) if "&" in text else text


def _decode_entity(entity: re.Match[str]) -> str:
    name = entity[1]
    return html.unescape(entity[0]) if name.startswith("#") or f"{name};" in html5 else entity[0]


def _text(value: object) -> object:
    if value is None or value == []:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str):
        text = decode_entities(value)
        return text if text.isascii() else _SURROGATE.sub("\ufffd", text)
    return value


def _number(value: object) -> object:
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        return int(value)
    return value


def _number_or_zero(value: object) -> object:
    return 0 if value is None or value == "" else _number(value)


def _local_time(value: object) -> object:
    """Parse `Y-m-d H:i:s`. Zero dates, times with a zone and anything else are None."""
    if not isinstance(value, str) or not _LOCAL_TIME.fullmatch(value.strip()):
        return None
    try:
        at = datetime.fromisoformat(value.strip()).replace(microsecond=0)
    except ValueError:
        return None
    return at if at.year in _YEARS else None


def _flag(value: object) -> object:
    if value is None:
        return False
    if isinstance(value, str | int):
        word = str(value).strip().casefold()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
    raise ValueError("not a boolean")


def rows(value: object, name: str) -> list[object]:
    """Return the rows of a list in any of its shapes.

    These are `[..]`, `{name: [..]}`, `{"0": .., "1": ..}`, a single row, and for no rows `[]`, `""`, `{}` or null.
    """
    if value is None or value in ("", {}):
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, Mapping):
        if name in value:
            return rows(value[name], name)
        if all(str(key).isascii() and str(key).isdigit() for key in value):
            return [value[key] for key in sorted(value, key=int)]
        if "id" in value or f"{name}id" in value:
            return [value]
    raise ValueError(f"no list of {name}")


Text = Annotated[str, BeforeValidator(_text)]
Id = Annotated[int, BeforeValidator(_number), Field(gt=0, strict=True)]
Number = Annotated[int, BeforeValidator(_number_or_zero), Field(ge=0, strict=True)]
LocalTime = Annotated[datetime | None, BeforeValidator(_local_time)]
Flag = Annotated[bool, BeforeValidator(_flag)]


class Row(BaseModel):
    """Base model for data from a server."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


class _ClientRow(Row):
    id: Id = Field(validation_alias=AliasChoices("id", "client_id", "userid"))
    firstname: Text = ""
    lastname: Text = ""
    companyname: Text = ""
    email: Text = ""
    status: Text = ""
    groupid: Number = 0

    def value(self) -> Client:
        return Client(
            id=self.id,
            first_name=self.firstname,
            last_name=self.lastname,
            company_name=self.companyname,
            email=self.email,
            status=self.status,
            group_id=self.groupid,
        )


class _UserClientRow(Row):
    id: Id
    is_owner: Flag = Field(default=False, validation_alias=AliasChoices("isOwner", "is_owner"))


class _UserRow(Row):
    id: Id
    firstname: Text = ""
    lastname: Text = ""
    email: Text = ""
    clients: Annotated[list[_UserClientRow], BeforeValidator(lambda value: rows(value, "client"))] = []

    def value(self) -> User:
        clients = {row.id: UserClient(row.id, is_owner=row.is_owner) for row in self.clients}
        return User(self.id, self.firstname, self.lastname, self.email, tuple(clients.values()))


class _DomainRow(Row):
    userid: Id


class _ClientUserRow(Row):
    id: Id
    name: Text = ""
    email: Text = ""
    is_owner: Flag = Field(default=False, validation_alias=AliasChoices("is_owner", "isOwner"))


class _DetailsRow(_ClientRow):
    language: Text = ""
    owner_user_id: Number = 0
    users: Annotated[list[_ClientUserRow], BeforeValidator(lambda value: rows(value, "user"))] = []


RowT = TypeVar("RowT", bound=Row)


def parse_clients(data: Mapping[str, object]) -> tuple[tuple[Client, ...], int]:
    """Return the clients and their total number."""
    found = page(data, "clients", "client", _ClientRow)
    return tuple(row.value() for row in found), total(data, len(found))


def parse_users(data: Mapping[str, object]) -> tuple[tuple[User, ...], int]:
    """Return the users, a flat list, and their total number."""
    found = page(data, "users", "user", _UserRow)
    return tuple(row.value() for row in found), total(data, len(found))


def parse_details(data: Mapping[str, object]) -> ClientDetails:
    """Parse a client from `client`; the same data at top level is deprecated and ignored."""
    row = _DetailsRow.model_validate(data.get("client"))
    users = {user.id: ClientUser(user.id, user.name, user.email, user.is_owner) for user in row.users}
    return ClientDetails(
        client=row.value(),
        language=row.language,
        users=tuple(users.values()),
        owner_user_id=row.owner_user_id or None,
    )


def parse_domain_owners(data: Mapping[str, object]) -> tuple[int, ...]:
    """Return the distinct ids of the clients that own the domains. `userid` is the client's id."""
    found = page(data, "domains", "domain", _DomainRow)
    return tuple(dict.fromkeys(row.userid for row in found))


class _Version(Row):
    version: Text = Field(min_length=1)


class _VersionAnswer(Row):
    whmcs: _Version


def parse_version(data: Mapping[str, object]) -> str:
    """Return WHMCS's version."""
    return _VersionAnswer.model_validate(data).whmcs.version


class _Counts(Row):
    totalresults: Number = 0


def total(data: Mapping[str, object], seen: int) -> int:
    """Return the total that WHMCS states, and at least `seen`."""
    return max(_Counts.model_validate(data).totalresults, seen)


def page(data: Mapping[str, object], key: str, name: str, kind: type[RowT]) -> list[RowT]:
    """Parse one page. A missing list is an empty page only if WHMCS counts no records."""
    if key not in data and ("totalresults" not in data or total(data, 0)):
        raise ValueError(f"no {key}")
    return [kind.model_validate(row) for row in rows(data.get(key), name)]
