"""The public listener: what is not signed by Slack does no work, and what is malformed breaks nothing."""

import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlencode

import httpx
import pytest
import pytest_asyncio
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from structlog.testing import capture_logs

from bot.listeners.dispatcher import Dispatcher
from bot.metrics import Metrics
from bot.server import MAX_BODY_BYTES, Listener, Readiness, build_ops_app, build_public_app
from sandbox.ports import free_port
from tests.harness.plain_http import http_client

pytestmark = pytest.mark.asyncio

SECRET = "s" * 32
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
COMMAND = {"command": "/reset-password", "text": "ana", "user_id": "U1", "team_id": "T1"}


@dataclass
class Slack:
    """Signs and sends; `answered` holds what reached the bot's listeners."""

    http: httpx.AsyncClient
    answered: list[str] = field(default_factory=list)

    async def send(
        self,
        body: bytes | str,
        kind: str = FORM,
        *,
        at: float | None = None,
        secret: str = SECRET,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        raw = body.encode() if isinstance(body, str) else body
        return await self.http.post(
            "/slack/events", content=raw, headers=signed(raw, kind, at=at, secret=secret) | (headers or {})
        )

    async def send_command(self, text: str = "ana") -> httpx.Response:
        return await self.send(urlencode(COMMAND | {"text": text}))


def signed(body: bytes, kind: str = FORM, *, at: float | None = None, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return {"content-type": kind, "x-slack-request-timestamp": timestamp, "x-slack-signature": f"v0={digest}"}


def make_dispatcher(answered: list[str]) -> Dispatcher:
    async def authorize(**_context: object) -> AuthorizeResult:
        # Asked for whatever reaches Bolt and might be answered.
        answered.append("seen")
        return AuthorizeResult(enterprise_id=None, team_id="T1", bot_id="B1", bot_user_id="U0", bot_token="")

    bolt = AsyncApp(authorize=authorize, process_before_response=True, request_verification_enabled=False)

    @bolt.command("/reset-password")
    async def answer_command(ack: AsyncAck, command: dict[str, str]) -> None:
        answered.append(command["text"])
        await ack("as typed")

    @bolt.action("button")
    async def answer_action(ack: AsyncAck) -> None:
        answered.append("button")
        await ack()

    return Dispatcher(bolt=bolt, metrics=Metrics("0.0.0"))


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[Slack]:
    answered: list[str] = []
    transport = httpx.ASGITransport(build_public_app(make_dispatcher(answered), SECRET), raise_app_exceptions=False)
    async with http_client(transport=transport, base_url="http://bot.example.com") as http:
        yield Slack(http, answered)


async def test_a_signed_command_is_answered(slack: Slack) -> None:
    response = await slack.send_command()
    assert (response.status_code, response.text) == (200, "as typed")
    assert slack.answered == ["seen", "ana"]


async def test_a_signed_interaction_is_answered(slack: Slack) -> None:
    payload = {
        "type": "block_actions",
        "user": {"id": "U1"},
        "team": {"id": "T1"},
        "actions": [{"type": "button", "action_id": "button", "block_id": "b", "value": "x"}],
    }
    response = await slack.send(urlencode({"payload": json.dumps(payload)}))
    assert response.status_code == 200
    assert slack.answered == ["seen", "button"]


async def test_slack_asking_for_the_address_is_answered(slack: Slack) -> None:
    response = await slack.send(json.dumps({"type": "url_verification", "challenge": "abc"}), JSON)
    assert response.status_code == 200
    assert "abc" in response.text


@pytest.mark.parametrize("text", ["payload", "payload=1", "&payload={}", "the payload of #42", '{"payload": 1}'])
async def test_a_command_may_speak_of_a_payload(slack: Slack, text: str) -> None:
    response = await slack.send_command(text)
    assert (response.status_code, response.text) == (200, "as typed")
    assert slack.answered[-1] == text


async def test_a_command_whose_text_is_odd_arrives_as_it_was_typed(slack: Slack) -> None:
    for text in ("", " ", "Ana López 🙂", "a+b&c=d%20", "\u202e", "<!channel>"):
        await slack.send_command(text)
        assert slack.answered[-1] == text


BODY = urlencode(COMMAND).encode()
GOOD = signed(BODY)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": GOOD["x-slack-request-timestamp"]},
        {"x-slack-request-timestamp": "", "x-slack-signature": ""},
        {"x-slack-request-timestamp": "now", "x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": "-1", "x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": "1e9", "x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": "9" * 18, "x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": "9" * 400, "x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": "9" * 5000, "x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": "²", "x-slack-signature": GOOD["x-slack-signature"]},
        {"x-slack-request-timestamp": GOOD["x-slack-request-timestamp"], "x-slack-signature": "v0="},
        {"x-slack-request-timestamp": GOOD["x-slack-request-timestamp"], "x-slack-signature": "v0=ñ"},
        {"x-slack-request-timestamp": GOOD["x-slack-request-timestamp"], "x-slack-signature": "v0=" + "0" * 64},
        {
            "x-slack-request-timestamp": GOOD["x-slack-request-timestamp"],
            "x-slack-signature": GOOD["x-slack-signature"].removeprefix("v0="),
        },
    ],
)
async def test_what_is_not_signed_is_refused_and_does_no_work(slack: Slack, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode()) for name, value in ({"content-type": FORM} | headers).items()]
    response = await slack.http.post("/slack/events", content=BODY, headers=raw)
    assert response.status_code == 401
    assert slack.answered == []


@pytest.mark.parametrize(
    "body",
    [
        "ssl_check=1&token=xxx",
        "token=xxx&ssl_check=1",
        "ssl_check=1",
        f"ssl_check=1&{urlencode(COMMAND)}",
        f"{urlencode(COMMAND)}&ssl_check=1",
        "ssl_check=1&payload=%7B%22type%22%3A%22block_actions%22%7D",
        "ssl_check=0&ssl_check=1",
    ],
)
async def test_slacks_unsigned_certificate_check_gets_an_empty_answer(slack: Slack, body: str) -> None:
    response = await slack.http.post("/slack/events", content=body, headers={"content-type": FORM})
    assert (response.status_code, response.text) == (200, "")
    assert slack.answered == []


@pytest.mark.parametrize("body", [f"ssl_check=1&{urlencode(COMMAND)}", "ssl_check=1&token=xxx"])
async def test_a_signed_check_of_the_certificate_does_no_work_either(slack: Slack, body: str) -> None:
    response = await slack.send(body)
    assert (response.status_code, response.text) == (200, "")
    assert slack.answered == []


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (FORM, "ssl_check=0&token=xxx"),
        (FORM, "ssl_check=&token=xxx"),
        (FORM, "ssl_check=true"),
        (FORM, "ssl_check=1&ssl_check=0"),
        (FORM, "ssl_check"),
        (FORM, "SSL_CHECK=1"),
        (FORM, "text=ssl_check%3D1"),
        (FORM, "payload=%7B%22ssl_check%22%3A%221%22%7D"),
        (FORM, ""),
        (FORM, "ssl_check=1&token=" + "x" * 1000),
        (FORM, "a=1&" * 200 + "ssl_check=1"),
        (FORM, b"ssl_check=1&token=\xff"),
        (FORM, "ssl_check=1&token=%FF"),
        (JSON, '{"ssl_check": "1"}'),
        (JSON, '{"type": "ssl_check"}'),
    ],
)
async def test_nothing_else_is_answered_unsigned(slack: Slack, kind: str, body: str | bytes) -> None:
    response = await slack.http.post("/slack/events", content=body, headers={"content-type": kind})
    assert (response.status_code, response.text) == (401, "not signed")
    assert slack.answered == []


async def test_a_check_of_the_certificate_with_half_a_signature_is_refused(slack: Slack) -> None:
    headers = {"content-type": FORM, "x-slack-signature": GOOD["x-slack-signature"]}
    response = await slack.http.post("/slack/events", content="ssl_check=1&token=xxx", headers=headers)
    assert (response.status_code, response.text) == (401, "malformed signature headers")


async def test_the_log_tells_a_wrong_clock_from_a_wrong_secret(slack: Slack) -> None:
    with capture_logs() as log:
        await slack.send(BODY, at=time.time() - 600)
        await slack.send(BODY, at=time.time() + 601)
        await slack.send(BODY, secret="t" * 32)
        await slack.send(BODY, headers={"x-slack-signature": "v0=1"})
        await slack.http.post("/slack/events", content=BODY, headers={"content-type": FORM})
    reasons = [str(line["reason"]) for line in log]
    assert reasons[0].startswith("clock: the timestamp is 60")
    assert "behind this host's clock" in reasons[0]
    assert reasons[1].startswith("clock: the timestamp is 60")
    assert "ahead of this host's clock" in reasons[1]
    assert reasons[2:] == ["wrong signature", "malformed signature headers", "not signed"]


async def test_a_signature_by_another_secret_is_refused(slack: Slack) -> None:
    assert (await slack.send(BODY, secret="t" * 32)).status_code == 401
    assert slack.answered == []


async def test_a_signature_over_another_body_is_refused(slack: Slack) -> None:
    response = await slack.http.post("/slack/events", content=BODY + b"&text=%2342", headers=GOOD)
    assert response.status_code == 401
    assert slack.answered == []


@pytest.mark.parametrize("seconds", [-3600, -301, 301, 3600])
async def test_a_signature_of_another_time_is_refused(slack: Slack, seconds: int) -> None:
    # A second more, since the clock goes on between signing and looking.
    response = await slack.send(BODY, at=time.time() + seconds + (1 if seconds > 0 else 0))
    assert response.status_code == 401
    assert slack.answered == []


@pytest.mark.parametrize("seconds", [-290, 290])
async def test_a_signature_of_the_last_five_minutes_is_good(slack: Slack, seconds: int) -> None:
    assert (await slack.send(BODY, at=time.time() + seconds)).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "multipart/form-data; boundary=x", "text/html", "", "application/xml", "json", "*/*"]
)
async def test_another_content_type_is_refused(slack: Slack, kind: str) -> None:
    response = await slack.send(BODY, kind)
    assert response.status_code == 415
    assert slack.answered == []


@pytest.mark.parametrize("kind", [f"{FORM}; charset=utf-8", f"{FORM.upper()}", f" {FORM} ;charset=UTF-8"])
async def test_a_content_type_may_be_written_in_other_ways(slack: Slack, kind: str) -> None:
    assert (await slack.send(BODY, kind)).status_code == 200


async def test_a_body_that_is_too_large_is_refused_without_reading_all_of_it(slack: Slack) -> None:
    chunk = b"x" * 100_000
    sent = 0

    async def ten_megabytes() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(100):
            sent += len(chunk)
            yield chunk

    headers = signed(chunk * 100)
    response = await slack.http.post("/slack/events", content=ten_megabytes(), headers=headers)
    assert response.status_code == 413
    assert sent <= MAX_BODY_BYTES + 2 * len(chunk)
    assert slack.answered == []


async def test_a_body_as_large_as_slacks_largest_is_read(slack: Slack) -> None:
    response = await slack.send_command("x" * 300_000)
    assert response.status_code == 200


@pytest.mark.parametrize("kind", [FORM, JSON])
@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b"text=\xff",
        b"text=%FF",
        b"{",
        b"[]",
        b"null",
        b"1",
        b'"payload"',
        b'["command"]',
        b"payload=null",
        b"payload=",
        b"payload=[]",
        b"payload=1",
        b"payload={",
        b"payload=%7B%22a%22%3A",
        b"payload=" + b"[" * 100_000,
        b"payload=" + b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b"=&" * 1000,
        b"a=1&" * 1000,
        b"9" * 5000,
        b"payload=" + b"9" * 5000,
        b"\x00",
        b'{"a": 1} trailing',
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_a_signed_but_malformed_body_is_the_senders_fault(slack: Slack, body: bytes, kind: str) -> None:
    response = await slack.send(body, kind)
    assert 400 <= response.status_code < 500
    assert "Traceback" not in response.text
    assert slack.answered == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"type": "something_new"},
        {"type": None},
        {"type": 5},
        {"type": []},
        {"type": "block_actions", "user": {"id": "U1"}, "actions": [{"type": "button", "action_id": "other"}]},
        {"type": "view_submission", "view": {"callback_id": "other", "type": "modal"}},
        {"type": "shortcut", "callback_id": "other"},
        {"type": "message_action", "callback_id": "other"},
        {"type": "block_suggestion", "action_id": "other"},
        {"type": "dialog_submission", "callback_id": "other"},
        {"type": "event_callback", "event": {"type": "message"}},
        {"command": "/other"},
        {"command": None},
    ],
    ids=str,
)
async def test_what_the_bot_does_not_know_is_not_found(slack: Slack, body: dict[str, object]) -> None:
    as_json = await slack.send(json.dumps(body), JSON)
    as_interaction = await slack.send(urlencode({"payload": json.dumps(body)}))
    assert (as_json.status_code, as_interaction.status_code) == (404, 404)


@pytest.mark.parametrize(
    "body",
    [
        {"type": "block_actions", "user": {"id": "U1"}, "team": {"id": "T1"}},
        {"type": "block_actions", "user": {"id": "U1"}, "team": {"id": "T1"}, "actions": []},
        {"type": "block_actions", "user": 5, "actions": [{"action_id": "button"}]},
        {"type": "view_submission", "user": {"id": "U1"}},
        {"type": "view_submission", "user": {"id": "U1"}, "view": None},
        {"type": "workflow_step_edit", "callback_id": "other"},
        {"type": "event_callback", "event": None},
        {"type": "block_suggestion", "action_id": {}},
        {"command": "/reset-password", "response_urls": [5]},
        {"command": "/reset-password", "authorizations": [5]},
        {"command": ["/reset-password"]},
        {"user": True},
    ],
    ids=str,
)
async def test_a_signed_payload_of_a_shape_that_slack_never_sends_is_the_senders_fault(
    slack: Slack, body: dict[str, object]
) -> None:
    for response in (
        await slack.send(json.dumps(body), JSON),
        await slack.send(urlencode({"payload": json.dumps(body)})),
    ):
        assert 400 <= response.status_code < 500
        assert "Traceback" not in response.text


async def test_no_depth_of_json_is_more_than_the_bot_can_take(slack: Slack) -> None:
    """Who reads it first can go a little deeper than who reads it next."""
    for depth in range(860, 1000):
        response = await slack.send('{"a":' * depth + "1" + "}" * depth, JSON)
        assert 400 <= response.status_code < 500


async def test_an_empty_form_is_not_found(slack: Slack) -> None:
    assert (await slack.send(b"")).status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/slack", "/slack/event", "/slack/install", "/metrics", "/readyz", "/docs", "/openapi.json", "/.env"]
)
async def test_nothing_else_is_there(slack: Slack, path: str) -> None:
    assert (await slack.http.get(path)).status_code == 404
    assert (await slack.http.post(path, content=BODY, headers=GOOD)).status_code == 404
    assert slack.answered == []


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"])
async def test_events_are_posted_and_nothing_else(slack: Slack, method: str) -> None:
    response = await slack.http.request(method, "/slack/events", content=BODY, headers=signed(BODY))
    assert response.status_code == 405
    assert slack.answered == []


async def test_it_says_that_it_lives_and_no_more(slack: Slack) -> None:
    response = await slack.http.get("/healthz")
    assert (response.status_code, response.text) == (200, "ok")
    assert (await slack.http.post("/healthz")).status_code == 405


async def test_no_answer_tells_what_runs_here() -> None:
    port = free_port()
    listener = Listener(build_public_app(make_dispatcher([]), SECRET), "127.0.0.1", port)
    await listener.begin()
    try:
        async with http_client(base_url=f"http://127.0.0.1:{port}") as http:
            answers = [
                await http.get("/healthz"),
                await http.get("/nothing"),
                await http.get("/slack/events"),
                await http.post("/slack/events", content=BODY),
                await http.post("/slack/events", content=BODY, headers=signed(BODY)),
            ]
    finally:
        await listener.end()
    assert [answer.status_code for answer in answers] == [200, 404, 405, 415, 200]
    for answer in answers:
        assert set(answer.headers) <= {"content-type", "content-length", "allow"}
        assert "uvicorn" not in answer.text.lower()
        assert "starlette" not in answer.text.lower()


async def test_a_port_that_is_taken_is_an_error_and_no_end_of_the_process() -> None:
    port = free_port()
    app = build_public_app(make_dispatcher([]), SECRET)
    first, second = Listener(app, "127.0.0.1", port), Listener(app, "127.0.0.1", port)
    await first.begin()
    try:
        with pytest.raises(OSError, match="in use"):
            await second.begin()
    finally:
        await first.end()


async def test_once_ended_nothing_more_is_accepted() -> None:
    port = free_port()
    listener = Listener(build_public_app(make_dispatcher([]), SECRET), "127.0.0.1", port)
    await listener.begin()
    await listener.end()
    async with http_client() as http:
        with pytest.raises(httpx.ConnectError):
            await http.get(f"http://127.0.0.1:{port}/healthz")


@pytest.mark.parametrize(("is_ready", "status"), [(True, 200), (False, 503)])
async def test_the_operators_see_each_part(*, is_ready: bool, status: int) -> None:
    parts = {"database": "ok", "slack": "ok" if is_ready else "unusable: token_revoked"}

    async def render() -> bytes:
        return b"metric 1\n"

    app = build_ops_app(lambda: Readiness(is_ready, parts), render)
    async with http_client(transport=httpx.ASGITransport(app), base_url="http://ops") as http:
        ready = await http.get("/readyz")
        metrics = await http.get("/metrics")
        alive = await http.get("/healthz")
    assert ready.status_code == status
    assert ready.json() == {"status": "ready" if is_ready else "not ready", **parts}
    assert metrics.text == "metric 1\n"
    assert alive.status_code == 200
