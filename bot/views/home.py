"""The app's Home tab: where an agent starts, how things stand, and what he has done."""

from typing import Final

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, DividerBlock, HeaderBlock
from slack_sdk.models.views import View as ViewModel

from bot.domain.homes import Home
from bot.views.blocks import View, paragraph, plain, small_markup
from bot.views.text import Texts, form, home, outcomes

OPENED: Final = "app_home_opened"
START: Final = "start_reset"


def build(shown: Home, timezone: str, t: Texts) -> View:
    """`timezone`: the agent's."""
    pause = [paragraph(outcomes.paused_since(t, shown.pause, timezone))] if shown.pause is not None else []
    start = ButtonElement(text=plain(home.start(t)), action_id=START, style="primary")
    return _home(
        [
            *pause,
            ActionsBlock(elements=[start]),
            *_state(shown, timezone, t),
            *_pending(shown, timezone, t),
            *_resets(shown, timezone, t),
            *_procedure(t),
        ],
        t,
    )


def build_notice(text: str, t: Texts) -> View:
    """What somebody sees who is not let in, or for whom nothing could be read."""
    return _home([paragraph(text)], t)


def _state(shown: Home, timezone: str, t: Texts) -> list[Block]:
    return [
        _heading(home.state_heading(t, t.clock(shown.read_at, timezone))),
        paragraph(home.whmcs_state(t, shown.whmcs_failure)),
        paragraph(form.offer(t, shown.offer) or home.set_password_offered(t)),
    ]


def _pending(shown: Home, timezone: str, t: Texts) -> list[Block]:
    if not shown.pending:
        return []
    listed = [paragraph(home.pending(t, one, timezone)) for one in shown.pending]
    return [_heading(home.pending_heading(t)), *listed]


def _resets(shown: Home, timezone: str, t: Texts) -> list[Block]:
    if shown.resets is None:
        return [paragraph(home.database_fails(t))]
    listed = [paragraph(home.reset(t, reset, timezone)) for reset in shown.resets]
    return [_heading(home.resets_heading(t)), *(listed or [paragraph(home.no_resets(t))])]


def _procedure(t: Texts) -> list[Block]:
    steps = [paragraph(step) for step in home.procedure(t)]
    return [DividerBlock(), _heading(home.procedure_heading(t)), *steps]


def _heading(text: str) -> HeaderBlock:
    return HeaderBlock(text=plain(text))


def _home(parts: list[Block], t: Texts) -> View:
    contact = form.contact(t)
    return ViewModel(type="home", blocks=[*parts, *([small_markup(contact)] if contact else [])]).to_dict()
