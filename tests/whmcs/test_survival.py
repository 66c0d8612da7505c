"""The client against each fault of the local WHMCS: harmless deviations, and the error for each other fault."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from sandbox.whmcs import Data, Fault, FaultKind, LocalWhmcs
from tests.tls import self_signed
from whmcs import (
    AddressRefusedError,
    CompanionClient,
    CredentialsError,
    Matches,
    NotPermittedError,
    OutcomeUnknownError,
    RedirectedError,
    RefusedError,
    TimedOutError,
    UnknownActionError,
    UnreachableError,
    UnusableAnswerError,
    WhmcsClient,
    WhmcsError,
    search_clients,
)

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        yield running


@pytest_asyncio.fixture
async def asking(local: LocalWhmcs) -> AsyncIterator[WhmcsClient]:
    async with WhmcsClient.connect(local.url, local.identifier, local.secret) as client:
        yield client


def ids(found: Matches) -> list[int]:
    return [match.client_id for match in found.matches]


# The error of each fault, for a read and for a write. A write with a lost answer is always unknown.
SAID: Mapping[FaultKind, tuple[type[WhmcsError], type[WhmcsError]]] = {
    "drop_before": (UnreachableError, OutcomeUnknownError),
    "drop_after": (UnreachableError, OutcomeUnknownError),
    "truncated": (UnreachableError, OutcomeUnknownError),
    "slow_before": (TimedOutError, OutcomeUnknownError),
    "slow_after": (TimedOutError, OutcomeUnknownError),
    "drip": (TimedOutError, OutcomeUnknownError),
    "empty": (UnusableAnswerError, OutcomeUnknownError),
    "wrong_json": (UnusableAnswerError, OutcomeUnknownError),
    "wrong_bytes": (UnusableAnswerError, OutcomeUnknownError),
    "huge": (UnusableAnswerError, OutcomeUnknownError),
    "no_result": (UnusableAnswerError, OutcomeUnknownError),
    "html": (UnusableAnswerError, OutcomeUnknownError),
    "html_403": (UnusableAnswerError, OutcomeUnknownError),
    "html_500": (UnusableAnswerError, OutcomeUnknownError),
    "error_500_after": (UnusableAnswerError, OutcomeUnknownError),
    "status_503": (UnusableAnswerError, OutcomeUnknownError),
    "not_worded": (RefusedError, OutcomeUnknownError),
    "status_429": (RefusedError, RefusedError),
    "refused": (RefusedError, RefusedError),
    "refused_nvp": (RefusedError, RefusedError),
    "refused_xml": (RefusedError, RefusedError),
    "redirect": (RedirectedError, RedirectedError),
    "invalid_ip": (AddressRefusedError, AddressRefusedError),
    "credentials": (CredentialsError, CredentialsError),
    "not_permitted": (NotPermittedError, NotPermittedError),
    "unknown_action": (UnknownActionError, UnknownActionError),
}


@pytest.mark.parametrize("kind", SAID)
async def test_each_fault_has_its_name_for_a_read_and_for_a_write(
    local: LocalWhmcs, asking: WhmcsClient, kind: FaultKind
) -> None:
    local.faults.add(Fault("*", kind, seconds=1, retry_after_seconds=60))
    reading, writing = SAID[kind]

    if kind != "no_result":  # the version is valid without a verdict too
        with pytest.raises(reading) as of_read:
            await asking.whmcs_details(deadline_seconds=0.4)
        assert type(of_read.value) is reading
    with pytest.raises(writing) as of_write:
        await asking.reset_password(900, deadline_seconds=0.4)

    assert type(of_write.value) is writing
    assert [call.action for call in local.calls].count("ResetPassword") == 1


@pytest.mark.parametrize("kind", ["php_warning", "bom", "ids_as_text"])
async def test_harmless_deviations_of_an_answer_are_accepted(
    local: LocalWhmcs, asking: WhmcsClient, kind: FaultKind
) -> None:
    local.faults.add(Fault("*", kind))

    assert ids(await search_clients(asking, "ana@example.com")) == [42]
    assert [user.email for user in (await asking.get_clients_details(42)).users] == ["ana@example.com"]
    await asking.reset_password(local.data.links_of_client(42)[0].user_id)
    assert len(local.reset_emails) == 1


@pytest.mark.parametrize("kind", ["no_result", "list_flat", "list_named", "list_numbered", "ids_as_text"])
async def test_lists_in_every_shape_are_the_same_people(
    local: LocalWhmcs, asking: WhmcsClient, kind: FaultKind
) -> None:
    before = await search_clients(asking, "compras@cinco"), await asking.get_clients_details(61)
    local.faults.add(Fault("*", kind))

    assert (await search_clients(asking, "compras@cinco"), await asking.get_clients_details(61)) == before


async def test_a_single_row_in_place_of_a_list_is_that_row(local: LocalWhmcs, asking: WhmcsClient) -> None:
    before = await search_clients(asking, "ana@example.com"), await asking.get_clients_details(42)
    local.faults.add(Fault("*", "list_single"))

    assert (await search_clients(asking, "ana@example.com"), await asking.get_clients_details(42)) == before


async def test_an_empty_text_in_place_of_a_list_is_no_rows(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("*", "list_text"))

    assert (await search_clients(asking, "ana@example.com")).matches == ()
    assert (await asking.get_clients_details(61)).users == ()


async def test_a_byte_a_second_ends_at_the_deadline_of_the_whole_call(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("*", "drip", seconds=0.05))
    clock = asyncio.get_running_loop().time
    began_at = clock()

    with pytest.raises(TimedOutError):
        await asking.whmcs_details(deadline_seconds=0.5)

    assert 0.5 <= clock() - began_at < 2
    local.faults.clear()
    assert await asking.whmcs_details() == local.data.version


async def test_an_untrusted_certificate_and_a_port_without_tls_are_tls_errors(
    local: LocalWhmcs, tmp_path: Path
) -> None:
    without = local.url.replace("http:", "https:")
    async with LocalWhmcs(tls=self_signed(tmp_path)) as unvouched:
        for url in (without, unvouched.url):
            async with WhmcsClient.connect(url, local.identifier, local.secret) as client:
                with pytest.raises(UnreachableError) as unreachable:
                    await client.reset_password(900)
            assert unreachable.value.reason == "tls"
        assert unvouched.calls == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_the_companion_takes_no_password_to_another_host(local: LocalWhmcs, status: int) -> None:
    async with (
        LocalWhmcs() as elsewhere,
        CompanionClient.connect(local.companion_url, local.companion_secret) as companion,
    ):
        local.faults.add(Fault("*", "redirect", status=status, location=elsewhere.companion_url))
        with pytest.raises(RedirectedError) as redirected:
            await companion.set_password(
                request_id="7K3M-Q9XD", client_id=42, user_id=900, password="kT9-vQ2+mX7_hL4=pZ6w", agent="U1"
            )

        assert redirected.value.location == elsewhere.companion_url
        assert (elsewhere.connections, local.writes) == (0, [])


@pytest.mark.parametrize("matches", [0, 1, 25, 26, 100, 10_000])
async def test_a_search_of_any_size_makes_two_calls_and_returns_the_total(matches: int) -> None:
    data = Data()
    for number in range(matches):
        data.add_client("Marta", f"Número {number:05}", f"marta{number}@example.com")
    async with (
        LocalWhmcs(data) as local,
        WhmcsClient.connect(local.url, local.identifier, local.secret) as client,
    ):
        # The deadline of a type-ahead.
        found = await search_clients(client, "mar", deadline_seconds=2.0)

    assert (len(found.matches), found.total, found.is_complete) == (min(matches, 25), matches, True)
    assert len(set(ids(found))) == len(found.matches)
    assert sorted(call.action for call in local.calls) == ["GetClients", "GetUsers"]
    assert {call.parameters["limitnum"] for call in local.calls} == {"25"}


@pytest.mark.parametrize(("total", "told"), [(0, 13), (3, 13), (13, 13), (26, 26), (9_999, 9_999)], ids=str)
async def test_the_total_is_at_least_the_number_of_rows(
    local: LocalWhmcs, asking: WhmcsClient, total: int, told: int
) -> None:
    local.faults.add(Fault("GetClients", "wrong_total", total=total))

    found = await search_clients(asking, "ma")

    assert (len(found.matches), found.total) == (13, told)


async def test_a_short_page_keeps_the_total(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("*", "short_page"))

    found = await search_clients(asking, "ma")

    assert (len(found.matches), found.total) == (6, 13)


async def test_a_total_that_changes_between_two_searches_is_returned_as_it_is(
    local: LocalWhmcs, asking: WhmcsClient
) -> None:
    local.faults.add(Fault("GetClients", "wrong_total", total=40, times=1))

    assert [(await search_clients(asking, "ma")).total for _ in range(2)] == [40, 13]


async def test_broken_characters_in_one_call_leave_the_matches_of_the_other(
    local: LocalWhmcs, asking: WhmcsClient
) -> None:
    local.faults.add(Fault("GetClients", "not_worded"))

    found = await search_clients(asking, "ma")

    assert (len(found.matches), found.is_complete) == (13, False)
    assert isinstance(found.failure, RefusedError)
    assert "Malformed UTF-8" in found.failure.message


async def test_a_client_whose_id_is_another_persons_user_id_keeps_its_own_user(
    local: LocalWhmcs, asking: WhmcsClient
) -> None:
    (own,) = (await asking.get_clients_details(905)).users
    await asking.reset_password(own.id)

    assert (own.email, own.id != 905, 905 in local.users) == ("elena@example.com", True, True)
    assert [mail.email for mail in local.reset_emails] == ["elena@example.com"]


async def test_a_user_matches_each_of_their_clients(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.add_user("Nadie", "Sola", "nadie@example.com")
    several = local.add_user("Tres", "Clientes", "tres@example.com", client_ids=[42, 43, 44])

    none, each = await search_clients(asking, "nadie@example.com"), await search_clients(asking, "tres@example.com")

    assert (none.matches, none.total, none.is_complete) == ((), 0, True)
    assert sorted(ids(each)) == [42, 43, 44]
    assert {match.user.id for match in each.matches if match.user} == {several.id}


@pytest.mark.parametrize(("client_id", "users"), [(60, 0), (61, 5), (62, 60)])
async def test_a_client_has_all_of_its_users(asking: WhmcsClient, client_id: int, users: int) -> None:
    details = await asking.get_clients_details(client_id)

    assert len(details.users) == len({user.id for user in details.users}) == users
    assert (details.owner_user_id is None) == (users == 0 or not any(user.is_owner for user in details.users))


async def test_a_clients_group_is_in_the_search_and_in_its_details(asking: WhmcsClient) -> None:
    ((found,), _) = await asking.get_clients("vera@example.com")

    assert (found.group_id, (await asking.get_clients_details(110)).client.group_id) == (1, 1)
    assert (await asking.get_clients_details(113)).client.group_id == 0


async def test_clients_with_swapped_user_addresses_are_both_found(local: LocalWhmcs, asking: WhmcsClient) -> None:
    one = local.add_client("Uno", "Cruz", "uno@example.com")
    other = local.add_client("Otra", "Cruz", "otra@example.com")
    local.add_user("Uno", "Cruz", "otra@example.com", client_ids=[one.id])
    local.add_user("Otra", "Cruz", "uno@example.com", client_ids=[other.id])

    found = await search_clients(asking, "uno@example.com")

    assert sorted(ids(found)) == sorted([one.id, other.id])
    assert all(match.is_exact for match in found.matches)


async def test_an_exact_address_comes_before_longer_ones(asking: WhmcsClient) -> None:
    found = await search_clients(asking, "ada@example.com")

    assert [(match.client_id, match.is_exact) for match in found.matches] == [(51, True), (50, False)]


async def test_unusual_names_are_returned_unchanged(local: LocalWhmcs, asking: WhmcsClient) -> None:
    odd = {
        "entities": 'O\'Brien & <b>Sons</b> "quoted"',
        "double entities": "&amp;lt;b&amp;gt; &amp;amp;",
        "mentions": "@everyone <!channel> *bold* _slanted_ ~struck~",
        "right to left": "\u202e\u05d0\u05d1\u05d2 \u0646\u0648\u0631\u202c",
        "nothing to see": "a\u200bb\u200dc\ufeffd",
        "200 characters": "ñ" * 200,
    }
    made = {name: local.add_client(text, "Raro", "raro@example.com", companyname=text).id for name, text in odd.items()}

    for name, text in odd.items():
        client = (await asking.get_clients_details(made[name])).client
        assert (client.first_name, client.company_name) == (text, text), name
