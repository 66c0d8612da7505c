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


def test_who_is_named_is_an_agent() -> None:
    assert decide_agent(ANA, IN_NO_GROUP, NAMED, HERE) is None


@pytest.mark.parametrize("group", ["S1", "S2"])
def test_who_is_in_one_of_the_groups_is_an_agent(group: str) -> None:
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
def test_who_is_refused_although_the_lists_might_name_him_and_why(person: Member, denial: Denial) -> None:
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
def test_no_membership_lets_in_who_is_no_full_member(person: Member) -> None:
    assert decide_agent(person, in_groups("S1", "S2"), BY_GROUP, HERE) is not None


def test_nobody_is_let_in_by_default() -> None:
    assert decide_agent(ANA, in_groups("S1"), AccessPolicy(), HERE) is Denial.NOT_AN_AGENT


def test_being_in_another_group_lets_nobody_in() -> None:
    assert decide_agent(ANA, in_groups("S9"), BY_GROUP, HERE) is Denial.NOT_AN_AGENT


def test_a_group_that_slack_did_not_tell_of_lets_nobody_in_and_is_no_plain_no() -> None:
    assert decide_agent(ANA, unread("S1"), BY_GROUP, HERE) is Denial.UNVERIFIED


def test_an_unread_group_does_not_matter_to_who_is_in_another_one_or_named() -> None:
    assert decide_agent(ANA, unread("S1", known=("S2",)), BY_GROUP, HERE) is None
    assert decide_agent(ANA, unread("S1"), replace(BY_GROUP, agent_users=NAMED.agent_users), HERE) is None


def test_an_unread_group_that_makes_no_agents_is_not_asked() -> None:
    policy = replace(BY_GROUP, set_password_groups=frozenset({"S9"}))
    assert decide_agent(ANA, unread("S9"), policy, HERE) is Denial.NOT_AN_AGENT


def test_in_an_enterprise_a_member_of_another_of_its_workspaces_is_ours() -> None:
    colleague = replace(ANA, team_id="T2", enterprise_id="E1")
    assert decide_agent(colleague, IN_NO_GROUP, NAMED, GRID) is None


@pytest.mark.parametrize("enterprise_id", ["", "E2"])
def test_who_is_of_another_enterprise_is_an_outsider(enterprise_id: str) -> None:
    stranger = replace(ANA, team_id="T2", enterprise_id=enterprise_id)
    assert decide_agent(stranger, IN_NO_GROUP, NAMED, GRID) is Denial.OUTSIDER


def test_two_workspaces_without_an_enterprise_are_not_one() -> None:
    stranger = replace(ANA, team_id="T2", enterprise_id="")
    assert decide_agent(stranger, IN_NO_GROUP, NAMED, HERE) is Denial.OUTSIDER


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


def test_who_may_set_passwords_is_no_agent_by_that() -> None:
    policy = AccessPolicy(set_password_users=frozenset({"U1"}), set_password_groups=frozenset({"S1"}))
    assert decide_agent(ANA, in_groups("S1"), policy, HERE) is Denial.NOT_AN_AGENT


def test_the_groups_to_read_are_those_of_both_lists() -> None:
    policy = AccessPolicy(agent_groups=frozenset({"S1"}), set_password_groups=frozenset({"S2"}))
    assert policy.groups == {"S1", "S2"}
