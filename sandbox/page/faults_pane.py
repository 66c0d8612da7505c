"""The pane with the faults that can be switched on, and with the bot's process and its rules."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui.element import Element

from sandbox.page.bot import MODES, State
from sandbox.page.elements import Attribute, Handler, button, set_attributes, set_text, tag
from sandbox.page.faults import SLACK_FAULTS, WHMCS_FAULTS
from sandbox.page.viewer import Viewer


class FaultsPane:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._inputs: list[tuple[Element, Callable[[], bool]]] = []
        self._buttons: list[tuple[Element, set[State]]] = []
        words, world = viewer.words, viewer.world
        tag("p", words["faults_hint"], classes="quiet")
        self._draw_bot()
        with _draw_group(words["delivery"]):
            for mode in MODES:
                is_chosen, choose = partial(self._has_mode, mode), partial(world.bot.change_mode, mode)
                self._draw_input(words[f"mode.{mode}"], is_chosen, choose, type="radio", name="delivery")
        with _draw_group(words["rules"]):
            self._draw_switch(words["two_agents"], lambda: world.bot.has_approvals, self._switch_approvals)
        for heading, names in (("WHMCS", WHMCS_FAULTS), ("Slack", SLACK_FAULTS)):
            with _draw_group(heading):
                for name in names:
                    is_on = partial(world.faults.is_on, name)
                    self._draw_switch(words[f"fault.{name}"], is_on, partial(world.faults.toggle, name))
        button(words["clear_faults"], world.faults.clear, classes="slack-button")

    def show(self) -> None:
        bot, words = self._viewer.world.bot, self._viewer.words
        for drawn, is_on in self._inputs:
            set_attributes(drawn, checked=True if is_on() else None)
        for drawn, states in self._buttons:
            set_attributes(drawn, hidden=bot.state not in states)
        set_text(self._state, words[f"state.{bot.state}"])
        self._state.classes(replace=f"state {bot.state}")
        set_attributes(self._log, hidden=bot.state != "failed")
        set_text(self._log, bot.log_end or " ")

    def _draw_bot(self) -> None:
        words, bot = self._viewer.words, self._viewer.world.bot
        with _draw_group(words["bot"]):
            with tag("p", role="status"):
                self._state = tag("strong", " ", classes="state")
            with tag("div", classes="row"):
                self._draw_button(words["start"], bot.start, {"stopped", "failed"})
                self._draw_button(words["kill"], bot.kill, {"running", "frozen"})
                self._draw_button(words["freeze"], bot.freeze, {"running"})
                self._draw_button(words["thaw"], bot.thaw, {"frozen"})
            self._log = tag("pre", " ", tabindex="0", role="group", aria_label=words["log_end"], hidden=True)

    def _draw_button(self, text: str, handler: Handler, states: set[State]) -> None:
        """Draw a button that is there in these states of the bot."""
        self._buttons.append((button(text, handler, classes="slack-button"), states))

    def _draw_switch(self, text: str, is_on: Callable[[], bool], switch: Handler) -> None:
        self._draw_input(text, is_on, switch, type="checkbox", role="switch")

    def _draw_input(self, text: str, is_on: Callable[[], bool], change: Handler, **attributes: Attribute) -> None:
        with tag("label", classes="option"):
            drawn = tag("input")
            set_attributes(drawn, **attributes)
            tag("span", text)
        drawn.on("change", lambda _: change(), js_handler="() => emit()")
        self._inputs.append((drawn, is_on))

    def _has_mode(self, mode: str) -> bool:
        return self._viewer.world.bot.mode == mode

    def _switch_approvals(self) -> Awaitable[None]:
        bot = self._viewer.world.bot
        return bot.change_approvals(has_approvals=not bot.has_approvals)


def _draw_group(legend: str) -> Element:
    with tag("fieldset", classes="switches") as group:
        tag("legend", legend)
    return group
