"""Finding clients in the ways in which people type, within what WHMCS's own search can do."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, LocalWhmcs
from whmcs import Matches, NotPermittedError, TimedOutError, WhmcsClient, look_up

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def server() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        assert running.access.allowed_actions is not None
        running.access.allowed_actions.add("GetClientsDomains")
        yield running


@pytest_asyncio.fixture
async def client(server: LocalWhmcs) -> AsyncIterator[WhmcsClient]:
    async with WhmcsClient.connect(server.url, server.identifier, server.secret) as connected:
        yield connected


def ids(found: Matches) -> list[int]:
    return [match.client_id for match in found.matches]


def asked(server: LocalWhmcs, since: int = 0) -> list[str]:
    return [call.action for call in server.calls[since:]]


@pytest.mark.parametrize("query", ["ana lópez", "López Ana", "lopez ana", "LOPEZ  ana", "lóp an"])
async def test_the_words_of_a_name_are_found_in_any_order_with_or_without_accents(
    client: WhmcsClient, query: str
) -> None:
    assert set(ids(await look_up(client, query))) == {42, 43, 44}


async def test_words_of_name_and_company_are_found_together(client: WhmcsClient) -> None:
    assert ids(await look_up(client, "lópez floristería")) == [43]


async def test_a_name_between_two_words_does_not_hide_a_client(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.data.add_client("María del Carmen", "Zubizarreta", "carmen@example.org", client_id=700)
    assert ids(await look_up(client, "maria zubizarreta")) == [700]
    assert ids(await look_up(client, "carmen zubizarreta")) == [700]


async def test_what_is_found_at_once_costs_two_calls(client: WhmcsClient, server: LocalWhmcs) -> None:
    assert ids(await look_up(client, "ana lópez"))
    assert sorted(asked(server)) == ["GetClients", "GetUsers"]


async def test_one_word_that_finds_nobody_is_asked_once(client: WhmcsClient, server: LocalWhmcs) -> None:
    assert ids(await look_up(client, "nadie")) == []
    assert sorted(asked(server)) == ["GetClients", "GetUsers"]


async def test_a_word_that_too_many_share_is_said_to_be_searched_in_part(
    client: WhmcsClient, server: LocalWhmcs
) -> None:
    for number in range(120):
        server.data.add_client(f"Persona{number:03}", "Multitud", f"m{number:03}@example.org", client_id=1000 + number)
    found = await look_up(client, "multitud ninguna")
    assert (found.matches, found.is_complete) == ((), False)


async def test_a_domain_finds_its_client_before_those_whose_names_begin_like_it(
    client: WhmcsClient, server: LocalWhmcs
) -> None:
    server.data.add_domain(51, "flores.example.net")
    server.data.add_client("flores.example.net", "", "x@example.org", client_id=701)
    found = await look_up(client, "flores.example.net", has_domains=True)
    assert ids(found) == [51, 701]
    assert found.matches[0].domain == "flores.example.net"
    assert found.matches[0].client is not None
    assert found.total == 2


async def test_a_client_found_by_domain_and_by_name_is_one(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.data.add_client("flores.example.net", "", "x@example.org", client_id=701)
    server.data.add_domain(701, "flores.example.net")
    found = await look_up(client, "flores.example.net", has_domains=True)
    assert (ids(found), found.total) == ([701], 1)


@pytest.mark.parametrize("query", ["ana", "ana lópez", "ana@example.com", "#42", "a.", ".a", "a b.c"])
async def test_only_what_looks_like_a_domain_is_asked_as_one(
    client: WhmcsClient, server: LocalWhmcs, query: str
) -> None:
    await look_up(client, query, has_domains=True)
    assert "GetClientsDomains" not in asked(server)


async def test_domains_that_can_not_be_asked_leave_the_rest_of_the_search(
    client: WhmcsClient, server: LocalWhmcs
) -> None:
    server.data.add_client("flores.example.net", "", "x@example.org", client_id=701)
    server.faults.add(Fault("GetClientsDomains", "not_permitted"))
    found = await look_up(client, "flores.example.net", has_domains=True)
    assert (ids(found), found.is_complete) == ([701], True)


async def test_a_failure_is_raised_and_no_other_way_is_tried(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.faults.add(Fault("*", "not_permitted"))
    with pytest.raises(NotPermittedError):
        await look_up(client, "lópez ana")
    assert sorted(asked(server)) == ["GetClients", "GetUsers"]


async def test_the_deadline_covers_both_rounds(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.faults.add(Fault("*", "slow_before", seconds=0.4))
    found = await look_up(client, "lópez ana", deadline_seconds=0.6)
    assert (found.matches, len(server.calls)) == ((), 2)
    with pytest.raises(TimedOutError):
        await look_up(client, "lópez ana", deadline_seconds=0.2)
