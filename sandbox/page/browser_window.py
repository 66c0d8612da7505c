"""A browser window: the choice of a person, their workspace, and the panes."""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial

from nicegui import background_tasks
from nicegui.client import Client
from nicegui.element import Element

from sandbox.change_notifier import ChangeNotifier
from sandbox.page.elements import button, on_value, set_attributes, tag
from sandbox.page.faults_pane import FaultsPane
from sandbox.page.traffic_pane import TrafficPane
from sandbox.page.viewer import Viewer
from sandbox.page.whmcs_pane import WhmcsPane
from sandbox.page.workspace import WorkspaceView
from sandbox.page.world import World

_SLACK = "slack"


class BrowserWindow:
    """Draws the page for a person and updates it at each change of the servers."""

    def __init__(self, world: World, client: Client, member_id: str) -> None:
        self._world = world
        self._client = client
        self._root = tag("div", classes="window")
        self._viewer = Viewer(world, world.find(member_id) or world.cast[0])
        self._draw()
        watching = [background_tasks.create(self._watch(changes)) for changes in self._all_changes()]
        client.on_delete(lambda: [task.cancel() for task in watching])

    def _all_changes(self) -> Iterator[ChangeNotifier]:
        yield from (self._world.slack.changes, self._world.whmcs.changes, self._world.changes)

    async def _watch(self, changes: ChangeNotifier) -> None:
        while True:
            await changes.next()
            # Changes made at the same time are drawn together.
            await asyncio.sleep(0)
            self._refresh()

    def _refresh(self) -> None:
        if self._root.is_deleted:
            return
        with self._root:
            self._workspace.show()
            # Hidden panes are drawn when they are opened.
            for name, show in self._shows.items():
                if not self._panes[name].props.get("hidden"):
                    show()

    def _act_as(self, member_id: str) -> None:
        member = self._world.find(member_id)
        if member is not None:
            self._viewer = Viewer(self._world, member)
            self._client.run_javascript(f"history.replaceState(null, '', '?as={member.person.id}')")
            self._root.clear()
            self._draw()

    def _draw(self) -> None:
        words = self._viewer.words
        self._client.run_javascript(f"document.documentElement.lang = '{words['language']}'")
        with self._root:
            with tag("header", classes="top"):
                tag("h1", words["title"], classes="unseen")
                self._draw_people()
                with tag("div", classes="views", role="group", aria_label=words["panes"]):
                    names = {
                        _SLACK: "Slack",
                        "whmcs": words["whmcs"],
                        "traffic": words["traffic"],
                        "faults": words["faults"],
                    }
                    self._tabs = {name: button(text, partial(self._turn_to, name)) for name, text in names.items()}
            with tag("div", classes="stage") as self._stage:
                self._workspace = WorkspaceView(self._viewer, self._refresh)
                with tag("section", classes="panes", aria_label=words["panes"]):
                    self._panes: dict[str, Element] = {}
                    self._shows: dict[str, Callable[[], None]] = {}
                    with self._draw_pane("whmcs", words["whmcs"]):
                        self._shows["whmcs"] = WhmcsPane(self._viewer, self._refresh).show
                    with self._draw_pane("traffic", words["traffic"]):
                        self._shows["traffic"] = TrafficPane(self._viewer, self._refresh).show
                    with self._draw_pane("faults", words["faults"]):
                        self._shows["faults"] = FaultsPane(self._viewer).show
        self._turn_to("whmcs")
        self._turn_to(_SLACK)

    def _draw_people(self) -> None:
        words = self._viewer.words
        with tag("div", classes="acting"):
            caption = tag("label", words["acting_as"])
            with tag("select") as people:
                for member in self._world.cast:
                    tag(
                        "option",
                        f"{member.person.name} ({words[f'role.{member.role}']})",
                        value=member.person.id,
                        selected=True if member is self._viewer.cast_member else None,
                    )
        set_attributes(caption, for_=people.html_id)
        on_value(people, "change", self._act_as)

    def _draw_pane(self, name: str, title: str) -> Element:
        with tag("section", classes="pane") as pane:
            heading = tag("h2", title)
        set_attributes(pane, aria_labelledby=heading.html_id)
        self._panes[name] = pane
        return pane

    def _turn_to(self, name: str) -> None:
        """Show a pane. Small screens show either Slack or a pane; wide ones Slack and the pane opened last."""
        if name != _SLACK:
            for other, pane in self._panes.items():
                set_attributes(pane, hidden=other != name)
        set_attributes(self._stage, data_view=_SLACK if name == _SLACK else "panes")
        for other, tab in self._tabs.items():
            is_shown = other == name or (other in self._panes and not self._panes[other].props.get("hidden"))
            set_attributes(tab, aria_pressed="true" if is_shown else "false")
        self._refresh()
