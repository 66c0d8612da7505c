"""Faults of Slack at each call of a reset, and the visible result of each."""

from typing import Final

from tests.reliability.scenario import SET, Message, channel, form, message
from tests.reliability.slack_rows import (
    DELIVERED,
    MAIL,
    NOT_ADMITTED,
    NOT_CONFIRMED,
    NOT_DELIVERED,
    NOT_DRAWN,
    NOT_OPENED,
    NOT_PLACED,
    PASSWORD,
    SENT,
    SET_AGAIN,
    UNSEEN,
    deleted,
    named,
)
from tests.reliability.slack_steps import (
    Trouble,
    after_progress,
    at_the_button,
    at_the_command,
    broken,
    close_form,
    deleted_again,
    draw_last_step_late,
    find_form,
    lose_and_refuse,
    lose_groups,
    lose_the_second_message,
    overdue,
    place_late,
    when_deleted,
)
from tests.reliability.steps import nothing

_ALL: Final = "on every attempt"
CALLS: Final = (
    # Reading the agent.
    Trouble(
        named(NOT_ADMITTED, "command_429", "`users.info` at the command: 429"),
        at_the_command(broken("users.info", "ratelimited", times=1)),
        nothing,
    ),
    Trouble(
        named(NOT_ADMITTED, "command_late", "`users.info` at the command: no answer in time"),
        at_the_command(broken("users.info", "held_before", times=1)),
        nothing,
    ),
    Trouble(
        named(NOT_CONFIRMED, "button_500", "`users.info` at *Confirm*: 500"),
        go_on=at_the_button(broken("users.info", "status_500", times=1)),
    ),
    Trouble(
        named(NOT_CONFIRMED, "button_late", "`users.info` at *Confirm*: no answer in time"),
        go_on=at_the_button(broken("users.info", "held_before", times=1)),
        # A second request during the read waits for the same response.
        is_late=True,
    ),
    Trouble(
        named(NOT_CONFIRMED, "button_lost", "`users.info` at *Confirm*: answer lost"),
        go_on=at_the_button(broken("users.info", "drop_after")),
        is_late=True,
    ),
    Trouble(
        named(NOT_CONFIRMED, "groups_429", "`usergroups.users.list` at *Confirm*: 429"),
        go_on=lose_groups,
        is_first=True,
    ),
    # Opening and updating the form.
    Trouble(
        named(UNSEEN, "open_429", "`views.open`: 429"),
        at_the_command(broken("views.open", "ratelimited")),
        nothing,
    ),
    Trouble(
        named(UNSEEN, "open_500", "`views.open`: 500"),
        at_the_command(broken("views.open", "status_500")),
        nothing,
    ),
    Trouble(
        named(UNSEEN, "open_late", "`views.open`: no answer in time, call not executed"),
        at_the_command(broken("views.open", "held_before")),
        nothing,
    ),
    Trouble(
        named(
            UNSEEN,
            "open_lost",
            "`views.open`: answer lost after Slack executed the call",
            reads=(*form("One moment: searching WHMCS"), *channel(NOT_OPENED)),
        ),
        at_the_command(broken("views.open", "drop_after")),
        find_form,
    ),
    Trouble(
        named(UNSEEN, "open_expired", "`views.open`: the trigger has expired"),
        at_the_command(broken("views.open", "error", error="expired_trigger_id")),
        nothing,
    ),
    Trouble(
        named(UNSEEN, "card_500", f"`views.update` with the client’s card: 500, {_ALL}", reads=channel(NOT_DRAWN)),
        at_the_command(broken("views.update", "status_500")),
        nothing,
    ),
    Trouble(
        named(
            UNSEEN,
            "last_step_500",
            f"`views.update` with the last step: 500, {_ALL}",
            method=SET,
            reads=channel(NOT_DRAWN),
        ),
        draw_last_step_late,
        nothing,
    ),
    Trouble(
        named(MAIL, "result_429", "`views.update` with the result: 429, once"),
        go_on=after_progress(broken("views.update", "ratelimited", times=1)),
    ),
    Trouble(
        named(PASSWORD, "result_late", "`views.update` with the result: no answer in time, once"),
        go_on=after_progress(broken("views.update", "held_before", times=1)),
    ),
    Trouble(
        named(
            PASSWORD, "result_lost", "`views.update` with the result: answer lost after Slack executed the call, once"
        ),
        go_on=after_progress(broken("views.update", "drop_after", times=1)),
    ),
    Trouble(
        named(
            MAIL,
            "result_500",
            f"`views.update` with the result: 500, {_ALL}",
            reads=(*form("One moment"), *channel(SENT)),
        ),
        go_on=after_progress(broken("views.update", "status_500")),
    ),
    Trouble(
        named(
            PASSWORD,
            "result_500",
            f"`views.update` with the result: 500, {_ALL}",
            reads=(*form("One moment"), *channel(DELIVERED)),
        ),
        go_on=after_progress(broken("views.update", "status_500")),
    ),
    Trouble(
        named(
            MAIL,
            "result_conflict",
            "`views.update` with the result: `hash_conflict`",
            reads=(*form("One moment"), *channel(SENT)),
        ),
        go_on=after_progress(broken("views.update", "error", error="hash_conflict")),
    ),
    Trouble(
        named(MAIL, "closed", "The agent closes the form during the call to WHMCS", reads=channel(SENT)),
        go_on=close_form,
    ),
    Trouble(
        named(PASSWORD, "closed", "The agent closes the form during the call to WHMCS", reads=channel(DELIVERED)),
        go_on=close_form,
    ),
    # The placeholder for the password.
    Trouble(
        named(PASSWORD, "place_429", "`chat.postMessage` for the password: 429, once"),
        go_on=at_the_button(broken("chat.postMessage", "ratelimited", times=1)),
    ),
    Trouble(
        named(NOT_PLACED, "place_429_always", f"`chat.postMessage` for the password: 429, {_ALL}"),
        go_on=at_the_button(broken("chat.postMessage", "ratelimited")),
    ),
    Trouble(
        named(NOT_PLACED, "place_500", f"`chat.postMessage` for the password: 500, {_ALL}"),
        go_on=at_the_button(broken("chat.postMessage", "status_500")),
    ),
    Trouble(
        named(
            PASSWORD,
            "place_late",
            "`chat.postMessage` for the password: no answer in time, once; Slack executes the call afterwards",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=place_late,
    ),
    Trouble(
        named(
            PASSWORD,
            "place_lost",
            "`chat.postMessage` for the password: answer lost after Slack executed the call, once",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=at_the_button(broken("chat.postMessage", "drop_after", times=1)),
    ),
    Trouble(
        named(
            NOT_PLACED,
            "place_lost_always",
            f"`chat.postMessage` for the password: answer lost after Slack executed the call, {_ALL}",
            message=Message.EMPTY,
        ),
        go_on=at_the_button(broken("chat.postMessage", "drop_after")),
    ),
    # The password.
    Trouble(
        named(PASSWORD, "fill_429", "`chat.update` with the password: 429, once"),
        go_on=at_the_button(broken("chat.update", "ratelimited", times=1)),
    ),
    Trouble(
        named(NOT_DELIVERED, "fill_429_always", f"`chat.update` with the password: 429, {_ALL}"),
        go_on=at_the_button(broken("chat.update", "ratelimited")),
    ),
    Trouble(
        named(NOT_DELIVERED, "fill_500", f"`chat.update` with the password: 500, {_ALL}"),
        go_on=at_the_button(broken("chat.update", "status_500")),
    ),
    Trouble(
        named(PASSWORD, "fill_late", "`chat.update` with the password: no answer in time, once"),
        go_on=at_the_button(broken("chat.update", "held_before", times=1)),
    ),
    Trouble(
        named(
            PASSWORD, "fill_lost", f"`chat.update` with the password: answer lost after Slack executed the call, {_ALL}"
        ),
        go_on=at_the_button(broken("chat.update", "drop_after")),
    ),
    Trouble(
        named(
            PASSWORD,
            "fill_lost_refused",
            "`chat.update` with the password: answer lost after Slack executed the call, once, then refused permanently",
        ),
        go_on=lose_and_refuse,
    ),
    Trouble(
        named(
            PASSWORD,
            "fill_refused",
            "`chat.update` with the password: refused permanently",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=at_the_button(broken("chat.update", "error", error="cant_update_message")),
    ),
    Trouble(
        named(
            PASSWORD,
            "fill_refused_lost",
            "`chat.update` with the password: refused permanently; answer to a new message lost after Slack executed the call",
            message=Message.BESIDE_PLACEHOLDER,
        ),
        go_on=lose_the_second_message,
    ),
    # The confirmation where the agent typed.
    Trouble(
        named(MAIL, "line_429", "`response_url`: 429", reads=message(SENT), message=Message.NOTICE),
        go_on=after_progress(broken("response_url", "ratelimited")),
    ),
    Trouble(
        named(PASSWORD, "line_500", "`response_url`: 500", reads=message(DELIVERED)),
        go_on=after_progress(broken("response_url", "status_500")),
    ),
    Trouble(
        named(MAIL, "line_late", "`response_url`: no answer in time", reads=message(SENT), message=Message.NOTICE),
        go_on=after_progress(broken("response_url", "held_before")),
    ),
    Trouble(
        named(
            MAIL,
            "line_lost",
            "`response_url`: answer lost after Slack executed the call",
            reads=(*channel(SENT), *message(SENT)),
            message=Message.NOTICE,
        ),
        go_on=after_progress(broken("response_url", "drop_after")),
    ),
    Trouble(
        named(PASSWORD, "line_spent", "`response_url`: used up", reads=message(DELIVERED)),
        go_on=after_progress(broken("response_url", "error", error="used_url")),
    ),
    Trouble(
        named(
            MAIL,
            "line_and_form",
            "`response_url`: used up; `views.update` with the result: 500; `chat.postMessage` with the result: 429",
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
        named(
            NOT_DELIVERED,
            "nothing_works",
            "`response_url`, `views.update`, `chat.postMessage` and `chat.update`: 500 from the call to WHMCS onwards",
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
    # The deletion of the password.
    Trouble(
        deleted("delete_429", "`chat.delete`: 429, once"),
        go_on=when_deleted(broken("chat.delete", "ratelimited", times=1)),
    ),
    Trouble(deleted("delete_500", "`chat.delete`: 500, twice", "message OVERDUE"), go_on=overdue),
    Trouble(
        deleted("delete_late", "`chat.delete`: no answer in time, once"),
        go_on=deleted_again(broken("chat.delete", "held_before", times=1)),
    ),
    Trouble(
        deleted("delete_lost", "`chat.delete`: answer lost after Slack executed the call, once"),
        go_on=deleted_again(broken("chat.delete", "drop_after", times=1)),
    ),
)
