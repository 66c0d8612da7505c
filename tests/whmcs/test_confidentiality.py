"""No error holds a credential or a password, however it is printed."""

import html
import logging
import traceback
from collections.abc import Awaitable, Callable, Iterator
from urllib.parse import quote, quote_plus

import httpx
import pytest

from tests.whmcs.conftest import ACCESS_KEY, COMPANION_SECRET, IDENTIFIER, SECRET
from tests.whmcs.server import Act, Drop, Half, Hang, Reply, ScriptedServer
from whmcs import CompanionClient, RefusedError, WhmcsClient, WhmcsError, search_clients
from whmcs.masking import Confidential

PASSWORD = "kT9-vQ2+mX7_hL4=pZ6w"
EVERYTHING = (IDENTIFIER, SECRET, ACCESS_KEY, COMPANION_SECRET, PASSWORD)
ECHO = f"You sent {IDENTIFIER} {SECRET.upper()} {quote(SECRET)} {html.escape(SECRET)} {ACCESS_KEY} {COMPANION_SECRET} {PASSWORD}"
ACTS: list[Act] = [
    Reply({"result": "error", "message": ECHO, "ok": False, "error": ECHO}),
    Reply({"result": "error", "message": ECHO, "ok": False, "error": "password_refused"}, 422),
    Reply(f"<html>{ECHO}</html>"),
    Reply(ECHO, 500),
    Reply("", 302, {"Location": f"https://example.com/{quote_plus(SECRET)}/{PASSWORD}?{COMPANION_SECRET}"}),
    Reply("", 302, {"Location": f"http://[{COMPANION_SECRET}"}),
    Reply({"ok": True, "users": ECHO, "clients": ECHO}),
    Hang(),
    Drop(),
    Half(ECHO.encode()),
]
ACCESS_CODE = "KPqH7yG3-guest"
LETTER = f"Hola, Ana:\n\nsu contraseña nueva es <{PASSWORD}>.\n\nUn saludo, 7K3M-Q9XD"
LETTERS = ("AddTicketReply", "UpdateTicketReply", "AddTicketNote")
ACTIONS = (
    *("GetClients", "GetUsers", "ResetPassword", "LogActivity", "ping", "set_password"),
    *("GetTicket", "GetTickets", "SendEmail", *LETTERS),
)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        yield from chain(error.__cause__)
        error = error.__context__


def printed(error: BaseException) -> str:
    """Return an error printed in every way that shows no variables."""
    lines = []
    for each in chain(error):
        lines += [str(each), repr(each), repr(each.args), repr(vars(each)), *traceback.format_exception(each)]
    return "\n".join(lines)


def variables(error: BaseException) -> str:
    """Return the printed variables of the package's functions in the error's traceback."""
    frames = [frame for each in chain(error) for frame, _ in traceback.walk_tb(each.__traceback__)]
    return "\n".join(repr(each.f_locals) for each in frames if str(each.f_globals["__name__"]).startswith("whmcs"))


def calls(client: WhmcsClient, companion: CompanionClient) -> list[Callable[[], Awaitable[object]]]:
    async def set_password() -> object:
        return await companion.set_password(
            request_id="7K3M-Q9XD", client_id=3, user_id=7, password=PASSWORD, agent="U1", deadline_seconds=0.2
        )

    return [
        lambda: client.get_clients("ana", deadline_seconds=0.2),
        lambda: client.get_users("ana", deadline_seconds=0.2),
        lambda: search_clients(client, "ana", deadline_seconds=0.2),
        lambda: client.reset_password(7, deadline_seconds=0.2),
        lambda: client.log_activity("x", client_id=3, deadline_seconds=0.2),
        lambda: companion.ping(deadline_seconds=0.2),
        set_password,
        lambda: client.get_ticket("ABC-123456", deadline_seconds=0.2),
        lambda: client.get_tickets(42, deadline_seconds=0.2),
        lambda: client.add_ticket_reply(7, LETTER, admin="support", status="Answered", deadline_seconds=0.2),
        lambda: client.update_ticket_reply(700, LETTER, deadline_seconds=0.2),
        lambda: client.add_ticket_note(7, LETTER, deadline_seconds=0.2),
        lambda: client.send_email("Password Changed", 42, deadline_seconds=0.2),
    ]


@pytest.mark.asyncio
@pytest.mark.parametrize("act", ACTS, ids=lambda act: type(act).__name__)
async def test_no_error_and_no_log_holds_a_secret(
    server: ScriptedServer,
    client: WhmcsClient,
    companion: CompanionClient,
    act: Act,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    for action in ACTIONS:
        server.plays(action, act)

    for call in calls(client, companion):
        with pytest.raises(WhmcsError) as failed:
            await call()
        text = printed(failed.value).casefold()
        assert [each for each in told_in(failed.value.action) if each.casefold() in text] == []
        assert not any(isinstance(each, httpx.HTTPError) for each in chain(failed.value))

    # httpcore's debug log holds the server's own headers; it must stay off in production.
    messages = [record.getMessage() for record in caplog.records]
    logged = "\n".join(each for each in messages if "receive_response_headers.complete" not in each)
    assert [each for each in EVERYTHING if each in logged] == []


@pytest.mark.asyncio
@pytest.mark.parametrize("act", [Reply("<html>"), Reply("", 500), Reply({"result": "error"}), Hang(), Drop()])
async def test_a_traceback_with_variables_holds_no_secret(
    server: ScriptedServer, client: WhmcsClient, companion: CompanionClient, act: Act
) -> None:
    for action in ACTIONS:
        server.plays(action, act)

    for call in calls(client, companion):
        with pytest.raises(WhmcsError) as failed:
            await call()
        shown = variables(failed.value)
        assert [each for each in EVERYTHING if each in shown] == []


def told_in(action: str) -> tuple[str, ...]:
    """Return the secrets that a call sends. A server can echo only these, so only these are masked."""
    told = {"ping": (COMPANION_SECRET,), "set_password": (COMPANION_SECRET, PASSWORD)}
    letters = (PASSWORD,) if action in LETTERS else ()
    return told.get(action, (IDENTIFIER, SECRET, ACCESS_KEY, *letters))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "echo",
    [
        LETTER,
        f"Bad text: {LETTER.upper()}",
        f"<p>{html.escape(LETTER)}</p>",
        quote(LETTER),
        quote_plus(LETTER),
        f"is &lt;{PASSWORD}&gt;",
        f"cut off: {PASSWORD[:12]}",
        f"cut off: {PASSWORD[5:]}",
    ],
)
async def test_what_a_refusal_repeats_of_a_reply_is_masked(
    server: ScriptedServer, client: WhmcsClient, echo: str
) -> None:
    for action in LETTERS:
        server.plays(action, Reply({"result": "error", "message": f"No. {echo}"}))

    for write in (
        client.add_ticket_reply(7, LETTER, admin="support"),
        client.update_ticket_reply(700, LETTER),
        client.add_ticket_note(7, LETTER),
    ):
        with pytest.raises(RefusedError) as refused:
            await write
        told = refused.value.message.casefold()
        pieces = [PASSWORD[at : at + 8].casefold() for at in range(len(PASSWORD) - 7)]
        assert [piece for piece in pieces if piece in told] == []
        assert refused.value.message.startswith("No.")


@pytest.mark.asyncio
async def test_the_text_of_a_refusal_stays_readable(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("AddTicketReply", Reply({"result": "error", "message": "Invalid Ticket Status"}))

    with pytest.raises(RefusedError, match="Invalid Ticket Status"):
        await client.add_ticket_reply(7, LETTER, admin="support", status="Nowhere")


@pytest.mark.asyncio
@pytest.mark.parametrize("subject", ["Hola", {"not": "a text"}])
async def test_a_guests_access_key_is_never_read(
    server: ScriptedServer, client: WhmcsClient, subject: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    row = {"id": "1", "tid": "516757", "c": ACCESS_CODE, "userid": "42", "subject": subject}
    server.plays("GetTicket", Reply({"result": "success", **row}))
    server.plays("GetTickets", Reply({"result": "success", "totalresults": 1, "tickets": {"ticket": [row]}}))

    shown = ""
    for read in (client.get_ticket("516757"), client.get_ticket_by_id(1), client.get_tickets(42)):
        try:
            shown += repr(await read)
        except WhmcsError as error:
            shown += printed(error) + variables(error)

    assert shown
    assert ACCESS_CODE not in shown + caplog.text


@pytest.mark.asyncio
async def test_an_echoed_secret_is_masked_in_the_reason(server: ScriptedServer, client: WhmcsClient) -> None:
    server.plays("GetClients", Reply({"result": "error", "message": f"No: {html.escape(SECRET)} / {SECRET.lower()}"}))

    with pytest.raises(WhmcsError, match=r"No: \*\*\* / \*\*\*"):
        await client.get_clients("ana")


@pytest.mark.asyncio
async def test_clients_do_not_show_their_secrets(client: WhmcsClient, companion: CompanionClient) -> None:
    with_user = WhmcsClient.connect("https://user:word@example.com", IDENTIFIER, SECRET)
    shown = f"{client!r} {client} {companion!r} {companion} {with_user!r} {Confidential(SECRET)!r}"
    await with_user.aclose()

    assert [each for each in (*EVERYTHING, "user", "word") if each in shown] == []


@pytest.mark.parametrize("split", ["\x00", "\u200b", "\u202e"])
def test_a_secret_split_by_control_characters_is_masked(split: str) -> None:
    assert Confidential(SECRET).presentable(f"a {SECRET[:4]}{split}{SECRET[4:]} b") == "a *** b"


def test_texts_are_masked_before_they_are_cut() -> None:
    assert SECRET[:10] not in Confidential(SECRET).presentable("x" * 190 + SECRET)


def test_nothing_is_masked_without_secrets() -> None:
    assert Confidential(None, "").masked("a b") == "a b"
