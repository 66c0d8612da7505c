"""What Slack does wrong at each call of a reset, and what is seen of each in the end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias

from sandbox.slack.faults import Fault, Kind
from tests.reliability.case import Case
from tests.reliability.row import EMAIL, SET, Message, Row, Whmcs, channel, form, message
from tests.reliability.steps import Do, finish, let_whmcs_go_on, nothing, submit

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
        await _show_progress(case)
        _order(case, breaks)
        case.let_whmcs_go_on()

    return go_on


def when_deleted(*breaks: Break) -> Do:
    async def go_on(case: Case) -> None:
        await finish(case)
        _order(case, breaks)
        case.let_message_be_due()

    return go_on


async def _show_progress(case: Case) -> None:
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
    await _show_progress(case)
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


UNVERIFIED: Final = "Slack did not tell in time whether you may reset passwords. Try again in a minute."
UNCONFIRMED: Final = "Slack did not tell in time whether you may set passwords. Try again in a minute."
NOT_OPENED: Final = "Slack did not open the form. Try again. Nothing was changed."
NOT_DRAWN: Final = "Slack did not show the next step. Close the form and start again. Nothing was changed."
SENT: Final = "WHMCS sent a password-reset e-mail"
DELIVERED: Final = "was changed. It is in a direct message to you alone"
SET_AGAIN: Final = "was changed, but the new one could not be delivered to you: set it again."
NO_MESSAGE: Final = "Slack did not take the direct message in which the password would have come to you"

_MAIL: Final = Row(name="", method=EMAIL, fault="", reads=form(SENT), whmcs=Whmcs.MAIL, audit=("STARTED", "SUCCEEDED"))
_PASSWORD: Final = Row(
    name="",
    method=SET,
    fault="",
    reads=form(DELIVERED),
    whmcs=Whmcs.PASSWORD,
    message=Message.PASSWORD,
    audit=("STARTED", "SUCCEEDED"),
)
_NOT_DELIVERED: Final = Row(
    name="",
    method=SET,
    fault="",
    reads=(*form(SET_AGAIN), *channel(SET_AGAIN)),
    whmcs=Whmcs.PASSWORD,
    message=Message.EMPTY,
    audit=("STARTED", "SUCCEEDED not_delivered"),
)
_NOT_PLACED: Final = Row(
    name="",
    method=SET,
    fault="",
    reads=form(NO_MESSAGE, "Nothing was changed."),
    audit=("STARTED", "FAILED direct_message"),
)
_NOT_ADMITTED: Final = Row(
    name="", method=EMAIL, fault="", reads=channel(UNVERIFIED), audit=("access DENIED unverified",)
)
_NOT_CONFIRMED: Final = Row(
    name="", method=SET, fault="", reads=form(UNCONFIRMED), audit=("access DENIED unverified",), again=True
)
_UNSEEN: Final = Row(name="", method=EMAIL, fault="", reads=channel(NOT_OPENED), audit=())


def _named(row: Row, name: str, fault: str, **changes: object) -> Row:
    return replace(row, name=name, fault=fault, **changes)  # type: ignore[arg-type]


def _deleted(name: str, fault: str, *events: str) -> Row:
    audit = (*_PASSWORD.audit, *events, "message DELETED")
    return _named(_PASSWORD, name, fault, reads=form("Done"), message=Message.DELETED, audit=audit)


_ALL: Final = "at every attempt"
CALLS: Final = (
    # Who asks.
    Trouble(
        _named(_NOT_ADMITTED, "command_429", "`users.info` at the command: 429"),
        at_the_command(broken("users.info", "ratelimited", times=1)),
        nothing,
    ),
    Trouble(
        _named(_NOT_ADMITTED, "command_late", "`users.info` at the command: no answer in time"),
        at_the_command(broken("users.info", "held_before", times=1)),
        nothing,
    ),
    Trouble(
        _named(_NOT_CONFIRMED, "button_500", "`users.info` at *Confirm*: 500"),
        go_on=at_the_button(broken("users.info", "status_500", times=1)),
    ),
    Trouble(
        _named(_NOT_CONFIRMED, "button_late", "`users.info` at *Confirm*: no answer in time"),
        go_on=at_the_button(broken("users.info", "held_before", times=1)),
        # Who asks again while that answer is still waited for, waits for the same one.
        is_late=True,
    ),
    Trouble(
        _named(_NOT_CONFIRMED, "button_lost", "`users.info` at *Confirm*: answer lost"),
        go_on=at_the_button(broken("users.info", "drop_after")),
        is_late=True,
    ),
    Trouble(
        _named(_NOT_CONFIRMED, "groups_429", "`usergroups.users.list` at *Confirm*: 429"),
        go_on=lose_groups,
        is_first=True,
    ),
    # The form.
    Trouble(
        _named(_UNSEEN, "open_429", "`views.open`: 429"),
        at_the_command(broken("views.open", "ratelimited")),
        nothing,
    ),
    Trouble(
        _named(_UNSEEN, "open_500", "`views.open`: 500"),
        at_the_command(broken("views.open", "status_500")),
        nothing,
    ),
    Trouble(
        _named(_UNSEEN, "open_late", "`views.open`: no answer in time, and no work"),
        at_the_command(broken("views.open", "held_before")),
        nothing,
    ),
    Trouble(
        _named(
            _UNSEEN,
            "open_lost",
            "`views.open`: answer lost after the work",
            reads=(*form("One moment: searching WHMCS"), *channel(NOT_OPENED)),
        ),
        at_the_command(broken("views.open", "drop_after")),
        find_form,
    ),
    Trouble(
        _named(_UNSEEN, "open_expired", "`views.open`: the trigger has expired"),
        at_the_command(broken("views.open", "error", error="expired_trigger_id")),
        nothing,
    ),
    Trouble(
        _named(_UNSEEN, "card_500", f"`views.update` with the client’s card: 500, {_ALL}", reads=channel(NOT_DRAWN)),
        at_the_command(broken("views.update", "status_500")),
        nothing,
    ),
    Trouble(
        _named(
            _UNSEEN,
            "last_step_500",
            f"`views.update` with the last step: 500, {_ALL}",
            method=SET,
            reads=channel(NOT_DRAWN),
        ),
        draw_last_step_late,
        nothing,
    ),
    Trouble(
        _named(_MAIL, "result_429", "`views.update` with the result: 429, once"),
        go_on=after_progress(broken("views.update", "ratelimited", times=1)),
    ),
    Trouble(
        _named(_PASSWORD, "result_late", "`views.update` with the result: no answer in time, once"),
        go_on=after_progress(broken("views.update", "held_before", times=1)),
    ),
    Trouble(
        _named(_PASSWORD, "result_lost", "`views.update` with the result: answer lost after the work, once"),
        go_on=after_progress(broken("views.update", "drop_after", times=1)),
    ),
    Trouble(
        _named(
            _MAIL,
            "result_500",
            f"`views.update` with the result: 500, {_ALL}",
            reads=(*form("One moment"), *channel(SENT)),
        ),
        go_on=after_progress(broken("views.update", "status_500")),
    ),
    Trouble(
        _named(
            _PASSWORD,
            "result_500",
            f"`views.update` with the result: 500, {_ALL}",
            reads=(*form("One moment"), *channel(DELIVERED)),
        ),
        go_on=after_progress(broken("views.update", "status_500")),
    ),
    Trouble(
        _named(
            _MAIL,
            "result_conflict",
            "`views.update` with the result: `hash_conflict`",
            reads=(*form("One moment"), *channel(SENT)),
        ),
        go_on=after_progress(broken("views.update", "error", error="hash_conflict")),
    ),
    Trouble(
        _named(_MAIL, "closed", "The agent closes the form while WHMCS is asked", reads=channel(SENT)), go_on=close_form
    ),
    Trouble(
        _named(_PASSWORD, "closed", "The agent closes the form while WHMCS is asked", reads=channel(DELIVERED)),
        go_on=close_form,
    ),
    # The place for the password.
    Trouble(
        _named(_PASSWORD, "place_429", "`chat.postMessage` for the password: 429, once"),
        go_on=at_the_button(broken("chat.postMessage", "ratelimited", times=1)),
    ),
    Trouble(
        _named(_NOT_PLACED, "place_429_always", f"`chat.postMessage` for the password: 429, {_ALL}"),
        go_on=at_the_button(broken("chat.postMessage", "ratelimited")),
    ),
    Trouble(
        _named(_NOT_PLACED, "place_500", f"`chat.postMessage` for the password: 500, {_ALL}"),
        go_on=at_the_button(broken("chat.postMessage", "status_500")),
    ),
    Trouble(
        _named(
            _PASSWORD,
            "place_late",
            "`chat.postMessage` for the password: no answer in time, once; Slack does it afterwards",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=place_late,
    ),
    Trouble(
        _named(
            _PASSWORD,
            "place_lost",
            "`chat.postMessage` for the password: answer lost after the work, once",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=at_the_button(broken("chat.postMessage", "drop_after", times=1)),
    ),
    Trouble(
        _named(
            _NOT_PLACED,
            "place_lost_always",
            f"`chat.postMessage` for the password: answer lost after the work, {_ALL}",
            message=Message.EMPTY,
        ),
        go_on=at_the_button(broken("chat.postMessage", "drop_after")),
    ),
    # The password.
    Trouble(
        _named(_PASSWORD, "fill_429", "`chat.update` with the password: 429, once"),
        go_on=at_the_button(broken("chat.update", "ratelimited", times=1)),
    ),
    Trouble(
        _named(_NOT_DELIVERED, "fill_429_always", f"`chat.update` with the password: 429, {_ALL}"),
        go_on=at_the_button(broken("chat.update", "ratelimited")),
    ),
    Trouble(
        _named(_NOT_DELIVERED, "fill_500", f"`chat.update` with the password: 500, {_ALL}"),
        go_on=at_the_button(broken("chat.update", "status_500")),
    ),
    Trouble(
        _named(_PASSWORD, "fill_late", "`chat.update` with the password: no answer in time, once"),
        go_on=at_the_button(broken("chat.update", "held_before", times=1)),
    ),
    Trouble(
        _named(_PASSWORD, "fill_lost", f"`chat.update` with the password: answer lost after the work, {_ALL}"),
        go_on=at_the_button(broken("chat.update", "drop_after")),
    ),
    Trouble(
        _named(
            _PASSWORD,
            "fill_lost_refused",
            "`chat.update` with the password: answer lost after the work, once, then refused for good",
        ),
        go_on=lose_and_refuse,
    ),
    Trouble(
        _named(
            _PASSWORD,
            "fill_refused",
            "`chat.update` with the password: refused for good",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=at_the_button(broken("chat.update", "error", error="cant_update_message")),
    ),
    Trouble(
        _named(
            _PASSWORD,
            "fill_refused_lost",
            "`chat.update` with the password: refused for good; the answer to a new message is lost after the work",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=lose_the_second_message,
    ),
    # Where the agent typed.
    Trouble(
        _named(_MAIL, "line_429", "`response_url`: 429", reads=message(SENT), message=Message.NOTICE),
        go_on=after_progress(broken("response_url", "ratelimited")),
    ),
    Trouble(
        _named(_PASSWORD, "line_500", "`response_url`: 500", reads=message(DELIVERED)),
        go_on=after_progress(broken("response_url", "status_500")),
    ),
    Trouble(
        _named(_MAIL, "line_late", "`response_url`: no answer in time", reads=message(SENT), message=Message.NOTICE),
        go_on=after_progress(broken("response_url", "held_before")),
    ),
    Trouble(
        _named(
            _MAIL,
            "line_lost",
            "`response_url`: answer lost after the work",
            reads=(*channel(SENT), *message(SENT)),
            message=Message.NOTICE,
        ),
        go_on=after_progress(broken("response_url", "drop_after")),
    ),
    Trouble(
        _named(_PASSWORD, "line_spent", "`response_url`: spent", reads=message(DELIVERED)),
        go_on=after_progress(broken("response_url", "error", error="used_url")),
    ),
    Trouble(
        _named(
            _MAIL,
            "line_and_form",
            "`response_url`: spent; `views.update` with the result: 500; `chat.postMessage` with the result: 429",
            reads=message(SENT),
            message=Message.NOTICE,
        ),
        go_on=after_progress(
            broken("response_url", "error", error="used_url"),
            broken("views.update", "status_500"),
            broken("chat.postMessage", "ratelimited"),
        ),
        is_late=True,
    ),
    Trouble(
        _named(
            _NOT_DELIVERED,
            "nothing_works",
            "`response_url`, `views.update`, `chat.postMessage` and `chat.update`: 500 from the write on",
            reads=message(SET_AGAIN),
            message=Message.NOTICE,
        ),
        go_on=after_progress(
            *(
                broken(method, "status_500")
                for method in ("response_url", "views.update", "chat.postMessage", "chat.update")
            )
        ),
        is_late=True,
    ),
    # The end of the password.
    Trouble(
        _deleted("delete_429", "`chat.delete`: 429, once"),
        go_on=when_deleted(broken("chat.delete", "ratelimited", times=1)),
    ),
    Trouble(_deleted("delete_500", "`chat.delete`: 500, twice", "message OVERDUE"), go_on=overdue),
    Trouble(
        _deleted("delete_late", "`chat.delete`: no answer in time, once"),
        go_on=deleted_again(broken("chat.delete", "held_before", times=1)),
    ),
    Trouble(
        _deleted("delete_lost", "`chat.delete`: answer lost after the work, once"),
        go_on=deleted_again(broken("chat.delete", "drop_after", times=1)),
    ),
)

_REVOKED: Final = broken("*", "error", error="token_revoked")
_REMOVED: Final = (broken("*", "error", error="account_inactive"), broken("response_url", "error", error="no_service"))
TOKENS: Final = (
    Trouble(
        _named(_NOT_ADMITTED, "revoked_before", "Token revoked before the command"),
        at_the_command(_REVOKED),
        nothing,
    ),
    Trouble(
        _named(_MAIL, "revoked_form", "Token revoked between form and button", reads=channel(SENT)),
        go_on=at_the_button(_REVOKED),
    ),
    Trouble(
        _named(
            _NOT_CONFIRMED,
            "revoked_form",
            "Token revoked between form and *Confirm*, and no answer in time from `users.info`",
            reads=(*form("One moment"), *channel(NOT_DRAWN)),
            again=False,
        ),
        go_on=at_the_button(broken("users.info", "held_before"), _REVOKED),
    ),
    Trouble(
        _named(
            _MAIL, "revoked_write", "Token revoked while WHMCS is asked", reads=(*form("One moment"), *channel(SENT))
        ),
        go_on=after_progress(_REVOKED),
    ),
    Trouble(
        _named(
            _NOT_DELIVERED,
            "revoked_write",
            "Token revoked while WHMCS is asked",
            reads=(*form("One moment"), *channel(SET_AGAIN)),
        ),
        go_on=after_progress(_REVOKED),
    ),
    Trouble(
        _named(
            _MAIL,
            "removed_write",
            "App removed while WHMCS is asked, then installed again",
            reads=(*form("One moment"), *message(SENT)),
            message=Message.NOTICE,
        ),
        go_on=after_progress(*_REMOVED),
        is_late=True,
    ),
    Trouble(
        _named(
            _NOT_DELIVERED,
            "removed_write",
            "App removed while WHMCS is asked, then installed again",
            reads=(*form("One moment"), *message(SET_AGAIN)),
            message=Message.NOTICE,
        ),
        go_on=after_progress(*_REMOVED),
        is_late=True,
    ),
)

TROUBLES: Final = (*CALLS, *TOKENS)


@dataclass(frozen=True)
class Silence:
    """`before`: up to where the socket falls silent; `after`: while it is. `is_late`: seen once there is another one."""

    row: Row
    before: Do = nothing
    after: Do = nothing
    is_late: bool = False


async def submit_up_to_check(case: Case) -> None:
    """The button has arrived, and nobody has answered it."""
    fault = case.break_whmcs("GetClientsDetails", "held_before", times=1)
    case.submit()
    await case.held_by_whmcs(fault)


def _silences(sound: Row, said: str) -> tuple[Silence, ...]:
    """The same for either method; `sound` is how it ends where nothing goes wrong."""
    between = "Socket Mode: the socket falls silent between form and button, and is replaced"
    unheard = Row(
        name="socket_form",
        method=sound.method,
        fault=between,
        reads=form("We had some trouble connecting. Try again?"),
        audit=(),
        again=True,
    )
    unanswered = _named(
        sound,
        "socket_button",
        "Socket Mode: the socket falls silent before the button is answered",
        reads=channel(said),
    )
    asked = _named(sound, "socket_write", "Socket Mode: the socket falls silent while WHMCS is asked")
    return (
        Silence(unheard, after=submit, is_late=True),
        Silence(unanswered, before=submit_up_to_check, after=let_whmcs_go_on),
        Silence(asked, before=_show_progress, after=let_whmcs_go_on),
    )


SILENCES: Final = (*_silences(_MAIL, SENT), *_silences(_PASSWORD, DELIVERED))
ROWS: Final = (*(trouble.row for trouble in TROUBLES), *(silence.row for silence in SILENCES))
