"""The app's Home tab as somebody reads it and uses it."""

from sandbox.slack import reading
from sandbox.slack.delivery import Acknowledgement
from sandbox.slack.message import Desk
from sandbox.slack.shown_view import ShownView
from sandbox.slack.views import OpenView
from sandbox.slack.workspace import Member


class Home(ShownView):
    """One person's Home tab, as it is now: empty until the bot has published something for this person."""

    def __init__(self, desk: Desk, member: Member) -> None:
        super().__init__(desk, member)
        self.last_acknowledgement: Acknowledgement | None = None
        """What the bot said to `app_home_opened`."""

    def __repr__(self) -> str:
        return f"<Home of {self._member.name}: {self.text!r}>"

    @property
    def is_published(self) -> bool:
        return self._desk.home_tabs.find(self._member.id) is not None

    @property
    def shown(self) -> OpenView:
        tab = self._desk.home_tabs.find(self._member.id)
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
        """Wait until this is visible. Raises: AssertionError with what is visible instead."""
        try:
            await self._desk.workspace.changes_of(self._member.id).wait_until(
                lambda: text in self.text, timeout_seconds
            )
        except TimeoutError:
            raise AssertionError(f"no {text!r} after {timeout_seconds} s in:\n{self.text}") from None

    def _check_usable(self) -> None:
        _ = self.shown
