"""The support desk of the local WHMCS, called over HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta, timezone

import httpx
import pytest
import pytest_asyncio

from sandbox.whmcs import LocalWhmcs, make_seed
from sandbox.whmcs.seed_tickets import (
    ANSWERED_TICKET,
    FOLLOWED_UP_TICKET,
    MOVED_TICKET,
    NOTICE_TEMPLATE,
    OLD_TICKET,
    TEN_TICKETS,
)
from sandbox.whmcs.ticket_history import Writer
from sandbox.whmcs.tickets import MergedAnswer
from tests.harness.plain_http import http_client

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
    async with http_client() as http:
        yield Api(whmcs, http)


async def test_get_ticket_has_the_fields_of_the_reference(api: Api) -> None:
    answer = await api.ask("GetTicket", ticketnum="ABC-123456")

    told = {name: answer[name] for name in ("tid", "deptname", "userid", "subject", "status")}
    assert told == {
        "tid": "ABC-123456",
        "deptname": "Área de clientes",
        "userid": "42",
        "subject": "Acceso &lt;urgente&gt;",
        "status": "Answered",
    }
    assert answer == await api.ask("GetTicket", ticketid=str(answer["ticketid"]))
    replies = answer["replies"]
    assert isinstance(replies, dict)
    assert [(one["replyid"], one["admin"], one["requestor_type"]) for one in replies["reply"]] == [
        ("0", "", "Owner"),
        ("700", "Soporte Ejemplo", "Operator"),
        ("701", "Soporte Ejemplo", "Operator"),
    ]


@pytest.mark.parametrize("offset", [timedelta(hours=-5), timedelta(0), timedelta(hours=5, minutes=30)])
async def test_times_are_local_ones_without_a_zone(api: Api, whmcs: LocalWhmcs, offset: timedelta) -> None:
    whmcs.data.utc_offset = offset
    ticket = whmcs.open_ticket("700001", "ana@example.com", hours_ago=30)
    reply = whmcs.write_on_ticket("700001", "staff", hours_ago=1)

    answer = await api.ask("GetTicket", ticketnum="700001")
    listed = (await api.ask("GetTickets", clientid="42"))["tickets"]

    opened, replied = [f"{at.astimezone(timezone(offset)):%Y-%m-%d %H:%M:%S}" for at in (ticket.opened_at, reply.at)]
    assert (answer["date"], answer["lastreply"]) == (opened, replied)
    assert [message["date"] for message in messages(answer)] == [opened, replied]
    assert isinstance(listed, dict)
    assert (listed["ticket"][-1]["date"], listed["ticket"][-1]["lastreply"]) == (opened, replied)


async def test_each_message_names_its_author(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.open_ticket("700001", "persona02@cinco.example.com", hours_ago=9)
    writers: tuple[Writer, ...] = (
        *("requestor", "another_user", "other_address", "guest", "unnamed", "staff", "operator"),
    )
    for hours, writer in enumerate(writers):
        whmcs.write_on_ticket("700001", writer, hours_ago=8 - hours)

    told = messages(await api.ask("GetTicket", ticketnum="700001"))

    assert [(one["admin"], one["requestor_type"], one["requestor_email"], one["userid"]) for one in told] == [
        ("", "Authorized User", "persona02@cinco.example.com", "61"),
        ("", "Authorized User", "persona02@cinco.example.com", "61"),
        ("", "Owner", "persona01@cinco.example.com", "61"),
        ("", "Registered User", "ana.personal@example.test", "61"),
        ("", "Guest", "desconocida@example.test", "0"),
        ("", "", "", "61"),
        ("Soporte Ejemplo", "Operator", "", "61"),
        ("", "Operator", "", "61"),
    ]


async def test_messages_stand_in_the_order_of_their_times_whoever_was_named_first(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.open_ticket("700001", "ana@example.com", hours_ago=9)
    whmcs.write_on_ticket("700001", "guest", "later", hours_ago=1)
    whmcs.write_on_ticket("700001", "staff", "earlier", hours_ago=2)

    told = messages(await api.ask("GetTicket", ticketnum="700001"))

    assert [one["message"] for one in told][1:] == ["earlier", "later"]


async def test_a_ticket_that_was_moved_looks_as_if_it_had_always_been_there(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.open_ticket("700001", "ana@example.com")
    before = await api.ask("GetTicket", ticketnum="700001")

    whmcs.move_ticket("700001", 2)

    moved = await api.ask("GetTicket", ticketnum="700001")
    assert moved == before | {"deptid": "2", "deptname": "Área de clientes"}


async def test_the_seed_has_a_ticket_for_each_way_in_which_a_sign_in_can_prove_too_little(api: Api) -> None:
    told = {}
    for number in (OLD_TICKET, MOVED_TICKET, ANSWERED_TICKET, FOLLOWED_UP_TICKET):
        answer = await api.ask("GetTicket", ticketnum=number)
        assert (answer["deptid"], messages(answer)[0]["requestor_email"]) == ("2", "ma09@example.com")
        told[number] = [str(one["requestor_type"]) for one in messages(answer)]
        opened_at = datetime.fromisoformat(f"{answer['date']}-05:00")
        is_fresh = datetime.now(UTC) - opened_at < timedelta(hours=24)
        assert is_fresh is (number != OLD_TICKET)

    assert told == {
        OLD_TICKET: ["Owner", "Guest"],
        MOVED_TICKET: ["Owner"],
        ANSWERED_TICKET: ["Owner", "Operator"],
        FOLLOWED_UP_TICKET: ["Owner", "Operator", "Owner"],
    }


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
async def test_a_merged_ticket_has_each_conceivable_response(
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
async def test_status_and_mail_of_a_reply_depend_on_author_and_parameters(
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
    assert (whmcs.ticket_mails, whmcs.ticket("ABC-123456").status) == ([], "Answered")


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


async def test_people_can_change_tickets_while_the_server_runs(api: Api, whmcs: LocalWhmcs) -> None:
    whmcs.reply_as_client("516757", "¿Hay alguien?")
    assert (await api.ask("GetTicket", ticketnum="516757"))["status"] == "Customer-Reply"
    whmcs.ticket("516757").client_id = 43
    assert (await api.ask("GetTicket", ticketnum="516757"))["userid"] == "43"
    whmcs.desk.merge("516757", "ABC-123456")
    assert (await api.ask("GetTicket", ticketnum="516757"))["merged_ticket_id"] == "2"
    whmcs.desk.remove_ticket("ABC-123456")
    assert (await api.ask("GetTicket", ticketnum="ABC-123456"))["message"] == "Ticket ID Not Found"


def messages(answer: dict[str, object]) -> list[dict[str, object]]:
    replies = answer["replies"]
    assert isinstance(replies, dict)
    return list(replies["reply"])


def numbers(answer: dict[str, object]) -> list[str]:
    tickets = answer.get("tickets", {"ticket": []})
    assert isinstance(tickets, dict)
    return [ticket["tid"] for ticket in tickets["ticket"]]
