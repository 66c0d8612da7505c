"""Forms: drawn with a reference and a time of their own, and looked at by one rule when they come back."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from bot.domain.forms import FormFault, UnusableFormError, is_too_old
from bot.domain.permissions import Agent
from bot.domain.references import Reference, make_reference
from bot.domain.resets import Origin
from bot.services.errors import AuditUnavailableError
from bot.services.resets import ResetService
from bot.views.blocks import View
from bot.views.state import State, ViewError


class Forms:
    """`ttl`: for how long a form, and what follows it in its modal, can be used after it was drawn."""

    def __init__(self, *, resets: ResetService, clock: Callable[[], datetime], ttl: timedelta) -> None:
        self._resets = resets
        self._clock = clock
        self._ttl = ttl

    def begin(self, agent: Agent, origin: Origin) -> State:
        """A conversation that begins."""
        return State(
            reference=make_reference(),
            agent=agent.id,
            opened_at=self._now(),
            channel=origin.channel,
            response_url=origin.response_url,
        )

    def renew(self, state: State) -> State:
        """The same conversation with a new form."""
        return state.renewed(make_reference(), self._now())

    async def read(self, view: View, agent: Agent) -> State:
        """The state of a view in which something was used.

        Raises: UnusableFormError.
        """
        try:
            state = State.parse(view.get("private_metadata"))
        except ViewError:
            raise UnusableFormError(FormFault.NOT_OURS) from None
        await self._require_own(state, agent)
        if self._is_too_old(state):
            raise UnusableFormError(FormFault.TOO_OLD)
        return state

    async def require_sendable(self, state: State, agent: Agent) -> None:
        """Whether a submission is taken. One that was sent before is, however old it is: it has an outcome to show.

        Raises: UnusableFormError.
        """
        await self._require_own(state, agent)
        if self._is_too_old(state) and not await self._was_sent(state):
            raise UnusableFormError(FormFault.TOO_OLD)

    async def _require_own(self, state: State, agent: Agent) -> None:
        if state.agent != agent.id:
            await self._resets.record_tampering(state.reference, agent.id, FormFault.OTHER_AGENT)
            raise UnusableFormError(FormFault.OTHER_AGENT)

    async def _was_sent(self, state: State) -> bool:
        try:
            return await self._resets.is_used(Reference(state.reference))
        except AuditUnavailableError:
            return False

    def _is_too_old(self, state: State) -> bool:
        try:
            opened_at = datetime.fromtimestamp(state.opened_at, UTC)
        except (OverflowError, ValueError, OSError):
            return True
        return is_too_old(opened_at, self._clock(), self._ttl)

    def _now(self) -> int:
        return int(self._clock().timestamp())
