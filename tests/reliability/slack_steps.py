"""How Slack is broken for one case, and on which way to which call."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sandbox.slack.faults import Fault, Kind
from tests.reliability.case import Case
from tests.reliability.row import Row
from tests.reliability.steps import Do, finish, submit

Break: TypeAlias = Callable[[Case], object]


@dataclass(frozen=True)
class Trouble:
    """`reach`: up to the button that begins the reset, or to what is broken before it. `go_on`: from there to the end;
    nothing where there is no form in which anything could be pressed.

    `is_late`: its end is seen only once Slack is well again. `is_first`: what is broken is everybody's, so that it is over
    before the others begin.
    """

    row: Row
    reach: Do = Case.fill_in
    go_on: Do = submit
    is_late: bool = False
    is_first: bool = False


def broken(method: str, kind: Kind, *, times: int | None = None, error: str = "") -> Break:
    return lambda case: case.break_slack(method, kind, times=times, seconds=1, error=error)


def _order(case: Case, breaks: Iterable[Break]) -> None:
    for each in breaks:
        each(case)


def at_the_command(*breaks: Break) -> Do:
    """The command alone is sent; there may be no form to go on with."""

    async def send(case: Case) -> None:
        _order(case, breaks)
        await case.agent.sends(f"/reset-password #{case.client_id}")

    return send


def at_the_button(*breaks: Break) -> Do:
    async def press(case: Case) -> None:
        _order(case, breaks)
        case.submit()

    return press


def after_progress(*breaks: Break) -> Do:
    """The result is no longer the answer to the button, so that a call has to draw it."""

    async def go_on(case: Case) -> None:
        await show_progress(case)
        _order(case, breaks)
        case.let_whmcs_go_on()

    return go_on


def when_deleted(*breaks: Break) -> Do:
    async def go_on(case: Case) -> None:
        await finish(case)
        _order(case, breaks)
        case.let_message_be_due()

    return go_on


async def show_progress(case: Case) -> None:
    fault = case.break_whmcs(case.write, "held_before", times=1)
    case.submit()
    await case.held_by_whmcs(fault)
    await case.form.shows("One moment", timeout_seconds=20)


async def lose_groups(case: Case) -> None:
    """Whoever is in a group is read for everybody at once."""
    case.world.slack.faults.add(Fault("usergroups.users.list", "ratelimited", seconds=1, times=1))
    case.submit()


async def find_form(case: Case) -> None:
    case.modal = await case.agent.modal()


async def draw_last_step_late(case: Case) -> None:
    """The form is submitted, and WHMCS takes longer than the answer to it may take."""
    case.modal = await case.agent.types(f"/reset-password #{case.client_id}")
    await case.form.shows("Client id", timeout_seconds=20)
    await case.form.choose("Method", "Set a password")
    fault = case.break_whmcs("GetClientsDetails", "held_before", times=1)
    await case.form.submit()
    await case.held_by_whmcs(fault)
    case.break_slack("views.update", "status_500")
    case.let_whmcs_go_on()


async def close_form(case: Case) -> None:
    await show_progress(case)
    await case.form.close()
    case.let_whmcs_go_on()


async def place_late(case: Case) -> None:
    """Slack does what it was asked for first after the second attempt was answered."""
    fault = case.break_slack("chat.postMessage", "held_before", times=1)
    await finish(case)
    case.world.slack.faults.release(fault)


async def lose_and_refuse(case: Case) -> None:
    """The first attempt puts the password into the message; the second one is told that this can't be done."""
    lost = case.break_slack("chat.update", "drop_after", times=1)
    case.submit()
    await case.world.slack.changes.wait_until(lambda: lost.used, 20)
    case.break_slack("chat.update", "error", error="cant_update_message")


async def lose_the_second_message(case: Case) -> None:
    """The placeholder can't be changed, and the answer to the message that is sent in its place is lost."""
    refused = case.break_slack("chat.update", "error", error="cant_update_message")
    held = case.break_whmcs(case.write, "held_before", times=1)
    case.submit()
    await case.held_by_whmcs(held)
    case.break_slack("chat.postMessage", "drop_after")
    case.let_whmcs_go_on()
    await case.world.slack.changes.wait_until(lambda: refused.used, 20)


def deleted_again(*breaks: Break) -> Do:
    """As `when_deleted`, without waiting for the time of the second attempt."""

    async def go_on(case: Case) -> None:
        await when_deleted(*breaks)(case)
        await case.try_deletion_again()

    return go_on


async def overdue(case: Case) -> None:
    await deleted_again(broken("chat.delete", "status_500", times=2))(case)
    await case.try_deletion_again()
