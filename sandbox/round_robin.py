"""Forwards Slack's requests to several processes."""

import contextlib
import itertools
from collections.abc import AsyncIterator

from aiohttp import ClientConnectorError, ClientError, ClientSession, TCPConnector, web

from sandbox.serving import LOOPBACK


@contextlib.asynccontextmanager
async def round_robin(ports: list[int]) -> AsyncIterator[str]:
    """A forwarder that knows nothing: each request to the next in turn, or to the one after where nobody listens."""
    turns = itertools.cycle(ports)
    # Without the usual hundred connections: those who wait for one bot must not keep others from reaching another.
    async with ClientSession(connector=TCPConnector(limit=0)) as session:

        async def forward(request: web.Request) -> web.Response:
            try:
                body = await request.read()
            except ConnectionError:
                # Slack has hung up, since its three seconds were over.
                return web.Response(status=400)
            for _ in ports:
                try:
                    async with session.post(
                        f"http://{LOOPBACK}:{next(turns)}{request.path}", data=body, headers=request.headers
                    ) as answer:
                        return web.Response(
                            status=answer.status, body=await answer.read(), content_type=answer.content_type
                        )
                except ClientConnectorError:
                    continue
                except ClientError:
                    # It may have arrived, so that nobody else is given it.
                    break
            return web.Response(status=502)

        app = web.Application()
        app.router.add_post("/slack/events", forward)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, LOOPBACK, 0)
        await site.start()
        try:
            yield f"http://{LOOPBACK}:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
