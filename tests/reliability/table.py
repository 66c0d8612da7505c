"""Writes docs/reliability.md from the rows: `python -m tests.reliability.table`."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.domain.resets import Method
from tests.reliability import (
    follow_ups,
    moved_clock,
    old_data,
    postgresql_faults,
    sqlite_faults,
    stopped,
    test_killed,
    test_slack,
    whmcs_faults,
)
from tests.reliability.row import Row

PAGE: Final = Path(__file__).parents[2] / "docs/reliability.md"

_METHODS: Final = {Method.RESET_EMAIL: "reset e-mail", Method.SET_PASSWORD: "set a password"}
_INTRODUCTION: Final = """\
# Reliability

What is seen in the end when something fails, whatever it is and whenever. Each row of these tables is a test on the real
process, `python -m bot serve`, between a local Slack and a local WHMCS (`tests/reliability`). The page is written from
what the tests look for, by `python -m tests.reliability.table`; a test compares it.

The columns:

- **WHMCS has**: as before, one e-mail sent, or the new password; and what is on the ticket, where a reply was asked for.
- **The agent reads**: where, and a part of what. *Form* is the modal, *channel* the place where the command was typed.
- **Direct message**: what it holds in the end. The password stays until its time is over.
- **Audit**: the events of that reset and its agent, in order.

After every row this holds as well:

- At most one e-mail is sent, or one password set, for each reset.
- Nobody but its agent ever saw the password, and at most one message holds it. It is in no log and in no database.
- A reset that STARTED has exactly one end; after UNKNOWN, or FAILED `interrupted`, at most one SETTLED.
- No message holds a password past its time, once a bot runs.
- No traceback is in the log.

How a reset's life is made for this is told in [architecture](architecture.md#the-life-of-a-reset).
"""
_HEAD: Final = """\
| Fault | Method | WHMCS has | The agent reads | Direct message | Audit |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Section:
    title: str
    text: str
    rows: tuple[Row, ...]


SECTIONS: Final = (
    Section(
        "The process is killed",
        "By SIGKILL, at each step. Within a minute of the lease's end another process, or the same one when it runs again, "
        "takes the reset over. It sends no e-mail and sets no password.",
        test_killed.ROWS,
    ),
    Section(
        "WHMCS",
        "For an e-mail the write is `ResetPassword`, asked once, with 30 s to answer. For a password it is the companion's "
        "`set_password`, asked up to three times with 8 s each, and then its `result`. What is SETTLED here is so minutes "
        "later, when WHMCS is well again.",
        whmcs_faults.ROWS,
    ),
    Section(
        "Slack",
        "Calls to Slack have 8 s to answer; what is harmless to repeat is repeated, three or four times, and after 429 as "
        "late as Slack asks for. *Refused for good*, *429*, *500* and *no answer in time* are before the work where "
        "nothing else is said. Who is an agent has to be told within seconds.",
        test_slack.ROWS,
    ),
    Section(
        "Approvals and ticket replies",
        "The process is killed, or ended by SIGTERM, while a reset waits for a second agent, while what that one decided is "
        "carried out, or while a reply is under way. Another process is there minutes later.",
        follow_ups.ROWS,
    ),
    Section(
        "The database",
        "It takes nothing for a while, and all again later. What a process could not record it records by itself within a "
        "quarter of a minute of that. Until then the outcome is in its log, with `recorded` false, also where the process "
        "is killed. Where it took the database longer than 1.5 s to refuse, the form is sent again after *Back*.",
        (*sqlite_faults.ROWS, *postgresql_faults.ROWS),
    ),
    Section(
        "Stopped, moved clocks, old data",
        "SIGTERM comes at each step: what is under way has 25 s to end, then the process ends by itself, and the next one "
        "takes over what is left. Where the database has no clock of its own, a host's clock that is ahead lets a password's "
        "message go early, and one that is behind lets it stay longer. Nothing is done twice. A "
        "database that is put back knows nothing of what came after its copy was made, and sends nothing again.",
        (*stopped.ROWS, *moved_clock.ROWS, *old_data.ROWS),
    ),
)


def render() -> str:
    return "\n".join([_INTRODUCTION, *(_section(section) for section in SECTIONS)])


def _section(section: Section) -> str:
    return f"## {section.title}\n\n{section.text}\n\n{_HEAD}{''.join(map(_line, section.rows))}"


def _line(row: Row) -> str:
    cells = (row.fault, _METHODS[row.method], row.whmcs.value, _reads(row), row.message.value, _audit(row.audit))
    return f"| {' | '.join(cells)} |\n"


def _reads(row: Row) -> str:
    said = "; ".join(f"{place.value}: “{text}”" for place, text in row.reads)
    return f"{said}. The same form, sent again, does it" if row.again else said


def _audit(events: Iterable[str]) -> str:
    return ", ".join(map(_event, events)) or "nothing"


def _event(event: str) -> str:
    """Outcomes are in capitals; what else it is made of are words of the audit."""
    return " ".join(word if word.isupper() else f"`{word}`" for word in event.split())


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
