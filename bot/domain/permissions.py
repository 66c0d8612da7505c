"""Who may do what, as one pure rule. Nobody is let in by default."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

AgentId = NewType("AgentId", str)


class Denial(StrEnum):
    """Why somebody is refused: the `reason` of an `access DENIED` event."""

    DEACTIVATED = "deactivated"
    BOT = "bot"
    GUEST = "guest"
    OUTSIDER = "outsider"
    NOT_AN_AGENT = "not_an_agent"
    MAY_NOT_SET_PASSWORDS = "may_not_set_passwords"
    NOT_THE_OWNER = "not_the_owner"
    OWN_REQUEST = "own_request"
    UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What Slack says of a person. `name` is one line; `timezone` is an IANA name, `locale` such as `es-ES`; empty: not told."""

    id: AgentId
    team_id: str
    name: str = ""
    enterprise_id: str = ""
    is_deleted: bool = False
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    locale: str = ""
    timezone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """Somebody who was let in, and how to speak to him."""

    id: AgentId
    locale: str
    timezone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """The administrator's lists of Slack ids. Without any entry of its own, *set a password* is for every agent."""

    agent_users: frozenset[str] = frozenset()
    agent_groups: frozenset[str] = frozenset()
    set_password_users: frozenset[str] = frozenset()
    set_password_groups: frozenset[str] = frozenset()

    @property
    def groups(self) -> frozenset[str]:
        return self.agent_groups | self.set_password_groups


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    team_id: str
    enterprise_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memberships:
    """In which of the policy's groups somebody is. `unread`: groups that Slack did not tell us about."""

    groups: frozenset[str] = field(default_factory=frozenset)
    unread: frozenset[str] = field(default_factory=frozenset)


def decide_agent(member: Member, memberships: Memberships, policy: AccessPolicy, workspace: Workspace) -> Denial | None:
    """Tell why the person is no agent; None: he is one. What could not be read counts against him."""
    if not _is_ours(member, workspace):
        return Denial.OUTSIDER
    if member.is_deleted:
        return Denial.DEACTIVATED
    if member.is_bot:
        return Denial.BOT
    if member.is_guest:
        return Denial.GUEST
    return _decide_listed(member, memberships, policy.agent_users, policy.agent_groups, Denial.NOT_AN_AGENT)


def decide_set_password(member: Member, memberships: Memberships, policy: AccessPolicy) -> Denial | None:
    """Tell why an agent may not set passwords; None: he may. Who is no agent is not asked here."""
    if not policy.set_password_users and not policy.set_password_groups:
        return None
    return _decide_listed(
        member, memberships, policy.set_password_users, policy.set_password_groups, Denial.MAY_NOT_SET_PASSWORDS
    )


def _is_ours(member: Member, workspace: Workspace) -> bool:
    if member.is_stranger:
        return False
    if member.team_id == workspace.team_id:
        return True
    return bool(workspace.enterprise_id) and member.enterprise_id == workspace.enterprise_id


def _decide_listed(
    member: Member, memberships: Memberships, users: frozenset[str], groups: frozenset[str], otherwise: Denial
) -> Denial | None:
    if member.id in users or memberships.groups & groups:
        return None
    return Denial.UNVERIFIED if memberships.unread & groups else otherwise
