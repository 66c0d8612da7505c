"""The settings, with defaults and ranges: read once at start, validated, frozen."""

import re
import socket
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import NoDecode

from bot.domain.identity import (
    DEFAULT_ANSWERS,
    MAX_ANSWER,
    MAX_ANSWERS,
    ApprovalRule,
    IdentityPolicy,
    TicketPolicy,
    VerificationPolicy,
)
from bot.domain.names import one_line
from bot.domain.network import require_safe_address
from bot.domain.passwords import MAX_LENGTH, MIN_LENGTH
from bot.domain.replies import ReplyTemplates
from bot.environment import EnvironmentSettings
from bot.outgoing import OutgoingSettings
from bot.reply_templates import read_templates
from bot.store.url import find_url_problem

_USER_ID: Final = re.compile(r"[UW][A-Z0-9]+")
_GROUP_ID: Final = re.compile(r"S[A-Z0-9]+")
_CHANNEL_ID: Final = re.compile(r"[CG][A-Z0-9]+")
_EVENTS_PATH: Final = "/slack/events"
_API_PATH: Final = "/includes/api.php"

Ids = Annotated[frozenset[str], NoDecode]
Lines = Annotated[tuple[str, ...], NoDecode]
Port = Annotated[int, Field(ge=1, le=65535)]


class OperationsSettings(EnvironmentSettings):
    """Address of the operations listener (health, readiness, metrics)."""

    ops_host: str = "127.0.0.1"
    ops_port: Port = 3001

    @field_validator("ops_host")
    @classmethod
    def _is_ops_host(cls, value: str) -> str:
        return _host_to_listen_on(value)


class DatabaseSettings(EnvironmentSettings):
    """Settings of the commands that only use the database."""

    database_url: SecretStr = SecretStr("sqlite:///var/bot.db")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return every secret in the settings, for masking."""
        values = (getattr(self, name) for name in type(self).model_fields)
        whole = [value.get_secret_value() for value in values if isinstance(value, SecretStr)]
        # The password of a database or proxy can also appear without the rest of the address.
        passwords = [_find_password(value) for value in whole if "://" in value]
        decoded = [unquote(password) for password in passwords]
        return tuple(dict.fromkeys(filter(None, (*whole, *passwords, *decoded))))

    @field_validator("database_url")
    @classmethod
    def _is_known_database(cls, value: SecretStr) -> SecretStr:
        if problem := find_url_problem(value.get_secret_value()):
            raise ValueError(problem)
        return value


class ManifestSettings(EnvironmentSettings):
    """Settings that the manifest depends on."""

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
        return require_safe_address(value).rstrip("/").removesuffix(_EVENTS_PATH).rstrip("/") if value else value


class Settings(ManifestSettings, OperationsSettings, DatabaseSettings, OutgoingSettings):
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
    ticket_proof_hours: int = Field(default=72, ge=1, le=720)
    approval_channel: str = ""
    approval_policy: ApprovalRule = ApprovalRule.UNPROVEN
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
        """Identity-verification policy."""
        return IdentityPolicy(
            tickets=self.ticket_policy,
            verification=self.verification_policy,
            answers=self.verification_answers,
            signed_in_departments=self.ticket_departments_signed_in,
            protected_groups=self.protected_client_groups,
            proof_max_age=timedelta(hours=self.ticket_proof_hours),
            approvals=self.approval_policy if self.approval_channel else None,
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

    @field_validator("host", "port", mode="before")
    @classmethod
    def _is_used(cls, value: object, info: ValidationInfo) -> object:
        """In Socket Mode nothing listens there, so a wrong value does no harm."""
        is_socket = info.data.get("slack_app_token") is not None
        return cls.model_fields[str(info.field_name)].default if is_socket else value

    @field_validator("host")
    @classmethod
    def _is_host(cls, value: str) -> str:
        return _host_to_listen_on(value)

    @field_validator("slack_api_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        return require_safe_address(value).rstrip("/") + "/"

    @field_validator("whmcs_companion_url", "whmcs_admin_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return require_safe_address(value).rstrip("/") if value else value

    @field_validator("whmcs_url")
    @classmethod
    def _is_base(cls, value: str) -> str:
        return require_safe_address(value).rstrip("/").removesuffix(_API_PATH).rstrip("/")

    @field_validator("whmcs_companion_url")
    @classmethod
    def _companion_default(cls, value: str, info: ValidationInfo) -> str:
        return value or f"{info.data.get('whmcs_url', '')}/modules/addons/resetbot/api.php"

    @field_validator("whmcs_admin_url")
    @classmethod
    def _admin_default(cls, value: str, info: ValidationInfo) -> str:
        return value or f"{info.data.get('whmcs_url', '')}/admin"


def _all_match(values: frozenset[str], shape: re.Pattern[str], wanted: str) -> frozenset[str]:
    if not all(shape.fullmatch(value) for value in values):
        raise ValueError(f"must be {wanted}")
    return values


def _lines_of(path: str) -> tuple[str, ...]:
    """Return the non-empty lines of a file."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8"
        raise ValueError(f"the file can't be read: {reason}") from None
    return tuple(line for line in (one_line(line) for line in text.splitlines()) if line)


def _begins(value: SecretStr, prefix: str) -> SecretStr:
    if not value.get_secret_value().startswith(prefix):
        raise ValueError(f"must begin with {prefix}")
    return value


def _host_to_listen_on(value: str) -> str:
    """Return an address or a name that has one, without the brackets of IPv6."""
    host = value[1:-1] if value.startswith("[") and value.endswith("]") else value
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.getaddrinfo(host, None, family, socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise ValueError("must be an address of this host, such as 127.0.0.1, or 0.0.0.0 for all of them") from None
    return host


def _find_password(address: str) -> str:
    """Return the password in an address; empty if it has none, or if the text is no address."""
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""
