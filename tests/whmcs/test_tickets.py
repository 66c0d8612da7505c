"""Tickets as WHMCS may tell them, and what is written to them: once, and never to another than the one asked for."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest
import pytest_asyncio

from sandbox.whmcs import REPLY_ADMIN, Fault, FaultKind, LocalWhmcs
from sandbox.whmcs.seed_tickets import NOTICE_TEMPLATE, TEN_TICKETS
from sandbox.whmcs.tickets import MergedAnswer
from tests.whmcs.answers import reads
from tests.whmcs.server import Reply, ScriptedServer
from whmcs import (
    NotFoundError,
    OutcomeUnknownError,
    RefusedError,
    Ticket,
    TicketNote,
    TicketReply,
    TicketSummary,
    UnusableAnswerError,
    WhmcsClient,
    WhmcsError,
)

pytestmark = pytest.mark.asyncio

BARE = {"result": "success", "id": 7, "tid": "516757"}


@pytest_asyncio.fixture
async def local() -> AsyncIterator[LocalWhmcs]:
    async with LocalWhmcs() as running:
        yield running


@pytest_asyncio.fixture
async def asking(local: LocalWhmcs) -> AsyncIterator[WhmcsClient]:
    async with WhmcsClient.connect(local.url, local.identifier, local.secret) as client:
        yield client


async def test_a_ticket_is_read_as_it_is_documented(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetTicket", Reply(reads.TICKET))

    assert await client.get_ticket("516757") == Ticket(
        id=1,
        number="516757",
        client_id=1,
        department_id=1,
        department="Sample Support Department",
        subject="This is a sample ticket",
        status="Closed",
        requestor_name="Bea Ejemplo",
        requestor_email="bea.privada@example.com",
        requestor_type="Owner",
        opened_at=datetime.fromisoformat("2016-01-01 06:26:29"),
        merged_into="",
        replies=(
            TicketReply(
                0,
                "",
                "Hey, \r\n\r\nThis is the first ticket message!",
                datetime.fromisoformat("2016-01-01 06:26:29"),
            ),
            TicketReply(1, "Demo Admin", "Hello & <b>welcome</b>", datetime.fromisoformat("2016-01-01 06:27:01")),
        ),
        notes=(TicketNote(1, "Demo Admin", "This is a ticket note"),),
    )
    assert server.received[-1].form["ticketnum"] == "516757"


async def test_a_list_of_tickets_is_read_as_it_is_documented(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetTickets", Reply(reads.TICKETS))

    found, total = await client.get_tickets(1)

    assert found == (
        TicketSummary(
            id=1,
            number="516757",
            client_id=1,
            department_id=1,
            department="",
            subject="This is a sample ticket",
            status="Answered",
            requestor_name="Bea Ejemplo",
            requestor_email="bea.privada@example.com",
            requestor_type="Owner",
            last_reply_at=datetime.fromisoformat("2016-01-01 06:30:16"),
        ),
    )
    assert total == 1
    asked = server.received[-1].form
    assert (asked["clientid"], asked["status"]) == ("1", "All Active Tickets")
    assert asked["ignore_dept_assignments"] == "true"


@pytest.mark.parametrize("none", ["", [], {}, None, {"reply": []}, {"reply": ""}])
async def test_a_ticket_of_which_little_is_told_is_one_all_the_same(
    server: ScriptedServer, client: WhmcsClient, none: object
) -> None:
    server.plays("GetTicket", Reply({**BARE, "userid": "0", "date": "0000-00-00 00:00:00", "replies": none}))

    ticket = await client.get_ticket("516757")

    assert (ticket.id, ticket.number, ticket.client_id, ticket.opened_at) == (7, "516757", None, None)
    assert (ticket.requestor_name, ticket.requestor_email, ticket.requestor_type) == ("", "", "")
    assert (ticket.replies, ticket.notes) == ((), ())


@pytest.mark.parametrize(
    "replies",
    [
        {"reply": [{"replyid": "3", "message": "a"}]},
        [{"replyid": 3, "message": "a"}],
        {"reply": {"0": {"replyid": "3", "message": "a"}}},
        {"0": {"replyid": "3", "message": "a"}},
        {"reply": {"replyid": "3", "message": "a"}},
        {"replyid": "3", "message": "a"},
        {"reply": {"id": "3", "message": "a", "admin": None, "date": "not a date"}},
    ],
)
async def test_replies_are_read_in_every_shape(server: ScriptedServer, client: WhmcsClient, replies: object) -> None:
    server.plays("GetTicket", Reply({**BARE, "replies": replies}))

    assert (await client.get_ticket("516757")).replies == (TicketReply(3, "", "a", None),)


@pytest.mark.parametrize(
    "answer",
    [
        {"tid": "516757"},
        {"id": 7},
        {"id": 7, "tid": ""},
        {"id": "seven", "tid": "516757"},
        {**BARE, "userid": "many"},
        {**BARE, "replies": "none"},
        {**BARE, "replies": {"reply": [{"replyid": 1, "message": {"x": 1}}]}},
        {**BARE, "merged_ticket_id": "another"},
    ],
)
async def test_an_answer_that_is_no_ticket_is_refused_as_a_whole(
    server: ScriptedServer, client: WhmcsClient, answer: dict[str, object]
) -> None:
    server.plays("GetTicket", Reply({"result": "success", **answer}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_ticket("516757")


async def test_who_asked_is_read_from_the_ticket_before_its_opening_message(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    opening = {"replyid": 0, "requestor_email": "opening@example.com", "requestor_type": "Owner"}
    own = {"requestor_name": "Ana", "requestor_email": "own@example.com", "requestor_type": "Authorized User"}
    server.plays("GetTicket", Reply({**BARE, "userid": 1, **own, "replies": [opening]}))

    ticket = await client.get_ticket("516757")

    assert (ticket.requestor_name, ticket.requestor_email) == ("Ana", "own@example.com")
    assert ticket.requestor_type == "Authorized User"


@pytest.mark.parametrize(("client_id", "email"), [("0", "ana@example.com"), ("42", "")])
async def test_the_address_beside_a_ticket_names_a_guest_but_never_a_user_of_a_client(
    server: ScriptedServer, client: WhmcsClient, client_id: str, email: str
) -> None:
    told = {"name": "Ana", "email": "ana@example.com", "replies": [{"replyid": 4, "requestor_email": "x@example.com"}]}
    server.plays("GetTicket", Reply({**BARE, "userid": client_id, **told}))

    assert (await client.get_ticket("516757")).requestor_email == email


@pytest.mark.parametrize("number", ["007431", "AAA - 111 - 2013", "516757", "ABC-123456"])
async def test_numbers_are_text_in_which_everything_counts(asking: WhmcsClient, number: str) -> None:
    ticket = await asking.get_ticket(number)

    assert (ticket.number, ticket.merged_into) == (number, "")
    assert await asking.get_ticket_by_id(ticket.id) == ticket


@pytest.mark.parametrize("asked", ["abc-123456", " ABC-123456 ", "abc - 123456"])
async def test_case_and_blanks_make_no_other_ticket(server: ScriptedServer, client: WhmcsClient, asked: str) -> None:
    server.plays("GetTicket", Reply({**BARE, "tid": "ABC-123456"}))

    ticket = await client.get_ticket(asked)

    assert (ticket.number, ticket.merged_into) == ("ABC-123456", "")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("007431", "7431"), ("007431", 7431), ("7431", "007431"), ("ABC-123456", "ABC123456"), ("516757", "516757A")],
)
async def test_a_ticket_of_any_other_number_counts_as_the_one_into_which_it_was_merged(
    server: ScriptedServer, client: WhmcsClient, asked: str, answered: object
) -> None:
    server.plays("GetTicket", Reply({**BARE, "tid": answered}))

    ticket = await client.get_ticket(asked)

    assert (ticket.number, ticket.merged_into) == (asked, str(answered))


async def test_a_ticket_of_another_id_counts_as_the_one_into_which_it_was_merged(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    server.plays("GetTicket", Reply(BARE))

    ticket = await client.get_ticket_by_id(6)

    assert (ticket.number, ticket.merged_into) == ("", "516757")


@pytest.mark.parametrize(("answer", "calls"), [("names_target", 2), ("is_target", 1)])
async def test_a_merged_ticket_names_the_one_that_goes_on(
    local: LocalWhmcs, asking: WhmcsClient, answer: MergedAnswer, calls: int
) -> None:
    local.desk.merged_answer = answer

    ticket = await asking.get_ticket("118830")

    assert (ticket.number, ticket.merged_into) == ("118830", "516757")
    assert len(local.calls) == calls
    assert (await asking.get_ticket_by_id(local.ticket("118830").id)).merged_into == "516757"


async def test_a_merged_ticket_of_which_whmcs_says_nothing_is_a_closed_one(
    local: LocalWhmcs, asking: WhmcsClient
) -> None:
    local.desk.merged_answer = "says_nothing"

    ticket = await asking.get_ticket("118830")

    assert (ticket.status, ticket.merged_into, ticket.replies) == ("Closed", "", ())


@pytest.mark.parametrize("target", [0, "0", "", None, 7, "7"])
async def test_a_ticket_that_names_none_or_itself_is_not_merged(
    server: ScriptedServer, client: WhmcsClient, target: object
) -> None:
    server.plays("GetTicket", Reply({**BARE, "merged_ticket_id": target}))

    assert (await client.get_ticket("516757")).merged_into == ""


async def test_a_guest_has_no_client(asking: WhmcsClient) -> None:
    ticket = await asking.get_ticket("440113")

    assert (ticket.client_id, ticket.requestor_email, ticket.requestor_type) == (None, "ana@example.com", "Guest")


@pytest.mark.parametrize("message", ["Ticket ID not found", "Ticket ID Not Found", "Ticket Not Found", "Not Found"])
async def test_a_ticket_that_is_not_there_is_not_found_in_any_spelling(
    server: ScriptedServer, client: WhmcsClient, message: str
) -> None:
    refusal = Reply({"result": "error", "message": message})
    server.plays("GetTicket", refusal)
    server.plays("AddTicketReply", refusal)

    with pytest.raises(NotFoundError):
        await client.get_ticket("516757")
    with pytest.raises(NotFoundError):
        await client.add_ticket_reply(7, "Hola", admin="support")


async def test_a_blank_number_finds_nothing_and_asks_nobody(server: ScriptedServer, client: WhmcsClient) -> None:
    with pytest.raises(NotFoundError):
        await client.get_ticket("  ")
    assert server.received == []


async def test_active_tickets_come_newest_first_by_what_was_last_written(asking: WhmcsClient) -> None:
    found, total = await asking.get_tickets(63)
    three, still = await asking.get_tickets(63, limit=3)

    newest_first = [TEN_TICKETS[0], *TEN_TICKETS[:0:-1]]
    assert ([ticket.number for ticket in found], total) == (newest_first, 10)
    assert ([ticket.number for ticket in three], still) == (newest_first[:3], 10)


async def test_closed_merged_and_resting_tickets_are_not_listed(asking: WhmcsClient) -> None:
    found, total = await asking.get_tickets(42)

    assert ([ticket.number for ticket in found], total) == (["516757", "318204", "ABC-123456"], 3)


async def test_what_whmcs_lists_though_it_is_closed_or_merged_is_left_out(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    rows = [
        {"id": 1, "tid": "1", "userid": 42, "status": "Open", "lastreply": "0000-00-00 00:00:00"},
        {"id": 2, "tid": "2", "userid": 42, "status": "closed"},
        {"id": 3, "tid": "3", "userid": 42, "status": "Open", "merged_ticket_id": "1"},
    ]
    server.plays("GetTickets", Reply({"result": "success", "totalresults": "40", "tickets": {"ticket": rows}}))

    found, total = await client.get_tickets(42)

    assert ([ticket.number for ticket in found], total) == (["1"], 38)


async def test_a_ticket_of_another_client_in_the_list_spoils_it(server: ScriptedServer, client: WhmcsClient) -> None:
    rows = [{"id": 1, "tid": "1", "userid": 42}, {"id": 2, "tid": "2", "userid": 43}]
    server.plays("GetTickets", Reply({"result": "success", "tickets": {"ticket": rows}}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_tickets(42)


async def test_tickets_of_every_department_are_listed(asking: WhmcsClient) -> None:
    assert [ticket.number for ticket in (await asking.get_tickets(64))[0]] == ["830021"]


async def test_a_client_without_tickets_has_none(asking: WhmcsClient) -> None:
    assert await asking.get_tickets(60) == ((), 0)


@pytest.mark.parametrize("kind", ["no_result", "list_flat", "list_named", "list_numbered", "ids_as_text", "bom"])
async def test_another_shape_is_the_same_ticket(local: LocalWhmcs, asking: WhmcsClient, kind: FaultKind) -> None:
    before = await asking.get_ticket("ABC-123456"), await asking.get_tickets(42)
    local.faults.add(Fault("*", kind))

    assert (await asking.get_ticket("ABC-123456"), await asking.get_tickets(42)) == before


async def test_text_is_decoded_once_and_markup_stays_text(asking: WhmcsClient) -> None:
    ticket = await asking.get_ticket("ABC-123456")

    assert ticket.subject == "Acceso <urgente>"
    assert ticket.replies[-1].message == "Desde O'Fox & Co.\r\n<b>Gracias</b>"


async def test_a_reply_is_written_as_an_admin_and_found_again(local: LocalWhmcs, asking: WhmcsClient) -> None:
    ticket = await asking.get_ticket("516757")

    await asking.add_ticket_reply(ticket.id, "Hecho & dicho. <7K3M-Q9XD>", admin=REPLY_ADMIN)

    last = (await asking.get_ticket_by_id(ticket.id)).replies[-1]
    assert (last.admin, last.message) == ("Soporte Ejemplo", "Hecho & dicho. <7K3M-Q9XD>")
    assert local.ticket("516757").status == "Answered"
    assert "status" not in local.writes[-1].parameters


async def test_the_status_after_a_reply_can_be_chosen(local: LocalWhmcs, asking: WhmcsClient) -> None:
    await asking.add_ticket_reply(local.ticket("516757").id, "Hola", admin=REPLY_ADMIN, status="Closed")

    assert local.ticket("516757").status == "Closed"


async def test_a_reply_gets_another_text(local: LocalWhmcs, asking: WhmcsClient) -> None:
    await asking.update_ticket_reply(local.replies_of("ABC-123456")[0].id, "(retirado)")

    assert local.replies_of("ABC-123456")[0].message == "(retirado)"


async def test_a_note_is_for_admins_and_found_again(local: LocalWhmcs, asking: WhmcsClient) -> None:
    ticket = await asking.get_ticket("ABC-123456")

    await asking.add_ticket_note(ticket.id, "Verificado por teléfono. 7K3M-Q9XD")

    told = await asking.get_ticket("ABC-123456")
    assert [note.message for note in told.notes] == ["Verificado por teléfono. 7K3M-Q9XD"]
    assert (local.ticket_mails, told.replies) == ([], ticket.replies)


async def test_a_notice_is_sent_by_the_name_of_its_template(local: LocalWhmcs, asking: WhmcsClient) -> None:
    await asking.send_email(NOTICE_TEMPLATE, 42)

    assert [(notice.template, notice.email) for notice in local.sent_notices] == [(NOTICE_TEMPLATE, "ana@example.com")]


@pytest.mark.parametrize(
    "message",
    [
        # The reference's texts, and two for an admin of whom it says nothing.
        "Contact ID Not Found",
        "Name and email address are required if not a client",
        "Message is required",
        "Email Address Invalid",
        "Invalid Ticket Status",
        "Admin Username Not Found",
        "Admin User Not Found",
    ],
)
async def test_a_refused_reply_is_told_in_whmcs_own_words(
    server: ScriptedServer, client: WhmcsClient, message: str
) -> None:
    server.plays("AddTicketReply", Reply({"result": "error", "message": message}))

    with pytest.raises(RefusedError) as refused:
        await client.add_ticket_reply(7, "Hola", admin="support")

    assert refused.value.message == message
    assert server.count("AddTicketReply") == 1


@pytest.mark.parametrize(
    "message",
    [
        "You must provide either an existing email template name or a custom message type",
        "The custom variables you provided are invalid.",
        "A related ID is required",
        "Email Template not found",
        "Email Template is disabled",
        "Sending Failed. Please see documentation.",
    ],
)
async def test_a_refused_notice_is_told_in_whmcs_own_words(
    server: ScriptedServer, client: WhmcsClient, message: str
) -> None:
    server.plays("SendEmail", Reply({"result": "error", "message": message}))

    with pytest.raises(RefusedError) as refused:
        await client.send_email("Password Changed", 42)

    assert refused.value.message == message
    assert server.count("SendEmail") == 1


@pytest.mark.parametrize(
    "kind", ["drop_before", "drop_after", "slow_after", "html", "empty", "truncated", "not_worded"]
)
async def test_a_write_whose_answer_is_lost_is_sent_once_and_may_have_been_done(
    local: LocalWhmcs, asking: WhmcsClient, kind: FaultKind
) -> None:
    ticket_id = local.ticket("ABC-123456").id
    for action in ("AddTicketReply", "AddTicketNote", "UpdateTicketReply", "SendEmail"):
        local.faults.add(Fault(action, kind, seconds=1))

    for write in (
        asking.add_ticket_reply(ticket_id, "Hola", admin=REPLY_ADMIN, deadline_seconds=0.3),
        asking.add_ticket_note(ticket_id, "Hola", deadline_seconds=0.3),
        asking.update_ticket_reply(700, "Hola", deadline_seconds=0.3),
        asking.send_email(NOTICE_TEMPLATE, 42, deadline_seconds=0.3),
    ):
        with pytest.raises(OutcomeUnknownError):
            await write

    assert len(local.calls) == 4


async def test_the_number_of_the_target_is_asked_for_within_the_same_deadline(
    local: LocalWhmcs, asking: WhmcsClient
) -> None:
    local.faults.add(Fault("GetTicket", "bom", times=1))
    local.faults.add(Fault("GetTicket", "slow_before", seconds=5))

    with pytest.raises(WhmcsError):
        await asking.get_ticket("118830", deadline_seconds=0.3)

    assert len(local.calls) == 2
