"""Answers from the reference and from other public clients, sent over a real socket."""

from collections.abc import Callable

import pytest

from tests.whmcs.answers import pages, reads
from tests.whmcs.answers.refusals import NOT_WORDED, REFUSALS, Refusal, as_pairs, as_xml
from tests.whmcs.server import Reply, ScriptedServer
from whmcs import Client, ClientUser, OutcomeUnknownError, RefusedError, UnusableAnswerError, UserClient, WhmcsClient

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("answer", [reads.CLIENTS, reads.CLIENTS_NUMBERED], ids=["documented", "numbered"])
async def test_clients_are_read_as_they_are_documented(
    server: ScriptedServer, client: WhmcsClient, answer: dict[str, object]
) -> None:
    server.plays("GetClients", Reply(answer))

    found, total = await client.get_clients("ejemplo")

    assert found == (
        Client(2, "Angélica", "Ejemplo", "", "angelica@example.com", "Active", 0),
        Client(1, "Bea", "Ejemplo", "", "bea@example.com", "Active", 0),
    )
    assert total == 2


@pytest.mark.parametrize("answer", [reads.NO_CLIENTS, reads.NO_CLIENTS_AS_TEXT], ids=["absent", "empty text"])
async def test_empty_results_of_real_clients_are_read(
    server: ScriptedServer, client: WhmcsClient, answer: dict[str, object]
) -> None:
    server.plays("GetClients", Reply(answer))

    assert await client.get_clients("ejemplo") == ((), 0)


async def test_flattened_keys_are_unusable_and_not_an_empty_list(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Reply(reads.CLIENTS_FLATTENED))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_clients("bea")


async def test_users_are_read_as_they_are_documented(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetUsers", Reply(reads.USERS))

    ((juan,), total) = await client.get_users("juan")

    assert (juan.id, juan.email, juan.clients, total) == (1, "juan@example.com", (UserClient(1, is_owner=True),), 1)


async def test_documented_details_are_read_and_the_stale_copy_at_top_level_is_ignored(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    server.plays("GetClientsDetails", Reply(reads.DETAILS))

    details = await client.get_clients_details(1)

    assert (details.client.email, details.owner_user_id, details.language) == ("bea@example.com", 7, "")
    assert details.users == (ClientUser(7, "Bea Ejemplo", "bea.privada@example.com", is_owner=True),)


async def test_the_version_is_read_as_it_is_documented(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("WhmcsDetails", Reply(reads.VERSION))

    assert await client.whmcs_details() == "8.0.0"


@pytest.mark.parametrize("build", [as_pairs, as_xml], ids=["name=value", "XML"])
@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.message)
async def test_every_refusal_is_understood_in_the_two_older_formats(
    server: ScriptedServer, client: WhmcsClient, refusal: Refusal, build: Callable[[str], str]
) -> None:
    server.plays("ResetPassword", Reply(build(refusal.message)))

    with pytest.raises(refusal.kind) as refused:
        await client.reset_password(7)

    assert type(refused.value) is refusal.kind
    assert server.count("ResetPassword") == 1


@pytest.mark.parametrize("status", [200, 400, 500])
async def test_a_refusal_for_broken_characters_keeps_whmcs_own_text(
    server: ScriptedServer, client: WhmcsClient, status: int
) -> None:
    server.plays("GetClients", Reply({"result": "error", "message": NOT_WORDED}, status))
    server.plays("ResetPassword", Reply({"result": "error", "message": NOT_WORDED}, status))

    with pytest.raises(RefusedError, match="Malformed UTF-8"):
        await client.get_clients("ana")
    with pytest.raises(OutcomeUnknownError):
        await client.reset_password(7)


@pytest.mark.parametrize(
    ("page", "status"),
    [(pages.MAINTENANCE, 200), (pages.MAINTENANCE, 503), (pages.CHALLENGE, 403), (pages.EMITTER, 500)],
)
async def test_a_web_page_is_unusable_and_leaves_a_write_unknown(
    server: ScriptedServer, client: WhmcsClient, page: str, status: int
) -> None:
    server.plays("GetClients", Reply(page, status))
    server.plays("ResetPassword", Reply(page, status))

    with pytest.raises(UnusableAnswerError) as of_read:
        await client.get_clients("ana")
    with pytest.raises(OutcomeUnknownError) as of_write:
        await client.reset_password(7)

    assert (of_read.value.kind, of_read.value.status) == ("html", status)
    assert of_write.value.reason == ("server_error" if status >= 500 else "web_page")
    assert len(server.received) == 2


@pytest.mark.parametrize("before", [pages.PHP_WARNING, pages.BYTE_ORDER_MARK, pages.PHP_WARNING * 3 + "\ufeff"])
async def test_a_php_warning_or_byte_order_mark_before_the_object_is_ignored(
    server: ScriptedServer, client: WhmcsClient, before: str
) -> None:
    good = Reply(reads.USERS).content().decode()
    server.plays("GetUsers", Reply(before + good))
    server.plays("ResetPassword", Reply(before + '{"result":"success"}'))

    assert (await client.get_users("juan"))[1] == 1
    await client.reset_password(7)


async def test_a_refusal_after_a_php_warning_is_recognized(server: ScriptedServer, client: WhmcsClient) -> None:
    for refusal in REFUSALS:
        good = Reply({"result": "error", "message": refusal.message}).content().decode()
        server.plays("ResetPassword", Reply(pages.PHP_WARNING + good, 403))
        with pytest.raises(refusal.kind):
            await client.reset_password(7)
