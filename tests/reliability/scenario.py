"""The rows of docs/reliability.md: a fault and its visible result, which the tests check."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from bot.domain.resets import Method

EMAIL: Final = Method.RESET_EMAIL
SET: Final = Method.SET_PASSWORD


class Whmcs(StrEnum):
    """The final state of WHMCS."""

    AS_BEFORE = "as before"
    MAIL = "one e-mail sent"
    PASSWORD = "the new password"
    MAIL_REPLIED = "one e-mail sent, one reply on the ticket"
    PASSWORD_REPLIED = "the new password, one reply on the ticket"


class Message(StrEnum):
    """The final content of the message with the password or, without one, of the other direct messages.

    NOTICE: the outcome without a password. EMPTY: a placeholder whose password will not come; it names the deadline.
    """

    NONE = "none"
    PASSWORD = "the password"
    BESIDE_PLACEHOLDER = "the password, and an unused placeholder"
    NOTICE = "the outcome"
    EMPTY = "an unused placeholder"
    PLACEHOLDER = "an unused placeholder, and the outcome"
    DELETED = "deleted"


class Place(StrEnum):
    """The place in which an agent reads a text."""

    FORM = "form"
    MESSAGE = "direct message"
    CHANNEL = "channel"


Reads: TypeAlias = tuple[Place, str]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A fault and its result. `reads` are parts of the texts that an English-speaking agent reads, with their places.

    `audit` are the events in order: outcome and reason, preceded by the action unless it is `reset`. `again`: the same
    form succeeds if it is submitted again afterwards.
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


def done(name: str, method: Method, fault: str) -> Scenario:
    """Return a scenario in which the fault does no harm."""
    return Scenario(
        name=name,
        method=method,
        fault=fault,
        whmcs=Whmcs.MAIL if method is EMAIL else Whmcs.PASSWORD,
        reads=form("Done"),
        message=Message.NONE if method is EMAIL else Message.PASSWORD,
        audit=("STARTED", "SUCCEEDED"),
    )
