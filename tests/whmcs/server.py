"""A scripted server on a real socket that records its requests."""

import asyncio
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Reply:
    body: str | bytes | Mapping[str, object] = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def content(self) -> bytes:
        if isinstance(self.body, Mapping):
            return json.dumps(self.body).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body


class Hang:
    """Read the request, never answer."""


class Drop:
    """Read the request, close the connection."""


@dataclass(frozen=True)
class Half:
    """Answer with the beginning of a longer announced body."""

    body: bytes


Act = Reply | Hang | Drop | Half


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def action(self) -> str:
        if self.headers.get("content-type") == "application/json":
            return str(json.loads(self.body)["action"])
        return self.form.get("action", "")


class ScriptedServer:
    """Plays the acts set for an action in turn and repeats the last one."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self.is_asked = asyncio.Event()
        self._acts: dict[str, deque[Act]] = {}
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._ended = asyncio.Event()

    def plays(self, action: str, *acts: Act) -> None:
        self._acts[action] = deque(acts)

    def count(self, action: str) -> int:
        return sum(request.action == action for request in self.received)

    @property
    def url(self) -> str:
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._ended.set()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._tasks)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            while await self._serve_one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Received(head[0].split()[1], headers, body)
        self.received.append(request)
        self.is_asked.set()
        acts = self._acts[request.action]
        act = acts.popleft() if len(acts) > 1 else acts[0]
        if isinstance(act, Hang):
            await self._ended.wait()
            return False
        if isinstance(act, Drop):
            return False
        if isinstance(act, Half):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + act.body)
            await writer.drain()
            return False
        content = act.content()
        lines = [f"{name}: {value}" for name, value in act.headers.items()]
        head_sent = [f"HTTP/1.1 {act.status} Said", f"Content-Length: {len(content)}", *lines, "", ""]
        writer.write("\r\n".join(head_sent).encode() + content)
        await writer.drain()
        return True
