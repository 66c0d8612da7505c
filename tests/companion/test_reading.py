"""`ping` and `users`. The contract of both servers, also as our own client reads it."""

import re
from datetime import UTC, datetime

import pytest

from tests.companion.servers import Companion
from whmcs import AddressRefusedError, CompanionClient, CredentialsError, NotFoundError, NotInstalledError

pytestmark = pytest.mark.asyncio


async def test_ping_tells_who_answers_and_what_it_can_do(companion: Companion) -> None:
    answer = (await companion.ask("ping")).json()

    for time in ("time", "remembers_since"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer.pop(time))
    assert re.fullmatch(r"8\.\d+\.\d+", answer.pop("php_version"))
    assert answer == {
        "ok": True,
        "name": "resetbot",
        "version": "1.0.0",
        "protocol": 1,
        "whmcs_version": "8.13.1",
        "capabilities": ["users", "set_password", "result"],
        "minimum_password_length": 8,
        "utc_offset_seconds": -5 * 3600,
    }


async def test_users_tell_the_last_sign_in_in_utc_and_every_client(companion: Companion) -> None:
    companion.let_sign_in("clara@example.com", datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC))

    answer = (await companion.ask("users", client_id=63)).json()

    assert answer == {
        "ok": True,
        "users": [
            {
                "id": companion.user_id("clara@example.com"),
                "email": "clara@example.com",
                "last_sign_in_at": "2026-04-05T06:07:08Z",
                "second_factor": False,
                "email_verified": True,
                "client_ids": [63, 64],
            }
        ],
    }


async def test_users_tell_who_never_signed_in_and_who_has_a_second_factor(companion: Companion) -> None:
    (user,) = (await companion.ask("users", client_id=67)).json()["users"]

    assert (user["last_sign_in_at"], user["second_factor"], user["email_verified"]) == (None, True, False)


@pytest.mark.parametrize(("client_id", "number"), [(60, 0), (61, 5), (62, 60)])
async def test_users_tell_of_all_users_of_the_client_and_of_nobody_else(
    companion: Companion, client_id: int, number: int
) -> None:
    users = (await companion.ask("users", client_id=client_id)).json()["users"]

    expected = [link.user_id for link in companion.data.links_of_client(client_id)]
    assert len(expected) == number
    assert sorted(user["id"] for user in users) == sorted(expected)


async def test_users_of_an_unknown_client_are_refused(companion: Companion) -> None:
    response = await companion.ask("users", client_id=9999)

    assert (response.status_code, response.json()["error"]) == (404, "client_not_found")


@pytest.mark.parametrize("client_id", [0, -1, "42", 42.5, True, None, [42]])
async def test_an_id_is_a_positive_number(companion: Companion, client_id: object) -> None:
    response = await companion.ask("users", client_id=client_id)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_our_own_client_understands_the_answers(companion: Companion) -> None:
    async with CompanionClient.connect(companion.url, companion.secret) as client:
        installed = await client.ping()
        users = await client.users(63)
        with pytest.raises(NotFoundError):
            await client.users(9999)

    assert (installed.name, installed.protocol, installed.utc_offset_seconds) == ("resetbot", 1, -18000)
    assert abs((installed.time - datetime.now(UTC)).total_seconds()) < 60
    assert [(user.email, user.client_ids) for user in users] == [("clara@example.com", (63, 64))]


async def test_our_own_client_tells_apart_why_it_is_refused(companion: Companion) -> None:
    async with CompanionClient.connect(companion.url, "another-fake-secret") as client:
        with pytest.raises(CredentialsError):
            await client.ping()
        with companion.refusing("inactive"), pytest.raises(NotInstalledError):
            await client.ping()
        with companion.refusing("address_not_allowed"), pytest.raises(AddressRefusedError) as refused:
            await client.ping()

    assert refused.value.address in {"127.0.0.1", "203.0.113.7"}
