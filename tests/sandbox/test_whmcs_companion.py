"""The companion's signed protocol, as a caller on the other end of a socket sees it."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, FaultKind, LocalWhmcs, seed_password

pytestmark = pytest.mark.asyncio

PASSWORD = "Fake-New-Password-1"


class Companion:
    """Signs by the protocol's text, not by the code under test."""

    def __init__(self, whmcs: LocalWhmcs, http: httpx.AsyncClient) -> None:
        self.whmcs = whmcs
        self._http = http

    async def send(
        self,
        body: bytes,
        *,
        secret: str | None = None,
        timestamp: str | None = None,
        nonce: str | None = None,
        tampered: bytes = b"",
    ) -> httpx.Response:
        timestamp = str(int(time.time())) if timestamp is None else timestamp
        nonce = secrets.token_hex(16) if nonce is None else nonce
        key = (secret or self.whmcs.companion_secret).encode()
        signature = hmac.new(key, f"v1:{timestamp}:{nonce}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Resetbot-Timestamp": timestamp,
            "X-Resetbot-Nonce": nonce,
            "X-Resetbot-Signature": f"v1={signature}",
        }
        return await self._http.post(self.whmcs.companion_url, content=body + tampered, headers=headers)

    async def ask(self, action: str, **fields: object) -> httpx.Response:
        return await self.send(json.dumps({"action": action, **fields}).encode())

    async def set_password(self, **changed: object) -> httpx.Response:
        fields: dict[str, object] = {
            "request_id": "7K3M-Q9XD",
            "client_id": 42,
            "user_id": ana_id(self.whmcs),
            "password": PASSWORD,
            "agent": "Agent Fake (U0000000001)",
        }
        return await self.ask("set_password", **(fields | changed))


@pytest_asyncio.fixture
async def whmcs() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as whmcs:
        yield whmcs


@pytest_asyncio.fixture
async def companion(whmcs: LocalWhmcs) -> AsyncIterator[Companion]:
    async with httpx.AsyncClient() as http:
        yield Companion(whmcs, http)


async def test_ping_tells_who_answers_and_what_it_can_do(companion: Companion) -> None:
    answer = (await companion.ask("ping")).json()

    assert answer.pop("time").endswith("Z")
    assert answer == {
        "ok": True,
        "name": "resetbot",
        "version": "1.0.0",
        "protocol": 1,
        "whmcs_version": "8.13.1",
        "php_version": "8.2.29",
        "capabilities": ["users", "set_password", "result"],
        "minimum_password_length": 8,
    }


async def test_users_tell_the_last_sign_in_and_every_client(companion: Companion, whmcs: LocalWhmcs) -> None:
    clara = whmcs.data.find_user_by_email("clara@example.com")
    assert clara is not None
    clara.last_sign_in_at = datetime(2026, 4, 5, 6, 7, 8, tzinfo=UTC)

    answer = (await companion.ask("users", client_id=63)).json()

    assert answer == {
        "ok": True,
        "users": [
            {
                "id": clara.id,
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


async def test_set_password_opens_the_account_and_leaves_a_line_without_the_password(
    companion: Companion, whmcs: LocalWhmcs
) -> None:
    user_id = ana_id(whmcs)

    response = await companion.set_password()

    answer = response.json()
    assert (response.status_code, answer["user_id"], answer["repeated"], answer["temporary"]) == (
        200,
        user_id,
        False,
        False,
    )
    assert whmcs.opens("ana@example.com", PASSWORD)
    assert not whmcs.opens("ana@example.com", seed_password(user_id))
    assert whmcs.password_changed_at(user_id) is not None
    (line,) = whmcs.activity
    assert line.client_id == 42
    for part in ("Agent Fake (U0000000001)", str(user_id), "ana@example.com", "7K3M-Q9XD"):
        assert part in line.description
    assert PASSWORD not in line.description
    assert [(call.action, call.is_companion) for call in whmcs.writes] == [("set_password", True)]


async def test_set_password_voids_reset_links_sent_before(companion: Companion, whmcs: LocalWhmcs) -> None:
    async with httpx.AsyncClient() as http:
        await http.post(
            f"{whmcs.url}/includes/api.php",
            data={
                "identifier": whmcs.identifier,
                "secret": whmcs.secret,
                "responsetype": "json",
                "action": "ResetPassword",
                "id": str(ana_id(whmcs)),
            },
        )
    assert whmcs.has_open_reset_link(ana_id(whmcs))

    await companion.set_password()

    assert not whmcs.has_open_reset_link(ana_id(whmcs))


async def test_a_repeated_request_tells_the_first_result_and_changes_nothing(
    companion: Companion, whmcs: LocalWhmcs
) -> None:
    first = (await companion.set_password()).json()

    second = (await companion.set_password()).json()

    assert second == first | {"repeated": True}
    assert len(whmcs.writes) == 1
    assert len(whmcs.activity) == 1


async def test_two_of_the_same_request_at_once_change_it_once(companion: Companion, whmcs: LocalWhmcs) -> None:
    answers = await asyncio.gather(companion.set_password(), companion.set_password())

    assert sorted(answer.json()["repeated"] for answer in answers) == [False, True]
    assert len(whmcs.writes) == 1


async def test_two_different_passwords_under_one_request_at_once_leave_one_winner(
    companion: Companion, whmcs: LocalWhmcs
) -> None:
    answers = await asyncio.gather(companion.set_password(), companion.set_password(password="Fake-Other-Password-2"))

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert whmcs.opens("ana@example.com", PASSWORD) != whmcs.opens("ana@example.com", "Fake-Other-Password-2")


async def test_the_same_request_id_with_other_values_is_a_conflict(companion: Companion, whmcs: LocalWhmcs) -> None:
    await companion.set_password()
    stranger = whmcs.data.links_of_client(43)[0].user_id

    for changed in ({"password": "Fake-Other-Password-2"}, {"client_id": 43}, {"user_id": stranger}):
        response = await companion.set_password(**changed)
        assert (response.status_code, response.json()["error"]) == (409, "request_id_conflict")
    assert whmcs.opens("ana@example.com", PASSWORD)


async def test_a_repeat_is_compared_with_the_request_and_not_with_what_the_user_chose_since(
    companion: Companion, whmcs: LocalWhmcs
) -> None:
    await companion.set_password()
    await companion.set_password(request_id="AAAA-BBBB", password="Fake-Chosen-Since-3")

    assert (await companion.set_password()).json()["repeated"] is True
    assert whmcs.opens("ana@example.com", "Fake-Chosen-Since-3")


async def test_result_settles_what_became_of_a_request(companion: Companion) -> None:
    before = (await companion.ask("result", request_id="7K3M-Q9XD")).json()
    changed = (await companion.set_password()).json()

    after = (await companion.ask("result", request_id="7K3M-Q9XD")).json()

    assert before["known"] is False
    assert after == {"ok": True, "known": True, "user_id": changed["user_id"], "changed_at": changed["changed_at"]}


@pytest.mark.parametrize(
    ("changed", "status", "error"),
    [
        ({"user_id": 42}, 404, "user_not_found"),
        ({"client_id": 9999}, 404, "client_not_found"),
        ({"client_id": 43}, 404, "not_a_user_of_client"),
        ({"password": "short-7"}, 422, "password_refused"),
        ({"password": "x" * 65}, 422, "password_refused"),
        ({"password": "contraseña-larga"}, 422, "password_refused"),
        ({"password": "tab\tseparated"}, 422, "password_refused"),
        ({"password": None}, 400, "invalid_request"),
        ({"request_id": ""}, 400, "invalid_request"),
        ({"user_id": "900"}, 400, "invalid_request"),
        ({"client_id": True}, 400, "invalid_request"),
        ({"agent": "x" * 201}, 400, "invalid_request"),
        ({"temporary": True}, 400, "invalid_request"),
    ],
)
async def test_set_password_refuses_and_changes_nothing(
    companion: Companion, whmcs: LocalWhmcs, changed: dict[str, object], status: int, error: str
) -> None:
    response = await companion.set_password(**changed)

    assert (response.status_code, response.json()["ok"], response.json()["error"]) == (status, False, error)
    assert whmcs.writes == []
    assert whmcs.opens("ana@example.com", seed_password(ana_id(whmcs)))


async def test_the_minimum_length_can_be_raised(companion: Companion, whmcs: LocalWhmcs) -> None:
    whmcs.companion.minimum_password_length = 32

    assert (await companion.set_password()).json()["error"] == "password_refused"
    assert (await companion.ask("ping")).json()["minimum_password_length"] == 32


async def test_a_user_removed_from_the_client_is_refused(companion: Companion, whmcs: LocalWhmcs) -> None:
    whmcs.remove_user_from_client(ana_id(whmcs), 42)

    assert (await companion.set_password()).json()["error"] == "not_a_user_of_client"


@pytest.mark.parametrize(
    "body", [b"", b"not JSON", b"[]", b"{}", b'{"action": "users"}', b'{"action": "ping"}' + b" " * 16_384]
)
async def test_a_malformed_body_is_refused(companion: Companion, body: bytes) -> None:
    response = await companion.send(body)

    assert (response.status_code, response.json()["error"]) == (400, "invalid_request")


async def test_an_unknown_action_and_an_unknown_client_are_refused(companion: Companion) -> None:
    unknown = await companion.ask("drop_tables")
    nobody = await companion.ask("users", client_id=9999)

    assert (unknown.status_code, unknown.json()["error"]) == (400, "unknown_action")
    assert (nobody.status_code, nobody.json()["error"]) == (404, "client_not_found")


async def test_another_secret_a_changed_body_and_a_malformed_nonce_are_bad_signatures(companion: Companion) -> None:
    body = b'{"action": "ping"}'

    refused = [
        await companion.send(body, secret="another-fake-secret"),
        await companion.send(body, tampered=b" "),
        await companion.send(body, nonce="too-short"),
        await companion.send(body, timestamp="yesterday"),
    ]

    assert {(response.status_code, response.json()["error"]) for response in refused} == {(401, "bad_signature")}


async def test_an_old_timestamp_is_refused_with_the_time(companion: Companion) -> None:
    response = await companion.send(b'{"action": "ping"}', timestamp=str(int(time.time()) - 301))

    assert (response.status_code, response.json()["error"]) == (401, "clock_skew")
    assert datetime.fromisoformat(response.json()["time"]).tzinfo == UTC


async def test_a_companion_whose_clock_is_ahead_refuses(companion: Companion, whmcs: LocalWhmcs) -> None:
    whmcs.faults.companion_clock_offset_seconds = 600
    assert (await companion.ask("ping")).json()["error"] == "clock_skew"

    whmcs.faults.clear()
    assert (await companion.ask("ping")).json()["ok"] is True


async def test_a_nonce_is_accepted_once_even_if_the_action_was_refused(companion: Companion) -> None:
    nonce = secrets.token_hex(16)
    await companion.send(b'{"action": "users", "client_id": 9999}', nonce=nonce)

    response = await companion.send(b'{"action": "ping"}', nonce=nonce)

    assert (response.status_code, response.json()["error"]) == (401, "replayed")


async def test_the_signature_is_checked_before_the_clock_and_the_clock_before_the_nonce(companion: Companion) -> None:
    body, old, nonce = b'{"action": "ping"}', str(int(time.time()) - 999), secrets.token_hex(16)
    await companion.send(body, nonce=nonce)

    unsigned = await companion.send(body, nonce=nonce, timestamp=old, secret="another-fake-secret")
    late = await companion.send(body, nonce=nonce, timestamp=old)

    assert unsigned.json()["error"] == "bad_signature"
    assert late.json()["error"] == "clock_skew"


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("companion_inactive", 403, "inactive"),
        ("companion_https", 403, "https_required"),
        ("companion_address", 403, "address_not_allowed"),
        ("companion_rate_limited", 429, "rate_limited"),
        ("internal", 500, "internal"),
    ],
)
async def test_a_companion_that_is_out_of_order_says_so_and_changes_nothing(
    companion: Companion, whmcs: LocalWhmcs, kind: FaultKind, status: int, error: str
) -> None:
    whmcs.faults.add(Fault("set_password", kind, retry_after_seconds=7))

    response = await companion.set_password()

    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.headers.get("retry-after") == ("7" if status == 429 else None)
    assert response.json().get("address") == ("203.0.113.7" if error == "address_not_allowed" else None)
    assert whmcs.writes == []


async def test_an_absent_companion_is_a_web_servers_page_while_the_api_goes_on(
    companion: Companion, whmcs: LocalWhmcs
) -> None:
    whmcs.faults.add(Fault("*", "companion_absent"))

    response = await companion.ask("ping")

    assert (response.status_code, response.headers["content-type"]) == (404, "text/html; charset=utf-8")
    async with httpx.AsyncClient() as http:
        assert (await http.post(f"{whmcs.url}/includes/api.php")).status_code == 200


async def test_an_internal_error_after_the_work_is_settled_by_result(companion: Companion, whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("set_password", "internal_after", times=1))

    response = await companion.set_password()

    assert (response.status_code, response.json()["error"]) == (500, "internal")
    assert whmcs.opens("ana@example.com", PASSWORD)
    assert (await companion.ask("result", request_id="7K3M-Q9XD")).json()["known"] is True
    assert (await companion.set_password()).json()["repeated"] is True


async def test_a_request_broken_off_half_way_is_unknown_to_result_and_written_again_by_a_repeat(
    companion: Companion, whmcs: LocalWhmcs
) -> None:
    whmcs.faults.add(Fault("set_password", "internal_between", times=1))
    await companion.set_password()
    assert whmcs.opens("ana@example.com", PASSWORD)
    assert (await companion.ask("result", request_id="7K3M-Q9XD")).json()["known"] is False

    conflict = await companion.set_password(password="Fake-Other-Password-2")
    repeat = await companion.set_password()

    assert conflict.json()["error"] == "request_id_conflict"
    assert repeat.json()["repeated"] is False
    assert (await companion.ask("result", request_id="7K3M-Q9XD")).json()["known"] is True
    assert len(whmcs.writes) == 2


def ana_id(whmcs: LocalWhmcs) -> int:
    ana = whmcs.data.find_user_by_email("ana@example.com")
    assert ana is not None
    return ana.id
