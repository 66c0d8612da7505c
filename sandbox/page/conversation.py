"""A channel's messages and composer, and for the app its Home tab."""

from collections.abc import Callable
from functools import partial
from typing import Final

from nicegui.element import Element

from sandbox.page.blocks import Ask
from sandbox.page.composer import Composer
from sandbox.page.elements import Item, LiveList, button, set_attributes, set_text, tag
from sandbox.page.home import HomeTab
from sandbox.page.messages import MessageList
from sandbox.page.viewer import Viewer
from sandbox.slack.payloads import Tab
from sandbox.slack.workspace import BOT_USER_ID, Channel

_TABS: Final[tuple[Tab, ...]] = ("home", "messages")
_OPENED: Final = "app_home_opened"


def is_app(channel: Channel) -> bool:
    """Return True for the conversation with the app."""
    return channel.is_direct and BOT_USER_ID in channel.members


class Conversation:
    """The open channel of one person."""

    def __init__(self, viewer: Viewer, ask: Ask, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        self._refresh = refresh
        self.channel = viewer.world.slack.channel(viewer.world.slack.general)
        self._tab: Tab = "home" if viewer.app.has_home else "messages"
        self._seen_notices = len(viewer.person.notices)
        words = viewer.words
        with tag("section", classes="conversation", aria_label=words["conversation"]):
            self._title = tag("h2", " ", classes="conversation-title")
            with tag("div", classes="tabs", role="tablist", aria_label=words["tabs"]) as self._tab_list:
                self._tab_buttons = {tab: self._draw_tab(tab) for tab in _TABS}
            with tag("div", classes="panel") as messages:
                self._messages = MessageList(viewer, ask)
            with tag("div", classes="panel") as home:
                self._home = HomeTab(viewer, ask)
            self._panels: dict[Tab, Element] = {"home": home, "messages": messages}
            self._notices = LiveList(tag("div", classes="notices", role="alert"))
            self._composer = Composer(viewer, lambda: self.channel.id)
            self._closed = tag("p", words["read_only"], classes="quiet read-only")

    @property
    def shows_messages(self) -> bool:
        return self._shown_tab == "messages"

    def show(self, name: str) -> None:
        """Show the current state; `name` is the channel's name."""
        set_text(self._title, name)
        self._show_tabs()
        self._messages.show(self.channel.id)
        self._home.show()
        self._show_notices()
        self._composer.show(name)
        is_closed = is_app(self.channel) and self._viewer.app.is_read_only
        set_attributes(self._composer.root, hidden=is_closed or not self.shows_messages)
        set_attributes(self._closed, hidden=not is_closed or not self.shows_messages)

    async def open(self, channel: Channel, *, has_unread: bool) -> None:
        """Open a channel. In the app's, unread messages take precedence over the tab that was open last."""
        self.channel = channel
        if has_unread:
            self._tab = "messages"
        await self._arrive()

    async def _turn_to(self, tab: Tab) -> None:
        self._tab = tab
        await self._arrive()

    async def _arrive(self) -> None:
        """Draw, and send app_home_opened if the app subscribes to it."""
        self._refresh()
        if not is_app(self.channel) or _OPENED not in self._viewer.app.events:
            return
        slack, person = self._viewer.world.slack, self._viewer.person
        await slack.deliver("event_callback", slack.home_opened_payload(person, self._shown_tab))

    @property
    def _has_tabs(self) -> bool:
        return is_app(self.channel) and self._viewer.app.has_home

    @property
    def _shown_tab(self) -> Tab:
        return self._tab if self._has_tabs else "messages"

    def _draw_tab(self, tab: Tab) -> Element:
        words = self._viewer.words
        return button(words["home"] if tab == "home" else words["messages"], partial(self._turn_to, tab), role="tab")

    def _show_tabs(self) -> None:
        set_attributes(self._tab_list, hidden=not self._has_tabs)
        for tab, panel in self._panels.items():
            is_open = tab == self._shown_tab
            opener = self._tab_buttons[tab]
            set_attributes(
                opener,
                aria_selected="true" if is_open else "false",
                aria_controls=panel.html_id,
                tabindex=None if is_open else "-1",
            )
            set_attributes(
                panel,
                hidden=not is_open,
                role="tabpanel" if self._has_tabs else None,
                aria_labelledby=opener.html_id if self._has_tabs else None,
            )

    def _show_notices(self) -> None:
        notices = self._viewer.person.notices
        self._notices.show(
            Item(str(number), text, partial(self._draw_notice, text))
            for number, text in enumerate(notices)
            if number >= self._seen_notices
        )

    def _draw_notice(self, text: str) -> Element:
        with tag("div", classes="notice") as notice:
            tag("span", text)
            button("✕", self._dismiss, classes="icon", aria_label=self._viewer.words["dismiss"])
        return notice

    def _dismiss(self) -> None:
        self._seen_notices = len(self._viewer.person.notices)
        self._refresh()
