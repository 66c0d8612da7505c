"""Masking of passwords on tickets in the traffic."""

import json
import secrets
import time
from pathlib import Path

import httpx
import pytest

from sandbox.page.traffic import MASK, list_exchanges, mask
from sandbox.page.world import make_world
from sandbox.whmcs import REPLY_ADMIN, LocalWhmcs
from sandbox.whmcs.companion import sign
from tests.harness.plain_http import http_client

PASSWORD = "fake-Password-Qw7Zk9"


async def ask(whmcs: LocalWhmcs, http: httpx.AsyncClient, action: str, **parameters: str) -> None:
    fields = {"identifier": whmcs.identifier, "secret": whmcs.secret, "responsetype": "json", "action": action}
    await http.post(f"{whmcs.url}/includes/api.php", data=fields | parameters)


async def set_password(whmcs: LocalWhmcs, http: httpx.AsyncClient) -> None:
    user_id = whmcs.data.links_of_client(42)[0].user_id
    fields = {"action": "set_password", "request_id": "7K3M-Q9XD", "client_id": 42, "user_id": user_id, "agent": "U1"}
    body = json.dumps({**fields, "password": PASSWORD}).encode()
    timestamp, nonce = str(int(time.time())), secrets.token_hex(16)
    signature = sign(whmcs.companion_secret, timestamp, nonce, body)
    headers = {
        "X-Resetbot-Timestamp": timestamp,
        "X-Resetbot-Nonce": nonce,
        "X-Resetbot-Signature": signature,
    }
    await http.post(whmcs.companion_url, content=body, headers=headers)


@pytest.mark.asyncio
async def test_a_password_on_a_ticket_and_the_guests_key_are_masked_in_the_traffic(tmp_path: Path) -> None:
    async with make_world(tmp_path, locale="en") as world, http_client() as http:
        whmcs = world.whmcs
        await set_password(whmcs, http)
        ticket = whmcs.ticket("ABC-123456")
        reply = f"Your new password: {PASSWORD}."
        await ask(whmcs, http, "AddTicketReply", ticketid=str(ticket.id), adminusername=REPLY_ADMIN, message=reply)
        await ask(whmcs, http, "GetTicket", ticketnum="ABC-123456")

        exchanges = [one for one in list_exchanges(world) if one.name in ("AddTicketReply", "GetTicket")]

    masked = [mask([one.sent, one.answered], one.passwords) for one in exchanges]
    assert len(masked) == 2
    assert all(one.passwords == {PASSWORD} for one in exchanges)
    assert all(f"Your new password: {MASK}." in json.dumps(one, ensure_ascii=False) for one in masked)
    assert PASSWORD not in json.dumps(masked)
    assert ticket.access_key not in json.dumps(masked)
    shown = mask([exchanges[0].sent, exchanges[0].answered], exchanges[0].passwords, frozenset({PASSWORD}))
    assert PASSWORD in json.dumps(shown)
