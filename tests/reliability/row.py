"""The rows of docs/reliability.md: a fault, and what is seen of it in the end. Tests look for exactly that."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from bot.domain.resets import Method

EMAIL: Final = Method.RESET_EMAIL
SET: Final = Method.SET_PASSWORD


class Whmcs(StrEnum):
    """What WHMCS has in the end."""

    AS_BEFORE = "as before"
    MAIL = "one e-mail sent"
    PASSWORD = "the new password"
    MAIL_REPLIED = "one e-mail sent, one reply on the ticket"
    PASSWORD_REPLIED = "the new password, one reply on the ticket"


class Message(StrEnum):
    """What the direct message with the password holds in the end, or the other ones where there is none.

    NOTICE: how it ended, and no password. EMPTY: it waits for a password that will not come, and says from when on.
    """

    NONE = "none"
    PASSWORD = "the password"
    BESIDE_PLACEHOLDER = "the password; beside it an empty one"
    NOTICE = "how it ended"
    EMPTY = "an empty one"
    PLACEHOLDER = "an empty one; another says how it ended"
    DELETED = "deleted"


class Place(StrEnum):
    """Where an agent reads."""

    FORM = "form"
    MESSAGE = "direct message"
    CHANNEL = "channel"


Reads: TypeAlias = tuple[Place, str]


@dataclass(frozen=True, kw_only=True)
class Row:
    """`reads`: what stands where, in the words that an agent with Slack in English reads; each is a part of a sentence.

    `audit`: the events in order, each an outcome with its reason, and before that its action where that is not `reset`.
    `again`: the same form, sent once more after all, does it.
    """

    name: str
    method: Method
    fault: str
    reads: tuple[Reads, ...]
    audit: tuple[str, ...]
    whmcs: Whmcs = Whmcs.AS_BEFORE
    message: Message = Message.NONE
    again: bool = False

    @property
    def id(self) -> str:
        return f"{self.name}-{self.method.value}"


def form(*texts: str) -> tuple[Reads, ...]:
    return tuple((Place.FORM, text) for text in texts)


def message(*texts: str) -> tuple[Reads, ...]:
    return tuple((Place.MESSAGE, text) for text in texts)


def channel(*texts: str) -> tuple[Reads, ...]:
    return tuple((Place.CHANNEL, text) for text in texts)


def done(name: str, method: Method, fault: str) -> Row:
    """The fault does no harm."""
    return Row(
        name=name,
        method=method,
        fault=fault,
        whmcs=Whmcs.MAIL if method is EMAIL else Whmcs.PASSWORD,
        reads=form("Done"),
        message=Message.NONE if method is EMAIL else Message.PASSWORD,
        audit=("STARTED", "SUCCEEDED"),
    )
