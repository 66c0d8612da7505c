"""The pane with the switches that break something, and the bot's own."""

from collections.abc import Awaitable, Callable
from functools import partial

from nicegui.element import Element

from sandbox.page.bot import MODES, Mode
from sandbox.page.elements import button, on_click, on_value, set_attributes, set_text, tag
from sandbox.page.faults import SLACK_FAULTS, WHMCS_FAULTS
from sandbox.page.viewer import Viewer


class FaultsPane:
    def __init__(self, viewer: Viewer) -> None:
        self._viewer = viewer
        self._switches: dict[str, Element] = {}
        self._modes: dict[Mode, Element] = {}
        words = viewer.words
        tag("p", words.faults_hint, classes="quiet")
        self._draw_bot()
        for heading, names in (("WHMCS", WHMCS_FAULTS), ("Slack", SLACK_FAULTS)):
            with tag("fieldset", classes="switches"):
                tag("legend", heading)
                for name in names:
                    self._draw_switch(name)
        self._clear = button(words.clear_faults, viewer.world.faults.clear, classes="slack-button")

    def show(self) -> None:
        world, words = self._viewer.world, self._viewer.words
        for name, switch in self._switches.items():
            set_attributes(switch, checked=True if world.faults.is_on(name) else None)
        for mode, radio in self._modes.items():
            set_attributes(radio, checked=True if world.bot.mode == mode else None)
        set_attributes(self._approvals, checked=True if world.bot.has_approvals else None)
        state = world.bot.state
        set_text(self._state, words.bot_states[state])
        self._state.classes(replace=f"state {state}")
        set_attributes(self._start, hidden=state in {"running", "frozen", "starting"})
        set_attributes(self._kill, hidden=state not in {"running", "frozen"})
        set_attributes(self._freeze, hidden=state != "running")
        set_attributes(self._thaw, hidden=state != "frozen")
        set_attributes(self._log, hidden=state != "failed")
        set_text(self._log, world.bot.log_end or " ")

    def _draw_bot(self) -> None:
        words, bot = self._viewer.words, self._viewer.world.bot
        with tag("fieldset", classes="switches"):
            tag("legend", words.bot)
            with tag("p", role="status"):
                self._state = tag("strong", " ", classes="state")
            with tag("div", classes="row"):
                self._start = self._draw_button(words.start, bot.start)
                self._kill = self._draw_button(words.kill, bot.kill)
                self._freeze = self._draw_button(words.freeze, bot.freeze)
                self._thaw = self._draw_button(words.thaw, bot.thaw)
            self._log = tag("pre", " ", tabindex="0", role="group", aria_label=words.log_end, hidden=True)
        with tag("fieldset", classes="switches"):
            tag("legend", words.delivery)
            for mode in MODES:
                self._draw_mode(mode)
        with tag("fieldset", classes="switches"):
            tag("legend", words.rules)
            with tag("label", classes="option"):
                self._approvals = tag("input", type="checkbox", role="switch")
                tag("span", words.two_agents)
            self._approvals.on("change", self._switch_approvals, js_handler="() => emit()")

    async def _switch_approvals(self, _: object) -> None:
        bot = self._viewer.world.bot
        await bot.change_approvals(has_approvals=not bot.has_approvals)

    def _draw_button(self, text: str, handler: Callable[[], Awaitable[None]]) -> Element:
        return on_click(tag("button", text, classes="slack-button", type="button"), handler)

    def _draw_mode(self, mode: Mode) -> None:
        with tag("label", classes="option"):
            radio = tag("input", type="radio", name="delivery")
            tag("span", self._viewer.words.modes[mode])
        on_value(radio, "change", lambda _: self._viewer.world.bot.change_mode(mode))
        self._modes[mode] = radio

    def _draw_switch(self, name: str) -> None:
        with tag("label", classes="option"):
            switch = tag("input", type="checkbox", role="switch")
            tag("span", self._viewer.words.fault_names[name])
        switch.on("change", partial(self._switch, name), js_handler="() => emit()")
        self._switches[name] = switch

    def _switch(self, name: str, _: object) -> None:
        faults = self._viewer.world.faults
        faults.switch(name, is_on=not faults.is_on(name))
