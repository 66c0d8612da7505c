"""A small bot for the tests of the local Slack, which verifies signatures and responds as scripted."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.serving import LoopbackServer
from sandbox.slack import LocalSlack

Json = dict[str, Any]
Answer = Callable[[Json], Awaitable[Json | str | Response | None]]


class ScriptedBot:
    """Responds to each kind of request as set in `answers`, by default with 200 and no body."""

    def __init__(self, slack: LocalSlack, client: AsyncWebClient) -> None:
        self.slack = slack
        self.client = client
        self.answers: dict[str, Answer] = {}
        self.requests: list[Json] = []
        self.headers: list[dict[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await self._answer(await request.body(), dict(request.headers))
        await response(scope, receive, send)

    async def _answer(self, body: bytes, headers: dict[str, str]) -> Response:
        if not SignatureVerifier(self.slack.signing_secret).is_valid_request(body, headers):
            return Response(status_code=401)
        if headers["content-type"] == "application/json":
            payload: Json = json.loads(body)
        else:
            form: Json = dict(parse_qsl(body.decode(), keep_blank_values=True))
            payload = json.loads(form["payload"]) if "payload" in form else form
        self.requests.append(payload)
        self.headers.append(headers)
        answer = self.answers.get(payload.get("type", "command"))
        content = await answer(payload) if answer else None
        if isinstance(content, Response):
            return content
        return JSONResponse(content) if isinstance(content, dict) else Response(content or "")

    def opens(self, view: Json, at: str = "command") -> None:
        """Open this view at each command, or each request of another kind."""

        async def answer(payload: Json) -> None:
            await self.client.views_open(trigger_id=payload["trigger_id"], view=view)

        self.answers[at] = answer

    def publishes(self, view: Json) -> None:
        """Publish this Home tab at each app_home_opened."""

        async def answer(payload: Json) -> None:
            await self.client.views_publish(user_id=payload["event"]["user"], view=view)

        self.answers["event_callback"] = answer

    def answers_with(self, kind: str, content: Json | str | Response) -> None:
        """Acknowledge this kind of request with this content."""

        async def answer(_: Json) -> Json | str | Response:
            return content

        self.answers[kind] = answer


@asynccontextmanager
async def running() -> AsyncIterator[tuple[LocalSlack, ScriptedBot]]:
    """Run a local Slack with a scripted bot."""
    async with LocalSlack() as slack, aiohttp.ClientSession() as session:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=session, retry_handlers=[])
        bot = ScriptedBot(slack, client)
        async with LoopbackServer(bot) as server:
            slack.connect_bot(f"{server.url}/slack/events")
            yield slack, bot


def text(value: str) -> Json:
    return {"type": "plain_text", "text": value}


def option(value: str, description: str | None = None) -> Json:
    made: Json = {"text": text(value), "value": value}
    return made | {"description": text(description)} if description else made


def section(value: str = "hello", **more: Any) -> Json:
    return {"type": "section", "text": text(value), **more}


def field(element: Json, label: str = "Label", **more: Any) -> Json:
    return {"type": "input", "label": text(label), "element": element, **more}


def radio(*options: Json, **more: Any) -> Json:
    return {"type": "radio_buttons", "action_id": "radio", "options": list(options), **more}


def select(*options: Json, **more: Any) -> Json:
    return {"type": "static_select", "action_id": "select", "options": list(options), **more}


def type_ahead(**more: Any) -> Json:
    return {"type": "external_select", "action_id": "ahead", "min_query_length": 2, **more}


def typed(**more: Any) -> Json:
    return {"type": "plain_text_input", "action_id": "typed", **more}


def button(label: str = "Press", **more: Any) -> Json:
    return {"type": "button", "action_id": "press", "text": text(label), **more}


def actions(*elements: Json, **more: Any) -> Json:
    return {"type": "actions", "elements": list(elements), **more}


def modal(*blocks: Json, **more: Any) -> Json:
    return {"type": "modal", "title": text("Reset"), "submit": text("Send"), "blocks": list(blocks), **more}


def home(*blocks: Json, **more: Any) -> Json:
    return {"type": "home", "blocks": list(blocks), **more}


def secret_message(secret: str) -> list[Json]:
    parts = [{"type": "text", "text": secret}]
    preformatted = {"type": "rich_text_preformatted", "elements": parts}
    return [{"type": "rich_text", "elements": [preformatted]}, actions(button("Delete now"))]
