"""Replies on tickets: the request, the text, and the result."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.permissions import Agent
from bot.domain.references import Reference
from bot.domain.resets import Reason, Reset

PASSWORD: Final = "password"  # noqa: S105 - a marker's name, not a password
PASSWORD_MARKER: Final = "{password}"  # noqa: S105 - a marker, not a password
MARKERS: Final = frozenset({"client_name", "email", "reference", "ticket"})
"""Markers allowed in every text, filled in when the form is rendered."""
TEXT_LENGTH: Final = 3000
"""Characters in a text field of Slack (docs.slack.dev, plain-text input)."""

_MARKER: Final = re.compile(r"\{([^\W\d]\w*)\}")
_BRACES: Final = str.maketrans("{}", "()")


class ReplyKind(StrEnum):
    """PUBLIC: for the client, to whom WHMCS also mails it. NOTE: for staff only."""

    PUBLIC = "public"
    NOTE = "note"


class ReplyReason(StrEnum):
    """The `reason` of a reply's audit event. The first three are contents of a sent reply, the others causes of failure.

    WHMCS's own failures have a reset's reasons (`bot.domain.resets.Reason`). NOT_KNOWN: the reply may have arrived;
    NOT_ARRIVED: it was found not to have arrived. UNDER_WAY: another submission is sending it; this is not recorded.
    """

    PUBLIC = "public"
    WITH_PASSWORD = "with_password"  # noqa: S105 - a reason, not a password
    NOTE = "note"
    TICKET_NOT_FOUND = "ticket_not_found"
    TICKET_CLOSED = "ticket_closed"
    TICKET_MERGED = "ticket_merged"
    TICKET_MOVED = "ticket_moved"
    MESSAGE_GONE = "message_gone"
    MESSAGE_UNREAD = "message_unread"
    PASSWORD_IN_TEXT = "password_in_text"  # noqa: S105 - a reason, not a password
    UNDER_WAY = "under_way"
    NOT_KNOWN = "not_known"
    NOT_ARRIVED = "not_arrived"


class ReplyPhase(StrEnum):
    """A reply's recorded progress. Each phase is committed before the step that it announces.

    CHECKING: nothing was written in WHMCS. SENDING: the write may be under way. SENT: it is on the ticket.
    """

    CHECKING = "checking"
    SENDING = "sending"
    SENT = "sent"


class ReplyOutcome(StrEnum):
    """NOT_SENT is certain. UNKNOWN: it may be on the ticket."""

    SENT = "sent"
    ALREADY_SENT = "already_sent"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"


class ReplyText(StrEnum):
    """The default texts; each value is the name of the file that replaces the text."""

    RESET_EMAIL = "reset_email"
    SET_PASSWORD = "set_password"  # noqa: S105 - a text's name, not a password
    WITH_PASSWORD = "with_password"  # noqa: S105 - a text's name, not a password


@dataclass(frozen=True, slots=True)
class ReplyTemplates:
    """The administrator's texts, by language, which replace the bot's."""

    texts: Mapping[tuple[ReplyText, str], str] = field(default_factory=dict)

    def find(self, which: ReplyText, language: str) -> str | None:
        return self.texts.get((which, language))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPlace:
    """The client and ticket of the result on which the reply was opened, from its sealed view."""

    client_id: int | None
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequest:
    """A submitted reply. `text` holds the password's marker, never the password itself.

    `reference_line`: the reply's last line, by which it is found on the ticket. `place` None: opened from the message with
    the password.
    """

    reference: Reference
    agent: Agent
    kind: ReplyKind
    text: str
    reference_line: str
    place: ReplyPlace | None
    has_password: bool = False

    @property
    def content(self) -> ReplyReason:
        """The content as the audit trail names it."""
        if self.kind is ReplyKind.NOTE:
            return ReplyReason.NOTE
        return ReplyReason.WITH_PASSWORD if self.has_password else ReplyReason.PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDraft:
    """The data of a new reply. `offers_password`: it may be included, and the message that holds it still exists."""

    reset: Reset
    client_name: str
    ticket_subject: str
    ticket_url: str
    offers_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyResult:
    """A reply's outcome, with the values that its texts need.

    `at`: when it was sent, or from when on an unknown result can be settled. `reason`: the content, or the cause of
    failure. `detail`: WHMCS's message or another ticket's number, never a secret.
    """

    reset: Reset
    outcome: ReplyOutcome
    reason: ReplyReason | Reason
    detail: str = ""
    at: datetime | None = None
    ticket_url: str = ""


def fill_markers(template: str, values: Mapping[str, str]) -> str:
    """Replace markers by values, in one pass: braces in a value never become markers."""
    literal = {name: value.translate(_BRACES) for name, value in values.items()}
    return _MARKER.sub(lambda found: literal.get(found[1], found[0]), template)


def find_markers(text: str) -> frozenset[str]:
    """Return the names of all markers: single words in braces."""
    return frozenset(_MARKER.findall(text))


def append_reference(text: str, line: str, reference: Reference) -> str:
    """Append the line by which the reply is found, unless the text's last line has the reference already."""
    bare = text.rstrip()
    last = bare.rpartition("\n")[2]
    return bare if reference in last else f"{bare}\n\n{line}".lstrip()


def insert_password(text: str, password: str) -> str:
    """Replace the password's marker; all other braces stay."""
    return text.replace(PASSWORD_MARKER, password)
