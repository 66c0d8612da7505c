"""The local WHMCS's support desk, as a caller on the other end of a socket sees it."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from sandbox.whmcs import LocalWhmcs, make_seed
from sandbox.whmcs.seed_tickets import NOTICE_TEMPLATE, TEN_TICKETS
from sandbox.whmcs.tickets import MergedAnswer

pytestmark = pytest.mark.asyncio


class Api:
    def __init__(self, whmcs: LocalWhmcs, http: httpx.AsyncClient) -> None:
        self._whmcs = whmcs
        self._http = http

    async def ask(self, action: str, **parameters: str) -> dict[str, object]:
        credentials = {"identifier": self._whmcs.identifier, "secret": self._whmcs.secret, "responsetype": "json"}
        fields = credentials | {"action": action} | parameters
        answer = (await self._http.post(f"{self._whmcs.url}/includes/api.php", data=fields)).json()
        assert isinstance(answer, dict)
        return answer


@pytest_asyncio.fixture
async def whmcs() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as whmcs:
        yield whmcs


@pytest_asyncio.fixture
async def api(whmcs: LocalWhmcs) -> AsyncIterator[Api]:
    async with httpx.AsyncClient() as http:
        yield Api(whmcs, http)


async def test_get_ticket_tells_what_the_reference_shows(api: Api) -> None:
    answer = await api.ask("GetTicket", ticketnum="ABC-123456")

    told = {name: answer[name] for name in ("tid", "deptname", "userid", "date", "subject", "status")}
    assert told == {
        "tid": "ABC-123456",
        "deptname": "Área de clientes",
        "userid": "42",
        "date": "2026-05-05 09:00:00",
        "subject": "Acceso &lt;urgente&gt;",
        "status": "Customer-Reply",
    }
    assert answer == await api.ask("GetTicket", ticketid=str(answer["ticketid"]))
    replies = answer["replies"]
    assert isinstance(replies, dict)
    assert [(one["replyid"], one["admin"], one["requestor_type"]) for one in replies["reply"]] == [
        ("0", "", "Owner"),
        ("700", "Soporte Ejemplo", "Operator"),
        ("701", "", "Owner"),
    ]


@pytest.mark.parametrize("number", ["007431", "AAA - 111 - 2013", "aaa - 111 - 2013 ", "abc-123456", "516757"])
async def test_a_ticket_is_found_by_its_number_in_any_case(api: Api, number: str) -> None:
    answer = await api.ask("GetTicket", ticketnum=number)
    assert str(answer["tid"]).casefold() == number.strip().casefold()


@pytest.mark.parametrize("number", ["7431", "AAA-111-2013", "516", "5167570", " "])
async def test_zeros_blanks_and_parts_of_a_number_matter(api: Api, number: str) -> None:
    assert await api.ask("GetTicket", ticketnum=number) == {"result": "error", "message": "Ticket ID Not Found"}


async def test_the_seed_has_every_kind_of_requestor_and_of_status() -> None:
    tickets = make_seed().desk.tickets.values()

    assert {ticket.requestor.type for ticket in tickets} == {"Owner", "Authorized User", "Registered User", "Guest"}
    assert {ticket.status for ticket in tickets} >= {"Open", "Customer-Reply", "Closed", "On Hold", "Escalado"}
    assert {ticket.client_id for ticket in tickets} >= {0, 42, 43, 61, 110}


@pytest.mark.parametrize(
    ("answer", "number", "status", "target"),
    [
        ("names_target", "118830", "Closed", "1"),
        ("is_target", "516757", "Open", None),
        ("says_nothing", "118830", "Closed", None),
    ],
)
async def test_a_merged_ticket_is_told_in_each_way_that_is_thinkable(
    api: Api, whmcs: LocalWhmcs, answer: MergedAnswer, number: str, status: str, target: str | None
) -> None:
    whmcs.desk.merged_answer = answer

    told = await api.ask("GetTicket", ticketnum="118830")

    assert (told["tid"], told["status"], told.get("merged_ticket_id")) == (number, status, target)
    assert "Hola:\r\n\r\nLo mismo otra vez.\r\n\r\nAna" in [one.message for one in whmcs.ticket("516757").messages]


async def test_the_tickets_of_a_client_can_be_narrowed_to_the_active_ones(api: Api) -> None:
    assert numbers(await api.ask("GetTickets", clientid="42")) == [
        *("516757", "ABC-123456", "318204", "229910", "118830", "118902")
    ]
    active = await api.ask("GetTickets", clientid="42", status="All Active Tickets")
    assert numbers(active) == ["516757", "ABC-123456", "318204"]
    assert (active["totalresults"], active["startnumber"], active["numreturned"]) == ("3", 0, 3)
    assert numbers(await api.ask("GetTickets", clientid="42", status="Closed")) == ["229910", "118830"]
    assert numbers(await api.ask("GetTickets", clientid="63", limitnum="3")) == [*TEN_TICKETS[:3]]
    assert "tickets" not in await api.ask("GetTickets", clientid="60")


async def test_departments_of_others_are_left_out_unless_that_is_switched_off(api: Api) -> None:
    assert numbers(await api.ask("GetTickets", clientid="64")) == []
    assert numbers(await api.ask("GetTickets", clientid="64", ignore_dept_assignments="true")) == ["830021"]


async def test_a_reply_of_an_admin_is_mailed_and_answers_the_ticket(api: Api, whmcs: LocalWhmcs) -> None:
    ticket = whmcs.ticket("516757")
    before = len(whmcs.replies_of("516757"))

    reply = {"ticketid": str(ticket.id), "adminusername": "support", "message": "Ya puede entrar & salir."}
    assert await api.ask("AddTicketReply", **reply) == {"result": "success"}

    assert [(one.admin, one.message) for one in whmcs.replies_of("516757")[before:]] == [
        ("Soporte Ejemplo", "Ya puede entrar & salir.")
    ]
    assert ticket.status == "Answered"
    assert [(mail.email, mail.message) for mail in whmcs.ticket_mails] == [
        ("ana@example.com", "Ya puede entrar & salir.")
    ]
    assert [call.action for call in whmcs.writes] == ["AddTicketReply"]


@pytest.mark.parametrize(
    ("parameters", "status", "mails"),
    [
        ({"adminusername": "support", "status": "Closed"}, "Closed", 1),
        ({"adminusername": "support", "noemail": "true"}, "Answered", 0),
        ({"clientid": "42"}, "Customer-Reply", 0),
        ({"name": "Ana", "email": "ana@example.com", "status": "Escalado"}, "Escalado", 0),
    ],
)
async def test_status_and_mail_of_a_reply_depend_on_who_writes_and_what_is_asked(
    api: Api, whmcs: LocalWhmcs, parameters: dict[str, str], status: str, mails: int
) -> None:
    ticket = whmcs.ticket("ABC-123456")

    await api.ask("AddTicketReply", ticketid=str(ticket.id), message="Hola", **parameters)

    assert (ticket.status, len(whmcs.ticket_mails)) == (status, mails)


async def test_a_note_and_another_text_for_a_reply_stay_inside(api: Api, whmcs: LocalWhmcs) -> None:
    assert (await api.ask("AddTicketNote", ticketnum="ABC-123456", message="Llamada hecha."))["result"] == "success"
    answer = await api.ask("UpdateTicketReply", replyid="700", message="(retirado)")

    assert answer == {"result": "success", "replyid": "700"}
    assert [note.message for note in whmcs.notes_of("ABC-123456")] == ["Llamada hecha."]
    assert whmcs.replies_of("ABC-123456")[0].message == "(retirado)"
    assert (whmcs.ticket_mails, whmcs.ticket("ABC-123456").status) == ([], "Customer-Reply")


async def test_a_notice_goes_to_the_clients_address_and_not_to_the_users(api: Api, whmcs: LocalWhmcs) -> None:
    assert await api.ask("SendEmail", messagename=NOTICE_TEMPLATE, id="67") == {"result": "success"}

    assert [(one.template, one.client_id, one.email) for one in whmcs.sent_notices] == [
        (NOTICE_TEMPLATE, 67, "facturas@oscar.example.com")
    ]


@pytest.mark.parametrize(
    ("action", "parameters", "message"),
    [
        ("GetTicket", {"ticketid": "999"}, "Ticket ID Not Found"),
        ("GetTicket", {}, "Ticket ID Not Found"),
        ("AddTicketNote", {}, "Ticket ID not found"),
        ("AddTicketNote", {"ticketid": "1"}, "Message is required"),
        ("AddTicketReply", {"ticketid": "999", "message": "Hello"}, "Ticket ID not found"),
        (
            "AddTicketReply",
            {"ticketid": "1", "message": "Hello"},
            "Name and email address are required if not a client",
        ),
        ("AddTicketReply", {"ticketid": "1", "clientid": "999", "message": "Hello"}, "Client ID Not Found"),
        (
            "AddTicketReply",
            {"ticketid": "1", "adminusername": "nobody", "message": "Hello"},
            "Admin Username Not Found",
        ),
        ("AddTicketReply", {"ticketid": "1", "adminusername": "support"}, "Message is required"),
        (
            "AddTicketReply",
            {"ticketid": "1", "adminusername": "support", "message": "Hello", "status": "Nowhere"},
            "Invalid Ticket Status",
        ),
        ("UpdateTicketReply", {}, "Reply ID Required"),
        ("UpdateTicketReply", {"replyid": "1"}, "Message is Required"),
        ("UpdateTicketReply", {"replyid": "1", "message": "Hello"}, "Reply ID Not Found"),
        ("UpdateTicketReply", {"replyid": "0", "message": "Hello"}, "Reply ID Not Found"),
        ("SendEmail", {}, "You must provide either an existing email template name or a custom message type"),
        ("SendEmail", {"messagename": NOTICE_TEMPLATE}, "A related ID is required"),
        ("SendEmail", {"messagename": "Welcome", "id": "42"}, "Email Template not found"),
        ("SendEmail", {"messagename": "Old Password Notice", "id": "42"}, "Email Template is disabled"),
        ("SendEmail", {"messagename": NOTICE_TEMPLATE, "id": "9999"}, "Sending Failed. Please see documentation."),
    ],
)
async def test_a_bad_request_is_refused_in_the_references_words(
    api: Api, whmcs: LocalWhmcs, action: str, parameters: dict[str, str], message: str
) -> None:
    assert await api.ask(action, **parameters) == {"result": "error", "message": message}
    assert whmcs.writes == []


async def test_people_can_do_to_tickets_what_they_do_while_it_runs(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.reply_as_client("516757", "¿Hay alguien?")
    assert (await api.ask("GetTicket", ticketnum="516757"))["status"] == "Customer-Reply"
    whmcs.ticket("516757").client_id = 43
    assert (await api.ask("GetTicket", ticketnum="516757"))["userid"] == "43"
    whmcs.desk.merge("516757", "ABC-123456")
    assert (await api.ask("GetTicket", ticketnum="516757"))["merged_ticket_id"] == "2"
    whmcs.desk.remove_ticket("ABC-123456")
    assert (await api.ask("GetTicket", ticketnum="ABC-123456"))["message"] == "Ticket ID Not Found"


def numbers(answer: dict[str, object]) -> list[str]:
    tickets = answer.get("tickets", {"ticket": []})
    assert isinstance(tickets, dict)
    return [ticket["tid"] for ticket in tickets["ticket"]]
