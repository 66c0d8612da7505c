"""The same reset e-mail as tutorials write it: Bolt's defaults, and a new client or connection for each call or row."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from benchmarks.baselines.reset_email import (
    AUDIT_ROW,
    AUDIT_TABLE,
    CONFIRMATION,
    NOT_AN_AGENT,
    JsonObject,
    api_url,
    build_api_body,
    build_card,
    build_companion_request,
    build_done,
    build_searching,
    companion_url,
)
from benchmarks.baselines.serving import Settings, serve

_FORM = {"content-type": "application/x-www-form-urlencoded"}


def main() -> None:
    settings = Settings.read()
    with sqlite3.connect(settings.database) as database:
        database.execute(AUDIT_TABLE)
    handlers: list[AsyncSlackRequestHandler] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        handlers.append(AsyncSlackRequestHandler(_build(settings)))
        yield

    async def receive(request: Request) -> Response:
        response: Response = await handlers[0].handle(request)
        return response

    serve(settings, receive, lifespan)


def _build(settings: Settings) -> AsyncApp:
    client = AsyncWebClient(settings.bot_token, base_url=settings.slack_url)
    app = AsyncApp(signing_secret=settings.signing_secret, client=client)

    @app.command("/reset-password")
    async def open_form(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient, respond: AsyncRespond) -> None:
        await ack()
        await client.users_info(user=body["user_id"])
        group = await client.usergroups_users_list(usergroup=settings.agent_group)
        if body["user_id"] not in group["users"]:
            await respond(NOT_AN_AGENT)
            return
        text = body.get("text", "")
        opened = await client.views_open(trigger_id=body["trigger_id"], view=build_searching(text))
        if not text:
            return
        clients = await _call(settings, "GetClients", search=text, limitnum=25)
        await _call(settings, "GetUsers", search=text, limitnum=25)
        client_id = clients["clients"]["client"][0]["id"]
        found = await _call(settings, "GetClientsDetails", clientid=client_id)
        await _list_users(settings, client_id)
        card = build_card(found, body["response_url"])
        await client.views_update(view_id=opened["view"]["id"], view=card)

    @app.view("form")
    async def reset(ack: AsyncAck, body: dict[str, Any]) -> None:
        known: JsonObject = json.loads(body["view"]["private_metadata"])
        actor = body["user"]["id"]
        await asyncio.to_thread(_record, settings, known, actor, "STARTED")
        await _call(settings, "GetClientsDetails", clientid=known["client_id"])
        await _call(settings, "ResetPassword", id=known["user_id"])
        await asyncio.to_thread(_record, settings, known, actor, "SUCCEEDED")
        await ack(response_action="update", view=build_done(known["email"]))
        async with httpx.AsyncClient() as http:
            await http.post(known["response_url"], json={"response_type": "ephemeral", "text": CONFIRMATION})
        await _call(
            settings, "LogActivity", clientid=known["client_id"], description=f"Reset e-mail {known['reference']}"
        )

    return app


async def _call(settings: Settings, action: str, **parameters: str | int) -> JsonObject:
    async with httpx.AsyncClient() as http:
        body = build_api_body(settings, action, **parameters)
        response = await http.post(api_url(settings), content=body, headers=_FORM)
    answer: JsonObject = response.json()
    return answer


async def _list_users(settings: Settings, client_id: int) -> JsonObject:
    headers, body = build_companion_request(settings, "users", client_id=client_id)
    async with httpx.AsyncClient() as http:
        response = await http.post(companion_url(settings), content=body, headers=headers)
    answer: JsonObject = response.json()
    return answer


def _record(settings: Settings, known: JsonObject, actor: str, outcome: str) -> None:
    with sqlite3.connect(settings.database) as database:
        values = (known["reference"], actor, outcome, known["client_id"], known["user_id"])
        database.execute(AUDIT_ROW, values)


if __name__ == "__main__":
    main()
