"""Tickets in all of WHMCS's shapes, and writes to them: sent once, and only to the requested ticket."""

import itertools
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

OPENING = TicketReply(
    id=0,
    admin="",
    message="Hey, \r\n\r\nThis is the first ticket message!",
    at=datetime.fromisoformat("2016-01-01 06:26:29"),
    author_name="Bea Ejemplo",
    author_email="bea.privada@example.com",
    author_type="Owner",
    client_id=1,
)
NOON = "2026-11-30 12:00:00"


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
        last_reply_at=datetime.fromisoformat("2016-01-01 06:30:16"),
        merged_into="",
        opening=OPENING,
        replies=(
            OPENING,
            TicketReply(
                id=1,
                admin="Demo Admin",
                message="Hello & <b>welcome</b>",
                at=datetime.fromisoformat("2016-01-01 06:27:01"),
                author_name="Demo Admin",
                author_email="",
                author_type="Operator",
                client_id=1,
            ),
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
async def test_a_ticket_with_few_fields_is_read(server: ScriptedServer, client: WhmcsClient, none: object) -> None:
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

    (reply,) = (await client.get_ticket("516757")).replies
    assert (reply.id, reply.admin, reply.message, reply.at) == (3, "", "a", None)
    assert (reply.author_name, reply.author_email, reply.author_type, reply.client_id) == ("", "", "", None)


@pytest.mark.parametrize(
    ("told", "author", "is_by_staff"),
    [
        (
            {"userid": "42", "requestor_name": "Ana", "requestor_email": "ana@example.com", "requestor_type": "Owner"},
            ("Ana", "ana@example.com", "Owner", 42),
            False,
        ),
        (
            {"userid": 0, "name": "Eva &amp; Co.", "email": "eva@example.test"},
            ("Eva & Co.", "eva@example.test", "", None),
            False,
        ),
        # The address beside a client's message may be the client's own, whoever the author is.
        ({"userid": "42", "name": "Ana", "email": "ana@example.com"}, ("", "", "", 42), False),
        ({"userid": "42", "requestor_type": "Guest", "email": "ana@example.com"}, ("", "", "Guest", 42), False),
        ({"userid": "42", "admin": "Soporte", "requestor_type": "Operator"}, ("", "", "Operator", 42), True),
        ({"userid": "42", "admin": "Soporte"}, ("", "", "", 42), True),
        ({"requestor_name": "Soporte", "requestor_type": "operator"}, ("Soporte", "", "operator", None), True),
        ({"userid": None, "admin": None, "name": None, "email": []}, ("", "", "", None), False),
        ({}, ("", "", "", None), False),
        (
            {"requestor_name": "Operator", "requestor_email": "op@example.test"},
            ("Operator", "op@example.test", "", None),
            False,
        ),
    ],
)
async def test_a_message_names_its_author_as_far_as_whmcs_does(
    server: ScriptedServer,
    client: WhmcsClient,
    told: dict[str, object],
    author: tuple[str, str, str, int | None],
    *,
    is_by_staff: bool,
) -> None:
    server.plays("GetTicket", Reply({**BARE, "userid": 42, "replies": [{"replyid": 3, "message": "a", **told}]}))

    (reply,) = (await client.get_ticket("516757")).replies

    assert (reply.author_name, reply.author_email, reply.author_type, reply.client_id) == author
    assert reply.is_by_staff is is_by_staff


@pytest.mark.parametrize(
    ("told", "at"),
    [
        (NOON, datetime.fromisoformat(NOON)),
        (f" {NOON} ", datetime.fromisoformat(NOON)),
        ("2026-11-30T12:00:00", datetime.fromisoformat(NOON)),
        ("2026-11-30 12:00:00.000000", datetime.fromisoformat(NOON)),
        # The moment of all other formats is unknown.
        ("0000-00-00 00:00:00", None),
        ("-0001-11-30 00:00:00", None),
        ("0001-01-01 00:00:00", None),
        ("9999-12-31 23:59:59", None),
        ("2026-02-30 12:00:00", None),
        ("2026-11-30", None),
        ("20261130", None),
        ("2026-11-30 12:00:00+02:00", None),
        ("2026-11-30T12:00:00Z", None),
        ("30/11/2026 12:00", None),
        ("٢٠٢٦-11-30 12:00:00", None),
        ("hoy", None),
        ("", None),
        (None, None),
        (1795996800, None),
        ([], None),
    ],
)
async def test_only_whmcs_own_time_format_is_read(
    server: ScriptedServer, client: WhmcsClient, told: object, at: datetime | None
) -> None:
    message = {"replyid": 0, "message": "a", "date": told}
    server.plays("GetTicket", Reply({**BARE, "date": told, "lastreply": told, "replies": [message]}))

    ticket = await client.get_ticket("516757")

    assert (ticket.opened_at, ticket.last_reply_at, ticket.opening.at, ticket.replies[0].at) == (at, at, at, at)


@pytest.mark.parametrize("order", [*itertools.permutations(range(4))])
async def test_messages_are_ordered_by_time_and_id(
    server: ScriptedServer, client: WhmcsClient, order: tuple[int, ...]
) -> None:
    rows = [
        {"replyid": "0", "message": "opening", "date": "2026-11-30 10:00:00"},
        # A message of a ticket that was merged into this one is older, with a newer id.
        {"replyid": "9", "message": "merged", "date": "2026-11-30 09:00:00"},
        {"replyid": "11", "message": "later", "date": "2026-11-30 11:00:00"},
        {"replyid": "10", "message": "at the same moment, before", "date": "2026-11-30 11:00:00"},
    ]
    server.plays("GetTicket", Reply({**BARE, "replies": {"reply": [rows[place] for place in order]}}))

    ticket = await client.get_ticket("516757")

    assert [reply.id for reply in ticket.replies] == [9, 0, 10, 11]
    assert ticket.opening.message == "opening"


async def test_a_message_without_a_time_counts_as_the_newest(server: ScriptedServer, client: WhmcsClient) -> None:
    rows = [
        {"replyid": "8", "date": "0000-00-00 00:00:00"},
        {"replyid": "0", "date": "2026-11-30 10:00:00"},
        {"replyid": "9", "date": "2026-11-30 11:00:00"},
    ]
    server.plays("GetTicket", Reply({**BARE, "replies": rows}))

    assert [reply.id for reply in (await client.get_ticket("516757")).replies] == [0, 9, 8]


ANA = {"requestor_name": "Ana", "requestor_email": "ana@example.com", "requestor_type": "Owner"}
BEA = {"requestor_name": "Bea", "requestor_email": "bea@example.com", "requestor_type": "Owner"}


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(
    ("opened_at", "message", "email"), [("10:00:00", "a", "ana@example.com"), ("11:00:00", "b", "bea@example.com")]
)
async def test_of_two_messages_with_the_id_0_the_one_of_the_tickets_own_time_is_the_opening_one(
    server: ScriptedServer, client: WhmcsClient, opened_at: str, message: str, email: str, *, is_reversed: bool
) -> None:
    rows = [
        {"replyid": "0", "message": "a", "date": "2026-11-30 10:00:00", **ANA},
        {"replyid": "0", "message": "b", "date": "2026-11-30 11:00:00", **BEA},
    ]
    told = {**BARE, "userid": 42, "date": f"2026-11-30 {opened_at}", "replies": rows[::-1] if is_reversed else rows}
    server.plays("GetTicket", Reply(told))

    ticket = await client.get_ticket("516757")

    assert (ticket.opening.message, ticket.requestor_email) == (message, email)
    assert [reply.message for reply in ticket.replies] == ["a", "b"]


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(
    ("opened_at", "times"),
    [
        ("2026-11-30 09:00:00", ("2026-11-30 10:00:00", "2026-11-30 11:00:00")),
        ("2026-11-30 10:00:00", ("2026-11-30 10:00:00", "2026-11-30 10:00:00")),
        ("0000-00-00 00:00:00", ("2026-11-30 10:00:00", "2026-11-30 11:00:00")),
        ("2026-11-30 10:00:00", ("", "")),
        ("", ("", "")),
    ],
)
@pytest.mark.parametrize("own", [{}, ANA])
async def test_which_of_two_messages_with_the_id_0_is_the_opening_one_is_never_guessed(
    server: ScriptedServer,
    client: WhmcsClient,
    own: dict[str, str],
    opened_at: str,
    times: tuple[str, str],
    *,
    is_reversed: bool,
) -> None:
    rows = [
        {"replyid": "0", "message": name, "date": at, **author}
        for name, at, author in zip("ab", times, (ANA, BEA), strict=True)
    ]
    told = {**BARE, "userid": 42, "date": opened_at, **own, "replies": rows[::-1] if is_reversed else rows}
    server.plays("GetTicket", Reply(told))

    ticket = await client.get_ticket("516757")

    assert (ticket.opening.message, ticket.requestor_email) == ("", own.get("requestor_email", ""))
    assert sorted(reply.message for reply in ticket.replies) == ["a", "b"]
    assert {reply.author_email for reply in ticket.replies} == {"ana@example.com", "bea@example.com"}


@pytest.mark.parametrize("replies", ["", [{"replyid": 4, "message": "a later one", "date": NOON}]])
async def test_a_missing_opening_message_is_made_of_the_tickets_own_fields(
    server: ScriptedServer, client: WhmcsClient, replies: object
) -> None:
    own = {"requestor_name": "Ana", "requestor_email": "ana@example.com", "requestor_type": "Owner"}
    told = {**BARE, "userid": "42", "date": "2026-11-30 10:00:00", **own, "admin": "", "replies": replies}
    server.plays("GetTicket", Reply(told))

    ticket = await client.get_ticket("516757")

    assert ticket.opening == TicketReply(
        id=0,
        admin="",
        message="",
        at=datetime.fromisoformat("2026-11-30 10:00:00"),
        author_name="Ana",
        author_email="ana@example.com",
        author_type="Owner",
        client_id=42,
    )
    assert ticket.opening not in ticket.replies


@pytest.mark.parametrize("opening", [{}, {"name": "Ana", "email": "client@example.com"}, {"userid": "42"}])
async def test_an_opening_message_without_an_author_is_by_the_requestor_of_the_ticket(
    server: ScriptedServer, client: WhmcsClient, opening: dict[str, object]
) -> None:
    own = {"requestor_name": "Ana", "requestor_email": "own@example.com", "requestor_type": "Owner"}
    message = {"replyid": 0, "userid": 42, "message": "Hola", **opening}
    server.plays("GetTicket", Reply({**BARE, "userid": 42, **own, "replies": [message]}))

    ticket = await client.get_ticket("516757")

    assert (ticket.opening.author_email, ticket.opening.author_type) == ("own@example.com", "Owner")
    assert (ticket.opening.message, ticket.replies) == ("Hola", (ticket.opening,))


async def test_an_opening_message_keeps_the_author_that_it_names_itself(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    own = {"requestor_name": "Ana", "requestor_email": "own@example.com", "requestor_type": "Owner"}
    for named in ({"requestor_email": "x@example.com"}, {"requestor_type": "Guest"}, {"admin": "Soporte"}):
        server.plays("GetTicket", Reply({**BARE, "userid": 42, **own, "replies": [{"replyid": 0, **named}]}))

        ticket = await client.get_ticket("516757")

        assert ticket.opening.author_email == named.get("requestor_email", "")


async def test_a_ticket_opened_by_an_admin_is_recognized_without_its_opening_message(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    server.plays("GetTicket", Reply({**BARE, "userid": "42", "admin": "Soporte Ejemplo"}))

    assert (await client.get_ticket("516757")).opening.is_by_staff


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
async def test_an_invalid_ticket_is_unusable_as_a_whole(
    server: ScriptedServer, client: WhmcsClient, answer: dict[str, object]
) -> None:
    server.plays("GetTicket", Reply({"result": "success", **answer}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_ticket("516757")


async def test_the_tickets_own_requestor_takes_precedence_over_the_opening_message(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    opening = {"replyid": 0, "requestor_email": "opening@example.com", "requestor_type": "Owner"}
    own = {"requestor_name": "Ana", "requestor_email": "own@example.com", "requestor_type": "Authorized User"}
    server.plays("GetTicket", Reply({**BARE, "userid": 1, **own, "replies": [opening]}))

    ticket = await client.get_ticket("516757")

    assert (ticket.requestor_name, ticket.requestor_email) == ("Ana", "own@example.com")
    assert ticket.requestor_type == "Authorized User"


@pytest.mark.parametrize(("client_id", "email"), [("0", "ana@example.com"), ("42", "")])
async def test_the_email_field_of_a_ticket_names_only_guests(
    server: ScriptedServer, client: WhmcsClient, client_id: str, email: str
) -> None:
    told = {"name": "Ana", "email": "ana@example.com", "replies": [{"replyid": 4, "requestor_email": "x@example.com"}]}
    server.plays("GetTicket", Reply({**BARE, "userid": client_id, **told}))

    assert (await client.get_ticket("516757")).requestor_email == email


@pytest.mark.parametrize("number", ["007431", "AAA - 111 - 2013", "516757", "ABC-123456"])
async def test_ticket_numbers_keep_zeros_letters_and_blanks(asking: WhmcsClient, number: str) -> None:
    ticket = await asking.get_ticket(number)

    assert (ticket.number, ticket.merged_into) == (number, "")
    assert await asking.get_ticket_by_id(ticket.id) == ticket


@pytest.mark.parametrize("asked", ["abc-123456", " ABC-123456 ", "abc - 123456"])
async def test_case_and_blanks_in_a_ticket_number_are_ignored(
    server: ScriptedServer, client: WhmcsClient, asked: str
) -> None:
    server.plays("GetTicket", Reply({**BARE, "tid": "ABC-123456"}))

    ticket = await client.get_ticket(asked)

    assert (ticket.number, ticket.merged_into) == ("ABC-123456", "")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("007431", "7431"), ("007431", 7431), ("7431", "007431"), ("ABC-123456", "ABC123456"), ("516757", "516757A")],
)
async def test_an_answer_with_another_number_is_the_target_of_a_merge(
    server: ScriptedServer, client: WhmcsClient, asked: str, answered: object
) -> None:
    server.plays("GetTicket", Reply({**BARE, "tid": answered}))

    ticket = await client.get_ticket(asked)

    assert (ticket.number, ticket.merged_into) == (asked, str(answered))


async def test_an_answer_with_another_id_is_the_target_of_a_merge(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetTicket", Reply(BARE))

    ticket = await client.get_ticket_by_id(6)

    assert (ticket.number, ticket.merged_into) == ("", "516757")


@pytest.mark.parametrize(("answer", "calls"), [("names_target", 2), ("is_target", 1)])
async def test_a_merged_ticket_names_its_target(
    local: LocalWhmcs, asking: WhmcsClient, answer: MergedAnswer, calls: int
) -> None:
    local.desk.merged_answer = answer

    ticket = await asking.get_ticket("118830")

    assert (ticket.number, ticket.merged_into) == ("118830", "516757")
    assert len(local.calls) == calls
    assert (await asking.get_ticket_by_id(local.ticket("118830").id)).merged_into == "516757"


def ticket_reply(ticket_id: int, merged_into: int = 0) -> Reply:
    return Reply({"result": "success", "id": ticket_id, "tid": f"90000{ticket_id}", "merged_ticket_id": merged_into})


@pytest.mark.parametrize("chain", [[7, 8], [7, 8, 9], [7, 9, 8], [7, 1, 2, 3, 4, 5]])
async def test_a_ticket_merged_several_times_names_the_last_one(
    server: ScriptedServer, client: WhmcsClient, chain: list[int]
) -> None:
    server.plays("GetTicket", *itertools.starmap(ticket_reply, zip(chain, [*chain[1:], 0], strict=True)))

    ticket = await client.get_ticket("900007")

    assert (ticket.id, ticket.number, ticket.merged_into) == (7, "900007", f"90000{chain[-1]}")
    assert [request.form.get("ticketid", "7") for request in server.received] == [*map(str, chain)]


async def test_the_target_of_a_merge_that_was_merged_itself_is_followed(
    server: ScriptedServer, client: WhmcsClient
) -> None:
    server.plays("GetTicket", ticket_reply(8, merged_into=9), ticket_reply(9))

    ticket = await client.get_ticket("900007")

    assert (ticket.number, ticket.merged_into) == ("900007", "900009")


@pytest.mark.parametrize("chain", [[7, 8, 7], [7, 8, 9, 8], [7, 8, 9, 7], [7, 1, 2, 3, 4, 5, 6]])
async def test_a_chain_of_merges_without_an_end_is_unusable(
    server: ScriptedServer, client: WhmcsClient, chain: list[int]
) -> None:
    server.plays("GetTicket", *itertools.starmap(ticket_reply, itertools.pairwise(chain)))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_ticket("900007")
    assert len(server.received) <= 6


async def test_a_merged_ticket_without_a_target_is_read_as_closed(local: LocalWhmcs, asking: WhmcsClient) -> None:
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
async def test_every_spelling_of_a_missing_ticket_is_not_found(
    server: ScriptedServer, client: WhmcsClient, message: str
) -> None:
    refusal = Reply({"result": "error", "message": message})
    server.plays("GetTicket", refusal)
    server.plays("AddTicketReply", refusal)

    with pytest.raises(NotFoundError):
        await client.get_ticket("516757")
    with pytest.raises(NotFoundError):
        await client.add_ticket_reply(7, "Hola", admin="support")


async def test_a_blank_ticket_number_is_not_found_without_a_call(server: ScriptedServer, client: WhmcsClient) -> None:
    with pytest.raises(NotFoundError):
        await client.get_ticket("  ")
    assert server.received == []


async def test_active_tickets_are_ordered_by_their_last_reply_newest_first(asking: WhmcsClient) -> None:
    found, total = await asking.get_tickets(63)
    three, still = await asking.get_tickets(63, limit=3)

    newest_first = [TEN_TICKETS[0], *TEN_TICKETS[:0:-1]]
    assert ([ticket.number for ticket in found], total) == (newest_first, 10)
    assert ([ticket.number for ticket in three], still) == (newest_first[:3], 10)


async def test_closed_merged_and_inactive_tickets_are_not_listed(asking: WhmcsClient) -> None:
    found, total = await asking.get_tickets(42)

    assert ([ticket.number for ticket in found], total) == (["516757", "318204", "ABC-123456"], 3)


async def test_closed_or_merged_tickets_in_whmcs_list_are_left_out(server: ScriptedServer, client: WhmcsClient) -> None:
    rows = [
        {"id": 1, "tid": "1", "userid": 42, "status": "Open", "lastreply": "0000-00-00 00:00:00"},
        {"id": 2, "tid": "2", "userid": 42, "status": "closed"},
        {"id": 3, "tid": "3", "userid": 42, "status": "Open", "merged_ticket_id": "1"},
    ]
    server.plays("GetTickets", Reply({"result": "success", "totalresults": "40", "tickets": {"ticket": rows}}))

    found, total = await client.get_tickets(42)

    assert ([ticket.number for ticket in found], total) == (["1"], 38)


async def test_a_list_with_another_clients_ticket_is_unusable(server: ScriptedServer, client: WhmcsClient) -> None:
    rows = [{"id": 1, "tid": "1", "userid": 42}, {"id": 2, "tid": "2", "userid": 43}]
    server.plays("GetTickets", Reply({"result": "success", "tickets": {"ticket": rows}}))

    with pytest.raises(UnusableAnswerError, match="shape"):
        await client.get_tickets(42)


async def test_tickets_of_every_department_are_listed(asking: WhmcsClient) -> None:
    assert [ticket.number for ticket in (await asking.get_tickets(64))[0]] == ["830021"]


async def test_a_client_without_tickets_has_none(asking: WhmcsClient) -> None:
    assert await asking.get_tickets(60) == ((), 0)


@pytest.mark.parametrize("kind", ["no_result", "list_flat", "list_named", "list_numbered", "ids_as_text", "bom"])
async def test_a_ticket_is_the_same_in_every_shape(local: LocalWhmcs, asking: WhmcsClient, kind: FaultKind) -> None:
    before = await asking.get_ticket("ABC-123456"), await asking.get_tickets(42)
    local.faults.add(Fault("*", kind))

    assert (await asking.get_ticket("ABC-123456"), await asking.get_tickets(42)) == before


async def test_text_is_decoded_once_and_markup_stays_text(asking: WhmcsClient) -> None:
    ticket = await asking.get_ticket("ABC-123456")

    assert ticket.subject == "Acceso <urgente>"
    assert ticket.replies[-1].message == "Pruebe O'Fox & Co.\r\n<b>Gracias</b>"


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


async def test_the_text_of_a_reply_can_be_replaced(local: LocalWhmcs, asking: WhmcsClient) -> None:
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
        # The reference's texts, and two for an unknown admin, which it doesn't document.
        "Contact ID Not Found",
        "Name and email address are required if not a client",
        "Message is required",
        "Email Address Invalid",
        "Invalid Ticket Status",
        "Admin Username Not Found",
        "Admin User Not Found",
    ],
)
async def test_a_refused_reply_keeps_whmcs_own_text(server: ScriptedServer, client: WhmcsClient, message: str) -> None:
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
async def test_a_refused_notice_keeps_whmcs_own_text(server: ScriptedServer, client: WhmcsClient, message: str) -> None:
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


async def test_the_target_of_a_merge_is_read_within_the_same_deadline(local: LocalWhmcs, asking: WhmcsClient) -> None:
    local.faults.add(Fault("GetTicket", "bom", times=1))
    local.faults.add(Fault("GetTicket", "slow_before", seconds=5))

    with pytest.raises(WhmcsError):
        await asking.get_ticket("118830", deadline_seconds=0.3)

    assert len(local.calls) == 2
