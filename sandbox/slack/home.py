"""The app's Home tab as a person reads and uses it."""

from sandbox.slack import reading
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.message import Backend
from sandbox.slack.shown_view import ShownView
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import Member


class Home(ShownView):
    """The current Home tab of a person; empty until the bot publishes one for them."""

    def __init__(self, backend: Backend, member: Member) -> None:
        super().__init__(backend, member)
        self.last_acknowledgement: Acknowledgement | None = None
        """The response to `app_home_opened`."""

    def __repr__(self) -> str:
        return f"<Home of {self._member.name}: {self.text!r}>"

    @property
    def is_published(self) -> bool:
        return self._backend.home_tabs.find(self._member.id) is not None

    @property
    def shown(self) -> OpenView:
        tab = self._backend.home_tabs.find(self._member.id)
        if tab is None:
            raise AssertionError(f"nothing was published for {self._member.name}")
        return tab

    @property
    def text(self) -> str:
        if not self.is_published:
            return ""
        blocks = reading.visible_text(self.shown.definition["blocks"], self.shown.values)
        return "\n".join(line for line in (blocks, self.notice) if line)

    @property
    def buttons(self) -> tuple[str, ...]:
        return super().buttons if self.is_published else ()

    async def shows(self, text: str, timeout_seconds: float = 5.0) -> None:
        """Wait until the text is visible. Raises: AssertionError, with the visible text."""
        await self._backend.workspace.changes_of(self._member.id).wait_until(
            lambda: text in self.text, timeout_seconds, lambda: f"no {text!r} in:\n{self.text}"
        )

    def _check_usable(self) -> None:
        _ = self.shown
