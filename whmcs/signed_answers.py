"""Parses the companion's answers into frozen values, or rejects them as a whole."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

from whmcs.answers import Flag, Id, Row, Text, rows
from whmcs.models import Companion, CompanionUser, PasswordSet, SetPasswordResult

_MAXIMUM_OFFSET_SECONDS: Final = 14 * 3600


def _moment(value: object) -> datetime:
    """Parse an RFC 3339 time."""
    if not isinstance(value, str):
        raise ValueError("not a time")  # noqa: TRY004 - pydantic turns a ValueError into its own
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at.astimezone(UTC)


def _moment_or_none(value: object) -> datetime | None:
    """Parse an RFC 3339 time; null, "" and MySQL's zero dates are None."""
    if value is None or value == "" or (isinstance(value, str) and value.startswith("0000-00-00")):
        return None
    return _moment(value)


def _offset_or_none(value: object) -> int | None:
    """Return an offset from UTC in seconds, or None if it is not a plausible one."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _MAXIMUM_OFFSET_SECONDS:
        return None
    return value


Moment = Annotated[datetime, BeforeValidator(_moment)]
MomentOrNone = Annotated[datetime | None, BeforeValidator(_moment_or_none)]
OffsetOrNone = Annotated[int | None, BeforeValidator(_offset_or_none)]


class _Ping(Row):
    name: Text
    version: Text
    protocol: Id
    whmcs_version: Text = ""
    php_version: Text = ""
    time: Moment
    capabilities: frozenset[str]
    minimum_password_length: Id
    utc_offset_seconds: OffsetOrNone = None
    remembers_since: MomentOrNone = None


class _User(Row):
    id: Id
    email: Text = ""
    last_sign_in_at: MomentOrNone = None
    second_factor: Flag = False
    email_verified: Flag = False
    client_ids: tuple[Id, ...] = ()


class _PasswordSet(Row):
    user_id: Id
    changed_at: Moment
    repeated: Flag = False


class _Result(Row):
    known: bool | None = Field(strict=True)
    user_id: Id | None = None
    changed_at: MomentOrNone = None
    remembers_since: MomentOrNone = None


class _Time(Row):
    time: Moment


def find_time(data: Mapping[str, object]) -> datetime | None:
    """Return the time of a refusal, or None if there is no readable one."""
    try:
        return _Time.model_validate(data).time
    except ValueError:
        return None


def parse_ping(data: Mapping[str, object]) -> Companion:
    row = _Ping.model_validate(data)
    return Companion(
        name=row.name,
        version=row.version,
        protocol=row.protocol,
        whmcs_version=row.whmcs_version,
        php_version=row.php_version,
        time=row.time,
        capabilities=row.capabilities,
        minimum_password_length=row.minimum_password_length,
        utc_offset_seconds=row.utc_offset_seconds,
        remembers_since=row.remembers_since,
    )


def parse_users(data: Mapping[str, object]) -> tuple[CompanionUser, ...]:
    if "users" not in data:
        raise ValueError("no users")
    found = [_User.model_validate(row) for row in rows(data["users"], "user")]
    return tuple(
        CompanionUser(
            id=row.id,
            email=row.email,
            last_sign_in_at=row.last_sign_in_at,
            has_second_factor=row.second_factor,
            is_email_verified=row.email_verified,
            client_ids=row.client_ids,
        )
        for row in found
    )


def parse_password_set(data: Mapping[str, object]) -> PasswordSet:
    row = _PasswordSet.model_validate(data)
    return PasswordSet(row.user_id, row.changed_at, is_repeated=row.repeated)


def parse_result(data: Mapping[str, object]) -> SetPasswordResult:
    """Parse a result. A known request has a user and a time; any other has neither."""
    row = _Result.model_validate(data)
    if not row.known:
        return SetPasswordResult(row.known, remembers_since=row.remembers_since)
    if row.user_id is None or row.changed_at is None:
        raise ValueError("a known request without its user or time")
    return SetPasswordResult(row.known, row.user_id, row.changed_at, row.remembers_since)
