"""Searches in the ways people type them, within the limits of WHMCS's own search."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, FaultKind, LocalWhmcs
from whmcs import Matches, NotPermittedError, TimedOutError, WhmcsClient, search_clients

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
    assert set(ids(await search_clients(client, query))) == {42, 43, 44}


async def test_words_of_name_and_company_are_found_together(client: WhmcsClient) -> None:
    assert ids(await search_clients(client, "lópez floristería")) == [43]


async def test_a_name_between_two_words_does_not_hide_a_client(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.data.add_client("María del Carmen", "Zubizarreta", "carmen@example.org", client_id=700)
    assert ids(await search_clients(client, "maria zubizarreta")) == [700]
    assert ids(await search_clients(client, "carmen zubizarreta")) == [700]


async def test_a_search_with_a_match_makes_two_calls(client: WhmcsClient, server: LocalWhmcs) -> None:
    assert ids(await search_clients(client, "ana lópez"))
    assert sorted(asked(server)) == ["GetClients", "GetUsers"]


async def test_one_word_without_a_match_is_searched_once(client: WhmcsClient, server: LocalWhmcs) -> None:
    assert ids(await search_clients(client, "nadie")) == []
    assert sorted(asked(server)) == ["GetClients", "GetUsers"]


async def test_a_word_with_too_many_matches_makes_the_search_incomplete(
    client: WhmcsClient, server: LocalWhmcs
) -> None:
    for number in range(120):
        server.data.add_client(f"Persona{number:03}", "Multitud", f"m{number:03}@example.org", client_id=1000 + number)
    found = await search_clients(client, "multitud ninguna")
    assert (found.matches, found.is_complete) == ((), False)


async def test_the_owner_of_a_domain_comes_before_similar_names(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.data.add_domain(51, "flores.example.net")
    server.data.add_client("flores.example.net", "", "x@example.org", client_id=701)
    found = await search_clients(client, "flores.example.net", has_domains=True)
    assert ids(found) == [51, 701]
    assert found.matches[0].domain == "flores.example.net"
    assert found.matches[0].client is not None
    assert found.total == 2


async def test_a_client_found_by_domain_and_by_name_is_one(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.data.add_client("flores.example.net", "", "x@example.org", client_id=701)
    server.data.add_domain(701, "flores.example.net")
    found = await search_clients(client, "flores.example.net", has_domains=True)
    assert (ids(found), found.total) == ([701], 1)


@pytest.mark.parametrize("query", ["ana", "ana lópez", "ana@example.com", "#42", "a.", ".a", "a b.c"])
async def test_only_queries_that_look_like_a_domain_are_searched_as_one(
    client: WhmcsClient, server: LocalWhmcs, query: str
) -> None:
    await search_clients(client, query, has_domains=True)
    assert "GetClientsDomains" not in asked(server)


async def test_a_search_without_permission_for_domains_is_complete(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.data.add_client("flores.example.net", "", "x@example.org", client_id=701)
    server.faults.add(Fault("GetClientsDomains", "not_permitted"))
    found = await search_clients(client, "flores.example.net", has_domains=True)
    assert (ids(found), found.is_complete) == ([701], True)


@pytest.mark.parametrize("kind", ["html", "drop_before", "refused"])
async def test_a_failed_domain_call_makes_the_search_incomplete(
    client: WhmcsClient, server: LocalWhmcs, kind: FaultKind
) -> None:
    server.faults.add(Fault("GetClientsDomains", kind))
    found = await search_clients(client, "flores.example.net", has_domains=True)
    assert (found.matches, found.is_complete) == ((), False)
    assert found.failure is not None
    assert found.failure.action == "GetClientsDomains"


async def test_the_owner_of_a_domain_is_found_without_readable_details(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.data.add_domain(51, "flores.example.net")
    server.faults.add(Fault("GetClientsDetails", "not_permitted"))
    assert ids(await search_clients(client, "flores.example.net", has_domains=True)) == [51]


@pytest.mark.parametrize("query", ["o'brien", "liam o'brien", "O'Brien Liam"])
async def test_an_apostrophe_also_matches_a_curled_one(client: WhmcsClient, server: LocalWhmcs, query: str) -> None:
    server.data.clients[68].lastname = "O\u2019Brien"
    for user in server.data.users.values():
        user.lastname = user.lastname.replace("'", "\u2019")
    assert ids(await search_clients(client, query)) == [68]


async def test_a_failed_search_is_raised_without_a_second_round(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.faults.add(Fault("*", "not_permitted"))
    with pytest.raises(NotPermittedError):
        await search_clients(client, "lópez ana")
    assert sorted(asked(server)) == ["GetClients", "GetUsers"]


async def test_the_deadline_covers_both_rounds(client: WhmcsClient, server: LocalWhmcs) -> None:
    server.faults.add(Fault("*", "slow_before", seconds=0.4))
    found = await search_clients(client, "lópez ana", deadline_seconds=0.6)
    assert (found.matches, found.is_complete, len(server.calls)) == ((), False, 2)
    with pytest.raises(TimedOutError):
        await search_clients(client, "lópez ana", deadline_seconds=0.2)
