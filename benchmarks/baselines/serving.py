"""Settings and HTTP listener of the baselines."""

import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Settings:
    """The same variables that the bot reads, as far as baselines use them."""

    bot_token: str
    signing_secret: str
    slack_url: str
    whmcs_url: str
    whmcs_identifier: str
    whmcs_secret: str
    companion_secret: str
    agent_group: str
    database: str
    host: str
    port: int

    @classmethod
    def read(cls) -> Self:
        """Raises: KeyError."""
        return cls(
            bot_token=os.environ["SLACK_BOT_TOKEN"],
            signing_secret=os.environ["SLACK_SIGNING_SECRET"],
            slack_url=os.environ["SLACK_API_URL"],
            whmcs_url=os.environ["WHMCS_URL"],
            whmcs_identifier=os.environ["WHMCS_API_IDENTIFIER"],
            whmcs_secret=os.environ["WHMCS_API_SECRET"],
            companion_secret=os.environ["WHMCS_COMPANION_SECRET"],
            agent_group=os.environ["AGENT_USER_GROUPS"],
            database=os.environ["DATABASE_URL"].removeprefix("sqlite:///"),
            host=os.environ["HOST"],
            port=int(os.environ["PORT"]),
        )


Receive = Callable[[Request], Awaitable[Response]]


def serve(
    settings: Settings, receive: Receive, lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] | None
) -> None:
    """Serve `receive` at /slack/events until a signal comes; `lifespan` opens and closes what it needs."""
    routes = [
        Route("/slack/events", receive, methods=["POST"]),
        Route("/readyz", _is_ready, methods=["GET"]),
    ]
    app = Starlette(routes=routes, lifespan=lifespan)
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False, log_level="warning")


async def _is_ready(_request: Request) -> Response:
    return PlainTextResponse("ready")
