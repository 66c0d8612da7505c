"""The workspace: the sidebar with channels and direct messages, and the conversation."""

from collections.abc import Callable

from nicegui.element import Element

from sandbox.page.conversation import Conversation, is_app
from sandbox.page.dialogs import DialogLayer
from sandbox.page.elements import Item, LiveList, button, set_attributes, set_text, tag
from sandbox.page.messages import draw_avatar, list_visible
from sandbox.page.viewer import Viewer
from sandbox.slack.workspace import BOT_USER_ID, Channel

_TEAM = "Demo"


class WorkspaceView:
    """The workspace as one person sees it."""

    def __init__(self, viewer: Viewer, refresh: Callable[[], None]) -> None:
        self._viewer = viewer
        self._read: dict[str, str] = {}
        self._lines: dict[str, tuple[Element, Element]] = {}
        # Messages from before the window was opened count as read.
        for channel in self._channels():
            self._mark_read(channel.id)
        words = viewer.words
        with tag("div", classes="slack"):
            self._window = tag("div", classes="slack-window")
            self._dialogs = DialogLayer(viewer, tag("div", classes="dialog-layer"), refresh)
        with self._window:
            with tag("nav", classes="sidebar", aria_label=words["workspace"]):
                tag("p", _TEAM, classes="team")
                self._channel_list = self._draw_group(words["channels"])
                self._direct_list = self._draw_group(words["direct_messages"])
                self._app_list = self._draw_group(words["apps"])
            self._conversation = Conversation(viewer, self._dialogs.ask, refresh)
        self.show()

    def show(self) -> None:
        """Show the current state."""
        channel = self._conversation.channel
        if self._conversation.shows_messages:
            self._mark_read(channel.id)
        self._channel_list.show(self._item(c) for c in self._channels() if not c.is_direct)
        self._direct_list.show(self._item(c) for c in self._channels() if c.is_direct and not is_app(c))
        self._app_list.show(self._item(c) for c in self._channels() if is_app(c))
        for line in self._channels():
            self._show_line(line)
        self._conversation.show(self._name(channel))
        self._dialogs.show()
        set_attributes(self._window, inert=True if self._viewer.person.modals else None)

    def _channels(self) -> list[Channel]:
        channels = self._viewer.world.slack.workspace.channels.values()
        return [channel for channel in channels if self._viewer.person.id in channel.members]

    def _name(self, channel: Channel) -> str:
        if not channel.is_direct:
            return f"# {channel.name}"
        [other] = channel.members - {self._viewer.person.id}
        return self._viewer.app.name if other == BOT_USER_ID else self._viewer.world.slack.workspace.members[other].name

    def _draw_group(self, heading: str) -> LiveList:
        title = tag("h2", heading)
        return LiveList(tag("ul", aria_labelledby=title.html_id))

    def _item(self, channel: Channel) -> Item:
        return Item(channel.id, self._name(channel), lambda: self._draw_line(channel))

    def _draw_line(self, channel: Channel) -> Element:
        name = self._name(channel)
        with tag("li") as line:
            opener = button(name, lambda: self._open(channel))
            with opener:
                if channel.is_direct:
                    draw_avatar(name)
                badge = tag("span", " ", classes="unread", role="img")
        self._lines[channel.id] = (opener, badge)
        return line

    def _show_line(self, channel: Channel) -> None:
        """Update the element in place: a new element would miss a click that is already under way."""
        opener, badge = self._lines[channel.id]
        is_open = channel is self._conversation.channel
        unread = 0 if is_open and self._conversation.shows_messages else self._count_unread(channel)
        set_attributes(opener, aria_current="page" if is_open else None)
        set_text(badge, str(unread) if unread else " ")
        set_attributes(badge, hidden=not unread, aria_label=f"{unread} {self._viewer.words['unread']}")

    def _count_unread(self, channel: Channel) -> int:
        return sum(ts > self._read.get(channel.id, "") for ts in self._list_foreign(channel.id))

    def _list_foreign(self, channel_id: str) -> list[str]:
        messages = list_visible(self._viewer, channel_id)
        return [message.ts for message in messages if message.author != self._viewer.person.id]

    def _mark_read(self, channel_id: str) -> None:
        self._read[channel_id] = max(self._list_foreign(channel_id), default="")

    async def _open(self, channel: Channel) -> None:
        await self._conversation.open(channel, has_unread=bool(self._count_unread(channel)))
