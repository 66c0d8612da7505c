"""The app's Home tab: the start button, the state of WHMCS, the agent's resets, and the procedure in brief."""

from typing import Final

from bot.domain.approvals import Pending
from bot.domain.clients import SetPasswordOffer
from bot.domain.homes import Home
from bot.domain.resets import Phase, Reason, Reset, Result
from bot.views import labels
from bot.views.blocks import Block, View, actions, button, divider, header, home_tab, join_known, paragraph
from bot.views.client_card import NOT_OFFERED
from bot.views.text import Texts, outcomes, refusals

OPENED: Final = "app_home_opened"
START: Final = "start_reset"

_TRANSIENT: Final = frozenset(
    {
        Reason.UNREACHABLE,
        Reason.TIMED_OUT,
        Reason.CONNECTION_LOST,
        Reason.NOT_ANSWERING,
        Reason.BUSY,
        Reason.WEB_PAGE,
        Reason.UNUSABLE_ANSWER,
        Reason.SERVER_ERROR,
    }
)


def build(shown: Home, t: Texts) -> View:
    pause = [paragraph(refusals.paused_since(t, shown.pause))] if shown.pause is not None else []
    start = button(text=labels.title(t), action_id=START, style="primary")
    parts = [
        *pause,
        actions(elements=[start]),
        *_list_state(shown, t),
        *_list_pending(shown, t),
        *_list_resets(shown, t),
        *_list_procedure(t),
    ]
    return _home(parts, t)


def build_notice(text: str, t: Texts) -> View:
    """The tab of a person who has no access, or for whom nothing could be read."""
    return _home([paragraph(text)], t)


def _list_state(shown: Home, t: Texts) -> list[Block]:
    is_offered = shown.offer is SetPasswordOffer.OFFERED
    return [
        _heading(t.say("Status at {time}", time=t.clock(shown.read_at))),
        paragraph(_describe_whmcs(shown.whmcs_failure, t)),
        paragraph(t.say("“Set a password” is offered.") if is_offered else t.say(NOT_OFFERED[shown.offer])),
    ]


def _describe_whmcs(failure: Reason | None, t: Texts) -> str:
    if failure is None:
        return t.say("WHMCS answers.")
    if failure in _TRANSIENT:
        return t.say("WHMCS is not answering properly right now. Try again in a few minutes.")
    return t.say("WHMCS is refusing the bot’s requests. Tell your administrator.")


def _list_pending(shown: Home, t: Texts) -> list[Block]:
    if not shown.pending:
        return []
    listed = [paragraph(_describe_pending(pending, t)) for pending in shown.pending]
    return [_heading(t.say("Waiting for a second agent")), *listed]


def _describe_pending(pending: Pending, t: Texts) -> str:
    return t.say(
        "{email} · client #{client_id} · until {time} · {reference}. Answer in the approvals channel.",
        email=pending.reset.user_email,
        client_id=pending.reset.client_id,
        time=t.clock(pending.asked.expires_at),
        reference=pending.reset.reference,
    )


def _list_resets(shown: Home, t: Texts) -> list[Block]:
    if shown.resets is None:
        text = t.say(
            "The bot’s database is not answering, so your resets can’t be shown and no password can be reset. "
            "Open this page again in a minute."
        )
        return [paragraph(text)]
    listed = [paragraph(_describe_reset(reset, t)) for reset in shown.resets]
    return [_heading(t.say("My last resets")), *(listed or [paragraph(t.say("There are none yet."))])]


def _describe_reset(reset: Reset, t: Texts) -> str:
    """Return two lines: the user, and the outcome."""
    whose = t.say(
        "{date} · user {user} · client #{client_id}",
        date=t.date(reset.started_at),
        user=join_known(reset.user_name, reset.user_email, f"#{reset.user_id}"),
        client_id=reset.client_id,
    )
    how = join_known(
        labels.method_name(t, reset.method), _describe_outcome(reset, t), labels.reference(t, reset.reference)
    )
    return f"{whose}\n{how}"


def _describe_outcome(reset: Reset, t: Texts) -> str:
    if reset.phase is Phase.WAITING:
        return t.say("Waiting for approval")
    return t.say("In progress") if reset.outcome is None else outcomes.headline(t, Result.read(reset))


def _list_procedure(t: Texts) -> list[Block]:
    steps = (
        t.say(
            "1. Make sure that the person asking is the user or may act for them: check the ticket, or call "
            "back on the number in WHMCS."
        ),
        t.say(
            "2. Click the button above, or type /reset-password followed by a ticket number, a name, an "
            "address or #id. On a message, use the shortcut of the same name."
        ),
        t.say(
            "3. Compare the client’s card with the person who wrote to you, and choose the ticket and the "
            "user. The form says what the ticket proves."
        ),
        t.say(
            "4. Choose the e-mail whenever the user can read that mailbox; otherwise, set a password. Confirm "
            "it in the last step; a second agent may have to approve it."
        ),
        t.say(
            "5. Read the result and tell the client on the ticket. Share a password only there, then delete "
            "the message."
        ),
    )
    return [divider(), _heading(t.say("The procedure in brief")), *(paragraph(step) for step in steps)]


def _heading(text: str) -> Block:
    return header(text=text)


def _home(parts: list[Block], t: Texts) -> View:
    return home_tab([*parts, *labels.contact_blocks(t)])
