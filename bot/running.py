"""A bot that runs: begins and ends its parts in order, does the background work in rounds, and says whether it is well."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog

import whmcs
from bot import VERSION
from bot.domain.audit import BOT, Action, AuditEvent, Happened
from bot.domain.lifecycle import RENEWAL
from bot.domain.resets import Reason
from bot.listeners import Entry
from bot.metrics import Metrics
from bot.server import Listener, Readiness, build_ops_app
from bot.services.capabilities import Capabilities
from bot.services.homes import Homes
from bot.services.replies import ReplyService
from bot.services.resets import ResetService
from bot.services.tasks import Tasks
from bot.services.worker import Backlog, Worker
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.socket_mode import SocketMode
from bot.store.audit import AuditLog
from bot.store.database import Database
from bot.store.errors import StoreError
from bot.store.jobs import JobStore
from bot.store.pruning import Pruning

_logger = structlog.stdlib.get_logger(__name__)

_WORK_SECONDS: Final = 1.0
_KEPT: Final = timedelta(days=30)
_PRUNE_SECONDS: Final = 900.0
_HEALTH_SECONDS: Final = 20.0
_DRAIN_SECONDS: Final = 25.0


class StartError(Exception):
    """The bot can't start; the text says why and what to do, in one line."""


class WrongTokenError(StartError):
    """Slack does not accept a token, so that starting again would not help."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the bot is made of, as far as who runs it has to do with it.

    Of `public` and `socket` one is there: how Slack reaches the bot. `table`: everything that Slack can send.
    """

    slack: SlackClient
    database: Database
    metrics: Metrics
    breaker: whmcs.Breaker
    client: whmcs.WhmcsClient
    companion: whmcs.CompanionClient | None
    capabilities: Capabilities
    tasks: Tasks
    resets: ResetService
    replies: ReplyService
    homes: Homes
    workers: tuple[Worker, ...]
    public: Listener | None
    socket: SocketMode | None
    table: tuple[Entry, ...]


class App:
    """One running bot: `start()`, then `stop()`."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        self._parts = parts
        self._ops = Listener(build_ops_app(self._readiness, parts.metrics.render), settings.ops_host, settings.ops_port)
        self._audit = AuditLog(parts.database)
        self._pruning = Pruning(parts.database)
        self._health = {"database": "ok", "slack": "ok"}
        self._loops: list[asyncio.Task[None]] = []
        self._is_ending = asyncio.Event()
        self._is_started = False
        self._is_stopping = False
        self._backlog = Backlog(JobStore(parts.database), parts.metrics, parts.database.now)

    @property
    def table(self) -> tuple[Entry, ...]:
        """Everything that Slack can send."""
        return self._parts.table

    async def start(self) -> None:
        """Ready when this returns: both listeners accept, the companion has been asked.

        Raises: StartError: the database can't be written, or a port is taken.
        """
        await self._parts.capabilities.refresh()
        try:
            await _begin(self._ops, "OPS_PORT")
            if self._parts.public is not None:
                await _begin(self._parts.public, "PORT")
            if self._parts.socket is not None:
                await _open_socket(self._parts.socket)
            await self._record_start()
        except StartError:
            await self.stop()
            raise
        self._loops = [
            asyncio.create_task(self._prune()),
            *(
                asyncio.create_task(_every(_WORK_SECONDS, worker.work, self._is_ending))
                for worker in self._parts.workers
            ),
            asyncio.create_task(_every(_WORK_SECONDS, self._backlog.look, self._is_ending)),
            asyncio.create_task(_every(RENEWAL.total_seconds(), self._renew, self._is_ending)),
            asyncio.create_task(_every(_PRUNE_SECONDS, self._prune, self._is_ending)),
            asyncio.create_task(_every(_HEALTH_SECONDS, self._look, self._is_ending)),
            asyncio.create_task(_every(_WORK_SECONDS, self._parts.capabilities.refresh_if_due, self._is_ending)),
        ]
        self._is_started = True
        public = self._parts.public.address if self._parts.public is not None else "Socket Mode"
        _logger.info("ready", version=VERSION, public=public, operations=self._ops.address)

    async def _record_start(self) -> None:
        event = AuditEvent(
            at=self._parts.database.now(), actor=BOT, action=Action.SETTINGS, outcome=Happened.LOADED, reason=VERSION
        )
        try:
            await self._audit.record(event)
        except StoreError as error:
            raise StartError(f"DATABASE_URL: the database can't be written ({error})") from error

    async def stop(self) -> None:
        """Not ready from now on, nothing new; what runs is waited for, 25 s at most; then all is closed."""
        _logger.info("stopping")
        self._is_stopping = True
        self._parts.resets.stop()
        self._parts.replies.stop()
        self._parts.homes.stop()
        deadline = asyncio.get_running_loop().time() + _DRAIN_SECONDS
        if self._parts.public is not None:
            await self._parts.public.end()
        if self._parts.socket is not None:
            await self._parts.socket.end()
        unfinished = await self._parts.tasks.drain(deadline - asyncio.get_running_loop().time())
        self._is_ending.set()
        await _end(self._loops, deadline - asyncio.get_running_loop().time())
        await self._ops.end()
        await self._parts.client.aclose()
        if self._parts.companion is not None:
            await self._parts.companion.aclose()
        await self._parts.slack.aclose()
        await self._parts.database.aclose()
        _logger.info("stopped", unfinished=unfinished)

    def _readiness(self) -> Readiness:
        needed = dict(self._health)
        if self._parts.socket is not None:
            needed["socket"] = self._parts.socket.state
        if self._is_stopping or not self._is_started:
            needed["bot"] = "stopping" if self._is_stopping else "starting"
        parts = {**needed, "whmcs": self._whmcs_word()}
        return Readiness(is_ready=all(word == "ok" for word in needed.values()), parts=parts)

    def _whmcs_word(self) -> str:
        if (since := self._parts.breaker.silent_since) is not None:
            return f"degraded: {Reason.NOT_ANSWERING.value} since {since:%Y-%m-%dT%H:%M:%SZ}"
        failure = self._parts.capabilities.whmcs_failure
        return "ok" if failure is None else f"degraded: {failure.value}"

    async def _prune(self) -> None:
        try:
            removed = await self._pruning.prune(self._parts.database.now() - _KEPT)
        except StoreError as error:
            _logger.warning("nothing pruned", error=str(error))
        else:
            if removed:
                _logger.info("pruned", rows=removed)

    async def _renew(self) -> None:
        try:
            await self._parts.resets.renew_leases()
        except StoreError as error:
            _logger.warning("leases not renewed", error=str(error))

    async def _look(self) -> None:
        """Whether what the bot can't do without still answers."""
        parts = {"database": await self._look_at_database(), "slack": await self._look_at_slack()}
        for part, word in parts.items():
            if word != self._health[part]:
                _logger.warning("readiness changed", part=part, state=word)
        self._health = parts

    async def _look_at_database(self) -> str:
        try:
            await self._parts.database.ping()
        except StoreError as error:
            return f"unusable: {error}"
        return "ok"

    async def _look_at_slack(self) -> str:
        try:
            await self._parts.slack.identify()
        except SlackRefusedError as error:
            return f"unusable: {error.code}"
        except SlackError:
            return "unusable: no answer"
        return "ok"


async def _begin(listener: Listener, variable: str) -> None:
    try:
        await listener.begin()
    except OSError as error:
        raise StartError(
            f"{variable}: can't listen at {listener.address} ({error.strerror}): choose another port or host,"
            " or end what listens there"
        ) from error


async def _open_socket(socket: SocketMode) -> None:
    try:
        await socket.begin()
    except SlackRefusedError as error:
        kind = WrongTokenError if error.is_of_token else StartError
        raise kind(
            f"SLACK_APP_TOKEN: Slack does not open a socket for it ({error.code}): Socket Mode must be on in the app,"
            " and the app-level token needs the scope connections:write"
        ) from error
    except SlackError as error:
        raise StartError(
            f"SLACK_APP_TOKEN: no socket to Slack ({error}): may this host open connections to it?"
        ) from error


async def _every(seconds: float, work: Callable[[], Awaitable[None]], is_ending: asyncio.Event) -> None:
    while not is_ending.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await is_ending.wait()
                return
        try:
            await work()
        except Exception:
            # Nobody foresaw it; the next round may do better, and without rounds nothing would be deleted any more.
            _logger.exception("background work broke off")


async def _end(loops: list[asyncio.Task[None]], seconds: float) -> None:
    """Let each finish what it is at, since a job that is broken off is done again; what takes too long is cancelled."""
    if loops:
        await asyncio.wait(loops, timeout=max(seconds, 0.1))
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)
