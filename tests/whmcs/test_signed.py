"""The companion's client as its server sees it: each attempt is signed."""

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.whmcs.conftest import COMPANION_SECRET
from tests.whmcs.server import Drop, Half, Hang, Received, Reply, ScriptedServer
from whmcs import (
    AddressRefusedError,
    ClockSkewError,
    Companion,
    CompanionClient,
    CompanionUser,
    CredentialsError,
    NotAUserOfClientError,
    NotFoundError,
    NotInstalledError,
    OutcomeUnknownError,
    PasswordSet,
    RedirectedError,
    RefusedError,
    SetPasswordResult,
    TimedOutError,
    UnreachableError,
    UnusableAnswerError,
    WhmcsError,
)

pytestmark = pytest.mark.asyncio

PASSWORD = "kT9-vQ2+mX7_hL4=pZ6w"
PONG: dict[str, object] = {
    "ok": True,
    "name": "resetbot",
    "version": "1.0.0",
    "protocol": 1,
    "whmcs_version": "8.13.1",
    "php_version": "8.2.7",
    "time": "2026-11-24T10:00:00Z",
    "capabilities": ["users", "set_password", "result", "something_new"],
    "minimum_password_length": 12,
    "utc_offset_seconds": -18000,
    "remembers_since": "2026-11-23T10:00:00Z",
}
DONE: dict[str, object] = {"ok": True, "user_id": 7, "changed_at": "2026-11-24T10:00:00Z", "repeated": False}
PAGE = "<html><body>Not here</body></html>"


def refusal(code: str, status: int, **more: object) -> Reply:
    return Reply({"ok": False, "error": code, "message": "No.", **more}, status)


def is_signed(request: Received) -> bool:
    """Verify a request as the companion does, from the raw body and the headers."""
    timestamp, nonce = request.headers["x-resetbot-timestamp"], request.headers["x-resetbot-nonce"]
    signed = b"v1:" + timestamp.encode() + b":" + nonce.encode() + b":" + request.body
    expected = "v1=" + hmac.digest(COMPANION_SECRET.encode(), signed, hashlib.sha256).hex()
    is_hex = len(nonce) == 32 and set(nonce) <= set("0123456789abcdef")
    return is_hex and abs(time.time() - int(timestamp)) < 300 and request.headers["x-resetbot-signature"] == expected


async def set_password(companion: CompanionClient, deadline_seconds: float = 10.0) -> PasswordSet:
    return await companion.set_password(
        request_id="7K3M-Q9XD",
        client_id=3,
        user_id=7,
        password=PASSWORD,
        agent="U0000000001",
        deadline_seconds=deadline_seconds,
    )


async def test_ping_returns_what_is_installed(server: ScriptedServer, companion: CompanionClient) -> None:
    server.plays("ping", Reply(PONG))

    assert await companion.ping() == Companion(
        name="resetbot",
        version="1.0.0",
        protocol=1,
        whmcs_version="8.13.1",
        php_version="8.2.7",
        time=datetime(2026, 11, 24, 10, tzinfo=UTC),
        capabilities=frozenset({"users", "set_password", "result", "something_new"}),
        minimum_password_length=12,
        utc_offset_seconds=-18000,
        remembers_since=datetime(2026, 11, 23, 10, tzinfo=UTC),
    )
    (request,) = server.received
    assert request.path == "/modules/addons/resetbot/api.php"
    assert request.headers["content-type"] == "application/json"
    assert is_signed(request)


@pytest.mark.parametrize(
    ("told", "offset"),
    [
        (0, 0),
        (19800, 19800),
        (50400, 50400),
        (-50400, -50400),
        (50401, None),
        (-50401, None),
        (10**30, None),
        (-18000.0, None),
        ("-18000", None),
        ("America/Bogota", None),
        (True, None),
        (None, None),
        ([], None),
        ({}, None),
    ],
)
async def test_an_implausible_offset_is_unknown(
    server: ScriptedServer, companion: CompanionClient, told: object, offset: int | None
) -> None:
    server.plays("ping", Reply({**PONG, "utc_offset_seconds": told}))

    assert (await companion.ping()).utc_offset_seconds == offset


@pytest.mark.parametrize("name", ["utc_offset_seconds", "remembers_since"])
async def test_an_older_module_reports_less(server: ScriptedServer, companion: CompanionClient, name: str) -> None:
    server.plays("ping", Reply({reported: value for reported, value in PONG.items() if reported != name}))

    assert getattr(await companion.ping(), name) is None


async def test_a_password_is_set_with_a_signed_json_body(server: ScriptedServer, companion: CompanionClient) -> None:
    server.plays("set_password", Reply(DONE))

    assert await set_password(companion) == PasswordSet(7, datetime(2026, 11, 24, 10, tzinfo=UTC), is_repeated=False)
    (request,) = server.received
    assert is_signed(request)
    assert json.loads(request.body) == {
        "action": "set_password",
        "request_id": "7K3M-Q9XD",
        "client_id": 3,
        "user_id": 7,
        "password": PASSWORD,
        "agent": "U0000000001",
    }


async def test_a_repeated_request_is_marked_as_such(server: ScriptedServer, companion: CompanionClient) -> None:
    server.plays("set_password", Reply({**DONE, "repeated": True}))

    assert (await set_password(companion)).is_repeated


async def test_users_come_with_the_data_that_the_api_lacks(server: ScriptedServer, companion: CompanionClient) -> None:
    rows = [
        {
            "id": 7,
            "email": "ana@example.com",
            "last_sign_in_at": "2026-11-01T12:00:00+02:00",
            "second_factor": True,
            "email_verified": "1",
            "client_ids": [3, "4"],
        },
        {"id": "8", "last_sign_in_at": None},
        {"id": 9, "last_sign_in_at": "0000-00-00 00:00:00"},
    ]
    server.plays("users", Reply({"ok": True, "users": rows}))

    ana, *others = await companion.users(3)

    signed_in_at = datetime(2026, 11, 1, 10, tzinfo=UTC)
    assert ana == CompanionUser(
        7, "ana@example.com", signed_in_at, has_second_factor=True, is_email_verified=True, client_ids=(3, 4)
    )
    assert [(each.id, each.last_sign_in_at) for each in others] == [(8, None), (9, None)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"known": True, "user_id": 7, "changed_at": "2026-11-24T10:00:00Z"},
            SetPasswordResult(is_known=True, user_id=7, changed_at=datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ),
        ({"known": False}, SetPasswordResult(is_known=False)),
        (
            {"known": None, "remembers_since": "2026-11-24T10:00:00Z"},
            SetPasswordResult(is_known=None, remembers_since=datetime(2026, 11, 24, 10, tzinfo=UTC)),
        ),
    ],
)
async def test_a_result_tells_the_outcome_of_a_request(
    server: ScriptedServer, companion: CompanionClient, body: dict[str, object], expected: SetPasswordResult
) -> None:
    server.plays("result", Reply({"ok": True, **body}))

    assert await companion.result("7K3M-Q9XD") == expected


@pytest.mark.parametrize(
    ("is_known", "began_minutes_later", "is_ruled_out"),
    [(False, 5, True), (False, 4.9, False), (None, 60, False), (True, 60, False)],
)
async def test_only_a_request_of_the_remembered_time_is_ruled_out(
    *, is_known: bool | None, began_minutes_later: float, is_ruled_out: bool
) -> None:
    since = datetime(2026, 11, 24, 10, tzinfo=UTC)
    result = SetPasswordResult(is_known, remembers_since=since)
    assert result.rules_out(since + timedelta(minutes=began_minutes_later)) is is_ruled_out
    assert SetPasswordResult(is_known=False).rules_out(since)


@pytest.mark.parametrize("body", [{}, {"known": "yes"}, {"known": True}, {"known": True, "user_id": 7}])
async def test_an_inconsistent_result_is_unusable(
    server: ScriptedServer, companion: CompanionClient, body: dict[str, object]
) -> None:
    server.plays("result", Reply({"ok": True, **body}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await companion.result("7K3M-Q9XD")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusal("inactive", 403), NotInstalledError),
        (refusal("bad_signature", 401), CredentialsError),
        (refusal("address_not_allowed", 403, address="203.0.113.7"), AddressRefusedError),
        (refusal("user_not_found", 404), NotFoundError),
        (refusal("client_not_found", 404), NotFoundError),
        (refusal("not_a_user_of_client", 404), NotAUserOfClientError),
        (Reply(PAGE, 404), NotInstalledError),
        (Reply("", 404), NotInstalledError),
        (Reply({"error": "no route"}, 404), NotInstalledError),
        (Reply("", 302, {"Location": "https://example.com/?secret=x"}), RedirectedError),
    ],
)
async def test_each_refusal_code_has_its_error(
    server: ScriptedServer, companion: CompanionClient, reply: Reply, kind: type[WhmcsError]
) -> None:
    server.plays("set_password", reply)
    server.plays("ping", reply)

    with pytest.raises(kind) as of_write:
        await set_password(companion)
    with pytest.raises(kind) as of_read:
        await companion.ping()

    assert type(of_write.value) is type(of_read.value) is kind
    assert (of_write.value.action, of_read.value.action) == ("set_password", "ping")
    assert getattr(of_write.value, "address", "203.0.113.7") == "203.0.113.7"
    assert getattr(of_write.value, "location", "https://example.com/") == "https://example.com/"
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("clock_skew", 401),
        ("replayed", 401),
        ("https_required", 403),
        ("password_refused", 422),
        ("request_id_conflict", 409),
        ("invalid_request", 400),
        ("unknown_action", 400),
        ("something_new", 418),
    ],
)
async def test_any_other_refusal_has_the_companions_code(
    server: ScriptedServer, companion: CompanionClient, code: str, status: int
) -> None:
    server.plays("set_password", refusal(code, status))

    with pytest.raises(RefusedError) as refused:
        await set_password(companion)

    assert (refused.value.code, refused.value.message) == (code, "No.")


async def test_a_rate_limit_of_the_companion_has_its_retry_after(
    server: ScriptedServer, companion: CompanionClient
) -> None:
    busy = Reply({"ok": False, "error": "rate_limited", "message": "Slow"}, 429, {"Retry-After": "2"})
    server.plays("set_password", busy)

    with pytest.raises(RefusedError) as refused:
        await set_password(companion)

    assert (refused.value.code, refused.value.retry_after_seconds) == ("rate_limited", 2)
    assert server.count("set_password") == 1


async def test_a_rate_limit_of_a_proxy_is_a_refusal(server: ScriptedServer, companion: CompanionClient) -> None:
    server.plays("set_password", Reply(PAGE, 429, {"Retry-After": "2"}))

    with pytest.raises(RefusedError) as refused:
        await set_password(companion)

    assert (refused.value.code, refused.value.retry_after_seconds) == (None, 2)


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (refusal("internal", 500), "server_error"),
        (refusal("something_new", 500), "server_error"),
        (Reply(PAGE, 502), "server_error"),
        (Reply(DONE, 500), "server_error"),
        (Reply(PAGE), "web_page"),
        (Reply('{"ok": true, "user_id"'), "unusable_answer"),
        (Reply({**DONE, "user_id": 8}), "unusable_answer"),
        (Reply({"ok": True}), "unusable_answer"),
        (Reply({"ok": "yes"}), "unusable_answer"),
        (Reply(DONE, 404), "unusable_answer"),
        (Reply({**DONE, "changed_at": "2026-11-24 10:00:00"}), "unusable_answer"),
        (Reply(b" " * 5_000_001), "unusable_answer"),
        (Drop(), "connection_lost"),
        (Half(b'{"ok": true'), "connection_lost"),
    ],
)
async def test_a_password_whose_answer_is_lost_may_have_been_set(
    server: ScriptedServer, companion: CompanionClient, act: Reply | Drop | Half, reason: str
) -> None:
    server.plays("set_password", act)

    with pytest.raises(OutcomeUnknownError) as unknown:
        await set_password(companion)

    assert unknown.value.reason == reason
    assert server.count("set_password") == 1


async def test_a_password_whose_answer_is_late_may_have_been_set(
    server: ScriptedServer, companion: CompanionClient
) -> None:
    server.plays("set_password", Hang())

    with pytest.raises(OutcomeUnknownError) as unknown:
        await set_password(companion, deadline_seconds=0.1)

    assert unknown.value.reason == "timed_out"


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(PAGE), NotInstalledError),
        (Reply(PAGE, 403), NotInstalledError),
        (Reply(PAGE, 503), UnusableAnswerError),
        (refusal("internal", 500), UnusableAnswerError),
        (Reply(""), UnusableAnswerError),
        (Reply({**PONG, "time": "today"}), UnusableAnswerError),
        (Reply({**PONG, "protocol": None}), UnusableAnswerError),
    ],
)
async def test_an_unusable_answer_to_a_companion_read_is_classified(
    server: ScriptedServer, companion: CompanionClient, reply: Reply, kind: type[WhmcsError]
) -> None:
    server.plays("ping", reply)

    with pytest.raises(kind):
        await companion.ping()


async def test_each_attempt_of_a_read_has_its_own_nonce_and_signature(
    server: ScriptedServer, companion: CompanionClient
) -> None:
    server.plays("ping", Drop(), Drop(), Reply(PONG))

    await companion.ping()

    assert len({request.headers["x-resetbot-nonce"] for request in server.received}) == 3
    assert all(is_signed(request) for request in server.received)


async def test_a_late_read_has_timed_out(server: ScriptedServer, companion: CompanionClient) -> None:
    server.plays("result", Hang())

    with pytest.raises(TimedOutError):
        await companion.result("7K3M-Q9XD", deadline_seconds=0.1)


async def test_a_companion_that_can_not_be_reached_has_set_no_password(server: ScriptedServer) -> None:
    url = server.url
    await server.__aexit__()
    async with CompanionClient.connect(url, COMPANION_SECRET) as companion:
        with pytest.raises(UnreachableError):
            await set_password(companion)


async def test_php_warnings_before_the_companions_answer_are_ignored(
    server: ScriptedServer, companion: CompanionClient
) -> None:
    server.plays(
        "set_password",
        Reply("<br />\n<b>Warning</b>:  x in <b>/srv/x.php</b> on line <b>3</b><br />\n" + json.dumps(DONE)),
    )

    assert (await set_password(companion)).user_id == 7


async def test_a_companion_is_never_called_over_plain_http_on_a_network() -> None:
    with pytest.raises(ValueError, match="https"):
        CompanionClient.connect("http://example.com/api.php", COMPANION_SECRET)


async def test_a_clock_skew_error_has_the_companions_time(server: ScriptedServer, companion: CompanionClient) -> None:
    answer = {"ok": False, "error": "clock_skew", "message": "Too far.", "time": "2026-03-01T12:00:00Z"}
    server.plays("ping", Reply(answer, 401))
    with pytest.raises(ClockSkewError) as refused:
        await companion.ping()
    assert refused.value.time == datetime(2026, 3, 1, 12, tzinfo=UTC)
    server.plays("ping", Reply(answer | {"time": "noon"}, 401))
    with pytest.raises(ClockSkewError) as unreadable:
        await companion.ping()
    assert unreadable.value.time is None


async def test_an_inactive_module_is_distinguished_from_a_missing_one(
    server: ScriptedServer, companion: CompanionClient
) -> None:
    server.plays("ping", Reply({"ok": False, "error": "inactive", "message": "Not active."}, 403))
    with pytest.raises(NotInstalledError) as inactive:
        await companion.ping()
    server.plays("ping", Reply("<h1>404 Not Found</h1>", 404))
    with pytest.raises(NotInstalledError) as absent:
        await companion.ping()
    assert (inactive.value.is_inactive, absent.value.is_inactive) == (True, False)
