"""What is done with a case on its way to a fault, and after it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.slack.faults import Kind as SlackKind
from sandbox.whmcs import FaultKind
from tests.reliability.case import Case
from tests.reliability.row import Row

Do: TypeAlias = Callable[[Case], Awaitable[None]]


async def nothing(_: Case) -> None:
    pass


async def submit(case: Case) -> None:
    case.submit()


async def finish(case: Case) -> None:
    case.submit()
    await case.form.shows("Done", timeout_seconds=20)


async def let_message_be_due(case: Case) -> None:
    case.let_message_be_due()


async def let_whmcs_go_on(case: Case) -> None:
    case.let_whmcs_go_on()


def held_by_whmcs(kind: FaultKind, action: str = "") -> Do:
    """Up to WHMCS, which holds the write, or what is named."""

    async def hold(case: Case) -> None:
        fault = case.break_whmcs(action or case.write, kind)
        case.submit()
        await case.held_by_whmcs(fault)

    return hold


def held_by_slack(method: str, kind: SlackKind) -> Do:
    async def hold(case: Case) -> None:
        fault = case.break_slack(method, kind)
        case.submit()
        await case.held_by_slack(fault)

    return hold


def held_deletion(kind: SlackKind) -> Do:
    async def hold(case: Case) -> None:
        fault = case.break_slack("chat.delete", kind)
        case.let_message_be_due()
        await case.held_by_slack(fault)

    return hold


async def with_progress(case: Case) -> None:
    """So that the result is no longer the answer to the button."""
    await held_by_whmcs("held_after")(case)
    await case.form.shows("One moment", timeout_seconds=20)


async def held_result(case: Case) -> None:
    """The outcome is committed, and neither the form nor the channel says it."""
    held = [case.break_slack("views.update", "held_before"), case.break_slack("response_url", "held_before")]
    case.let_whmcs_go_on()
    for fault in held:
        await case.held_by_slack(fault)


async def up_to_progress(case: Case) -> None:
    """The form says that it goes on, since nobody knows in time; what would come after that can't be shown."""
    case.break_slack("views.update", "held_before")
    case.submit()
    await case.form.shows("One moment", timeout_seconds=20)


@dataclass(frozen=True)
class Stop:
    """How a reset is brought to its step, one after the other for all: `prepare` what takes a while, then `hold`.

    `first`, `go_on`: the database takes no writes any more. `after`: the process is dead, and no other one is there yet. `then`:
    another one is there. `late`: it has said how it ended.
    """

    row: Row
    prepare: Do = nothing
    hold: Do = nothing
    first: Do = nothing
    go_on: Do = nothing
    after: Do = nothing
    then: Do = nothing
    late: Do = nothing
