"""A careful, minimal bot: the same calls as the real one in a reset e-mail, in the same order, and nothing else.

Connections and the database are opened once; who is an agent is kept for a minute; every audit row is committed.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

import aiohttp
import aiosqlite
import httpx
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

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

_ACCESS_SECONDS: Final = 60.0
_FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


@dataclass
class _Bot:
    settings: Settings
    slack: AsyncWebClient
    session: aiohttp.ClientSession
    http: httpx.AsyncClient
    database: aiosqlite.Connection
    _agents: dict[str, float] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def open_form(self, command: JsonObject) -> None:
        if not await self._is_agent(command["user_id"]):
            await self._respond(command["response_url"], NOT_AN_AGENT)
            return
        text = command.get("text", "")
        opened = await self.slack.views_open(trigger_id=command["trigger_id"], view=build_searching(text))
        if not text:
            return
        clients, _ = await asyncio.gather(
            self._call("GetClients", search=text, limitnum=25), self._call("GetUsers", search=text, limitnum=25)
        )
        client_id = clients["clients"]["client"][0]["id"]
        found, _ = await asyncio.gather(
            self._call("GetClientsDetails", clientid=client_id), self._list_users(client_id)
        )
        card = build_card(found, command["response_url"])
        await self.slack.views_update(view_id=opened["view"]["id"], view=card)

    async def reset(self, payload: JsonObject) -> JsonObject:
        """Carry out a submission and return the view with the result."""
        known: JsonObject = json.loads(payload["view"]["private_metadata"])
        actor = payload["user"]["id"]
        await self._record(known, actor, "STARTED")
        await self._call("GetClientsDetails", clientid=known["client_id"])
        await self._call("ResetPassword", id=known["user_id"])
        await self._record(known, actor, "SUCCEEDED")
        self.start(self._respond(known["response_url"], CONFIRMATION))
        self.start(self._log(known))
        return build_done(known["email"])

    async def _is_agent(self, user_id: str) -> bool:
        now = time.monotonic()
        if now > self._agents.get(user_id, 0):
            _, group = await asyncio.gather(
                self.slack.users_info(user=user_id),
                self.slack.usergroups_users_list(usergroup=self.settings.agent_group),
            )
            if user_id not in group["users"]:
                return False
            self._agents[user_id] = now + _ACCESS_SECONDS
        return True

    async def _call(self, action: str, **parameters: str | int) -> JsonObject:
        body = build_api_body(self.settings, action, **parameters)
        async with asyncio.timeout(8):
            response = await self.http.post(api_url(self.settings), content=body, headers=_FORM)
        answer: JsonObject = response.json()
        if answer["result"] != "success":
            raise RuntimeError(answer["message"])
        return answer

    async def _list_users(self, client_id: int) -> JsonObject:
        headers, body = build_companion_request(self.settings, "users", client_id=client_id)
        async with asyncio.timeout(8):
            response = await self.http.post(companion_url(self.settings), content=body, headers=headers)
        answer: JsonObject = response.json()
        return answer

    async def _record(self, known: JsonObject, actor: str, outcome: str) -> None:
        values = (known["reference"], actor, outcome, known["client_id"], known["user_id"])
        await self.database.execute(AUDIT_ROW, values)
        await self.database.commit()

    async def _respond(self, url: str, text: str) -> None:
        async with self.session.post(url, json={"response_type": "ephemeral", "text": text}) as response:
            await response.read()

    async def _log(self, known: JsonObject) -> None:
        await self._call("LogActivity", clientid=known["client_id"], description=f"Reset e-mail {known['reference']}")


def main() -> None:
    settings = Settings.read()
    verifier = SignatureVerifier(settings.signing_secret)
    bots: list[_Bot] = []

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=16, max_keepalive_connections=16)
        async with (
            aiohttp.ClientSession() as session,
            httpx.AsyncClient(limits=limits, timeout=8, trust_env=False) as http,
            aiosqlite.connect(settings.database) as database,
        ):
            await database.execute("PRAGMA journal_mode=WAL")
            await database.execute("PRAGMA synchronous=FULL")
            await database.execute(AUDIT_TABLE)
            await database.commit()
            slack = AsyncWebClient(settings.bot_token, base_url=settings.slack_url, session=session)
            bots.append(_Bot(settings, slack, session, http, database))
            yield

    async def receive(request: Request) -> Response:
        body = await request.body()
        if not verifier.is_valid_request(body, dict(request.headers)):
            return Response(status_code=401)
        [bot], fields = bots, dict(parse_qsl(body.decode()))
        if "payload" not in fields:
            bot.start(bot.open_form(fields))
            return Response()
        payload = json.loads(fields["payload"])
        if payload["type"] != "view_submission":
            return Response()
        return JSONResponse({"response_action": "update", "view": await bot.reset(payload)})

    serve(settings, receive, lifespan)


if __name__ == "__main__":
    main()
