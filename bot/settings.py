"""The settings: read once at start from the environment, checked, frozen.

Every secret may stand in a file instead, named by the same variable with `_FILE` behind it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self, get_args
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain.addresses import is_loopback
from bot.domain.identity import (
    DEFAULT_ANSWERS,
    MAX_ANSWER,
    MAX_ANSWERS,
    IdentityPolicy,
    TicketPolicy,
    VerificationPolicy,
)
from bot.domain.names import one_line
from bot.domain.passwords import MAX_LENGTH, MIN_LENGTH
from bot.domain.replies import ReplyTemplates
from bot.reply_templates import read_templates

_USER_ID: Final = re.compile(r"[UW][A-Z0-9]+")
_GROUP_ID: Final = re.compile(r"S[A-Z0-9]+")
_CHANNEL_ID: Final = re.compile(r"[CG][A-Z0-9]+")
_EVENTS_PATH: Final = "/slack/events"
_API_PATH: Final = "/includes/api.php"
_DATABASES: Final = ("sqlite", "postgresql")
_FILE: Final = "_FILE"

Ids = Annotated[frozenset[str], NoDecode]
Lines = Annotated[tuple[str, ...], NoDecode]
Port = Annotated[int, Field(ge=1, le=65535)]


class SettingsError(Exception):
    """One line for each variable that is wrong; no line holds a value."""

    def __init__(self, lines: tuple[str, ...]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


class EnvironmentSettings(BaseSettings):
    """How all settings are read and checked; which ones there are is said below."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, validate_default=True, extra="ignore")

    @classmethod
    def load(cls, environ: Mapping[str, str]) -> Self:
        """Read the settings from `environ`, and all files that it names.

        Raises: SettingsError: with everything that is wrong, at once.
        """
        environment = _Environment(cls, environ)
        values = environment()
        lines = environment.problems
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            # Made anew, without the cause: pydantic's error holds the values, secrets among them.
            lines += [_describe(problem["loc"], problem["type"], problem["msg"]) for problem in error.errors()]
        else:
            if not lines:
                return settings
        raise SettingsError(tuple(_once_each(lines)))


class OperationsSettings(EnvironmentSettings):
    """Where the running bot tells how it is."""

    ops_host: str = "127.0.0.1"
    ops_port: Port = 3001


class DatabaseSettings(EnvironmentSettings):
    """What the commands need that look at the database alone."""

    database_url: SecretStr = SecretStr("sqlite:///var/bot.db")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret that the settings hold, for masking."""
        values = (getattr(self, name) for name in type(self).model_fields)
        told = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        # A database's password also goes its own way, without the rest of the address.
        return (*told, *filter(None, (urlsplit(self.database_url.get_secret_value()).password,)))

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: SecretStr) -> SecretStr:
        scheme, found, _ = value.get_secret_value().partition("://")
        if not found or scheme.partition("+")[0] not in _DATABASES:
            raise ValueError("must begin with sqlite:// or postgresql://")
        if _split(value.get_secret_value()) is None:
            raise ValueError("must be an SQLAlchemy URL, such as sqlite:///var/bot.db")
        return value


class ManifestSettings(EnvironmentSettings):
    """What decides how the Slack app is set up, and all that has to be known to write its manifest."""

    slack_app_token: SecretStr | None = None
    public_url: str | None = None
    default_locale: Literal["es", "en"] = "es"

    @field_validator("slack_app_token")
    @classmethod
    def _is_app_token(cls, value: SecretStr | None) -> SecretStr | None:
        return _begins(value, "xapp-") if value is not None else None

    @field_validator("public_url")
    @classmethod
    def _is_public_address(cls, value: str | None) -> str | None:
        return _http_address(value).rstrip("/").removesuffix(_EVENTS_PATH).rstrip("/") if value else value


class Settings(ManifestSettings, OperationsSettings, DatabaseSettings):
    slack_bot_token: SecretStr
    slack_signing_secret: SecretStr | None = None
    slack_api_url: str = "https://slack.com/api/"

    whmcs_url: str
    whmcs_api_identifier: SecretStr
    whmcs_api_secret: SecretStr
    whmcs_api_access_key: SecretStr | None = None
    whmcs_companion_secret: SecretStr | None = None
    whmcs_companion_url: str = ""
    whmcs_admin_url: str = ""

    agent_users: Ids = frozenset()
    agent_user_groups: Ids = frozenset()
    set_password_users: Ids = frozenset()
    set_password_user_groups: Ids = frozenset()
    help_contact: str | None = Field(default=None, max_length=500)

    modal_ttl_seconds: int = Field(default=1800, ge=60, le=86400)
    ticket_policy: TicketPolicy = TicketPolicy.OPTIONAL
    ticket_departments_signed_in: Ids = frozenset()
    verification_policy: VerificationPolicy = VerificationPolicy.SET_PASSWORD
    verification_answers: Lines = DEFAULT_ANSWERS
    protected_client_groups: Annotated[frozenset[int], NoDecode] = frozenset()
    whmcs_reply_admin: str = Field(default="", max_length=100)
    ticket_reply_password: Literal["allow", "never"] = "allow"  # noqa: S105 - a word, not a password
    ticket_reply_status: str = Field(default="", max_length=100)
    ticket_reply_templates: Annotated[ReplyTemplates, NoDecode] = ReplyTemplates()
    password_notice_template: str = Field(default="", max_length=200)
    approval_channel: str = ""
    approval_ttl_seconds: int = Field(default=900, ge=60, le=86400)
    password_ttl_seconds: int = Field(default=900, ge=30, le=86400)
    password_length: int = Field(default=20, ge=MIN_LENGTH, le=MAX_LENGTH)
    agent_resets_per_hour: int = Field(default=30, ge=1)
    resets_per_hour: int | None = Field(default=None, ge=1)
    user_cooldown_seconds: int = Field(default=60, ge=0, le=86400)

    host: str = "127.0.0.1"
    port: Port = 3000
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"
    log_format: Literal["console", "json"] | None = None

    @field_validator(
        "agent_users",
        "agent_user_groups",
        "set_password_users",
        "set_password_user_groups",
        "ticket_departments_signed_in",
        "protected_client_groups",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return frozenset(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("ticket_reply_templates", mode="before")
    @classmethod
    def _read_templates(cls, value: object) -> object:
        return read_templates(value) if isinstance(value, str) else value

    @field_validator("verification_answers", mode="before")
    @classmethod
    def _read_lines(cls, value: object) -> object:
        return _lines_of(value) if isinstance(value, str) else value

    @field_validator("verification_answers")
    @classmethod
    def _are_answers(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            raise ValueError("the file holds no answer")
        if len(set(value)) < len(value):
            raise ValueError("the file holds an answer twice")
        if len(value) > MAX_ANSWERS or any(len(answer) > MAX_ANSWER for answer in value):
            raise ValueError(
                f"the file may hold {MAX_ANSWERS} answers, a line each, of at most {MAX_ANSWER} characters"
            )
        return value

    @field_validator("approval_channel")
    @classmethod
    def _is_channel(cls, value: str) -> str:
        if value and not _CHANNEL_ID.fullmatch(value):
            raise ValueError("must be a Slack channel id, such as C012AB3CD")
        return value

    @property
    def identity_policy(self) -> IdentityPolicy:
        """What has to be known of who asks."""
        return IdentityPolicy(
            tickets=self.ticket_policy,
            verification=self.verification_policy,
            answers=self.verification_answers,
            signed_in_departments=self.ticket_departments_signed_in,
            protected_groups=self.protected_client_groups,
            has_approvals=bool(self.approval_channel),
        )

    @field_validator("agent_users", "set_password_users")
    @classmethod
    def _are_users(cls, value: frozenset[str]) -> frozenset[str]:
        return _all_match(value, _USER_ID, "comma-separated Slack member ids, such as U012AB3CD")

    @field_validator("agent_user_groups", "set_password_user_groups")
    @classmethod
    def _are_groups(cls, value: frozenset[str]) -> frozenset[str]:
        return _all_match(value, _GROUP_ID, "comma-separated Slack user group ids, such as S012AB3CD")

    @field_validator("slack_bot_token")
    @classmethod
    def _is_bot_token(cls, value: SecretStr) -> SecretStr:
        return _begins(value, "xoxb-")

    @field_validator("slack_signing_secret")
    @classmethod
    def _is_there_in_http_mode(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("slack_app_token") is None:
            raise ValueError("is required without SLACK_APP_TOKEN")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        return _http_address(value).rstrip("/") + "/"

    @field_validator("whmcs_companion_url", "whmcs_admin_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return _http_address(value).rstrip("/") if value else value

    @field_validator("whmcs_url")
    @classmethod
    def _is_base(cls, value: str) -> str:
        return _http_address(value).rstrip("/").removesuffix(_API_PATH).rstrip("/")

    @field_validator("whmcs_companion_url")
    @classmethod
    def _companion_default(cls, value: str, info: ValidationInfo) -> str:
        return value or f"{info.data.get('whmcs_url', '')}/modules/addons/resetbot/api.php"

    @field_validator("whmcs_admin_url")
    @classmethod
    def _admin_default(cls, value: str, info: ValidationInfo) -> str:
        return value or f"{info.data.get('whmcs_url', '')}/admin"


class _Environment(PydanticBaseSettingsSource):
    """Values by field name, from `environ` and from the files that `X_FILE` names."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self.problems: list[str] = []
        self._environ = environ

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[str | None, str, bool]:
        name = field_name.upper()
        value = self._environ.get(name) or None
        if value and _is_secret(field):
            value = value.strip() or None
        path = self._environ.get(name + _FILE) if _is_secret(field) else None
        if not path:
            return value, field_name, False
        if value:
            self.problems.append(f"{name}: is set twice, here and by {name}{_FILE}")
        return self._read(name + _FILE, path), field_name, False

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields.items()
        values = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in values.items() if value is not None}

    def _read(self, name: str, path: str) -> str | None:
        try:
            text = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
            self.problems.append(f"{name}: the file can't be read: {reason}")
            return None
        if not text:
            self.problems.append(f"{name}: the file is empty")
        return text or None


def _is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


def _describe(location: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(location[0]).upper() if location else "settings"
    if kind == "missing":
        return f"{name}: is required"
    text = message.removeprefix("Value error, ")
    return f"{name}: {text[:1].lower()}{text[1:]}"


def _once_each(lines: list[str]) -> list[str]:
    """Keep the first line for each variable; a secret whose file can't be read is not also *required*."""
    named: dict[str, str] = {}
    for line in lines:
        named.setdefault(line.partition(":")[0].removesuffix(_FILE), line)
    return list(named.values())


def _all_match(values: frozenset[str], shape: re.Pattern[str], wanted: str) -> frozenset[str]:
    if not all(shape.fullmatch(value) for value in values):
        raise ValueError(f"must be {wanted}")
    return values


def _lines_of(path: str) -> tuple[str, ...]:
    """The lines of a file that hold something."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        raise ValueError(f"the file can't be read: {reason}") from None
    return tuple(line for line in (one_line(line) for line in text.splitlines()) if line)


def _begins(value: SecretStr, prefix: str) -> SecretStr:
    if not value.get_secret_value().startswith(prefix):
        raise ValueError(f"must begin with {prefix}")
    return value


def _http_address(value: str) -> str:
    """Check an address to which secrets go: https, or http on this machine alone."""
    parts = _split(value)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an address that begins with https://")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be an address without user name, query and fragment")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https:// (http is for loopback alone)")
    return value


def _split(address: str) -> SplitResult | None:
    """None: not an address; urlsplit's own error would quote it, and it can hold a password."""
    try:
        parts = urlsplit(address)
        is_usable = parts.port != 0 and not any(character.isspace() for character in address)
    except ValueError:
        return None
    return parts if is_usable else None
