"""A channel's messages, as the person who is acted as sees them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from nicegui.element import Element

from sandbox.page.blocks import Ask, draw_block
from sandbox.page.elements import Item, LiveList, set_attributes, tag
from sandbox.page.markup import draw_mrkdwn
from sandbox.page.menu import Entry, Menu
from sandbox.page.viewer import Viewer
from sandbox.page.world import Shortcut
from sandbox.slack import Message
from sandbox.slack.reading import Field
from sandbox.slack.workspace import BOT_USER_ID, StoredMessage

SLACKBOT: Final = "USLACKBOT"
_COLOURS: Final = 6


def list_visible(viewer: Viewer, channel_id: str) -> list[StoredMessage]:
    """Return the messages that the viewer sees in a channel, oldest first."""
    return [
        message
        for message in viewer.world.slack.workspace.messages
        if message.channel == channel_id and not message.is_deleted and message.ephemeral_to in {None, viewer.person.id}
    ]


def name_author(viewer: Viewer, author: str) -> str:
    """Return the displayed name of an author."""
    if author == BOT_USER_ID:
        return viewer.app.name
    member = viewer.world.slack.workspace.members.get(author)
    return viewer.words["slackbot"] if member is None else member.name


def draw_avatar(name: str) -> Element:
    """Draw a square with initials, hidden from screen readers."""
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return tag("span", initials, classes=f"avatar colour-{sum(name.encode()) % _COLOURS}", aria_hidden="true")


class MessageList:
    """The messages of a channel, newest last. Screen readers announce new ones."""

    def __init__(self, viewer: Viewer, ask: Ask) -> None:
        self._viewer = viewer
        self._ask = ask
        with tag(
            "div", classes="messages", role="log", aria_label=viewer.words["messages"], aria_live="polite", tabindex="0"
        ) as self.root:
            self._empty = tag("p", viewer.words["no_messages"], classes="quiet empty")
            container = tag("div")
        self._list = LiveList(container)

    def show(self, channel_id: str) -> None:
        messages = list_visible(self._viewer, channel_id)
        set_attributes(self._empty, hidden=bool(messages))
        self._list.show(self._list_items(messages))

    def _list_items(self, messages: list[StoredMessage]) -> Iterator[Item]:
        for stored in messages:
            signature = json.dumps([stored.text, stored.blocks, stored.is_edited])
            yield Item(f"{stored.channel}/{stored.ts}", signature, partial(self._draw, stored))

    def _draw(self, stored: StoredMessage) -> Element:
        words = self._viewer.words
        author = name_author(self._viewer, stored.author)
        at = datetime.fromtimestamp(float(stored.ts.split(".")[0]), UTC).astimezone(ZoneInfo(self._viewer.tz))
        classes = "message ephemeral" if stored.ephemeral_to else "message"
        with tag("article", classes=classes, aria_label=f"{author}, {at:%H:%M}") as drawn:
            draw_avatar(author)
            with tag("div", classes="message-body"):
                if stored.ephemeral_to:
                    tag("p", words["only_visible"], classes="only-visible")
                with tag("p", classes="byline"):
                    tag("strong", author)
                    if stored.author == BOT_USER_ID:
                        tag("span", words["app"], classes="badge")
                    tag("time", f"{at:%H:%M}", datetime=at.isoformat(timespec="seconds"))
                self._draw_contents(stored)
            self._draw_menu(stored)
        return drawn

    def _draw_menu(self, stored: StoredMessage) -> None:
        """Draw the menu with the app's message shortcuts; ephemeral messages have none, as in Slack."""
        shortcuts = self._viewer.app.message_shortcuts
        if not shortcuts or stored.ephemeral_to:
            return
        app, person = self._viewer.app.name, self._viewer.person
        message = Message(self._viewer.world.slack, person.member, stored)

        def make_entry(shortcut: Shortcut) -> Entry:
            return Entry(shortcut.name, app, lambda: person.sends_message_shortcut(shortcut.callback_id, message))

        Menu("⋮", self._viewer.words["more_actions"], [make_entry(one) for one in shortcuts], classes="message-menu")

    def _draw_contents(self, stored: StoredMessage) -> None:
        if not stored.blocks:
            with tag("p", classes="message-text"):
                if stored.author in {BOT_USER_ID, SLACKBOT}:
                    draw_mrkdwn(stored.text, self._viewer)
                else:
                    tag("span", stored.text)
        message = Message(self._viewer.world.slack, self._viewer.person.member, stored)

        async def press(field: Field) -> None:
            question = field.element.get("confirm")
            if (question is None or await self._ask(question)) and not stored.is_deleted:
                await message.press_button(field)

        for block in stored.blocks:
            draw_block(block, self._viewer, press)
        if stored.is_edited:
            tag("span", f"({self._viewer.words['edited']})", classes="quiet")
