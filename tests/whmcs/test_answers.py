"""Answers of PHP installations, parsed into frozen values or rejected."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.whmcs.server import Reply, ScriptedServer
from whmcs import Client, ClientUser, NotFoundError, UnusableAnswerError, UserClient, WhmcsClient
from whmcs.answers import decode_entities
from whmcs.json_body import find_object

ANA = {
    "id": "42",
    "firstname": "Ana",
    "lastname": "O&#039;Brien",
    "companyname": "Smith &amp;amp; Sons",
    "email": "ana@example.com",
    "status": "Active",
    "groupid": "0",
    "datecreated": "0000-00-00",
    "something_new": {"deep": [1]},
}
ANA_READ = Client(42, "Ana", "O'Brien", "Smith &amp; Sons", "ana@example.com", "Active", 0)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "clients",
    [{"client": [ANA]}, {"client": {"0": ANA}}, {"0": ANA}, {"client": ANA}, [ANA], ANA],
    ids=["named", "named and numbered", "numbered", "named and single", "flat", "single"],
)
async def test_a_list_is_read_in_every_shape(server: ScriptedServer, client: WhmcsClient, clients: object) -> None:
    server.plays("GetClients", Reply({"result": "success", "totalresults": "30", "clients": clients}))

    assert await client.get_clients("ana") == ((ANA_READ,), 30)


@pytest.mark.asyncio
@pytest.mark.parametrize("clients", [[], "", None, {}, {"client": []}, {"client": ""}])
async def test_an_empty_list_is_read_in_every_shape(
    server: ScriptedServer, client: WhmcsClient, clients: object
) -> None:
    server.plays("GetClients", Reply({"result": "success", "totalresults": 0, "clients": clients}))

    assert await client.get_clients("ana") == ((), 0)


@pytest.mark.asyncio
async def test_a_missing_list_is_empty_if_whmcs_counts_no_records(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Reply({"result": "success", "totalresults": "0", "startnumber": 0, "numreturned": 0}))

    assert await client.get_clients("ana") == ((), 0)


@pytest.mark.asyncio
async def test_numbered_rows_keep_their_order(server: ScriptedServer, client: WhmcsClient) -> None:
    numbered = {str(place): {"id": 100 + place} for place in (10, 2, 0)}
    server.plays("GetClients", Reply({"result": "success", "clients": numbered}))

    found, total = await client.get_clients("ana")

    assert ([each.id for each in found], total) == ([100, 102, 110], 3)


@pytest.mark.asyncio
async def test_missing_texts_are_empty(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Reply({"clients": [{"id": 1, "email": None}], "totalresults": "1"}))

    assert await client.get_clients("ana") == ((Client(1, "", "", "", "", "", 0),), 1)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("sent", "read"), [([], ""), (123, "123"), ("\ud83d\ude00 \ud800", "\U0001f600 \ufffd"), ("x" * 200, "x" * 200)]
)
async def test_other_types_of_text_become_text(
    server: ScriptedServer, client: WhmcsClient, sent: object, read: str
) -> None:
    server.plays("GetClients", Reply({"clients": [{"id": 1, "companyname": sent}]}))

    ((found,), _) = await client.get_clients("ana")

    assert found.company_name == read


@pytest.mark.asyncio
@pytest.mark.parametrize("row", [{"firstname": True}, {"email": {"x": 1}}, {"groupid": "many"}, {"groupid": 1.5}])
async def test_one_invalid_row_makes_the_answer_unusable(
    server: ScriptedServer, client: WhmcsClient, row: dict[str, object]
) -> None:
    server.plays("GetClients", Reply({"clients": [{"id": 1}, {"id": 2, **row}]}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_clients("ana")


@pytest.mark.asyncio
async def test_an_unclear_owner_flag_is_not_guessed(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetUsers", Reply({"users": [{"id": 7, "clients": [{"id": 3, "isOwner": "perhaps"}]}]}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_users("bea")


@pytest.mark.asyncio
async def test_a_search_is_sent_with_whmcs_parameters(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Reply({"result": "success", "totalresults": 0}))

    await client.get_clients("Ana & Söhne +1", limit=10)

    (request,) = server.received
    assert request.path == "/includes/api.php"
    assert request.form.items() >= {
        ("action", "GetClients"),
        ("responsetype", "json"),
        ("search", "Ana & Söhne +1"),
        ("limitnum", "10"),
    }
    assert "password" not in request.form


@pytest.mark.asyncio
@pytest.mark.parametrize("flag", [True, 1, "1", "on", "true"])
async def test_users_come_with_their_clients_and_ownership(
    server: ScriptedServer, client: WhmcsClient, flag: object
) -> None:
    opened = [{"id": "3", "isOwner": flag}, {"id": 4, "isOwner": ""}, {"id": 5}]
    row = {"id": "7", "firstname": "Bea", "lastname": "&Aacute;lvarez", "email": "b@example.com", "clients": opened}
    server.plays("GetUsers", Reply({"result": "success", "totalresults": 1, "users": [row]}))

    ((user,), total) = await client.get_users("bea")

    assert (user.id, user.full_name, total) == (7, "Bea Álvarez", 1)
    assert user.clients == (UserClient(3, is_owner=True), UserClient(4, is_owner=False), UserClient(5, is_owner=False))


@pytest.mark.asyncio
@pytest.mark.parametrize("none", [[], "", None, {}])
async def test_a_user_may_have_no_client(server: ScriptedServer, client: WhmcsClient, none: object) -> None:
    server.plays("GetUsers", Reply({"result": "success", "users": [{"id": 7, "clients": none}]}))

    ((user,), _) = await client.get_users("bea")

    assert user.clients == ()


@pytest.mark.asyncio
async def test_details_are_read_from_the_client_and_not_from_the_top(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    users = {"user": [{"id": "9", "name": "Bea &amp; Co", "email": "b@example.com", "is_owner": "1"}, {"id": 10}]}
    inner = {**ANA, "client_id": 42, "language": "spanish", "owner_user_id": "9", "users": users}
    server.plays(
        "GetClientsDetails", Reply({"result": "success", "id": 1, "email": "old@example.com", "client": inner})
    )

    details = await client.get_clients_details(42)

    assert details.client == ANA_READ
    assert (details.language, details.owner_user_id) == ("spanish", 9)
    assert details.users == (
        ClientUser(9, "Bea & Co", "b@example.com", is_owner=True),
        ClientUser(10, "", "", is_owner=False),
    )


@pytest.mark.asyncio
@pytest.mark.parametrize("more", [{}, {"owner_user_id": 0, "users": ""}, {"owner_user_id": "", "users": {"user": []}}])
async def test_a_client_may_have_no_user_and_no_owner(
    server: ScriptedServer, client: WhmcsClient, more: dict[str, object]
) -> None:
    server.plays("GetClientsDetails", Reply({"result": "success", "client": {"client_id": "42", **more}}))

    details = await client.get_clients_details(42)

    assert (details.client.id, details.users, details.owner_user_id) == (42, (), None)


@pytest.mark.asyncio
async def test_an_answer_about_another_client_is_unusable(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClientsDetails", Reply({"result": "success", "client": {"id": 43}}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_clients_details(42)


@pytest.mark.asyncio
async def test_a_missing_client_is_not_found(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClientsDetails", Reply({"result": "error", "message": "Client Not Found"}))

    with pytest.raises(NotFoundError):
        await client.get_clients_details(42)


@pytest.mark.asyncio
async def test_the_version_is_returned(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("WhmcsDetails", Reply({"result": "success", "whmcs": {"version": "8.13.1", "canonicalversion": "x"}}))

    assert await client.whmcs_details() == "8.13.1"


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "before",
    [
        "\ufeff",
        "\n\n",
        "<br />\n<b>Warning</b>: Undefined key in <b>x.php</b> on line 3\n",
        "Notice: {x} in /srv/x.php on line 3\n\ufeff",
    ],
)
async def test_what_php_prints_before_the_object_is_ignored(
    server: ScriptedServer, client: WhmcsClient, before: str
) -> None:
    server.plays("WhmcsDetails", Reply(before + '{"result":"success","whmcs":{"version":"8.9"}}\n'))
    server.plays("ResetPassword", Reply(before + '{"result":"success"}'))

    assert await client.whmcs_details() == "8.9"
    await client.reset_password(7)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("O&#039;Brien", "O'Brien"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("&lt;b&gt; &quot;x&quot; &ntilde; &#xF1;", '<b> "x" ñ ñ'),
        ("AT&T &copy=1 &notit; &nosuchthing; &;", "AT&T &copy=1 &notit; &nosuchthing; &;"),
    ],
)
def test_only_complete_entities_are_decoded_and_only_once(sent: str, read: str) -> None:
    assert decode_entities(sent) == read


@given(st.text())
def test_what_php_escapes_is_read_back(text: str) -> None:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")

    assert decode_entities(escaped.replace("'", "&#039;")) == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.text(), json_values), st.sampled_from([None, 2]), st.booleans())
def test_any_object_is_read_after_a_php_warning(data: dict[str, object], indent: int | None, is_ascii: bool) -> None:  # noqa: FBT001 - hypothesis passes it by position
    printed = "<br />\nWarning: { in /srv/x.php on line 3\n" + json.dumps(data, indent=indent, ensure_ascii=is_ascii)

    assert find_object(printed.encode(errors="surrogatepass")) == data


@given(st.binary())
def test_any_bytes_are_read_without_an_exception(body: bytes) -> None:
    assert find_object(body) in ("html", "json", "empty") or isinstance(find_object(body), dict)
