"""Serves the page with NiceGUI on uvicorn, in the event loop of the local servers."""

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Final

import uvicorn
from fastapi import FastAPI
from nicegui import ui

from sandbox.page.bot import Mode
from sandbox.page.browser_window import BrowserWindow
from sandbox.page.world import World, make_world
from sandbox.serving import LOOPBACK

PORT: Final = 8642

_HERE: Final = Path(__file__).parent
_TITLE: Final = "Reset password: demo"
_ICON: Final = "🔑"
_FOLDER: Final = "reset-password-demo-"


async def serve_page(*, locale: str, port: int | None, mode: Mode, on_ready: Callable[[str], None]) -> None:
    """Serve until cancelled. `on_ready` is called with the address when the page can be opened.

    Without a port, the default one is used, or a free one if that is in use. Raises: OSError: the port is in use;
    ProcessError: the bot printed no manifest.
    """
    with contextlib.closing(_listen(port)) as listener, tempfile.TemporaryDirectory(prefix=_FOLDER) as name:
        async with make_world(Path(name), locale=locale, mode=mode) as world:
            await serve_world(world, listener, on_ready)


async def serve_world(world: World, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
    """Serve the page of this world until cancelled. Once per process, since NiceGUI has global state."""
    _set_up(app := FastAPI(openapi_url=None), world)
    async with _serving(app, listener):
        on_ready(f"http://{LOOPBACK}:{listener.getsockname()[1]}/")
        await asyncio.get_running_loop().create_future()


def _set_up(app: FastAPI, world: World) -> None:
    ui.add_head_html(f"<style>{(_HERE / 'page.css').read_text(encoding='utf-8')}</style>", shared=True)
    ui.add_body_html(f"<script>{(_HERE / 'page.js').read_text(encoding='utf-8')}</script>", shared=True)

    def draw() -> None:
        client = ui.context.client
        BrowserWindow(world, client, client.request.query_params.get("as", ""))

    ui.run_with(app, root=draw, title=_TITLE, favicon=_ICON, language="es", tailwind=False, show_welcome_message=False)


class _Server(uvicorn.Server):
    """A uvicorn server without signal handlers: the process has more to end than this server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.asynccontextmanager
async def _serving(app: FastAPI, listener: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if serving.done():
                await serving
                raise RuntimeError("the page's server ended at its start")
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await asyncio.wait({serving})


def _listen(port: int | None) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, PORT if port is None else port))
    except OSError:
        if port is not None:
            raise
        return socket.create_server((LOOPBACK, 0))
