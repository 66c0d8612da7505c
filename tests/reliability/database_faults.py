"""Faults of a database before and after WHMCS did its work, and the visible result of each."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.domain.resets import Method
from tests.reliability.scenario import EMAIL, SET, Message, Scenario, Whmcs, form, message


class Step(Enum):
    """The step of a reset at which the database fails."""

    BEFORE_STARTED = "Before STARTED is committed"
    BEFORE_CALL = "After STARTED, before *calling* is committed"
    AFTER_WORK = "After WHMCS executed the call, before the outcome is committed"
    KILLED = "The same, and the process is killed before the database recovers"


@dataclass(frozen=True)
class DatabaseFault:
    name: str
    words: str

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(_row(self, step, method) for step in Step for method in (EMAIL, SET))

    def is_at(self, step: Step, scenario: Scenario) -> bool:
        """Return True if the row is about this fault at this step."""
        return scenario.name == _name(self, step)


NO_RECORD: Final = "without a record nothing is done."
FOLLOWS: Final = "is final, but it could not be recorded yet."
UNKNOWN_MAIL: Final = "It is not known whether WHMCS sent the e-mail"
SET_AGAIN: Final = "was changed, but the new one could not be delivered to you: set it again."


def _name(fault: DatabaseFault, step: Step) -> str:
    return f"{fault.name}_{step.name.lower()}"


def _row(fault: DatabaseFault, step: Step, method: Method) -> Scenario:
    name, words = _name(fault, step), f"{fault.words}: {step.value}"
    done = Whmcs.MAIL if method is EMAIL else Whmcs.PASSWORD
    match step:
        case Step.BEFORE_STARTED:
            return Scenario(name=name, method=method, fault=words, reads=form(NO_RECORD), audit=(), again=True)
        case Step.BEFORE_CALL:
            return Scenario(
                name=name,
                method=method,
                fault=words,
                reads=(*form(NO_RECORD, "Nothing was changed."), *message(FOLLOWS)),
                message=Message.NOTICE,
                audit=("STARTED", "FAILED not_recorded"),
            )
        case Step.AFTER_WORK:
            return Scenario(
                name=name,
                method=method,
                fault=words,
                whmcs=done,
                reads=(*form("Done", FOLLOWS), *message(FOLLOWS)),
                message=Message.NOTICE if method is EMAIL else Message.PASSWORD,
                audit=("STARTED", "SUCCEEDED"),
            )
        case Step.KILLED:
            return Scenario(
                name=name,
                method=method,
                fault=words,
                whmcs=done,
                reads=(*form("Done", FOLLOWS), *message(FOLLOWS, UNKNOWN_MAIL if method is EMAIL else SET_AGAIN)),
                message=Message.NOTICE,
                audit=("STARTED", "UNKNOWN interrupted" if method is EMAIL else "SUCCEEDED not_delivered"),
            )
