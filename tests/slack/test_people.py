from dataclasses import dataclass

import pytest

from bot.domain.permissions import AgentId, Member, Memberships
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError
from bot.slack.people import People
from sandbox.slack import Fault, LocalSlack, Person

pytestmark = pytest.mark.asyncio

GROUP = "S0AGENTS"


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(client: SlackClient, clock: Clock) -> People:
    return People(client, clock)


@pytest.fixture
def ana(slack: LocalSlack) -> Person:
    person = slack.add_person("Ana Agente", locale="es-ES", tz="Europe/Madrid")
    slack.add_group(GROUP, [person])
    return person


async def test_a_member_is_read_with_locale_and_time_zone(people: People, ana: Person, slack: LocalSlack) -> None:
    assert await people.find_member(AgentId(ana.id)) == Member(
        id=AgentId(ana.id),
        team_id=slack.team_id,
        name="Ana Agente",
        locale="es-ES",
        timezone="Europe/Madrid",
    )


async def test_guests_bots_deactivated_people_and_outsiders_are_recognized(people: People, slack: LocalSlack) -> None:
    guest = slack.add_person("Guest", is_guest=True)
    single = slack.add_person("Single", is_ultra_restricted=True)
    bot = slack.add_person("Robot", is_bot=True)
    gone = slack.add_person("Gone", is_deleted=True)
    stranger = slack.add_person("Stranger", is_stranger=True, team_id="T0000OTHER")
    found = {person.id: await people.find_member(AgentId(person.id)) for person in slack.people}
    flags = {
        id_: (member.is_guest, member.is_bot, member.is_deleted, member.is_stranger)
        for id_, member in found.items()
        if member is not None
    }
    assert flags == {
        guest.id: (True, False, False, False),
        single.id: (True, False, False, False),
        bot.id: (False, True, False, False),
        gone.id: (False, False, True, False),
        stranger.id: (False, False, False, True),
    }


async def test_a_name_is_always_one_line(people: People, slack: LocalSlack) -> None:
    person = slack.add_person("Ana\n\u202eevil", id="U0ODD")
    member = await people.find_member(AgentId(person.id))
    assert member is not None
    assert member.name == "Ana evil"


async def test_the_full_name_is_used_instead_of_the_display_name(people: People, ana: Person) -> None:
    ana.member.display_name = "Berta Segunda"

    member = await people.find_member(AgentId(ana.id))

    assert member is not None
    assert member.name == "Ana Agente"


async def test_the_display_name_is_used_without_a_full_name(people: People, ana: Person) -> None:
    ana.member.name, ana.member.display_name = "", "Ana"

    member = await people.find_member(AgentId(ana.id))

    assert member is not None
    assert member.name == "Ana"


async def test_slackbot_is_always_a_bot(people: People, slack: LocalSlack) -> None:
    slack.add_person("Slackbot", id="USLACKBOT")
    member = await people.find_member(AgentId("USLACKBOT"))
    assert member is not None
    assert member.is_bot


async def test_an_unknown_person_is_not_found(people: People) -> None:
    assert await people.find_member(AgentId("U0NOBODY")) is None


async def test_a_person_is_cached_for_at_most_a_minute(people: People, ana: Person, clock: Clock) -> None:
    await people.find_member(AgentId(ana.id))
    ana.member.is_deleted = True
    clock.now += 59
    kept = await people.find_member(AgentId(ana.id))
    clock.now += 2
    read = await people.find_member(AgentId(ana.id))
    assert kept is not None
    assert read is not None
    assert (kept.is_deleted, read.is_deleted) == (False, True)


async def test_a_fresh_read_bypasses_the_cache(people: People, ana: Person) -> None:
    await people.find_member(AgentId(ana.id))
    ana.member.is_deleted = True
    fresh = await people.find_member(AgentId(ana.id), is_fresh=True)
    assert fresh is not None
    assert fresh.is_deleted


async def test_a_failed_read_is_not_cached(people: People, ana: Person, slack: LocalSlack) -> None:
    slack.faults.add(Fault("users.info", "status_500", times=1))
    with pytest.raises(SlackError):
        await people.find_member(AgentId(ana.id))
    assert await people.find_member(AgentId(ana.id)) is not None


async def test_memberships_are_limited_to_the_requested_groups(people: People, ana: Person, slack: LocalSlack) -> None:
    slack.add_group("S0OTHER", [ana])
    slack.add_group("S0EMPTY")
    found = await people.list_memberships(AgentId(ana.id), {GROUP, "S0EMPTY"})
    assert found == Memberships(groups=frozenset({GROUP}))


async def test_without_groups_slack_is_not_asked(people: People, ana: Person, slack: LocalSlack) -> None:
    found = await people.list_memberships(AgentId(ana.id), ())
    assert found == Memberships()
    assert slack.calls == []


async def test_a_group_that_cannot_be_read_is_unread(people: People, ana: Person, slack: LocalSlack) -> None:
    slack.faults.add(Fault("usergroups.users.list", "error", error="missing_scope"))
    found = await people.list_memberships(AgentId(ana.id), {GROUP})
    assert found == Memberships(unread=frozenset({GROUP}))


async def test_a_group_that_does_not_exist_is_unread_and_the_others_are_read(people: People, ana: Person) -> None:
    found = await people.list_memberships(AgentId(ana.id), {GROUP, "S0NONE"})
    assert found == Memberships(groups=frozenset({GROUP}), unread=frozenset({"S0NONE"}))


async def test_memberships_are_cached_for_a_minute_and_read_fresh_on_demand(
    people: People, ana: Person, slack: LocalSlack, clock: Clock
) -> None:
    await people.list_memberships(AgentId(ana.id), {GROUP})
    slack.remove_from_group(GROUP, ana)
    clock.now += 30
    assert (await people.list_memberships(AgentId(ana.id), {GROUP})).groups == {GROUP}
    assert (await people.list_memberships(AgentId(ana.id), {GROUP}, is_fresh=True)).groups == frozenset()


async def test_fresh_reads_of_a_group_within_three_seconds_share_one(
    people: People, ana: Person, slack: LocalSlack, clock: Clock
) -> None:
    for _ in range(3):
        await people.list_memberships(AgentId(ana.id), {GROUP}, is_fresh=True)
        clock.now += 0.9
    assert [call.method for call in slack.calls] == ["usergroups.users.list"]
    clock.now += 1
    slack.remove_from_group(GROUP, ana)
    assert (await people.list_memberships(AgentId(ana.id), {GROUP}, is_fresh=True)).groups == frozenset()


async def test_an_earlier_read_never_serves_a_fresh_one(people: People, ana: Person, slack: LocalSlack) -> None:
    await people.list_memberships(AgentId(ana.id), {GROUP})
    slack.remove_from_group(GROUP, ana)
    assert (await people.list_memberships(AgentId(ana.id), {GROUP}, is_fresh=True)).groups == frozenset()
