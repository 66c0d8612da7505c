"""What a database does wrong before and after WHMCS did its work, and what is seen of each in the end."""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from bot.domain.resets import Method
from tests.reliability.row import EMAIL, SET, Message, Row, Whmcs, form, message


class Step(Enum):
    """How far a reset is when the database fails; the value says so."""

    BEFORE_STARTED = "before STARTED is committed"
    BEFORE_CALL = "after STARTED, before the call is announced"
    AFTER_WORK = "after WHMCS did it, before the outcome is committed"
    KILLED = "the same, and the process is killed before the database is well again"


@dataclass(frozen=True)
class DatabaseFault:
    name: str
    words: str

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(_row(self, step, method) for step in Step for method in (EMAIL, SET))

    def is_at(self, step: Step, row: Row) -> bool:
        """Whether the row is about this fault at this step."""
        return row.name == _name(self, step)


NO_RECORD: Final = "without a record nothing is done."
FOLLOWS: Final = "stands, but it could not be recorded yet."
UNKNOWN_MAIL: Final = "It is not known whether WHMCS sent the e-mail"
SET_AGAIN: Final = "was changed, but the new one could not be delivered to you: set it again."


def _name(fault: DatabaseFault, step: Step) -> str:
    return f"{fault.name}_{step.name.lower()}"


def _row(fault: DatabaseFault, step: Step, method: Method) -> Row:
    name, words = _name(fault, step), f"{fault.words}: {step.value}"
    done = Whmcs.MAIL if method is EMAIL else Whmcs.PASSWORD
    match step:
        case Step.BEFORE_STARTED:
            return Row(name=name, method=method, fault=words, reads=form(NO_RECORD), audit=(), again=True)
        case Step.BEFORE_CALL:
            return Row(
                name=name,
                method=method,
                fault=words,
                reads=(*form(NO_RECORD, "Nothing was changed."), *message(FOLLOWS)),
                message=Message.NOTICE,
                audit=("STARTED", "FAILED not_recorded"),
            )
        case Step.AFTER_WORK:
            return Row(
                name=name,
                method=method,
                fault=words,
                whmcs=done,
                reads=(*form("Done", FOLLOWS), *message(FOLLOWS)),
                message=Message.NOTICE if method is EMAIL else Message.PASSWORD,
                audit=("STARTED", "SUCCEEDED"),
            )
        case Step.KILLED:
            return Row(
                name=name,
                method=method,
                fault=words,
                whmcs=done,
                reads=(*form("Done", FOLLOWS), *message(FOLLOWS, UNKNOWN_MAIL if method is EMAIL else SET_AGAIN)),
                message=Message.NOTICE,
                audit=("STARTED", "UNKNOWN interrupted" if method is EMAIL else "SUCCEEDED not_delivered"),
            )
