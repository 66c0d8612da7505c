"""`includes/api.php` of the local WHMCS, called over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from sandbox.whmcs import Data, LocalWhmcs, make_seed, seed_password
from tests.harness.plain_http import http_client

pytestmark = pytest.mark.asyncio


class Api:
    def __init__(self, whmcs: LocalWhmcs, http: httpx.AsyncClient) -> None:
        self._whmcs = whmcs
        self._http = http

    async def send(self, **parameters: str) -> httpx.Response:
        credentials = {"identifier": self._whmcs.identifier, "secret": self._whmcs.secret, "responsetype": "json"}
        return await self._http.post(f"{self._whmcs.url}/includes/api.php", data=credentials | parameters)

    async def ask(self, action: str, **parameters: str) -> dict[str, object]:
        response = await self.send(action=action, **parameters)
        answer = response.json()
        assert isinstance(answer, dict)
        return answer


@pytest_asyncio.fixture
async def whmcs() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as whmcs:
        yield whmcs


@pytest_asyncio.fixture
async def api(whmcs: LocalWhmcs) -> AsyncIterator[Api]:
    async with http_client() as http:
        yield Api(whmcs, http)


async def test_get_clients_counts_in_text_and_numbers_and_nests_its_list(api: Api) -> None:
    answer = await api.ask("GetClients", search="ana@example.com")

    assert answer == {
        "result": "success",
        "totalresults": "1",
        "startnumber": 0,
        "numreturned": 1,
        "clients": {
            "client": [
                {
                    "id": 42,
                    "firstname": "Ana",
                    "lastname": "López",
                    "companyname": "",
                    "email": "ana@example.com",
                    "datecreated": "2021-03-15",
                    "groupid": 0,
                    "status": "Active",
                }
            ]
        },
    }


async def test_get_clients_omits_the_list_without_results(api: Api) -> None:
    answer = await api.ask("GetClients", search="zz")

    assert answer == {"result": "success", "totalresults": "0", "startnumber": 0, "numreturned": 0}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("ANA LÓ", [42, 43, 44]),
        ("floris", [43]),
        ("lópez", [42, 43, 44]),
        ("ada@example.com", [50, 51]),
        ("example.com", []),
        ("byron ada", []),
        ("42", []),
        ("smith & sons <", [68]),
        ("óscar", [67]),
        ("o\u0301scar", []),
        ("\uff4fscar", []),
    ],
)
async def test_clients_are_found_only_by_prefixes_of_names_company_and_address(
    api: Api, search: str, found: list[int]
) -> None:
    assert sorted(client_ids(await api.ask("GetClients", search=search))) == found


async def test_users_are_not_found_by_the_name_of_a_company(api: Api) -> None:
    assert (await api.ask("GetUsers", search="floris"))["users"] == []


async def test_clients_come_in_pages_and_by_name_rather_than_by_id(api: Api) -> None:
    everyone = await api.ask("GetClients")
    rest = await api.ask("GetClients", limitstart="25", limitnum="100")
    backwards = await api.ask("GetClients", sorting="DESC", limitnum="100")

    assert (everyone["numreturned"], everyone["totalresults"]) == (25, "37")
    assert (rest["startnumber"], rest["numreturned"]) == (25, 12)
    forwards = client_ids(everyone) + client_ids(rest)
    assert len(set(forwards)) == 37
    assert forwards != sorted(forwards)
    assert client_ids(backwards) != forwards


async def test_clients_can_be_narrowed_to_a_status(api: Api) -> None:
    assert client_ids(await api.ask("GetClients", status="Closed")) == [66]


async def test_get_users_is_a_flat_list_with_every_client_that_a_user_opens(api: Api) -> None:
    answer = await api.ask("GetUsers", search="clara@")

    users = answer["users"]
    assert isinstance(users, list)
    assert (answer["totalresults"], answer["startnumber"], answer["numreturned"]) == (1, 0, 1)
    assert users[0]["clients"] == [{"id": 63, "isOwner": True}, {"id": 64, "isOwner": False}]
    assert set(users[0]) == {"id", "firstname", "lastname", "email", "datecreated", "validationdata", "clients"}


async def test_client_details_stand_under_client_and_once_more_at_the_top(api: Api) -> None:
    answer = await api.ask("GetClientsDetails", clientid="64")

    client = answer["client"]
    assert isinstance(client, dict)
    assert {name: answer[name] for name in client} == client
    assert (client["id"], client["userid"], client["client_id"]) == (64, 64, "64")
    assert client["language"] == "spanish"
    users = client["users"]["user"]
    assert [(user["email"], user["is_owner"]) for user in users] == [
        ("diego@example.com", True),
        ("clara@example.com", False),
    ]
    assert client["owner_user_id"] == users[0]["id"]


@pytest.mark.parametrize(("client_id", "users"), [("60", 0), ("61", 5), ("62", 60)])
async def test_a_client_has_none_five_or_sixty_users(api: Api, client_id: str, users: int) -> None:
    client = (await api.ask("GetClientsDetails", clientid=client_id))["client"]

    assert isinstance(client, dict)
    assert len(client["users"]["user"]) == users


async def test_client_details_go_by_the_address_of_the_client_not_of_its_user(api: Api) -> None:
    found = await api.ask("GetClientsDetails", email="facturas@oscar.example.com")

    assert found["id"] == 67
    assert (await api.ask("GetClientsDetails", email="oscar@example.com"))["message"] == "Client Not Found"


async def test_text_is_entity_encoded_and_json_is_written_the_php_way(api: Api) -> None:
    response = await api.send(action="GetClientsDetails", clientid="68")

    client = response.json()["client"]
    assert client["lastname"] == "O&#039;Brien"
    assert client["companyname"] == "Smith &amp; Sons &lt;Hosting&gt;"
    assert "\\/" in (await api.send(action="GetClientsDetails", clientid="42")).text
    assert response.text.isascii()


async def test_reset_password_mails_a_link_and_leaves_the_password(api: Api, whmcs: LocalWhmcs) -> None:
    ana = whmcs.data.find_user_by_email("ana@example.com")
    assert ana is not None

    answer = await api.ask("ResetPassword", id=str(ana.id))

    assert answer == {"result": "success", "email": "ana@example.com"}
    assert [(mail.user_id, mail.email) for mail in whmcs.reset_emails] == [(ana.id, "ana@example.com")]
    assert whmcs.opens("ana@example.com", seed_password(ana.id))
    assert whmcs.has_open_reset_link(ana.id)
    assert [call.action for call in whmcs.writes] == ["ResetPassword"]


async def test_reset_password_with_a_client_id_mails_another_user_or_none(api: Api, whmcs: LocalWhmcs) -> None:
    assert (await api.ask("ResetPassword", id="42"))["message"] == "User Not Found"
    assert whmcs.reset_emails == []

    await api.ask("ResetPassword", id="905")

    assert [mail.email for mail in whmcs.reset_emails] != ["elena@example.com"]
    assert len(whmcs.reset_emails) == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"action": "ResetPassword"}, "Please enter the email address or provide the id"),
        ({"action": "ResetPassword", "email": "ana"}, "Please provide a valid email address"),
        ({"action": "ResetPassword", "email": "nobody@example.com"}, "User Not Found"),
        ({"action": "GetClientsDetails", "clientid": "9999"}, "Client Not Found"),
        ({"action": "GetClientsDetails"}, "Either clientid Or email Is Required"),
    ],
)
async def test_a_bad_request_is_refused_with_status_200(api: Api, parameters: dict[str, str], message: str) -> None:
    response = await api.send(**parameters)

    assert response.status_code == 200
    assert response.json() == {"result": "error", "message": message}


async def test_log_activity_writes_a_line_for_a_client(api: Api, whmcs: LocalWhmcs) -> None:
    assert await api.ask("LogActivity", description="Reset e-mail sent", clientid="42") == {"result": "success"}

    assert [(line.description, line.client_id) for line in whmcs.activity] == [("Reset e-mail sent", 42)]


async def test_whmcs_details_tell_the_version(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.data.version = "9.0.6"

    assert (await api.ask("WhmcsDetails"))["whmcs"] == {"version": "9.0.6", "canonicalversion": "9.0.6-release.1"}


@pytest.mark.parametrize(
    ("parameters", "status", "message"),
    [
        ({"action": "GetUsers", "secret": "wrong"}, 403, "Invalid or missing credentials"),
        ({"secret": "wrong"}, 403, "Invalid or missing credentials"),
        ({}, 400, "Empty action request"),
        ({"action": "GetSystemStats"}, 403, 'Invalid Permissions: API action "getsystemstats" is not allowed'),
    ],
)
async def test_a_caller_without_permission_is_refused(
    api: Api, parameters: dict[str, str], status: int, message: str
) -> None:
    response = await api.send(**parameters)

    assert response.status_code == status
    assert response.json() == {"result": "error", "message": message}


async def test_an_action_outside_the_role_is_refused_with_escaped_quotes(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = {"GetClients"}

    response = await api.send(action="GetUsers")

    assert response.status_code == 403
    assert "Invalid Permissions: API action \\u0022getusers\\u0022 is not allowed" in response.text
    assert (await api.ask("GetClients"))["result"] == "success"


async def test_an_unknown_action_is_not_found_where_no_role_stands_before_it(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = None

    assert (await api.ask("GetSystemStats"))["message"] == "Action not found"


async def test_without_responsetype_the_answer_is_not_json(api: Api) -> None:
    response = await api.send(action="GetUsers", responsetype="")

    assert response.text == "result=error;message=Command Not Found;"


async def test_only_post_is_served_and_only_at_its_path(whmcs: LocalWhmcs) -> None:
    async with http_client() as http:
        assert (await http.get(f"{whmcs.url}/includes/api.php")).status_code == 405
        assert (await http.post(f"{whmcs.url}/api.php")).status_code == 404
    assert whmcs.calls == []


async def test_calls_are_kept_without_the_credentials(api: Api, whmcs: LocalWhmcs) -> None:
    await api.ask("GetUsers", search="ana", accesskey="fake-access-key")

    (call,) = whmcs.calls
    assert (call.action, call.is_companion, call.has_written) == ("GetUsers", False, False)
    assert call.parameters == {"search": "ana", "responsetype": "json"}


async def test_clients_and_users_can_be_added_changed_and_removed_while_it_runs() -> None:
    async with LocalWhmcs(Data()) as whmcs, http_client() as http:
        api = Api(whmcs, http)
        client = whmcs.add_client("Eva", "Prueba", "eva@example.com")
        first = whmcs.add_user("Eva", "Prueba", "eva@example.com", client_ids=[client.id], password="fake-password")
        second = whmcs.add_user("Luis", "Prueba", "luis@example.com", client_ids=[client.id])
        whmcs.remove_user_from_client(second.id, client.id)
        whmcs.clients[client.id].status = "Closed"

        details = await api.ask("GetClientsDetails", clientid=str(client.id))
        luis = await api.ask("GetUsers", search="luis")

    assert details["status"] == "Closed"
    assert details["owner_user_id"] == first.id
    assert details["users"] == {
        "user": [{"id": first.id, "name": "Eva Prueba", "email": "eva@example.com", "is_owner": True}]
    }
    assert isinstance(luis["users"], list)
    assert luis["users"][0]["clients"] == []
    assert whmcs.opens("EVA@example.com", "fake-password")
    assert not whmcs.opens("luis@example.com", "")


async def test_the_seed_holds_the_cases_that_are_easy_to_get_wrong(api: Api) -> None:
    data = make_seed()

    assert len(client_ids(await api.ask("GetClients", search="ma", limitnum="100"))) > 10
    assert [link.is_owner for link in data.links_of_client(42)] == [True]
    assert all(link.user_id != link.client_id for link in data.links)
    assert 905 in data.clients
    assert 905 in data.users
    assert not data.is_linked(905, 905)
    assert {client.language for client in data.clients.values()} >= {"spanish", "english", ""}
    assert {client.status for client in data.clients.values()} == {"Active", "Inactive", "Closed"}
    assert max(len(client.fullname) for client in data.clients.values()) == 100
    addresses = [client.email for client in data.clients.values()] + [user.email for user in data.users.values()]
    assert all(".example" in address or "@example" in address for address in addresses)


def client_ids(answer: dict[str, object]) -> list[int]:
    clients = answer.get("clients", {"client": []})
    assert isinstance(clients, dict)
    return [client["id"] for client in clients["client"]]


async def test_there_are_no_domains(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.access.allowed_actions = {"GetClientsDomains"}
    answer = await api.ask("GetClientsDomains", limitnum="1")
    assert (answer["result"], answer["totalresults"]) == ("success", "0")


async def test_clients_tell_their_group(api: Api, whmcs: LocalWhmcs) -> None:
    groups = {
        client_id: (await api.ask("GetClientsDetails", clientid=str(client_id)))["groupid"] for client_id in (42, 110)
    }
    assert groups == {42: "0", 110: "1"}
    assert whmcs.desk.client_groups[1] == "VIP"
    nadia = whmcs.data.find_user_by_email("nadia@example.com")
    assert nadia is not None
    assert [whmcs.clients[link.client_id].groupid for link in whmcs.data.links_of_user(nadia.id)] == [0, 1]
