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
from tests.reliability.database_faults import DatabaseFault
from tests.reliability.scenario import Scenario

PAGE: Final = Path(__file__).parents[2] / "docs/reliability.md"

_METHODS: Final = {Method.RESET_EMAIL: "reset e-mail", Method.SET_PASSWORD: "set a password"}
_INTRODUCTION: Final = """\
# Reliability

What the agent, WHMCS and the audit show in the end when something fails. Each row is a test of the real process,
`python -m bot serve`, against a local Slack and a local WHMCS (`tests/reliability`). This page is generated from these
tests by `python -m tests.reliability.table`, and a test compares it with them.

| Column | Content |
|---|---|
| WHMCS has | as before, one e-mail sent, or the new password; and a reply on the ticket, if one was requested |
| The agent reads | part of the text, and where it appears: *form* is the modal, *channel* where the command was typed |
| Direct message | what the agent's direct messages contain in the end. A message with the password is deleted when it is due |
| Audit | the events of the reset and its agent, in order |

After each row, the tests also check that:

- each reset sent at most one e-mail or set at most one password;
- only the requesting agent saw the password, in at most one message, and it is in no log and no database;
- each reset with STARTED has exactly one outcome, and at most one SETTLED after UNKNOWN or FAILED `interrupted`;
- no message with a password is overdue while a bot runs;
- the log has no traceback.

[Architecture](architecture.md#the-life-of-a-reset) explains STARTED, *calling* and recovery.
"""
_HEAD: Final = """\
| Fault | Method | WHMCS has | The agent reads | Direct message | Audit |
|---|---|---|---|---|---|
"""


@dataclass(frozen=True)
class Section:
    """`faults`: those that all end as the rows of the first one, so that only these are written."""

    title: str
    text: str
    scenarios: tuple[Scenario, ...]
    faults: tuple[DatabaseFault, ...] = ()


SECTIONS: Final = (
    Section(
        "The process is killed",
        "By SIGKILL, at each step. Within a minute after the lease expires, another process, or the restarted one, takes "
        "the reset over. Recovery sends no e-mail and sets no password.",
        test_killed.SCENARIOS,
    ),
    Section(
        "WHMCS",
        "For an e-mail the write is `ResetPassword`, sent once, with a timeout of 30 s. For a password it is the companion's "
        "`set_password`, sent up to three times with a timeout of 8 s, followed by its `result`. SETTLED follows minutes "
        "later, when WHMCS works again.",
        whmcs_faults.SCENARIOS,
    ),
    Section(
        "Slack",
        "Calls to Slack have a timeout of 8 s. Calls that are safe to repeat are retried up to three times, after 429 as "
        "late as Slack asks for. *Refused permanently*, *429*, *500* and *no answer in time* mean that Slack did not execute "
        "the call, unless the row says otherwise. Slack has only seconds to confirm who is an agent.",
        test_slack.SCENARIOS,
    ),
    Section(
        "Approvals and ticket replies",
        "The process is killed, or receives SIGTERM, while a request is pending, while a decision is carried out, or during "
        "a reply. Another process starts minutes later.",
        follow_ups.SCENARIOS,
    ),
    Section(
        "The database",
        "The database accepts nothing for a while, then works again. Within 15 s after that, a process records what it could "
        "not record before. Until then the outcome is in its log, with `recorded` false, even if the process is killed. If "
        "the database needs longer than 1.5 s to refuse, the agent submits the form again after *Back*.",
        (*sqlite_faults.SCENARIOS, *postgresql_faults.SCENARIOS),
        (*sqlite_faults.FAULTS, *postgresql_faults.FAULTS),
    ),
    Section(
        "Stopped, moved clocks, old data",
        "On SIGTERM, running work has 25 s to finish. Then the process exits, and the next one recovers the rest. With "
        "SQLite, due times depend on the host's clock: if it is ahead, a message with a password is deleted early, if it is "
        "behind, late. Nothing is done twice. A restored backup does not know what happened after it was made, and nothing "
        "is sent again.",
        (*stopped.SCENARIOS, *moved_clock.SCENARIOS, *old_data.SCENARIOS),
    ),
)


def render() -> str:
    return "\n".join([_INTRODUCTION, *(_section(section) for section in SECTIONS)])


def _section(section: Section) -> str:
    faults, lines = "", [_line(scenario) for scenario in section.scenarios]
    if section.faults:
        faults = "The rows hold for each of these faults:\n\n"
        faults += "".join(f"- {fault.words}\n" for fault in section.faults) + "\n"
        lines = _list_common_lines(section.faults)
    return f"## {section.title}\n\n{section.text}\n\n{faults}{_HEAD}{''.join(lines)}"


def _list_common_lines(faults: Iterable[DatabaseFault]) -> list[str]:
    """Return the rows of every fault, without its name. Raises ValueError if they differ."""
    lines = [[_line(scenario).replace(f"{fault.words}: ", "") for scenario in fault.scenarios] for fault in faults]
    if any(other != lines[0] for other in lines):
        raise ValueError("these faults end differently: list each in a section of its own")
    return lines[0]


def _line(scenario: Scenario) -> str:
    cells = (
        scenario.fault,
        _METHODS[scenario.method],
        scenario.whmcs.value,
        _reads(scenario),
        scenario.message.value,
        _audit(scenario.audit),
    )
    return f"| {' | '.join(cells)} |\n"


def _reads(scenario: Scenario) -> str:
    said = "; ".join(f"{place.value}: “{text}”" for place, text in scenario.reads)
    return f"{said}. Submitting the same form again succeeds" if scenario.again else said


def _audit(events: Iterable[str]) -> str:
    return ", ".join(map(_event, events)) or "nothing"


def _event(event: str) -> str:
    """Outcomes are in capitals; what else it is made of are words of the audit."""
    return " ".join(word if word.isupper() else f"`{word}`" for word in event.split())


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
