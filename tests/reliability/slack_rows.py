"""How a reset ends when Slack is broken: the rows from which those of each fault are made."""

from dataclasses import replace
from typing import Final, TypedDict, Unpack

from bot.domain.resets import Method
from tests.reliability.row import EMAIL, SET, Message, Reads, Row, Whmcs, channel, form

UNVERIFIED: Final = "Slack did not tell in time whether you may reset passwords. Try again in a minute."
UNCONFIRMED: Final = "Slack did not tell in time whether you may set passwords. Try again in a minute."
NOT_OPENED: Final = "Slack did not open the form. Try again. Nothing was changed."
NOT_DRAWN: Final = "Slack did not show the next step. Close the form and start again. Nothing was changed."
SENT: Final = "WHMCS sent a password-reset e-mail"
DELIVERED: Final = "was changed. It is in a direct message to you alone"
SET_AGAIN: Final = "was changed, but the new one could not be delivered to you: set it again."
NO_MESSAGE: Final = "Slack did not take the direct message in which the password would have come to you"

MAIL: Final = Row(name="", method=EMAIL, fault="", reads=form(SENT), whmcs=Whmcs.MAIL, audit=("STARTED", "SUCCEEDED"))
PASSWORD: Final = Row(
    name="",
    method=SET,
    fault="",
    reads=form(DELIVERED),
    whmcs=Whmcs.PASSWORD,
    message=Message.PASSWORD,
    audit=("STARTED", "SUCCEEDED"),
)
NOT_DELIVERED: Final = Row(
    name="",
    method=SET,
    fault="",
    reads=(*form(SET_AGAIN), *channel(SET_AGAIN)),
    whmcs=Whmcs.PASSWORD,
    message=Message.EMPTY,
    audit=("STARTED", "SUCCEEDED not_delivered"),
)
NOT_PLACED: Final = Row(
    name="",
    method=SET,
    fault="",
    reads=form(NO_MESSAGE, "Nothing was changed."),
    audit=("STARTED", "FAILED direct_message"),
)
NOT_ADMITTED: Final = Row(
    name="", method=EMAIL, fault="", reads=channel(UNVERIFIED), audit=("access DENIED unverified",)
)
NOT_CONFIRMED: Final = Row(
    name="", method=SET, fault="", reads=form(UNCONFIRMED), audit=("access DENIED unverified",), again=True
)
UNSEEN: Final = Row(name="", method=EMAIL, fault="", reads=channel(NOT_OPENED), audit=())


class _Changes(TypedDict, total=False):
    """What makes a row another one than that which it is made of."""

    method: Method
    reads: tuple[Reads, ...]
    message: Message
    audit: tuple[str, ...]
    again: bool


def named(row: Row, name: str, fault: str, **changes: Unpack[_Changes]) -> Row:
    return replace(row, name=name, fault=fault, **changes)


def deleted(name: str, fault: str, *events: str) -> Row:
    audit = (*PASSWORD.audit, *events, "message DELETED")
    return named(PASSWORD, name, fault, reads=form("Done"), message=Message.DELETED, audit=audit)
