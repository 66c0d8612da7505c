"""A Slack that only knows the command: it costs so little that a bot under load is what is measured.

It checks no views and keeps no history. The benchmark sends commands by it, so that each is known by its trigger.
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import re
import time
from collections.abc import Sequence
from types import TracebackType
from typing import Final, Self, cast
from urllib.parse import parse_qs, urlencode

import httptools

from benchmarks.http import Client

OPEN_SECONDS: Final = 15.0
OK: Final = 200

_COMMAND: Final = "/reset-password"
_TEAM: Final = "T0BENCH"
_TRIGGER: Final = re.compile(rb'trigger_id(?:=|": ?")([\w.]+)')
_BOT: Final = {"team_id": _TEAM, "team": "Bench", "user_id": "U0BOT", "user": "bot", "bot_id": "B0BOT"}


class LightSlackError(Exception):
    """The bot did not acknowledge a command or open its modal; the text says what it answered."""


class LightSlack:
    """As an async context manager, it listens on loopback inside the block."""

    bot_token = "xoxb-light-bench"  # noqa: S105 - of no Slack
    signing_secret = "0123456789abcdef0123456789abcdef"  # noqa: S105 - of no Slack

    def __init__(self, agents: int) -> None:
        self._agents: Sequence[str] = [f"U0AGENT{number:03}" for number in range(agents)]
        self._opened: dict[str, asyncio.Future[None]] = {}
        self._triggers = itertools.count(1)
        self._server: asyncio.Server | None = None

    @property
    def api_url(self) -> str:
        """Raises: RuntimeError: it does not listen."""
        if self._server is None:
            raise RuntimeError("the light Slack is not listening")
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}/api/"

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()

    async def send(self, bot: Client, number: int, *, opens: bool = True) -> float:
        """Send the command of the agent with this number; return the seconds until it was acknowledged.

        `opens`: wait until the modal is open, too. Raises: LightSlackError.
        """
        trigger = f"{next(self._triggers)}.{number}"
        opened = asyncio.get_running_loop().create_future()
        self._opened[trigger] = opened
        body = urlencode(self._command(number, trigger)).encode()
        stamp = str(int(time.time()))
        base = b"v0:" + stamp.encode() + b":" + body
        headers = {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": "v0=" + hmac.new(self.signing_secret.encode(), base, hashlib.sha256).hexdigest(),
        }
        began_at = time.perf_counter()
        status, answer = await bot.post("/slack/events", headers, body)
        seconds = time.perf_counter() - began_at
        if status != OK or answer.strip():
            raise LightSlackError(f"the command was acknowledged with {status} and {answer[:500]!r}")
        if opens:
            try:
                async with asyncio.timeout(OPEN_SECONDS):
                    await opened
            except TimeoutError:
                raise LightSlackError(f"no modal was opened within {OPEN_SECONDS:.0f} s") from None
        del self._opened[trigger]
        return seconds

    def _command(self, number: int, trigger: str) -> dict[str, str]:
        """Source of the fields: https://docs.slack.dev/interactivity/implementing-slash-commands."""
        return {
            "token": "legacy",
            "team_id": _TEAM,
            "team_domain": "bench",
            "channel_id": "C0GENERAL",
            "channel_name": "general",
            "user_id": self._agents[number],
            "user_name": f"agent{number}",
            "command": _COMMAND,
            "text": "",
            "api_app_id": "A0BENCH",
            "is_enterprise_install": "false",
            "response_url": f"{self.api_url}response",
            "trigger_id": trigger,
        }

    def answer(self, method: str, query: bytes, body: bytes) -> dict[str, object]:
        """Return the answer to a call of the Web API. slack_sdk sends some as GET, with their arguments in the query."""
        match method:
            case "auth.test":
                return {"ok": True, "url": "https://bench.slack.example/", **_BOT}
            case "users.info":
                [user] = parse_qs((query or body).decode())["user"]
                return {"ok": True, "user": {"id": user, "team_id": _TEAM, "name": user.lower(), "locale": "en-US"}}
            case "usergroups.users.list":
                return {"ok": True, "users": self._agents}
            case "views.open":
                self._note_opened(body)
                return {"ok": True, "view": {"id": "V0BENCH", "hash": "1.bench"}}
            case _:
                return {"ok": True}

    def _note_opened(self, body: bytes) -> None:
        found = _TRIGGER.search(body)
        opened = self._opened.get(found[1].decode()) if found else None
        if opened is not None and not opened.done():
            opened.set_result(None)


class _Connection(asyncio.Protocol):
    """Answers the requests of one connection, in order."""

    def __init__(self, slack: LightSlack) -> None:
        self._slack = slack
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.WriteTransport | None = None
        self._url = b""
        self._body = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    # Called by the parser.

    def on_message_begin(self) -> None:
        self._url = b""
        self._body.clear()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        path, _, query = self._url.partition(b"?")
        method = path.rpartition(b"/")[2].decode("ascii")
        answer = json.dumps(self._slack.answer(method, query, bytes(self._body))).encode()
        head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(answer)}\r\n\r\n"
        if self._transport is not None:
            self._transport.write(head.encode("ascii") + answer)
