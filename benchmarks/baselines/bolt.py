"""A bare Bolt app that acknowledges the command and opens a modal. `tuned` avoids the wait of Bolt's runner.

By default Bolt runs the listener in a task and looks every 10 ms if it has acknowledged; its response waits for that.
With `process_before_response` it awaits the listener, which therefore opens the modal in a task of its own.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.baselines.serving import Settings, serve

FORM: Final = {
    "type": "modal",
    "callback_id": "form",
    "title": {"type": "plain_text", "text": "Reset password"},
    "submit": {"type": "plain_text", "text": "Reset"},
    "close": {"type": "plain_text", "text": "Cancel"},
    "blocks": [
        {
            "type": "input",
            "block_id": "client",
            "label": {"type": "plain_text", "text": "Client"},
            "element": {
                "type": "external_select",
                "action_id": "client",
                "min_query_length": 2,
                "placeholder": {"type": "plain_text", "text": "Name, company, e-mail or #id"},
            },
        },
    ],
}


def main(*, is_tuned: bool) -> None:
    settings = Settings.read()
    handlers: list[AsyncSlackRequestHandler] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        # One session for all calls: without it the client opens a connection for each.
        async with aiohttp.ClientSession() as session:
            client = AsyncWebClient(settings.bot_token, base_url=settings.slack_url, session=session)
            handlers.append(AsyncSlackRequestHandler(_build(settings, client, is_tuned=is_tuned)))
            yield

    async def receive(request: Request) -> Response:
        response: Response = await handlers[0].handle(request)
        return response

    serve(settings, receive, lifespan)


def _build(settings: Settings, client: AsyncWebClient, *, is_tuned: bool) -> AsyncApp:
    app = AsyncApp(signing_secret=settings.signing_secret, client=client, process_before_response=is_tuned)
    opening: set[asyncio.Task[Any]] = set()

    @app.command("/reset-password")
    async def open_form(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        call = client.views_open(trigger_id=body["trigger_id"], view=FORM)
        if not is_tuned:
            await call
            return
        task = asyncio.create_task(call)
        opening.add(task)
        task.add_done_callback(opening.discard)

    return app


if __name__ == "__main__":
    main(is_tuned="tuned" in sys.argv[1:])
