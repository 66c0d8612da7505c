"""Permissions as pure rules. The default is to deny."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NewType

AgentId = NewType("AgentId", str)


class Denial(StrEnum):
    """Why a person is refused: the `reason` of an `access DENIED` event."""

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
    """A person, as Slack returns them. `name`: one line. `timezone`: an IANA name. `locale`: such as `es-ES`. Empty: not given."""

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
    """A person who may perform resets, with their language and time zone."""

    id: AgentId
    locale: str
    timezone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessPolicy:
    """The administrator's lists of Slack ids. Without an entry, every agent has the right to *set a password*."""

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
    """The policy's groups that a person is in. `unread`: groups that could not be read."""

    groups: frozenset[str] = field(default_factory=frozenset)
    unread: frozenset[str] = field(default_factory=frozenset)


def decide_agent(member: Member, memberships: Memberships, policy: AccessPolicy, workspace: Workspace) -> Denial | None:
    """Return why the person is not an agent; None: they are. What could not be read counts against them."""
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
    """Return why an agent has no right to set passwords; None: they have it."""
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
