"""The results of two calls are merged into one list of clients."""

import asyncio
from collections.abc import Mapping
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whmcs.server import Hang, Reply, ScriptedServer
from whmcs import (
    Client,
    CredentialsError,
    Matches,
    NotPermittedError,
    TimedOutError,
    UnreachableError,
    User,
    UserClient,
    WhmcsClient,
    WhmcsError,
    search_clients,
)
from whmcs.search import fold_address, merge

NOT_PERMITTED = Reply(
    {"result": "error", "message": 'Invalid Permissions: API action "getusers" is not allowed'}, status=403
)


def make_client(client_id: int, name: str = "", email: str = "", status: str = "Active", company: str = "") -> Client:
    first, _, last = name.partition(" ")
    return Client(client_id, first, last, company, email, status, 0)


def make_user(user_id: int, *clients: int, name: str = "", email: str = "") -> User:
    first, _, last = name.partition(" ")
    return User(user_id, first, last, email, tuple(UserClient(each, is_owner=True) for each in clients))


def merged(query: str, clients: list[Client], users: list[User], limit: int = 25) -> Matches:
    return merge(query, (tuple(clients), len(clients)), (tuple(users), len(users)), limit)


def ids(matches: Matches) -> list[int]:
    return [match.client_id for match in matches.matches]


def clients_reply(*rows: Mapping[str, object], total: int | None = None) -> Reply:
    found = {"client": list(rows)} if rows else ""
    return Reply({"result": "success", "totalresults": len(rows) if total is None else total, "clients": found})


def users_reply(*rows: Mapping[str, object]) -> Reply:
    return Reply({"result": "success", "totalresults": len(rows), "users": list(rows)})


def test_the_best_match_comes_first() -> None:
    clients = [
        make_client(1, "Ana Beta", "x1@example.com"),
        make_client(2, "Zoe Zeta", "ana@example.com.au"),
        make_client(3, "Ana@Example.com", "x3@example.com"),
        make_client(4, "Zoe Zeta", "ANA@example.com"),
        make_client(5, "Ana Alfa", "x5@example.com"),
        make_client(6, company="ana@example.COM"),
    ]

    assert ids(merged("ana@example.com", clients, [])) == [4, 6, 3, 2, 5, 1]


def test_equals_are_ordered_by_status_then_name_then_id() -> None:
    clients = [
        make_client(1, "Ana A", status="Closed"),
        make_client(2, "Ana A", status="Inactive"),
        make_client(9, "Ana B"),
        make_client(4, "Ana A"),
        make_client(3, "ana a"),
    ]

    assert ids(merged("Ana", clients, [])) == [3, 4, 9, 2, 1]


def test_a_client_found_both_ways_is_one_match_with_its_user() -> None:
    ana, user = make_client(1, "Ana A", "office@example.com"), make_user(7, 1, email="Ana@example.com")

    (match,) = merged("ana@example.com", [ana], [user]).matches

    assert (match.client, match.user, match.is_exact) == (ana, user, True)


def test_a_user_of_several_clients_is_a_match_for_each() -> None:
    user = make_user(7, 3, 1, 2, name="Bea B", email="bea@example.com")

    found = merged("bea", [make_client(2, "Acme")], [user])

    assert sorted(ids(found)) == [1, 2, 3]
    assert all(match.user == user for match in found.matches)
    assert [match.client_id for match in found.matches if match.client is None] == [1, 3]


def test_the_best_matching_user_of_a_client_is_named() -> None:
    users = [make_user(1, 5, email="ana@example.com.au"), make_user(2, 5, email="ana@example.com")]

    (match,) = merged("ana@example.com", [], users).matches

    assert match.user == users[1]


def test_a_longer_address_is_not_exact() -> None:
    (match,) = merged("ana@example.com", [make_client(1, email="ana@example.com.au")], []).matches

    assert not match.is_exact


@pytest.mark.parametrize("query", ["weiss@example.com", "WEISS@example.com"])
def test_an_address_with_another_letter_is_not_exact(query: str) -> None:
    clients = [make_client(1, email="weiß@example.com"), make_client(2, email="weiss@example.com")]

    found = merged(query, clients, [make_user(5, 3, email="WEIß@example.com")]).matches

    assert [match.client_id for match in found if match.is_exact] == [2]


def test_an_address_in_other_case_is_exact() -> None:
    (match,) = merged("ÑAÑA@Example.com ", [make_client(1, email="ñaña@example.COM")], []).matches

    assert match.is_exact


def test_the_total_counts_clients_if_all_were_read_and_is_whmcs_own_otherwise() -> None:
    users = [make_user(1, 5), make_user(2, 5), make_user(3)]

    assert merged("a", [make_client(5)], users).total == 1
    assert merge("a", ((make_client(5),), 30), (tuple(users), 3), 25).total == 30


texts = st.sampled_from(["", "ana", "Ana", "ana b", "ANA@x.es", "ana@x.es", "bea", "zoe@x.es"])
statuses = st.sampled_from(["Active", "Inactive", "Closed", "Odd"])
client_lists = st.lists(
    st.builds(make_client, st.integers(1, 9), texts, texts, statuses, texts), max_size=8, unique_by=lambda each: each.id
)
user_lists = st.lists(
    st.builds(
        lambda user_id, clients, name, email: make_user(user_id, *clients, name=name, email=email),
        st.integers(1, 9),
        st.lists(st.integers(1, 12), unique=True, max_size=4),
        texts,
        texts,
    ),
    max_size=8,
    unique_by=lambda each: each.id,
)


@given(texts, client_lists, user_lists, st.integers(1, 30))
def test_each_client_is_listed_exactly_once(query: str, clients: list[Client], users: list[User], limit: int) -> None:
    found = merged(query, clients, users, limit)
    everyone = {client.id for client in clients} | {opened.id for user in users for opened in user.clients}

    assert len(set(ids(found))) == len(found.matches) == min(limit, len(everyone))
    assert set(ids(found)) <= everyone
    assert found.total == len(everyone)
    assert all(match.client or match.user for match in found.matches)


@given(texts, client_lists, user_lists, st.randoms())
def test_the_order_does_not_depend_on_the_order_of_the_answers(
    query: str, clients: list[Client], users: list[User], randomness: Random
) -> None:
    other_clients, other_users = list(clients), list(users)
    randomness.shuffle(other_clients)
    randomness.shuffle(other_users)

    assert merged(query, clients, users) == merged(query, other_clients, other_users)


@given(texts, client_lists, user_lists)
def test_exact_addresses_come_before_all_others(query: str, clients: list[Client], users: list[User]) -> None:
    found = merged(query, clients, users).matches

    assert [match.is_exact for match in found] == sorted((match.is_exact for match in found), reverse=True)
    for match in found:
        emails = [fold_address(known.email) for known in (match.client, match.user) if known]
        assert match.is_exact == (query != "" and fold_address(query) in emails)


@pytest.mark.parametrize(
    ("one", "other"),
    [(CredentialsError("X"), TimedOutError("X")), (NotPermittedError("X"), UnreachableError("X"))],
)
def test_the_more_specific_of_two_errors_is_raised(one: WhmcsError, other: WhmcsError) -> None:
    for pair in ((one, other), (other, one)):
        with pytest.raises(type(one)) as raised:
            merge("ana", *pair, 25)
        assert raised.value is one


@pytest.mark.asyncio
async def test_a_search_makes_each_call_once(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", clients_reply({"id": 1, "email": "office@x.es"}, total=31))
    server.plays("GetUsers", users_reply({"id": 7, "email": "ana@x.es", "clients": [{"id": 2}, {"id": 1}]}))

    found = await search_clients(client, "  ana@x.es ")

    assert (ids(found), found.total, found.is_complete, found.failure) == ([1, 2], 31, True, None)
    assert sorted(request.action for request in server.received) == ["GetClients", "GetUsers"]
    assert {request.form["search"] for request in server.received} == {"ana@x.es"}


@pytest.mark.asyncio
async def test_a_search_without_permission_for_users_returns_clients(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    server.plays("GetClients", clients_reply({"id": 1, "email": "ana@x.es"}))
    server.plays("GetUsers", NOT_PERMITTED)

    found = await search_clients(client, "ana")

    assert (ids(found), found.is_complete) == ([1], False)
    assert isinstance(found.failure, NotPermittedError)
    assert found.failure.action == "GetUsers"


@pytest.mark.asyncio
async def test_a_late_call_makes_the_search_incomplete(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Hang())
    server.plays("GetUsers", users_reply({"id": 7, "email": "ana@x.es", "clients": [{"id": 2}]}))

    found = await search_clients(client, "ana@x.es", deadline_seconds=1.0)

    assert (ids(found), found.is_complete) == ([2], False)
    assert isinstance(found.failure, TimedOutError)
    assert found.matches[0].is_exact


@pytest.mark.asyncio
async def test_a_search_fails_if_both_calls_fail(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Hang())
    server.plays("GetUsers", NOT_PERMITTED)

    with pytest.raises(NotPermittedError):
        await search_clients(client, "ana", deadline_seconds=1.0)


@pytest.mark.asyncio
async def test_a_cancelled_search_leaves_nothing_running(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Hang())
    server.plays("GetUsers", Hang())
    search = asyncio.create_task(search_clients(client, "ana"))
    await server.is_asked.wait()
    before = asyncio.all_tasks()

    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search

    calls = [task for task in before if "_return_error" in repr(task.get_coro())]
    assert len(calls) == 2
    assert all(task.done() for task in calls)


@pytest.mark.asyncio
async def test_a_blank_search_makes_no_call(server: ScriptedServer, client: WhmcsClient) -> None:
    assert await search_clients(client, " \t") == Matches((), 0)
    assert server.received == []
