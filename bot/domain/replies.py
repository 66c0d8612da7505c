"""A reply on a ticket: what is to be written, what it is made of, and what became of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.domain.audit import Action, AuditEvent, Happened
from bot.domain.permissions import Agent
from bot.domain.references import Reference
from bot.domain.resets import Reason, Reset

PASSWORD: Final = "password"  # noqa: S105 - a marker's name, not a password
PASSWORD_MARKER: Final = "{password}"  # noqa: S105 - what stands for one
MARKERS: Final = frozenset({"client_name", "email", "reference", "ticket"})
"""What every text may have, to be filled in when the form is drawn."""
TEXT_LENGTH: Final = 3000
"""What a text field of Slack's holds (docs.slack.dev, plain-text input)."""

_MARKER: Final = re.compile(r"\{([^\W\d]\w*)\}")
_BRACES: Final = str.maketrans("{}", "()")


class ReplyKind(StrEnum):
    """Who sees it: the client, to whom WHMCS also mails it, or staff alone."""

    PUBLIC = "public"
    NOTE = "note"


class ReplyReason(StrEnum):
    """The `reason` of a reply's audit event. The first three say what was sent, the others why it was not.

    WHMCS's own failures have the words of a reset (`bot.domain.resets.Reason`). NOT_KNOWN: nobody knows whether it was;
    NOT_ARRIVED: it is known by now that it was not.
    UNDER_WAY: another submission is at it; that is told, and not recorded.
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
    """How far a reply is known to be. Each is committed before the step that it announces.

    CHECKING: nothing was written in WHMCS. SENDING: the write may be on its way. SENT: it is on the ticket.
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
    """The texts that a reply begins as; the values are the names of the files that replace them."""

    RESET_EMAIL = "reset_email"
    SET_PASSWORD = "set_password"  # noqa: S105 - a text's name, not a password
    WITH_PASSWORD = "with_password"  # noqa: S105 - a text's name, not a password


@dataclass(frozen=True, slots=True)
class ReplyTemplates:
    """The administrator's own texts, by language, in place of the bot's."""

    texts: Mapping[tuple[ReplyText, str], str] = field(default_factory=dict)

    def find(self, which: ReplyText, language: str) -> str | None:
        return self.texts.get((which, language))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyRequest:
    """A submitted reply. `text` has the marker where the password is to stand, never the password itself.

    `reference_line`: what it ends with, by which it is found again.
    """

    reference: Reference
    agent: Agent
    kind: ReplyKind
    text: str
    reference_line: str
    has_password: bool = False

    @property
    def content(self) -> ReplyReason:
        """What is sent, in the audit's word."""
        if self.kind is ReplyKind.NOTE:
            return ReplyReason.NOTE
        return ReplyReason.WITH_PASSWORD if self.has_password else ReplyReason.PUBLIC


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDraft:
    """What a reply is drawn from. `offers_password`: it may be included, and the message that holds it is there."""

    reset: Reset
    client_name: str
    ticket_subject: str
    ticket_url: str
    offers_password: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyResult:
    """What became of a reply, with what the sentences about it need.

    `at`: when it was sent, or from when on it can be settled. `reason` says what was sent, or why nothing was; `detail` is WHMCS's own words or another ticket's number, no secret.
    """

    reset: Reset
    outcome: ReplyOutcome
    reason: ReplyReason | Reason
    detail: str = ""
    at: datetime | None = None
    ticket_url: str = ""


def build_event(
    reset: Reset, outcome: Happened, reason: ReplyReason | Reason, *, at: datetime, actor: str
) -> AuditEvent:
    return AuditEvent(
        at=at,
        actor=actor,
        action=Action.REPLY,
        outcome=outcome,
        reference=reset.reference,
        reason=reason,
        client_id=reset.client_id,
        user_id=reset.user_id,
        method=reset.method,
        ticket=reset.ticket,
    )


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in place of markers, once: what a value brings along is never taken for a marker."""
    literal = {name: value.translate(_BRACES) for name, value in values.items()}
    return _MARKER.sub(lambda found: literal.get(found[1], found[0]), template)


def markers_in(text: str) -> frozenset[str]:
    """The names of everything that looks like a marker; braces around anything but one word are just braces."""
    return frozenset(_MARKER.findall(text))


def with_reference(text: str, line: str, reference: Reference) -> str:
    """End the text with the line by which it is found again, unless it ends with the reference already."""
    bare = text.rstrip()
    last = bare.rpartition("\n")[2]
    return bare if reference in last else f"{bare}\n\n{line}".lstrip()


def put_in_password(text: str, password: str) -> str:
    """Put the password where its marker stands; all other braces stay as they are."""
    return text.replace(PASSWORD_MARKER, password)
