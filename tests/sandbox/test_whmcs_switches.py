"""Unusual responses of the local WHMCS: other shapes and formats, broken bytes, slowness, TLS."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from sandbox.whmcs import Fault, FaultKind, LocalWhmcs
from tests.harness.plain_http import http_client
from tests.tls import self_signed

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def whmcs() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        yield running


async def ask(whmcs: LocalWhmcs, action: str, **parameters: str) -> httpx.Response:
    fields = {"identifier": whmcs.identifier, "secret": whmcs.secret, "responsetype": "json", "action": action}
    async with http_client() as http:
        return await http.post(f"{whmcs.url}/includes/api.php", data=fields | parameters)


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("list_flat", "flat"),
        ("list_numbered", {"client": {"0": 50, "1": 51}}),
        ("list_single", {"client": 50}),
        ("list_text", ""),
        ("short_page", {"client": [50]}),
    ],
)
async def test_the_list_of_clients_comes_in_another_shape(whmcs: LocalWhmcs, kind: FaultKind, rows: object) -> None:
    whmcs.faults.add(Fault("GetClients", kind))

    answer = (await ask(whmcs, "GetClients", search="ada@")).json()

    assert answer["totalresults"] == "2"
    if rows == "flat":
        assert sorted(row["id"] for row in answer["clients"]) == [50, 51]
    else:
        assert _ids(answer["clients"]) == rows


def _ids(found: object) -> object:
    if isinstance(found, dict):
        return found["id"] if "id" in found else {key: _ids(value) for key, value in found.items()}
    return [_ids(value) for value in found] if isinstance(found, list) else found


async def test_the_users_of_a_client_change_shape_both_under_client_and_at_the_top(whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("GetClientsDetails", "list_flat"))

    answer = (await ask(whmcs, "GetClientsDetails", clientid="61")).json()

    assert len(answer["users"]) == len(answer["client"]["users"]) == 5


async def test_ids_can_be_text_and_the_verdict_can_be_missing(whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("GetUsers", "ids_as_text", times=1))
    whmcs.faults.add(Fault("GetUsers", "no_result"))

    as_text = (await ask(whmcs, "GetUsers", search="ana@example.com")).json()
    without = (await ask(whmcs, "GetUsers", search="ana@example.com")).json()

    assert as_text["users"][0]["clients"] == [{"id": "42", "isOwner": True}]
    assert "result" not in without
    assert without["users"][0]["clients"] == [{"id": 42, "isOwner": True}]


async def test_the_total_can_be_anything(whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("GetClients", "wrong_total", total=31))

    assert (await ask(whmcs, "GetClients", search="ada@")).json()["totalresults"] == 31


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("refused", '{"result": "error", "message": "Command Not Found"}'),
        ("refused_nvp", "result=error;message=Command Not Found;"),
        ("refused_xml", "<result>error</result>\n<message>Command Not Found</message>"),
    ],
)
@pytest.mark.parametrize("status", [None, 400, 403])
async def test_a_refusal_of_any_text_comes_in_three_formats_and_with_any_status(
    whmcs: LocalWhmcs, kind: FaultKind, text: str, status: int | None
) -> None:
    whmcs.faults.add(Fault("ResetPassword", kind, message="Command Not Found", status=status))

    answer = await ask(whmcs, "ResetPassword", email="ana@example.com")

    assert (answer.status_code, text in answer.text) == (status or 200, True)
    assert whmcs.writes == []


async def test_an_address_that_is_refused_is_the_one_that_was_set(whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("*", "invalid_ip", address="2001:db8::7"))

    assert (await ask(whmcs, "GetUsers")).json()["message"] == "Invalid IP 2001:db8::7"


async def test_an_answer_that_can_not_be_worded_hides_work_that_was_done(whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("ResetPassword", "not_worded"))

    answer = (await ask(whmcs, "ResetPassword", email="ana@example.com")).json()

    assert answer["message"].startswith("Error generating JSON encoded response: Malformed UTF-8")
    assert len(whmcs.reset_emails) == 1


async def test_a_byte_order_mark_a_wrong_byte_and_a_flood_come_with_the_answer(whmcs: LocalWhmcs) -> None:
    for kind in ("bom", "wrong_bytes", "huge"):
        whmcs.faults.add(Fault("WhmcsDetails", kind, times=1))

    marked, wrong, huge = [await ask(whmcs, "WhmcsDetails") for _ in range(3)]

    assert marked.content.startswith(b"\xef\xbb\xbf{")
    with pytest.raises(UnicodeDecodeError):
        json.loads(wrong.content)
    assert len(huge.content) > 6_000_000
    assert json.loads(huge.content)["result"] == "success"


async def test_a_dripping_answer_comes_byte_by_byte_and_whole_in_the_end(whmcs: LocalWhmcs) -> None:
    whmcs.faults.add(Fault("WhmcsDetails", "drip"))
    reader, writer = await asyncio.open_connection("127.0.0.1", int(whmcs.url.rpartition(":")[2]))
    body = f"action=WhmcsDetails&responsetype=json&identifier={whmcs.identifier}&secret={whmcs.secret}".encode()
    writer.write(b"POST /includes/api.php HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])

    assert json.loads(await reader.readexactly(length))["result"] == "success"
    writer.close()


async def test_tls_uses_a_certificate_that_no_authority_signed(tmp_path: Path) -> None:
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    async with LocalWhmcs(tls=self_signed(tmp_path)) as whmcs:
        assert whmcs.url.startswith("https://")
        with pytest.raises(httpx.ConnectError, match="self-signed"):
            await ask(whmcs, "WhmcsDetails")
        async with httpx.AsyncClient(verify=trusting) as http:
            assert (await http.post(f"{whmcs.url}/includes/api.php")).text.startswith("result=error")


@pytest.mark.parametrize(
    ("kind", "replies", "notes"),
    [
        ("list_flat", [0, 700, 701], [1]),
        ("list_numbered", {"reply": {"0": 0, "1": 700, "2": 701}}, {"note": {"0": 1}}),
        ("list_single", {"reply": 0}, {"note": 1}),
        ("list_text", "", ""),
    ],
)
async def test_messages_of_a_ticket_can_have_other_shapes(
    whmcs: LocalWhmcs, kind: FaultKind, replies: object, notes: object
) -> None:
    whmcs.ticket("ABC-123456").notes += whmcs.notes_of("516757")
    whmcs.faults.add(Fault("GetTicket", kind))

    answer = (await ask(whmcs, "GetTicket", ticketnum="ABC-123456")).json()

    assert (_entry_ids(answer["replies"]), _entry_ids(answer["notes"])) == (replies, notes)


def _entry_ids(found: object) -> object:
    if isinstance(found, dict):
        own = found.get("replyid", found.get("noteid"))
        return int(own) if own is not None else {key: _entry_ids(value) for key, value in found.items()}
    return [_entry_ids(value) for value in found] if isinstance(found, list) else found
