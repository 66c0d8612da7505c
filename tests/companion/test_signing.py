"""Who is heard at all. The contract of both servers."""

import secrets
import time
from datetime import UTC, datetime

import pytest

from tests.companion.servers import Companion, Refusing

pytestmark = pytest.mark.asyncio

PING = b'{"action": "ping"}'


async def test_another_secret_a_changed_body_and_malformed_headers_are_bad_signatures(companion: Companion) -> None:
    refused = [
        await companion.send(PING, secret="another-fake-secret"),
        await companion.send(PING, tampered=b" "),
        await companion.send(PING, nonce="too-short"),
        await companion.send(PING, nonce="g" * 32),
        await companion.send(PING, timestamp="yesterday"),
        await companion.send(PING, timestamp="-5"),
        await companion.send(PING, headers={"X-Resetbot-Signature": "v1="}),
        await companion.send(PING, headers={"X-Resetbot-Signature": "v2=" + "0" * 64}),
        await companion.http.post(companion.url, content=PING),
    ]

    assert {(response.status_code, response.json()["error"]) for response in refused} == {(401, "bad_signature")}


@pytest.mark.parametrize("seconds", [-301, 302])
async def test_a_timestamp_five_minutes_off_is_refused_with_the_servers_time(
    companion: Companion, seconds: int
) -> None:
    response = await companion.send(PING, timestamp=str(int(time.time()) + seconds))

    assert (response.status_code, response.json()["error"]) == (401, "clock_skew")
    told = datetime.fromisoformat(response.json()["time"])
    assert told.tzinfo == UTC
    assert abs(told.timestamp() - time.time()) < 60


@pytest.mark.parametrize("seconds", [-290, 290])
async def test_a_timestamp_less_than_five_minutes_off_is_accepted(companion: Companion, seconds: int) -> None:
    response = await companion.send(PING, timestamp=str(int(time.time()) + seconds))

    assert response.json()["ok"] is True


async def test_a_nonce_is_accepted_once_whatever_its_case_and_whatever_came_of_it(companion: Companion) -> None:
    nonce = secrets.token_hex(15) + "ab"
    await companion.send(b'{"action": "users", "client_id": 9999}', nonce=nonce)

    for again in (nonce, nonce.upper()):
        response = await companion.send(PING, nonce=again)
        assert (response.status_code, response.json()["error"]) == (401, "replayed")


async def test_a_nonce_is_kept_also_if_the_request_broke_off(companion: Companion) -> None:
    nonce = secrets.token_hex(16)
    body = b'{"action": "users", "client_id": 42}'
    with companion.refusing("internal"):
        assert (await companion.send(body, nonce=nonce)).status_code == 500

    assert (await companion.send(body, nonce=nonce)).json()["error"] == "replayed"


async def test_a_refused_signature_uses_up_no_nonce(companion: Companion) -> None:
    nonce = secrets.token_hex(16)
    await companion.send(PING, nonce=nonce, secret="another-fake-secret")
    await companion.send(PING, nonce=nonce, timestamp="1")

    assert (await companion.send(PING, nonce=nonce)).json()["ok"] is True


async def test_the_signature_is_checked_before_the_clock_and_the_clock_before_the_nonce(companion: Companion) -> None:
    old, nonce = str(int(time.time()) - 999), secrets.token_hex(16)
    await companion.send(PING, nonce=nonce)

    unsigned = await companion.send(PING, nonce=nonce, timestamp=old, secret="another-fake-secret")
    late = await companion.send(PING, nonce=nonce, timestamp=old)

    assert unsigned.json()["error"] == "bad_signature"
    assert late.json()["error"] == "clock_skew"


@pytest.mark.parametrize("error", ["inactive", "https_required", "address_not_allowed"])
async def test_what_concerns_the_installation_is_said_before_the_signature_is_looked_at(
    companion: Companion, error: Refusing
) -> None:
    with companion.refusing(error) as headers:
        response = await companion.send(PING, secret="another-fake-secret", headers=headers)

    assert (response.status_code, response.json()["error"]) == (403, error)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        ("inactive", 403),
        ("https_required", 403),
        ("address_not_allowed", 403),
        ("rate_limited", 429),
        ("internal", 500),
    ],
)
async def test_a_companion_that_is_out_of_order_says_so_and_changes_nothing(
    companion: Companion, error: Refusing, status: int
) -> None:
    before = companion.password_hash("ana@example.com")

    with companion.refusing(error) as headers:
        response = await companion.set_password(headers)

    answer = response.json()
    assert (response.status_code, answer["ok"], answer["error"]) == (status, False, error)
    assert response.headers["content-type"] == "application/json"
    assert ("address" in answer) == (error == "address_not_allowed")
    assert response.headers.get("retry-after", "").isdigit() == (error == "rate_limited")
    assert companion.password_hash("ana@example.com") == before
    assert (await companion.set_password()).json()["repeated"] is False


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b"[]",
        b"{}",
        b'"ping"',
        b"null",
        b'{"action": 1}',
        b'{"action": "users"}',
        b'{"action": "result", "request_id": "with a blank"}',
        b'{"action": "ping", "more": NaN}',
        b'{"action": "ping", "more": "\xff"}',
        b'\xef\xbb\xbf{"action": "ping"}',
        '{"action": "ping"}'.encode("utf-16"),
        b'{"action": "ping", "more": ' + b"[" * 8000 + b"]" * 8000 + b"}",
        PING + b" " * 16_384,
    ],
)
async def test_a_malformed_body_is_refused(companion: Companion, body: bytes) -> None:
    response = await companion.send(body)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_a_body_of_16_kilobytes_is_read(companion: Companion) -> None:
    assert (await companion.send(PING.ljust(16_384))).json()["ok"] is True


async def test_an_unknown_action_is_refused(companion: Companion) -> None:
    response = await companion.ask("drop_tables")

    assert (response.status_code, response.json()["error"]) == (400, "unknown_action")
