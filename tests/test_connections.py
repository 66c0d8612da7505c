"""Connections to the listeners: how long each may take, how many there may be, and that others are served meanwhile."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from structlog.testing import capture_logs

from bot.connections import ConnectionLimits
from bot.server import MAX_BODY_BYTES, Listener, build_public_app
from sandbox.ports import free_port
from tests.test_server import BODY, FORM, SECRET, make_dispatcher, signed

pytestmark = pytest.mark.asyncio

SHORT: Final = 0.1
LONG: Final = 60.0
PATIENT: Final = ConnectionLimits(
    request_seconds=LONG, answer_seconds=LONG, idle_seconds=LONG, signed_idle_seconds=LONG
)
"""Nothing is closed because of the time."""


@dataclass
class Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, str]:
        """Status and text of the next response."""
        async with asyncio.timeout(5):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
            lengths = [line for line in head.splitlines() if line.startswith("content-length: ")]
            text = await self.reader.readexactly(int(lengths[0].partition(": ")[2]))
        return int(head.split()[1]), text.decode()

    async def is_closed(self) -> None:
        """Wait until the bot has closed it without another word."""
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                assert await self.reader.read() == b""

    async def trickle(self, data: bytes) -> None:
        """Send the same byte again and again until the bot closes the connection."""
        async with asyncio.timeout(5):
            with contextlib.suppress(ConnectionError):
                while not self.reader.at_eof():
                    self.writer.write(data)
                    await self.writer.drain()
                    with contextlib.suppress(TimeoutError):
                        assert await asyncio.wait_for(self.reader.read(1), SHORT / 10) == b""


Connect = Callable[[], Awaitable[Connection]]


@contextlib.asynccontextmanager
async def listening(limits: ConnectionLimits, app: Starlette | None = None) -> AsyncIterator[Connect]:
    port = free_port()
    listener = Listener(app or build_public_app(make_dispatcher([]), SECRET), "127.0.0.1", port, limits)
    await listener.begin()
    opened: list[Connection] = []

    async def connect() -> Connection:
        opened.append(Connection(*await asyncio.open_connection("127.0.0.1", port)))
        return opened[-1]

    try:
        yield connect
    finally:
        for connection in opened:
            connection.writer.close()
        await listener.end()


def request(body: bytes = b"", headers: Mapping[str, str] | None = None, path: str = "/slack/events") -> bytes:
    """A POST if there are headers, else a GET."""
    fields = {"host": "bot.example.com", "content-length": str(len(body))} | dict(headers or {})
    lines = [f"{'POST' if headers else 'GET'} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def command() -> bytes:
    return request(BODY, signed(BODY))


HEALTH: Final = request(path="/healthz")


def unfinished(length: int = 1000) -> bytes:
    """The beginning of a command; signed when it is asked for, since a signature is good for five minutes."""
    return request(headers=signed(BODY) | {"content-length": str(length)}) + b"command="


def chunked() -> bytes:
    headers = signed(BODY) | {"transfer-encoding": "chunked"}
    return request(headers=headers).replace(b"content-length: 0\r\n", b"")


async def is_served(connect: Connect) -> None:
    """Somebody else's command is answered."""
    other = await connect()
    other.send(command())
    assert await other.answer() == (200, "as typed")


@pytest.mark.parametrize(
    "begun",
    [
        unfinished,
        lambda: request(headers=signed(BODY) | {"content-length": "1000"}),
        lambda: request(headers=signed(BODY) | {"content-length": "1000", "expect": "100-continue"}).replace(
            b"expect", b"x-expect"
        ),
        lambda: b"POST /slack/events HTTP/1.1\r\nhost: bot.example.com\r\nx-slack",
        lambda: b"P",
        lambda: HEALTH[:-2],
        lambda: chunked() + b"5\r\nabc",
    ],
    ids=[
        "in the body",
        "before the body",
        "before a promised body",
        "in a header",
        "in the method",
        "at the end",
        "chunk",
    ],
)
async def test_a_request_that_does_not_end_is_cut_off_and_others_are_served_meanwhile(
    begun: Callable[[], bytes],
) -> None:
    async with listening(replace(PATIENT, request_seconds=SHORT)) as connect:
        slow = await connect()
        slow.send(begun())
        await is_served(connect)
        await slow.is_closed()


async def test_whoever_hangs_up_in_the_middle_of_a_body_leaves_one_warning_and_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with listening(PATIENT) as connect:
        with capture_logs() as log:
            gone = await connect()
            gone.send(unfinished())
            await is_served(connect)
            gone.writer.close()
            async with asyncio.timeout(5):
                while not log:
                    await asyncio.sleep(0.01)
        assert log == [{"event": "request.unfinished", "log_level": "warning"}]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


@pytest.mark.parametrize(
    "begun", [lambda: unfinished(900_000), lambda: request(headers={"x": "y"}, path="/healthz")[:-2]]
)
async def test_bytes_that_trickle_in_buy_no_time(begun: Callable[[], bytes]) -> None:
    async with listening(replace(PATIENT, request_seconds=SHORT)) as connect:
        slow = await connect()
        slow.send(begun())
        await slow.trickle(b"x")


async def test_a_connection_on_which_no_request_begins_is_closed() -> None:
    async with listening(replace(PATIENT, idle_seconds=SHORT)) as connect:
        await (await connect()).is_closed()
        empty_lines = await connect()
        await empty_lines.trickle(b"\r\n")
        answered = await connect()
        answered.send(HEALTH)
        assert await answered.answer() == (200, "ok")
        await answered.trickle(b"\r\n")


async def test_after_a_signed_request_a_connection_is_kept_for_longer() -> None:
    async with listening(replace(PATIENT, idle_seconds=SHORT)) as connect:
        proxy = await connect()
        proxy.send(command())
        assert await proxy.answer() == (200, "as typed")
        younger = await connect()
        younger.send(HEALTH)
        assert await younger.answer() == (200, "ok")
        await younger.is_closed()
        for again, expected in ((HEALTH, "ok"), (command(), "as typed")):
            proxy.send(again)
            assert await proxy.answer() == (200, expected)


async def test_it_is_closed_in_the_end_too() -> None:
    async with listening(replace(PATIENT, signed_idle_seconds=SHORT)) as connect:
        proxy = await connect()
        proxy.send(command())
        assert await proxy.answer() == (200, "as typed")
        await proxy.is_closed()


@pytest.mark.parametrize(
    "headers",
    [
        lambda: signed(BODY, secret="t" * 32),
        dict,
        lambda: {"x-slack-signature": "v0=1"},
        lambda: signed(BODY, at=0),
    ],
    ids=["other secret", "none", "half", "old"],
)
async def test_a_request_that_is_refused_does_not_keep_its_connection(
    headers: Callable[[], dict[str, str]],
) -> None:
    async with listening(replace(PATIENT, idle_seconds=SHORT)) as connect:
        stranger = await connect()
        stranger.send(request(BODY, {"content-type": FORM} | headers()))
        assert (await stranger.answer())[0] == 401
        await stranger.is_closed()


async def test_an_answer_that_does_not_come_ends_the_connection() -> None:
    never = asyncio.Event()
    async with listening(replace(PATIENT, answer_seconds=SHORT), waiting_app(asyncio.Event(), never)) as connect:
        waiting = await connect()
        waiting.send(request(path="/wait"))
        await waiting.is_closed()
        never.set()


async def test_when_there_are_too_many_the_one_that_has_been_idle_for_longest_makes_room() -> None:
    async with listening(replace(PATIENT, connections=3)) as connect:
        first, second, third = [await connect() for _ in range(3)]
        # Once it is answered, the bot has seen all three, and this one has been idle for the shortest time.
        for connection in (third, second, first):
            connection.send(HEALTH)
            assert await connection.answer() == (200, "ok")
        await is_served(connect)
        await third.is_closed()
        await is_served(connect)
        await second.is_closed()
        first.send(HEALTH)
        assert await first.answer() == (200, "ok")


async def test_idle_connections_make_room_before_those_that_are_sending() -> None:
    async with listening(replace(PATIENT, connections=2)) as connect:
        slow = await connect()
        slow.send(unfinished(len(BODY)))
        idle = await connect()
        idle.send(HEALTH)
        assert await idle.answer() == (200, "ok")
        await is_served(connect)
        await idle.is_closed()
        slow.send(BODY.removeprefix(b"command="))
        assert await slow.answer() == (200, "as typed")


async def test_connections_stay_below_the_limit_and_a_command_is_answered() -> None:
    async with listening(replace(PATIENT, connections=5)) as connect:
        slow = await asyncio.gather(*(connect() for _ in range(20)))
        for connection in slow:
            connection.send(unfinished())
        staying = {asyncio.create_task(connection.is_closed()) for connection in slow}
        while len(staying) > 5:
            closed, staying = await asyncio.wait(staying, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.gather(*closed)
        for task in staying:
            task.cancel()
        for _ in range(10):
            await is_served(connect)


async def test_a_request_that_is_being_answered_is_the_last_to_make_room() -> None:
    arrived, may_answer = asyncio.Event(), asyncio.Event()
    async with listening(replace(PATIENT, connections=3), waiting_app(arrived, may_answer)) as connect:
        working = await connect()
        working.send(request(path="/wait"))
        await arrived.wait()
        for _ in range(5):
            slow = await connect()
            slow.send(unfinished())
            idle = await connect()
            idle.send(request(path="/now"))
            assert await idle.answer() == (200, "now")
        may_answer.set()
        assert await working.answer() == (200, "at last")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"content-length": str(MAX_BODY_BYTES + 1)}, (413, "too large")),
        ({"content-length": "9" * 18}, (413, "too large")),
        (signed(BODY, at=0) | {"content-length": "1000"}, (401, "stale timestamp")),
        ({"x-slack-signature": "v0=", "content-length": "1000"}, (401, "malformed signature headers")),
        ({"content-type": "text/plain", "content-length": "1000"}, (415, "unsupported content type")),
    ],
    ids=["too large", "far too large", "stale", "malformed", "other type"],
)
async def test_what_the_headers_rule_out_is_refused_before_the_body_comes(
    headers: dict[str, str], expected: tuple[int, str]
) -> None:
    async with listening(PATIENT) as connect:
        connection = await connect()
        connection.send(request(headers=signed(BODY) | headers))
        assert await connection.answer() == expected


async def test_a_refused_body_may_still_come_and_the_connection_goes_on() -> None:
    async with listening(PATIENT) as connect:
        connection = await connect()
        body = b"x" * (MAX_BODY_BYTES + 1)
        connection.send(request(body, signed(body)))
        assert await connection.answer() == (413, "too large")
        connection.send(command())
        assert await connection.answer() == (200, "as typed")


async def test_after_a_refused_body_has_come_the_connection_is_idle_and_is_closed() -> None:
    async with listening(replace(PATIENT, idle_seconds=SHORT)) as connect:
        connection = await connect()
        body = b"x" * 100
        head = request(body, signed(body, at=0)).removesuffix(body)
        connection.send(head)
        assert await connection.answer() == (401, "stale timestamp")
        connection.send(body)
        await connection.is_closed()


@pytest.mark.parametrize(
    "endless",
    [
        lambda: b"GET /healthz HTTP/1.1\r\nx: " + b"x" * 200_000,
        lambda: b"GET /healthz HTTP/1.1\r\n" + b"x: y\r\n" * 40_000,
        lambda: b"GET /" + b"x" * 200_000,
        lambda: chunked() + b"1\r\nx\r\n" * 40_000,
    ],
    ids=["header", "headers", "path", "chunks of one byte"],
)
async def test_headers_without_end_are_cut_off_at_once(endless: Callable[[], bytes]) -> None:
    async with listening(PATIENT) as connect:
        connection = await connect()
        connection.send(endless())
        await connection.is_closed()
        await is_served(connect)


async def test_no_other_protocol_is_spoken_that_would_have_no_limits() -> None:
    async with listening(replace(PATIENT, idle_seconds=SHORT)) as connect:
        connection = await connect()
        upgrade = {
            "connection": "upgrade",
            "upgrade": "websocket",
            "sec-websocket-version": "13",
            "sec-websocket-key": "a",
        }
        connection.send(request(headers=upgrade, path="/healthz"))
        assert (await connection.answer())[0] == 405
        await connection.is_closed()


async def test_requests_that_come_at_once_on_one_connection_are_answered_in_order() -> None:
    async with listening(replace(PATIENT, idle_seconds=SHORT, signed_idle_seconds=SHORT)) as connect:
        connection = await connect()
        connection.send(HEALTH + command() + HEALTH)
        assert [await connection.answer() for _ in range(3)] == [(200, "ok"), (200, "as typed"), (200, "ok")]
        await connection.is_closed()


def waiting_app(arrived: asyncio.Event, may_answer: asyncio.Event) -> Starlette:
    async def wait(_request: Request) -> Response:
        arrived.set()
        await may_answer.wait()
        return PlainTextResponse("at last")

    async def receive(of: Request) -> Response:
        await of.body()
        return PlainTextResponse("received")

    async def now(_request: Request) -> Response:
        return PlainTextResponse("now")

    routes = [Route("/wait", wait), Route("/now", now), Route("/slack/events", receive, methods=["POST"])]
    return Starlette(routes=routes)
