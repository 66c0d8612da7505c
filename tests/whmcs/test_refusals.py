"""Refusals are classified by their text only."""

import pytest

from tests.whmcs.answers.refusals import NOT_WORDED, REFUSALS
from tests.whmcs.server import Reply, ScriptedServer
from whmcs import (
    AddressRefusedError,
    NotPermittedError,
    OutcomeUnknownError,
    RefusedError,
    UnusableAnswerError,
    WhmcsClient,
    WhmcsError,
)

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize(("message", "kind"), [refusal[:2] for refusal in REFUSALS])
async def test_a_refusal_is_recognized_by_its_text_with_any_status(
    server: ScriptedServer, client: WhmcsClient, message: str, kind: type[WhmcsError], status: int
) -> None:
    refusal = Reply({"result": "error", "message": message}, status)
    server.plays("GetClients", refusal)
    server.plays("ResetPassword", refusal)

    with pytest.raises(kind) as of_read:
        await client.get_clients("ana")
    with pytest.raises(kind) as of_write:
        await client.reset_password(7)

    assert type(of_read.value) is type(of_write.value) is kind
    assert (of_read.value.action, of_write.value.action) == ("GetClients", "ResetPassword")
    assert len(server.received) == 2


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7"])
async def test_a_refused_address_is_named(server: ScriptedServer, client: WhmcsClient, address: str) -> None:
    server.plays("GetClients", Reply({"result": "error", "message": f"Invalid IP {address}"}, 403))

    with pytest.raises(AddressRefusedError) as refused:
        await client.get_clients("ana")

    assert refused.value.address == address


async def test_text_that_is_not_an_address_is_not_reported_as_one(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Reply({"result": "error", "message": "Invalid IP <script>"}, 403))

    with pytest.raises(AddressRefusedError) as refused:
        await client.get_clients("ana")

    assert refused.value.address is None


@pytest.mark.parametrize(
    "body",
    [
        "result=error;message=Command Not Found;",
        '<?xml version="1.0"?><whmcsapi version="5"><result>error</result><message>Command Not Found</message></whmcsapi>',
    ],
)
async def test_a_refusal_in_another_format_is_recognized(
    server: ScriptedServer, client: WhmcsClient, body: str
) -> None:
    server.plays("ResetPassword", Reply(body))

    with pytest.raises(NotPermittedError):
        await client.reset_password(7)


async def test_a_refusal_shows_its_reason_on_one_short_line(server: ScriptedServer, client: WhmcsClient) -> None:
    message = "Smith &amp; Sons\r\n\x1b[31m\u202e\u200b refused " + "x" * 300
    server.plays("GetClients", Reply({"result": "error", "message": message}))

    with pytest.raises(RefusedError) as refused:
        await client.get_clients("ana")

    assert refused.value.message.startswith("Smith & Sons [31m refused xxx")
    assert len(refused.value.message) == 200
    assert refused.value.code is None


async def test_a_write_whose_answer_whmcs_could_not_encode_has_an_unknown_outcome(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    refusal = Reply({"result": "error", "message": NOT_WORDED})
    server.plays("GetClients", refusal)
    server.plays("LogActivity", refusal)

    with pytest.raises(OutcomeUnknownError):
        await client.log_activity("Reset", client_id=3)
    with pytest.raises(RefusedError, match="Malformed UTF-8"):
        await client.get_clients("ana")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply("<html>Down for maintenance</html>"), "html"),
        (Reply("<html>Checking your browser</html>", 403), "html"),
        (Reply(""), "empty"),
        (Reply('{"result":"success","clients":'), "json"),
        (Reply(b'{"result":"success","x":"\xff"}'), "json"),
        (Reply("[]"), "json"),
        (Reply("[" * 100_000), "json"),
        (Reply({"result": "perhaps"}), "shape"),
        (Reply({"result": "success"}), "shape"),
        (Reply({"result": "success", "totalresults": 5}), "shape"),
        (Reply({"result": "success", "clients": {"client": [{"id": "seven"}]}}), "shape"),
        (Reply({"result": "success", "clients": {"client": [{"id": True}]}}), "shape"),
        (Reply({"result": "success", "clients": {"client": [{"id": 1}, "two"]}}), "shape"),
        (Reply({"result": "success", "clients": "none"}), "shape"),
        (Reply(b" " * 5_000_001), "too_large"),
    ],
)
async def test_an_unusable_answer_to_a_read_names_its_kind(
    server: ScriptedServer, client: WhmcsClient, reply: Reply, kind: str
) -> None:
    server.plays("GetClients", reply)

    with pytest.raises(UnusableAnswerError) as unusable:
        await client.get_clients("ana")

    assert (unusable.value.kind, unusable.value.status) == (kind, reply.status)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply("<html>Down for maintenance</html>"), "web_page"),
        (Reply("<html>EmitterException: Output has been emitted previously</html>", 500), "server_error"),
        (Reply({"result": "success"}, 500), "server_error"),
        (Reply({"message": "Server Error"}, 500), "server_error"),
        (Reply({"message": "Done?"}), "unusable_answer"),
        (Reply('{"result":"succ'), "unusable_answer"),
        (Reply(""), "unusable_answer"),
        (Reply(b" " * 5_000_001), "unusable_answer"),
    ],
)
async def test_a_write_with_an_unusable_answer_has_an_unknown_outcome_and_is_sent_once(
    server: ScriptedServer, client: WhmcsClient, reply: Reply, reason: str
) -> None:
    server.plays("ResetPassword", reply)

    with pytest.raises(OutcomeUnknownError) as unknown:
        await client.reset_password(7)

    assert unknown.value.reason == reason
    assert server.count("ResetPassword") == 1
