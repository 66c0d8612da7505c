"""The state of views: sealed when they are rendered, and checked for owner, age and tampering when they come back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from bot.domain.forms import FormFault, UnusableFormError, is_too_old
from bot.domain.permissions import Agent
from bot.domain.references import Reference, make_reference
from bot.domain.resets import Origin
from bot.domain.seals import Seal
from bot.services.errors import AuditUnavailableError
from bot.services.refusals import Refusals
from bot.services.resets import ResetService
from bot.store.gateway import Store
from bot.views.blocks import View
from bot.views.state import OutdatedViewError, SealedState, State, ViewError

T = TypeVar("T")
S = TypeVar("S", bound=SealedState)


@dataclass(kw_only=True)
class Forms:
    """`ttl`: how long a view, and those that follow it in its modal, can be used."""

    resets: ResetService
    refusals: Refusals
    store: Store
    ttl: timedelta
    seal: Seal

    def begin(self, agent: Agent, origin: Origin, reference: Reference | None = None) -> State:
        """Return the state of a conversation that begins. `reference`: of the reset that it is about, if there is one."""
        state = State(
            reference=reference or make_reference(),
            agent=agent.id,
            opened_at=self.now(),
            channel=origin.channel,
            response_url=origin.response_url,
        )
        return self.sealed(state)

    def renew(self, state: State) -> State:
        """Return the same conversation with a new form."""
        return state.renewed(make_reference(), self.now())

    def sealed(self, state: S) -> S:
        """Return the state as one that can be written to private_metadata."""
        return state.sealed_by(self.seal)

    async def parse(self, parse: Callable[[View, Seal], T], view: View, agent: Agent) -> T:
        """Parse a view that came back. One that the bot didn't render is recorded as TAMPERED.

        Raises: UnusableFormError.
        """
        try:
            return parse(view, self.seal)
        except OutdatedViewError:
            raise UnusableFormError(FormFault.OUTDATED) from None
        except ViewError:
            await self.refusals.record_tampering("", agent.id, FormFault.UNREADABLE)
            raise UnusableFormError(FormFault.UNREADABLE) from None

    async def read(self, view: View, agent: Agent) -> State:
        """Return the state of a view in which something was used.

        Raises: UnusableFormError.
        """
        state = await self.parse(read_state, view, agent)
        await self.require_own(state, agent)
        if self.is_too_old(state.opened_at):
            raise UnusableFormError(FormFault.TOO_OLD)
        return state

    async def require_sendable(self, state: State, agent: Agent) -> None:
        """Check that a submission can be accepted. A repeated one can, at any age: it has a result to show.

        Raises: UnusableFormError.
        """
        await self.require_own(state, agent)
        if self.is_too_old(state.opened_at) and not await self._was_sent(state):
            raise UnusableFormError(FormFault.TOO_OLD)

    async def require_own(self, state: State, agent: Agent) -> None:
        """Check that the view was rendered for this agent. Another agent's is recorded as TAMPERED.

        Raises: UnusableFormError.
        """
        if state.agent != agent.id:
            await self.refusals.record_tampering(state.reference, agent.id, FormFault.OTHER_AGENT)
            raise UnusableFormError(FormFault.OTHER_AGENT)

    async def _was_sent(self, state: State) -> bool:
        try:
            return await self.resets.is_used(Reference(state.reference))
        except AuditUnavailableError:
            return False

    def is_too_old(self, opened_at: int) -> bool:
        """Return True if a view rendered at this time, in Unix seconds, can no longer be used."""
        try:
            drawn_at = datetime.fromtimestamp(opened_at, UTC)
        except (OverflowError, ValueError, OSError):
            return True
        return is_too_old(drawn_at, self.store.now(), self.ttl)

    def now(self) -> int:
        """Return the current time in Unix seconds."""
        return int(self.store.now().timestamp())


def parse_button(parse: Callable[[str], T | None], value: str | None) -> T:
    """Return what the value of a button or option stands for.

    Raises: UnusableFormError: not a value that the bot puts there.
    """
    try:
        parsed = parse(value or "")
    except ValueError:
        parsed = None
    return require(parsed)


def require(value: T | None) -> T:
    """Return a value without which the listener can do nothing.

    Raises: UnusableFormError.
    """
    if value is None:
        raise UnusableFormError(FormFault.UNREADABLE)
    return value


def read_state(view: View, seal: Seal) -> State:
    """Raises: ViewError."""
    return State.parse(view.get("private_metadata"), seal)
