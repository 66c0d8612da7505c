"""Signed payloads that Slack never sends: each is refused or ignored, with one warning and no error."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from structlog.testing import capture_logs
from structlog.types import EventDict

from sandbox.slack.workspace import JsonObject
from sandbox.whmcs import LocalWhmcs
from tests.flows.mutants import collect, mutate, mutate_bytes
from tests.harness.plain_http import http_client
from tests.harness.world import GROUP, World
from tests.test_server import FORM, JSON, signed

pytestmark = pytest.mark.asyncio

SEED = 20_250_307
MUTANTS = 24
"""The number of mutants for each entry of the listener table."""

SETTINGS = {"WHMCS_REPLY_ADMIN": "support", "USER_COOLDOWN_SECONDS": "0"}
ORDERED = Counter(
    {("ResetPassword", "900"): 1, ("set_password", "901"): 1, ("AddTicketReply", "1"): 1, ("LogActivity", ""): 3}
)
"""The writes that the valid payloads request, once each; a mutant that is still valid may cause them."""

REFUSALS = {"request.refused", "payload.malformed", "payload.not_handled"}
OK = 200


@pytest.mark.both_modes
async def test_mutants_of_everything_that_slack_sends_do_no_harm(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    random = Random(SEED)  # noqa: S311 - the same mutants every time
    other = world.slack.add_person("Otra Agente", groups=[GROUP], locale="es-ES")
    harm: list[str] = []
    with capture_logs() as log:
        async with world.bot(**SETTINGS), http_client() as http:
            originals = await collect(world)
            before = _writes(world.whmcs)
            for sent in originals:
                for _ in range(MUTANTS):
                    mutant = mutate(sent.payload, random)
                    seen = len(log)
                    status = await _deliver(world, http, sent.kind, mutant)
                    harm += _find_harm(status, log[seen:], f"{sent.entry}: {json.dumps(mutant)}")
            await (await other.types("/reset-password #42")).shows("Ana López")
    assert harm == []
    assert _find_errors(log, caplog) == []
    assert _writes(world.whmcs) - before <= ORDERED


async def test_bodies_with_corrupted_bytes_do_no_harm(http_world: World, caplog: pytest.LogCaptureFixture) -> None:
    world = http_world
    random = Random(SEED)  # noqa: S311 - the same mutants every time
    other = world.slack.add_person("Otra Agente", groups=[GROUP], locale="es-ES")
    harm: list[str] = []
    with capture_logs() as log:
        async with world.bot(**SETTINGS), http_client() as http:
            originals = await collect(world)
            before = _writes(world.whmcs)
            for sent in originals:
                body, content_type = _encode(sent.kind, sent.payload)
                for _ in range(MUTANTS // 2):
                    mutant = mutate_bytes(body, random)
                    seen = len(log)
                    status = await _post(world, http, mutant, random.choice((content_type, content_type, FORM, JSON)))
                    harm += _find_harm(status, log[seen:], f"{sent.entry}: {mutant!r}")
            await (await other.types("/reset-password #42")).shows("Ana López")
    assert harm == []
    assert _find_errors(log, caplog) == []
    assert _writes(world.whmcs) - before <= ORDERED


async def test_an_envelope_with_a_foreign_payload_is_acknowledged_and_logged_once(
    socket_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world = socket_world
    odd: list[Any] = [[], ["x"], "x", 5, None, True, {}, {"type": []}]
    with capture_logs() as log:
        async with world.bot():
            answers = [await world.slack.deliver("block_actions", payload) for payload in odd]
            await (await world.agent.types("/reset-password #42")).shows("Ana López")
    assert [(answer.status, answer.body) for answer in answers] == [(200, "")] * len(odd)
    warnings = [line["event"] for line in log if line["log_level"] == "warning"]
    assert warnings == ["payload.not_handled"] * len(odd)
    assert _find_errors(log, caplog) == []


async def _deliver(world: World, http: httpx.AsyncClient, kind: str, payload: JsonObject) -> int:
    if world.mode == "socket":
        return (await world.slack.deliver(kind, payload)).status
    return await _post(world, http, *_encode(kind, payload))


def _encode(kind: str, payload: Mapping[str, object]) -> tuple[bytes, str]:
    """Return the body in which Slack sends this kind, and its content type. Half of a surrogate pair is sent unchanged."""
    match kind:
        case "event_callback":
            return json.dumps(payload).encode(), JSON
        case "command":
            fields = {key: str(value).encode(errors="surrogatepass") for key, value in payload.items()}
            return urlencode(fields).encode(), FORM
        case _:
            return urlencode({"payload": json.dumps(payload)}).encode(), FORM


async def _post(world: World, http: httpx.AsyncClient, body: bytes, content_type: str) -> int:
    headers = signed(body, content_type, secret=world.slack.signing_secret)
    answer = await http.post(f"{world.public_url}/slack/events", content=body, headers=headers)
    assert "Traceback" not in answer.text
    return answer.status_code


def _find_harm(status: int, log: Sequence[EventDict], sent: str) -> list[str]:
    """Describe the response unless it has one warning if refused, at most one if acknowledged."""
    warnings = [line for line in log if line["event"] in REFUSALS]
    is_well = len(warnings) <= 1 if status == OK else 400 <= status < 500 and len(warnings) == 1
    return [] if is_well else [f"HTTP {status}, {warnings}, {sent}"]


def _find_errors(log: Sequence[EventDict], caplog: pytest.LogCaptureFixture) -> list[object]:
    ours = [line for line in log if line["log_level"] in {"error", "critical"} or line.get("exc_info")]
    libraries = [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"} or record.exc_info]
    return [*ours, *libraries]


def _writes(whmcs: LocalWhmcs) -> Counter[tuple[str, str]]:
    """Return the number of writes to WHMCS by action and the id of the changed record."""
    ids = ("user_id", "id", "ticketid")
    return Counter(
        (call.action, next((str(call.parameters[name]) for name in ids if name in call.parameters), ""))
        for call in whmcs.writes
    )
