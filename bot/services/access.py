"""Who is let in: one check for every way in, and a fresh one before a password is set."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog

from bot.domain.audit import Action, AuditEvent, Happened, Step
from bot.domain.permissions import (
    AccessPolicy,
    Agent,
    AgentId,
    Denial,
    Member,
    Memberships,
    Workspace,
    decide_agent,
    decide_set_password,
)
from bot.services.errors import NotAllowedError
from bot.services.refusals import Refusals
from bot.slack.errors import SlackError
from bot.slack.people import People

_logger = structlog.stdlib.get_logger(__name__)
_PATIENT_SECONDS: Final = 2.5


class Access:
    def __init__(
        self,
        *,
        people: People,
        policy: AccessPolicy,
        workspace: Workspace,
        refusals: Refusals,
        clock: Callable[[], datetime],
    ) -> None:
        self._people = people
        self._policy = policy
        self._workspace = workspace
        self._refusals = refusals
        self._clock = clock

    async def admit(
        self, user_id: AgentId, team_id: str, step: Step, *, within_seconds: float = _PATIENT_SECONDS
    ) -> Agent:
        """Let an agent in; everybody else, and who can't be verified in time, is recorded as DENIED.

        `team_id`: the workspace from which the request says that it comes, or empty.

        Raises: NotAllowedError.
        """
        member, memberships = await self._read(user_id, within_seconds, is_fresh=False)
        denial = self._decide(member, memberships, team_id)
        if denial is None and member is not None:
            return Agent(id=user_id, locale=member.locale, timezone=member.timezone)
        locale = member.locale if member is not None else ""
        raise await self.deny(user_id, denial or Denial.UNVERIFIED, step, locale=locale)

    async def find_agent(self, user_id: AgentId) -> Agent | Denial:
        """Whether somebody is an agent, where he asked for nothing; so nothing is recorded."""
        member, memberships = await self._read(user_id, _PATIENT_SECONDS, is_fresh=False)
        denial = self._decide(member, memberships, "")
        if denial is None and member is not None:
            return Agent(id=user_id, locale=member.locale, timezone=member.timezone)
        return denial or Denial.UNVERIFIED

    async def require_set_password(
        self, agent: Agent, *, reference: str, within_seconds: float, step: Step = Step.SUBMISSION
    ) -> None:
        """Ask Slack again, past the cache, whether this agent is one still and may set passwords.

        Raises: NotAllowedError: recorded as DENIED.
        """
        member, memberships = await self._read(agent.id, within_seconds, is_fresh=True)
        denial = self._decide(member, memberships, "")
        if denial is None and member is not None:
            denial = decide_set_password(member, memberships, self._policy)
        if denial is not None:
            raise await self.deny(agent.id, denial, step, locale=agent.locale, reference=reference)

    async def expect_set_password(self, agent: Agent, reference: str) -> None:
        """Turn away at an early step who may not set passwords. Who can't be read goes on: the last step asks Slack again.

        Raises: NotAllowedError: recorded as DENIED.
        """
        member, memberships = await self._read(agent.id, _PATIENT_SECONDS, is_fresh=False)
        denial = decide_set_password(member, memberships, self._policy) if member is not None else None
        if denial is Denial.MAY_NOT_SET_PASSWORDS:
            raise await self.deny(agent.id, denial, Step.SUBMISSION, locale=agent.locale, reference=reference)

    async def may_set_passwords(self, agent: Agent) -> bool:
        """What the form offers; the submission is checked again."""
        member, memberships = await self._read(agent.id, _PATIENT_SECONDS, is_fresh=False)
        return member is not None and decide_set_password(member, memberships, self._policy) is None

    async def deny(
        self, user_id: AgentId, denial: Denial, step: Step, *, locale: str = "", reference: str = ""
    ) -> NotAllowedError:
        """Record a refusal and give the error to raise. It is refused also where it can't be recorded."""
        event = AuditEvent(
            at=self._clock(),
            actor=user_id,
            action=Action.ACCESS,
            outcome=Happened.DENIED,
            reason=denial,
            step=step,
            reference=reference,
        )
        await self._refusals.record(event)
        return NotAllowedError(denial, locale)

    async def find_name(self, agent_id: AgentId) -> str:
        """The name that people know an agent by, or his id."""
        try:
            member = await self._people.find_member(agent_id)
        except SlackError:
            return agent_id
        return (member.name if member is not None else "") or agent_id

    async def _read(
        self, user_id: AgentId, within_seconds: float, *, is_fresh: bool
    ) -> tuple[Member | None, Memberships]:
        """Both at once; whatever can't be read in time is missing, which counts against the person."""
        try:
            async with asyncio.timeout(max(within_seconds, 0)):
                return await asyncio.gather(
                    self._people.find_member(user_id, is_fresh=is_fresh),
                    self._people.list_memberships(user_id, self._policy.groups, is_fresh=is_fresh),
                )
        except (TimeoutError, SlackError) as error:
            _logger.warning("person could not be read", actor=user_id, error=str(error) or "timed out")
            return None, Memberships()

    def _decide(self, member: Member | None, memberships: Memberships, team_id: str) -> Denial | None:
        if member is None:
            return Denial.UNVERIFIED
        if team_id and team_id != self._workspace.team_id and not self._workspace.enterprise_id:
            return Denial.OUTSIDER
        return decide_agent(member, memberships, self._policy, self._workspace)
