"""Access control: one check for every entry, and a fresh one before a password is set."""

import asyncio
from dataclasses import dataclass
from typing import Final

import structlog

from bot.domain.audit import Step
from bot.domain.permissions import (
    AccessPolicy,
    Agent,
    AgentId,
    Denial,
    Member,
    Memberships,
    decide_agent,
    decide_set_password,
)
from bot.services.errors import NotAllowedError
from bot.services.refusals import Refusals
from bot.slack.errors import SlackError
from bot.slack.gateway import Slack

_logger = structlog.stdlib.get_logger(__name__)
_PATIENT_SECONDS: Final = 2.5


@dataclass(kw_only=True)
class Access:
    slack: Slack
    policy: AccessPolicy
    refusals: Refusals

    async def admit(
        self, user_id: AgentId, team_id: str, step: Step, *, within_seconds: float = _PATIENT_SECONDS
    ) -> Agent:
        """Return the agent. Anyone else, and anyone who can't be verified in time, is recorded as DENIED.

        `team_id`: the workspace that the request names, or empty.

        Raises: NotAllowedError.
        """
        member, memberships = await self._read(user_id, within_seconds, is_fresh=False)
        denial = self._decide(member, memberships, team_id)
        if denial is None and member is not None:
            return Agent(id=user_id, locale=member.locale, timezone=member.timezone)
        locale = member.locale if member is not None else ""
        raise await self.deny(user_id, denial or Denial.UNVERIFIED, step, locale=locale)

    async def find_agent(self, user_id: AgentId) -> Agent | Denial:
        """Return the agent, or why the person is none. Nothing is recorded, since they asked for nothing."""
        member, memberships = await self._read(user_id, _PATIENT_SECONDS, is_fresh=False)
        denial = self._decide(member, memberships, "")
        if denial is None and member is not None:
            return Agent(id=user_id, locale=member.locale, timezone=member.timezone)
        return denial or Denial.UNVERIFIED

    async def require_set_password(
        self, agent: Agent, *, reference: str, within_seconds: float, step: Step = Step.SUBMISSION
    ) -> None:
        """Check with Slack, past the cache, that this person is still an agent and has the right to set passwords.

        Raises: NotAllowedError: recorded as DENIED.
        """
        member, memberships = await self._read(agent.id, within_seconds, is_fresh=True)
        denial = self._decide(member, memberships, "")
        if denial is None and member is not None:
            denial = decide_set_password(member, memberships, self.policy)
        if denial is not None:
            raise await self.deny(agent.id, denial, step, locale=agent.locale, reference=reference)

    async def expect_set_password(self, agent: Agent, reference: str) -> None:
        """Refuse early if the agent has no right to set passwords. If Slack can't be read, the last step checks again.

        Raises: NotAllowedError: recorded as DENIED.
        """
        member, memberships = await self._read(agent.id, _PATIENT_SECONDS, is_fresh=False)
        denial = decide_set_password(member, memberships, self.policy) if member is not None else None
        if denial is Denial.MAY_NOT_SET_PASSWORDS:
            raise await self.deny(agent.id, denial, Step.SUBMISSION, locale=agent.locale, reference=reference)

    async def may_set_passwords(self, agent: Agent) -> bool:
        """Return True if the form may offer it. Submissions are checked again."""
        member, memberships = await self._read(agent.id, _PATIENT_SECONDS, is_fresh=False)
        return member is not None and decide_set_password(member, memberships, self.policy) is None

    async def deny(
        self, user_id: AgentId, denial: Denial, step: Step, *, locale: str = "", reference: str = ""
    ) -> NotAllowedError:
        """Record a refusal and return the error to raise. The refusal stands even if it can't be recorded."""
        await self.refusals.record_denial(user_id, denial, step, reference)
        return NotAllowedError(denial, locale)

    async def find_name(self, agent_id: AgentId) -> str:
        """Return the agent's name, or their id if Slack can't be read."""
        try:
            member = await self.slack.people.find_member(agent_id)
        except SlackError:
            return agent_id
        return (member.name if member is not None else "") or agent_id

    async def _read(
        self, user_id: AgentId, within_seconds: float, *, is_fresh: bool
    ) -> tuple[Member | None, Memberships]:
        """Read both at once. What can't be read in time is missing, which counts against the person."""
        try:
            async with asyncio.timeout(max(within_seconds, 0)):
                return await asyncio.gather(
                    self.slack.people.find_member(user_id, is_fresh=is_fresh),
                    self.slack.people.list_memberships(user_id, self.policy.groups, is_fresh=is_fresh),
                )
        except (TimeoutError, SlackError) as error:
            _logger.warning("person.not_read", actor=user_id, error=str(error) or "timed out")
            return None, Memberships()

    def _decide(self, member: Member | None, memberships: Memberships, team_id: str) -> Denial | None:
        if member is None:
            return Denial.UNVERIFIED
        workspace = self.slack.identity.workspace
        if team_id and team_id != workspace.team_id and not workspace.enterprise_id:
            return Denial.OUTSIDER
        return decide_agent(member, memberships, self.policy, workspace)
