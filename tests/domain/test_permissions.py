from dataclasses import replace

import pytest

from bot.domain.permissions import (
    AccessPolicy,
    AgentId,
    Denial,
    Member,
    Memberships,
    Workspace,
    decide_agent,
    decide_set_password,
)

HERE = Workspace(team_id="T1")
GRID = Workspace(team_id="T1", enterprise_id="E1")
ANA = Member(id=AgentId("U1"), team_id="T1")
NAMED = AccessPolicy(agent_users=frozenset({"U1"}))
BY_GROUP = AccessPolicy(agent_groups=frozenset({"S1", "S2"}))
IN_NO_GROUP = Memberships()


def in_groups(*groups: str) -> Memberships:
    return Memberships(groups=frozenset(groups))


def unread(*groups: str, known: tuple[str, ...] = ()) -> Memberships:
    return Memberships(groups=frozenset(known), unread=frozenset(groups))


def test_a_listed_person_is_an_agent() -> None:
    assert decide_agent(ANA, IN_NO_GROUP, NAMED, HERE) is None


@pytest.mark.parametrize("group", ["S1", "S2"])
def test_a_member_of_one_of_the_groups_is_an_agent(group: str) -> None:
    assert decide_agent(ANA, in_groups(group), BY_GROUP, HERE) is None


@pytest.mark.parametrize(
    ("person", "denial"),
    [
        (replace(ANA, is_deleted=True), Denial.DEACTIVATED),
        (replace(ANA, is_bot=True), Denial.BOT),
        (replace(ANA, is_guest=True), Denial.GUEST),
        (replace(ANA, is_stranger=True), Denial.OUTSIDER),
        (replace(ANA, team_id="T2"), Denial.OUTSIDER),
        (replace(ANA, team_id=""), Denial.OUTSIDER),
        (replace(ANA, team_id="T2", enterprise_id="E1"), Denial.OUTSIDER),
        (replace(ANA, id=AgentId("U2")), Denial.NOT_AN_AGENT),
    ],
)
def test_a_refusal_states_why_a_person_is_no_agent(person: Member, denial: Denial) -> None:
    assert decide_agent(person, IN_NO_GROUP, NAMED, HERE) is denial


@pytest.mark.parametrize(
    "person",
    [
        replace(ANA, is_deleted=True),
        replace(ANA, is_bot=True),
        replace(ANA, is_guest=True),
        replace(ANA, is_stranger=True),
    ],
)
def test_a_group_does_not_admit_people_who_are_no_full_members(person: Member) -> None:
    assert decide_agent(person, in_groups("S1", "S2"), BY_GROUP, HERE) is not None


def test_nobody_is_an_agent_by_default() -> None:
    assert decide_agent(ANA, in_groups("S1"), AccessPolicy(), HERE) is Denial.NOT_AN_AGENT


def test_another_group_makes_nobody_an_agent() -> None:
    assert decide_agent(ANA, in_groups("S9"), BY_GROUP, HERE) is Denial.NOT_AN_AGENT


def test_an_unread_group_admits_nobody_and_is_reported_as_unread() -> None:
    assert decide_agent(ANA, unread("S1"), BY_GROUP, HERE) is Denial.UNVERIFIED


def test_an_unread_group_does_not_matter_for_people_admitted_otherwise() -> None:
    assert decide_agent(ANA, unread("S1", known=("S2",)), BY_GROUP, HERE) is None
    assert decide_agent(ANA, unread("S1"), replace(BY_GROUP, agent_users=NAMED.agent_users), HERE) is None


def test_an_unread_group_that_admits_no_agents_does_not_matter() -> None:
    policy = replace(BY_GROUP, set_password_groups=frozenset({"S9"}))
    assert decide_agent(ANA, unread("S9"), policy, HERE) is Denial.NOT_AN_AGENT


def test_members_of_other_workspaces_of_the_enterprise_are_members() -> None:
    colleague = replace(ANA, team_id="T2", enterprise_id="E1")
    assert decide_agent(colleague, IN_NO_GROUP, NAMED, GRID) is None


@pytest.mark.parametrize("enterprise_id", ["", "E2"])
def test_a_member_of_another_enterprise_is_an_outsider(enterprise_id: str) -> None:
    stranger = replace(ANA, team_id="T2", enterprise_id=enterprise_id)
    assert decide_agent(stranger, IN_NO_GROUP, NAMED, GRID) is Denial.OUTSIDER


def test_without_lists_of_its_own_setting_passwords_is_for_every_agent() -> None:
    assert decide_set_password(ANA, IN_NO_GROUP, NAMED) is None


@pytest.mark.parametrize(
    ("policy", "memberships", "denial"),
    [
        (AccessPolicy(set_password_users=frozenset({"U1"})), in_groups(), None),
        (AccessPolicy(set_password_users=frozenset({"U2"})), in_groups(), Denial.MAY_NOT_SET_PASSWORDS),
        (AccessPolicy(set_password_groups=frozenset({"S1"})), in_groups("S1"), None),
        (AccessPolicy(set_password_groups=frozenset({"S1"})), in_groups(), Denial.MAY_NOT_SET_PASSWORDS),
        (AccessPolicy(set_password_groups=frozenset({"S1"})), unread("S1"), Denial.UNVERIFIED),
        (
            AccessPolicy(set_password_users=frozenset({"U2"}), agent_groups=frozenset({"S1"})),
            in_groups("S1"),
            Denial.MAY_NOT_SET_PASSWORDS,
        ),
        (
            AccessPolicy(set_password_users=frozenset({"U2"}), agent_groups=frozenset({"S1"})),
            unread("S1"),
            Denial.MAY_NOT_SET_PASSWORDS,
        ),
    ],
)
def test_with_either_list_only_those_on_it_may_set_passwords(
    policy: AccessPolicy, memberships: Memberships, denial: Denial | None
) -> None:
    assert decide_set_password(ANA, memberships, policy) is denial


def test_permission_to_set_passwords_makes_nobody_an_agent() -> None:
    policy = AccessPolicy(set_password_users=frozenset({"U1"}), set_password_groups=frozenset({"S1"}))
    assert decide_agent(ANA, in_groups("S1"), policy, HERE) is Denial.NOT_AN_AGENT


def test_the_groups_to_read_are_those_of_both_lists() -> None:
    policy = AccessPolicy(agent_groups=frozenset({"S1"}), set_password_groups=frozenset({"S2"}))
    assert policy.groups == {"S1", "S2"}
