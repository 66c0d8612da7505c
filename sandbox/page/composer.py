"""The input for messages and commands, with completion of commands."""

from collections.abc import Callable

from sandbox.page.combobox import Choice, Combobox
from sandbox.page.elements import on_script, set_attributes, tag
from sandbox.page.menu import Entry, Menu
from sandbox.page.messages import SLACKBOT
from sandbox.page.viewer import Viewer
from sandbox.page.world import Command, Shortcut


class Composer:
    """Sends at Enter; text that begins with `/` is sent to the app as a command.

    A menu beside it holds the app's global shortcuts.
    """

    def __init__(self, viewer: Viewer, find_channel: Callable[[], str]) -> None:
        self._viewer = viewer
        self._find_channel = find_channel
        self._offered: list[Command] = []
        words = viewer.words
        with tag("div", classes="composer") as self.root:
            self._draw_shortcuts()
            self._box = Combobox(
                words["commands"],
                on_input=self._complete,
                on_choose=self._choose,
                on_enter=self._send,
                on_leave=lambda: None,
                placeholder=words["composer_hint"],
                data_composer="",
            )
            send = tag("button", "➤", classes="send", type="button", aria_label=words["send"])
        field = self._box.input.html_id
        on_script(send, "click", self._send, f"() => emit(document.getElementById('{field}').value)")

    def show(self, channel_name: str) -> None:
        set_attributes(self._box.input, aria_label=self._viewer.words["composer"].format(channel=channel_name))

    def _draw_shortcuts(self) -> None:
        app, person = self._viewer.app, self._viewer.person

        def make_entry(shortcut: Shortcut) -> Entry:
            return Entry(shortcut.name, app.name, lambda: person.sends_shortcut(shortcut.callback_id))

        if app.global_shortcuts:
            Menu("+", self._viewer.words["shortcuts"], [make_entry(one) for one in app.global_shortcuts])

    def _complete(self, text: str) -> None:
        commands = self._viewer.app.commands
        self._offered = [c for c in commands if text.startswith("/") and c.name.startswith(text) and c.name != text]
        if self._offered:
            self._box.open([Choice(f"{c.name} {c.usage}".strip(), c.description) for c in self._offered])
        else:
            self._box.close()

    def _choose(self, number: int) -> None:
        self._box.close()
        self._box.write(f"{self._offered[number].name} ")

    async def _send(self, text: str) -> None:
        text = text.strip()
        if not text:
            return
        self._box.close()
        self._box.write("")
        workspace, person = self._viewer.world.slack.workspace, self._viewer.person
        channel = workspace.channel(self._find_channel())
        command = text.partition(" ")[0]
        if not text.startswith("/"):
            await person.posts(text, channel.id)
        elif command in {known.name for known in self._viewer.app.commands}:
            await person.sends(text, channel.id)
        else:
            answer = self._viewer.words["no_command"].format(command=f"`{command}`")
            workspace.post(channel, answer, [], author=SLACKBOT, ephemeral_to=person.id)
