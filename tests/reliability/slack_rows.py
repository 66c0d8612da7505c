"""Templates for the rows of Slack's faults."""

from dataclasses import replace
from typing import Final, TypedDict, Unpack

from bot.domain.resets import Method
from tests.reliability.scenario import EMAIL, SET, Message, Reads, Scenario, Whmcs, channel, form

UNVERIFIED: Final = "Slack did not confirm in time that you have permission to reset passwords. Try again in a minute."
UNCONFIRMED: Final = "Slack did not confirm in time that you have permission to set passwords. Try again in a minute."
NOT_OPENED: Final = "Slack did not open the form. Try again. Nothing was changed."
NOT_DRAWN: Final = "Slack did not show the next step. Close the form and start again. Nothing was changed."
SENT: Final = "WHMCS sent a password-reset e-mail"
DELIVERED: Final = "was changed. The new one is in a direct message that only you can see"
SET_AGAIN: Final = "was changed, but the new one could not be delivered to you: set it again."
NO_MESSAGE: Final = "Slack did not accept the direct message for the new password"

MAIL: Final = Scenario(
    name="", method=EMAIL, fault="", reads=form(SENT), whmcs=Whmcs.MAIL, audit=("STARTED", "SUCCEEDED")
)
PASSWORD: Final = Scenario(
    name="",
    method=SET,
    fault="",
    reads=form(DELIVERED),
    whmcs=Whmcs.PASSWORD,
    message=Message.PASSWORD,
    audit=("STARTED", "SUCCEEDED"),
)
NOT_DELIVERED: Final = Scenario(
    name="",
    method=SET,
    fault="",
    reads=(*form(SET_AGAIN), *channel(SET_AGAIN)),
    whmcs=Whmcs.PASSWORD,
    message=Message.EMPTY,
    audit=("STARTED", "SUCCEEDED not_delivered"),
)
NOT_PLACED: Final = Scenario(
    name="",
    method=SET,
    fault="",
    reads=form(NO_MESSAGE, "Nothing was changed."),
    audit=("STARTED", "FAILED direct_message"),
)
NOT_ADMITTED: Final = Scenario(
    name="", method=EMAIL, fault="", reads=channel(UNVERIFIED), audit=("access DENIED unverified",)
)
NOT_CONFIRMED: Final = Scenario(
    name="", method=SET, fault="", reads=form(UNCONFIRMED), audit=("access DENIED unverified",), again=True
)
UNSEEN: Final = Scenario(name="", method=EMAIL, fault="", reads=channel(NOT_OPENED), audit=())


class _Changes(TypedDict, total=False):
    """The fields in which a row may differ from its template."""

    method: Method
    reads: tuple[Reads, ...]
    message: Message
    audit: tuple[str, ...]
    again: bool


def named(scenario: Scenario, name: str, fault: str, **changes: Unpack[_Changes]) -> Scenario:
    return replace(scenario, name=name, fault=fault, **changes)


def deleted(name: str, fault: str, *events: str) -> Scenario:
    audit = (*PASSWORD.audit, *events, "message DELETED")
    return named(PASSWORD, name, fault, reads=form("Done"), message=Message.DELETED, audit=audit)
