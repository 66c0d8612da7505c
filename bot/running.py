"""Application lifecycle: ordered startup and shutdown, periodic work, readiness."""

import asyncio
import contextlib
import errno
import signal
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Protocol

import structlog

from bot import VERSION
from bot.domain.audit import BOT, Action, AuditEvent, AuditOutcome
from bot.domain.resets import Reason
from bot.listeners import Entry
from bot.metrics import Metrics
from bot.server import Listener, Readiness, build_ops_app
from bot.services.tasks import Tasks
from bot.services.whmcs_gateway import Whmcs
from bot.services.worker import WORK_SECONDS, Backlog
from bot.settings import Settings
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.gateway import Slack
from bot.slack.socket_mode import SocketMode
from bot.startup import StartError, WrongSettingError
from bot.store.errors import StoreError
from bot.store.gateway import Store
from bot.store.retention import Retention

_logger = structlog.stdlib.get_logger(__name__)

_KEPT: Final = timedelta(days=30)
_COUNT_SECONDS: Final = 10.0
_PRUNE_SECONDS: Final = 900.0
_HEALTH_SECONDS: Final = 20.0
_DRAIN_SECONDS: Final = 25.0


class Stoppable(Protocol):
    def stop(self) -> None:
        """Accept no new work; work in progress continues."""


@dataclass(frozen=True, slots=True)
class Round:
    """Background work that is repeated, with so many seconds in between."""

    seconds: float
    work: Callable[[], Awaitable[None]]


@dataclass(kw_only=True)
class App:
    """One running bot: `start()`, then `stop()`.

    `entrance`: how Slack reaches the bot. `table`: everything that Slack can send.
    """

    settings: Settings
    store: Store
    slack: Slack
    whmcs: Whmcs
    metrics: Metrics
    tasks: Tasks
    entrance: Listener | SocketMode
    table: tuple[Entry, ...]
    rounds: tuple[Round, ...]
    stoppables: tuple[Stoppable, ...]
    _loops: list[asyncio.Task[None]] = field(init=False, default_factory=list)
    _is_ending: asyncio.Event = field(init=False, default_factory=asyncio.Event)
    _is_started: bool = field(init=False, default=False)
    _is_stopping: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self._ops = Listener(
            build_ops_app(self._readiness, self._render_metrics), self.settings.ops_host, self.settings.ops_port
        )
        self._retention = Retention(self.store.database)
        self._health = {"database": "ok", "slack": "ok"}
        self._backlog = Backlog(self.store.jobs, self.metrics, self.store.now)

    async def start(self) -> None:
        """Return once the bot is ready: both listeners accept connections, and WHMCS and the companion were asked.

        Raises: StartError: the database can't be written, or a port is taken.
        """
        await self.whmcs.health.refresh()
        try:
            await _begin(self._ops, "OPS_")
            if isinstance(self.entrance, SocketMode):
                await _open_socket(self.entrance)
            else:
                await _begin(self.entrance, "")
            await self._record_start()
        except StartError:
            await self.stop()
            raise
        rounds = [
            *self.rounds,
            Round(_COUNT_SECONDS, self._backlog.look),
            Round(WORK_SECONDS, self.whmcs.health.refresh_if_due),
            Round(_PRUNE_SECONDS, self._prune),
            Round(_HEALTH_SECONDS, self._look),
        ]
        self._loops = [
            asyncio.create_task(self._prune()),
            *(asyncio.create_task(_repeat(each, self._is_ending)) for each in rounds),
        ]
        self._is_started = True
        public = "Socket Mode" if isinstance(self.entrance, SocketMode) else self.entrance.address
        _logger.info("bot.ready", version=VERSION, public=public, operations=self._ops.address)

    async def _record_start(self) -> None:
        event = AuditEvent(
            at=self.store.now(), actor=BOT, action=Action.SETTINGS, outcome=AuditOutcome.LOADED, reason=VERSION
        )
        try:
            await self.store.audit.record_event(event)
        except StoreError as error:
            raise StartError(f"DATABASE_URL: the database can't be written ({error})") from error

    async def stop(self) -> None:
        """Accept nothing new, wait at most 25 s for work in progress, then close everything."""
        _logger.info("bot.stopping")
        self._is_stopping = True
        for each in self.stoppables:
            each.stop()
        deadline = asyncio.get_running_loop().time() + _DRAIN_SECONDS
        await self.entrance.end()
        unfinished = await self.tasks.drain(deadline - asyncio.get_running_loop().time())
        self._is_ending.set()
        await _end(self._loops, deadline - asyncio.get_running_loop().time())
        await self._ops.end()
        await self.whmcs.aclose()
        await self.slack.client.aclose()
        await self.store.database.aclose()
        _logger.info("bot.stopped", unfinished=unfinished)

    def _readiness(self) -> Readiness:
        needed = dict(self._health)
        if isinstance(self.entrance, SocketMode):
            needed["socket"] = self.entrance.state
        if self._is_stopping or not self._is_started:
            needed["bot"] = "stopping" if self._is_stopping else "starting"
        parts = {**needed, "whmcs": self._whmcs_word()}
        return Readiness(is_ready=all(word == "ok" for word in needed.values()), parts=parts)

    async def _render_metrics(self) -> bytes:
        await self._backlog.look()
        return self.metrics.render()

    def _whmcs_word(self) -> str:
        if (since := self.whmcs.breaker.silent_since) is not None:
            return f"degraded: {Reason.NOT_ANSWERING.value} since {since:%Y-%m-%dT%H:%M:%SZ}"
        failure = self.whmcs.health.whmcs_failure
        return "ok" if failure is None else f"degraded: {failure.value}"

    async def _prune(self) -> None:
        try:
            removed = await self._retention.delete_ended(self.store.now() - _KEPT)
        except StoreError as error:
            _logger.warning("retention.not_run", error=str(error))
        else:
            if removed:
                _logger.info("retention.deleted", rows=removed)

    async def _look(self) -> None:
        """Check that database and Slack still answer."""
        parts = {"database": await self._look_at_database(), "slack": await self._look_at_slack()}
        for part, word in parts.items():
            if word != self._health[part]:
                _logger.warning("readiness.changed", part=part, state=word)
        self._health = parts

    async def _look_at_database(self) -> str:
        try:
            await self.store.database.ping()
        except StoreError as error:
            return f"unusable: {error}"
        return "ok"

    async def _look_at_slack(self) -> str:
        try:
            await self.slack.client.identify()
        except SlackRefusedError as error:
            return f"unusable: {error.code}"
        except SlackError:
            return "unusable: no answer"
        return "ok"


async def run_until_signalled(preparing: Coroutine[Any, Any, App]) -> None:
    """Start the app, and stop it on SIGTERM or SIGINT, even during startup.

    Raises: StartError.
    """
    is_signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_signalled.set)
    starting = asyncio.create_task(_start(preparing))
    signalled = asyncio.create_task(is_signalled.wait())
    await asyncio.wait({starting, signalled}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    app = await starting
    await signalled
    await app.stop()


async def _start(preparing: Coroutine[Any, Any, App]) -> App:
    app = await preparing
    try:
        await app.start()
    except asyncio.CancelledError:
        await app.stop()
        raise
    return app


async def _begin(listener: Listener, prefix: str) -> None:
    try:
        await listener.begin()
    except OSError as error:
        variable = prefix + ("PORT" if error.errno in {errno.EADDRINUSE, errno.EACCES} else "HOST")
        raise StartError(
            f"{variable}: can't listen at {listener.address} ({error.strerror}): choose another port or host,"
            " or end what listens there"
        ) from error


async def _open_socket(socket: SocketMode) -> None:
    try:
        await socket.begin()
    except SlackRefusedError as error:
        kind = WrongSettingError if error.is_of_token else StartError
        raise kind(
            f"SLACK_APP_TOKEN: Slack does not open a socket for it ({error.code}): Socket Mode must be on in the app,"
            " and the app-level token needs the scope connections:write"
        ) from error
    except SlackError as error:
        raise StartError(
            f"SLACK_APP_TOKEN: no socket to Slack ({error}): may this host open connections to it?"
        ) from error


async def _repeat(each: Round, is_ending: asyncio.Event) -> None:
    while not is_ending.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(each.seconds):
                await is_ending.wait()
                return
        try:
            await each.work()
        except Exception:
            # An unforeseen error. The next round may succeed; without rounds, no message would be deleted any more.
            _logger.exception("background_work.crashed")


async def _end(loops: list[asyncio.Task[None]], seconds: float) -> None:
    """Let each finish its round, since an interrupted job is run again; cancel those that take too long."""
    if loops:
        await asyncio.wait(loops, timeout=max(seconds, 0.1))
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
