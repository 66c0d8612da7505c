"""The Web API and the response_urls over HTTP: arguments, tokens, faults, responses."""

import asyncio
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from sandbox.serving import drop_connection
from sandbox.slack import validation
from sandbox.slack.arguments import is_true, read_arguments
from sandbox.slack.faults import Fault, Faults
from sandbox.slack.methods import Methods
from sandbox.slack.refusal import RefusedError
from sandbox.slack.scopes import Scopes
from sandbox.slack.workspace import BOT_USER_ID, JsonObject, Workspace

API: Final = "/api/"
RESPONSE_URLS: Final = "/commands/"
RESPONSE_URL: Final = "response_url"
OPEN_SOCKET: Final = "apps.connections.open"
DROPPED: Final = "connection dropped"


@dataclass(frozen=True)
class Tokens:
    """The bot token, and the app-level token, which can only open sockets."""

    bot: str
    app: str


@dataclass(eq=False)
class ApiCall:
    """A call of the Web API or of a response_url. `is_done` is True once it is answered or its connection dropped.

    `error` is Slack's code, "http 500", or "connection dropped"; None after success. `is_worked` is True if the work was
    done, which the caller cannot know after some faults. `seconds` is the time until the response.
    """

    method: str
    arguments: JsonObject
    at: float
    ok: bool = False
    error: str | None = None
    answer: JsonObject = field(default_factory=dict)
    is_worked: bool = False
    is_done: bool = False
    seconds: float = 0.0


class WebApi:
    """The ASGI application behind `api_url` and every response_url."""

    def __init__(self, workspace: Workspace, methods: Methods, faults: Faults, tokens: Tokens, scopes: Scopes) -> None:
        self._workspace = workspace
        self._methods = methods
        self._faults = faults
        self._tokens = tokens
        self._scopes = scopes
        self.is_token_revoked = False
        self.calls: list[ApiCall] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = request.url.path
        if path.startswith(API):
            response = await self._serve(request, path.removeprefix(API))
        elif path.startswith(RESPONSE_URLS) and request.method == "POST":
            response = await self._serve(request, RESPONSE_URL)
        else:
            response = PlainTextResponse("not found", 404)
        if response is not None:
            await response(scope, receive, send)

    async def _serve(self, request: Request, method: str) -> Response | None:
        """Respond to a call, with its faults; None if the connection was dropped."""
        started = asyncio.get_running_loop().time()
        call = ApiCall(method, {}, self._workspace.clock())
        try:
            call.arguments = await read_arguments(request)
            self.calls.append(call)
            self._workspace.changes.notify()
            return await self._answer(request, call)
        finally:
            call.seconds = asyncio.get_running_loop().time() - started
            call.is_done = True
            self._workspace.changes.notify()

    async def _answer(self, request: Request, call: ApiCall) -> Response | None:
        faults = self._faults.take(call.method, call.arguments)
        for fault in faults:
            response = await self._go_wrong_before(fault, call)
            if response is not None or call.error == DROPPED:
                return self._leave(request, response)
        response = self._work(request, call)
        for fault in faults:
            if fault.kind == "slow_after":
                await asyncio.sleep(fault.seconds)
            elif fault.kind == "drop_after" or (fault.kind == "held_after" and not await self._faults.hold(fault)):
                call.error = DROPPED
                return self._leave(request, None)
        return response

    async def _go_wrong_before(self, fault: Fault, call: ApiCall) -> Response | None:
        """Return the fault's response, if any; the kinds that end in `_after` do nothing here."""
        match fault.kind:
            case "slow_before":
                await asyncio.sleep(fault.seconds)
            case "held" | "held_before":
                if not await self._faults.hold(fault):
                    call.error = DROPPED
            case "ratelimited":
                call.error = "ratelimited"
                headers = {"retry-after": str(int(fault.seconds) or 1)}
                return JSONResponse({"ok": False, "error": "ratelimited"}, 429, headers=headers)
            case "status_500":
                call.error = "http 500"
                return PlainTextResponse("internal error", 500)
            case "redirect":
                call.error = f"http {fault.status}"
                return PlainTextResponse("elsewhere", fault.status, headers={"location": fault.location})
            case "error":
                call.error = fault.error
                if call.method == RESPONSE_URL:
                    return PlainTextResponse(fault.error, 404)
                return JSONResponse({"ok": False, "error": fault.error})
            case "drop_before":
                call.error = DROPPED
        return None

    def _leave(self, request: Request, response: Response | None) -> Response | None:
        if response is None:
            drop_connection(request.scope)
        return response

    def _work(self, request: Request, call: ApiCall) -> Response:
        if call.method == RESPONSE_URL:
            return self._respond(request.url.path.removeprefix(RESPONSE_URLS), call)
        headers = {}
        try:
            self._authenticate(request, call)
            headers = {
                "x-oauth-scopes": str(self._scopes),
                "date": formatdate(self._workspace.clock(), usegmt=True),
            }
            answer = {"ok": True, **self._methods.call(call.method, call.arguments)}
            call.ok = call.is_worked = True
        except RefusedError as error:
            call.error = error.code
            answer = {"ok": False, "error": error.code, **error.details}
            if error.messages:
                answer["response_metadata"] = {"messages": list(error.messages)}
                answer["errors"] = list(error.messages)
        call.answer = answer
        return JSONResponse(answer, headers=headers)

    def _authenticate(self, request: Request, call: ApiCall) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        token = token if scheme.lower() == "bearer" else str(call.arguments.get("token", ""))
        if not token:
            raise RefusedError("not_authed")
        if token not in {self._tokens.bot, self._tokens.app}:
            raise RefusedError("invalid_auth")
        if (token == self._tokens.app) != (call.method == OPEN_SOCKET):
            raise RefusedError("not_allowed_token_type")
        if self.is_token_revoked:
            raise RefusedError("token_revoked")

    def _respond(self, key: str, call: ApiCall) -> Response:
        """Carry out a call of a response_url."""
        try:
            if not is_true(call.arguments.get("delete_original")):
                validation.check_message(call.arguments)
            self._show_response(key, call.arguments)
        except RefusedError as error:
            call.error = error.code
            return PlainTextResponse(error.code, 404 if error.code in {"used_url", "expired_url"} else 400)
        call.ok = call.is_worked = True
        return PlainTextResponse("ok")

    def _show_response(self, key: str, arguments: JsonObject) -> None:
        issued = self._workspace.use_response_url(key)
        if is_true(arguments.get("delete_original")):
            if issued.message is not None:
                self._workspace.delete(issued.message)
            return
        text, blocks = validation.check_message(arguments)
        if is_true(arguments.get("replace_original")) and issued.message is not None:
            self._workspace.edit(issued.message, text, blocks)
            return
        is_public = arguments.get("response_type") == "in_channel"
        self._workspace.post(
            self._workspace.channel(issued.channel),
            text,
            blocks,
            author=BOT_USER_ID,
            ephemeral_to=None if is_public else issued.member_id,
        )
