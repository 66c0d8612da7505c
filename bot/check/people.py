"""Checks of the people in the settings, as Slack knows them: groups, agents, permission to set passwords."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from bot.check.report import Line, Lines, State, failed, not_tried, ok, warning
from bot.domain.permissions import AccessPolicy, AgentId, Denial, Memberships, Workspace, decide_agent
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.people import People

_GROUPS: Final = "slack.groups"
_AGENTS: Final = "slack.agents"
_SET_PASSWORD: Final = "slack.set_password"  # noqa: S105 - the name of a check
_MAX_CONCURRENT: Final = 4
_MAX_CHECKED: Final = 20
"""Slack allows about a hundred reads of people a minute, and the running bot needs them too."""

_REASONS: Final = {
    Denial.DEACTIVATED: "is deactivated",
    Denial.BOT: "is a bot",
    Denial.GUEST: "is a guest",
    Denial.OUTSIDER: "belongs to another workspace",
}
_GROUP_PROBLEMS: Final = {
    "no_such_subteam": "does not exist in this workspace",
    "plan_upgrade_required": "can't be read: this workspace's plan has no user groups",
    "paid_teams_only": "can't be read: this workspace's plan has no user groups",
    "missing_scope": "can't be read: the token lacks usergroups:read",
}

Groups = Mapping[str, frozenset[str] | SlackError]
Reasons = Mapping[str, str | None]
"""The reason why each person, by id, is not an agent; None if they are one."""


async def check_people(client: SlackClient, settings: Settings, workspace: Workspace) -> Lines:
    people = People(client)
    names = sorted(settings.agent_user_groups | settings.set_password_user_groups)
    groups = dict(zip(names, await asyncio.gather(*(_read_group(people, name) for name in names)), strict=True))
    from_groups = _members(groups, settings.agent_user_groups)
    candidates = [*sorted(settings.agent_users), *sorted(from_groups - settings.agent_users)]
    reasons = await _judge_all(people, candidates[:_MAX_CHECKED], workspace)
    agents = set(candidates) - {person for person, why in reasons.items() if why}
    is_unread = any(isinstance(members, SlackError) for members in groups.values())
    return (
        _judge_groups(groups, settings),
        _wait_for_groups(
            _judge_agents(reasons, settings, unchecked=len(candidates[_MAX_CHECKED:])), is_unread=is_unread
        ),
        _wait_for_groups(_judge_set_password(groups, settings, agents), is_unread=is_unread),
    )


def _wait_for_groups(line: Line, *, is_unread: bool) -> Line:
    """Return the line as not tried if it failed while a group is unread: that group may change the result."""
    if is_unread and line.state is not State.OK:
        [line] = not_tried([line.check], _GROUPS)
    return line


async def _read_group(people: People, name: str) -> frozenset[str] | SlackError:
    try:
        return await people.list_members(name)
    except SlackError as error:
        return error


def _members(groups: Groups, names: Iterable[str]) -> frozenset[str]:
    read = (groups[name] for name in names)
    return frozenset(member for members in read if not isinstance(members, SlackError) for member in members)


async def _judge_all(people: People, ids: list[str], workspace: Workspace) -> Reasons:
    places = asyncio.Semaphore(_MAX_CONCURRENT)
    # Every candidate is named or in a group, so only their Slack account can rule them out.
    policy = AccessPolicy(agent_users=frozenset(ids))

    async def judge(person: str) -> str | None:
        async with places:
            try:
                member = await people.find_member(AgentId(person))
            except SlackError as error:
                return f"can't be read ({error.code if isinstance(error, SlackRefusedError) else 'no answer'})"
        if member is None:
            return "is not known to Slack"
        denial = decide_agent(member, Memberships(), policy, workspace)
        return _REASONS[denial] if denial is not None else None

    return dict(zip(ids, await asyncio.gather(*map(judge, ids)), strict=True))


class _Group(NamedTuple):
    name: str
    variable: str
    problem: str


def _judge_groups(groups: Groups, settings: Settings) -> Line:
    if not groups:
        return ok(_GROUPS, "none are set")
    broken, empty = [], []
    for name, members in groups.items():
        variable = "AGENT_USER_GROUPS" if name in settings.agent_user_groups else "SET_PASSWORD_USER_GROUPS"
        if isinstance(members, SlackError):
            code = members.code if isinstance(members, SlackRefusedError) else "no answer"
            broken.append((_Group(name, variable, _GROUP_PROBLEMS.get(code, f"can't be read ({code})")), code))
        elif not members:
            empty.append(_Group(name, variable, "has no members"))
    if broken:
        group, code = broken[0]
        return failed(_GROUPS, _join_groups([group for group, _ in broken] + empty), _advise_on_group(group, code))
    if empty:
        return warning(
            _GROUPS,
            _join_groups(empty),
            f"In Slack, add people to {empty[0].name}, or take it out of {empty[0].variable}.",
        )
    return ok(_GROUPS, ", ".join(f"{name}: {_count(_members(groups, [name]), 'member')}" for name in groups))


def _join_groups(groups: list[_Group]) -> str:
    return "; ".join(f"{group.name} {group.problem}" for group in groups)


def _advise_on_group(group: _Group, code: str) -> str:
    match code:
        case "no_such_subteam":
            return f"Correct {group.variable}: in Slack, the group's menu, Copy group ID."
        case "plan_upgrade_required" | "paid_teams_only":
            return f"Name people in {group.variable.removesuffix('_GROUPS')}S instead."
        case "missing_scope":
            return "First fix slack.scopes."
        case _:
            return "Check again; if it stays, look that code up at Slack's usergroups.users.list."


def _judge_agents(reasons: Reasons, settings: Settings, *, unchecked: int) -> Line:
    if not settings.agent_users and not settings.agent_user_groups:
        return failed(
            _AGENTS,
            "no agent is configured: neither AGENT_USERS nor AGENT_USER_GROUPS is set",
            "Set AGENT_USERS to the member ids of those who may reset passwords (a person's profile, Copy member ID).",
        )
    refused = {person: why for person, why in reasons.items() if why is not None}
    refusals = "; ".join(f"{person} {why}" for person, why in refused.items())
    agents = len(reasons) - len(refused)
    if not agents:
        return failed(
            _AGENTS,
            f"there is no agent: {refusals}" if refusals else "there is no agent: the groups have no members",
            "Name at least one full member of the workspace in AGENT_USERS or in a group of AGENT_USER_GROUPS.",
        )
    text = _count(range(agents + unchecked), "agent") + (f" ({unchecked} of them not checked)" if unchecked else "")
    named = sorted(refused.keys() & settings.agent_users)
    if named:
        return warning(_AGENTS, f"{text}; {refusals}", f"Take {', '.join(named)} out of AGENT_USERS.")
    return ok(_AGENTS, text)


def _judge_set_password(groups: Groups, settings: Settings, agents: set[str]) -> Line:
    if not settings.set_password_users and not settings.set_password_user_groups:
        return ok(_SET_PASSWORD, "every agent may set passwords")
    allowed = settings.set_password_users | _members(groups, settings.set_password_user_groups)
    non_agents = sorted(settings.set_password_users - agents)
    able = allowed & agents
    if not able:
        return warning(
            _SET_PASSWORD,
            "no agent may set passwords: none of SET_PASSWORD_USERS and SET_PASSWORD_USER_GROUPS is an agent",
            "Name agents there, or empty both so that every agent may.",
        )
    text = f"{_count(able, 'agent')} may set passwords"
    if non_agents:
        names = ", ".join(non_agents)
        return warning(
            _SET_PASSWORD,
            f"{text}; in SET_PASSWORD_USERS but no agent: {names}",
            f"Make {names} an agent as well (AGENT_USERS), or take it out of SET_PASSWORD_USERS.",
        )
    return ok(_SET_PASSWORD, text)


def _count(things: Iterable[object], word: str) -> str:
    number = len(tuple(things))
    return f"{number} {word}{'' if number == 1 else 's'}"
