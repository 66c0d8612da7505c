"""A minimal HTTP client with kept-alive connections, whose own time hardly counts in what is measured."""

import asyncio
from types import TracebackType
from typing import Final, Self, cast

import httptools

SECONDS: Final = 15.0
IDLE_SECONDS: Final = 2.0
"""Older connections are not used again: uvicorn closes them after 5 s, perhaps just when the next request arrives."""


class Client:
    """Posts to one address; opens a connection if all are in use. Used as an async context manager."""

    def __init__(self, host: str, port: int) -> None:
        self._address = host, port
        self._free: list[_Connection] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in self._free:
            connection.close()

    async def post(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        """Return status and body of the response. Raises: OSError, TimeoutError after 15 s."""
        lines = [f"POST {path} HTTP/1.1", f"host: {self._address[0]}:{self._address[1]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode("ascii")
        async with asyncio.timeout(SECONDS):
            connection = await self._take()
            response = await connection.send(head + body)
        if connection.is_open:
            connection.free_since = asyncio.get_running_loop().time()
            self._free.append(connection)
        return response

    async def _take(self) -> "_Connection":
        while self._free:
            connection = self._free.pop()
            idle_seconds = asyncio.get_running_loop().time() - connection.free_since
            if connection.is_open and idle_seconds < IDLE_SECONDS:
                return connection
            connection.close()
        _, opened = await asyncio.get_running_loop().create_connection(_Connection, *self._address)
        return opened


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.is_open = False
        self.free_since = 0.0
        self._transport: asyncio.WriteTransport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._body = bytearray()
        self._response: asyncio.Future[tuple[int, bytes]] | None = None

    async def send(self, request: bytes) -> tuple[int, bytes]:
        if self._transport is None:
            raise ConnectionError("not connected")
        self._parser = httptools.HttpResponseParser(self)
        self._body.clear()
        self._response = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._response

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport, self.is_open = cast("asyncio.WriteTransport", transport), True

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._response is not None and not self._response.done():
            self._response.set_exception(ConnectionError(f"the connection ended without a response: {exc}"))

    # Called by the parser.

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        if not self._parser.should_keep_alive():
            self.close()
            self.is_open = False
        if self._response is not None and not self._response.done():
            self._response.set_result((self._parser.get_status_code(), bytes(self._body)))
