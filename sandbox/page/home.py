"""The app's Home tab."""

from sandbox.page.blocks import Ask
from sandbox.page.elements import set_attributes, tag
from sandbox.page.view_body import ViewBody
from sandbox.page.viewer import Viewer
from sandbox.slack import Home


class HomeTab:
    """The Home tab that the bot published for the person who is acted as."""

    def __init__(self, viewer: Viewer, ask: Ask) -> None:
        self._home = Home(viewer.world.slack, viewer.person.member)
        with tag("div", classes="home", tabindex="0", role="group", aria_label=viewer.words["home"]) as self.root:
            self._empty = tag("p", viewer.words["nothing_published"], classes="quiet")
            container = tag("div")
        self._body = ViewBody(container, self._home, viewer, ask, _submit_nothing)

    def show(self) -> None:
        set_attributes(self._empty, hidden=self._home.is_published)
        if self._home.is_published:
            self._body.show(self._home.shown)


async def _submit_nothing() -> None:
    """Do nothing: a Home tab is not submitted."""
