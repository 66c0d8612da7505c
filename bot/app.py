"""The composition root: builds everything once, runs it, and ends it in order."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final, Self
from urllib.parse import urlsplit

import structlog
from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

import whmcs
from bot import VERSION
from bot.domain.addresses import is_loopback
from bot.domain.audit import BOT, Action, AuditEvent, Happened
from bot.domain.lifecycle import RENEWAL
from bot.domain.permissions import AccessPolicy
from bot.domain.resets import Limits, Reason
from bot.listeners import build_table, register
from bot.listeners.afterwards import AfterwardsListeners
from bot.listeners.approval import ApprovalListeners
from bot.listeners.direct_message import DirectMessageListeners
from bot.listeners.dispatching import Dispatcher
from bot.listeners.drawing import Drawing
from bot.listeners.entries import Entries
from bot.listeners.forms import Forms
from bot.listeners.home import HomeListeners
from bot.listeners.last_step import LastStepListeners
from bot.listeners.reset_password import ResetPasswordListeners
from bot.listeners.results import Results
from bot.listeners.shortcuts import ShortcutListeners
from bot.listeners.submission import SubmissionListeners
from bot.listeners.ticket_reply import TicketReplyListeners
from bot.metrics import Metrics
from bot.server import Listener, Readiness, build_ops_app, build_public_app
from bot.services.access import Access
from bot.services.approvals import Approvals
from bot.services.capabilities import Capabilities
from bot.services.checks import Checks
from bot.services.client_notice import ClientNotices
from bot.services.deletions import Deletions
from bot.services.directory import Directory
from bot.services.homes import Homes
from bot.services.openings import Openings
from bot.services.pace import Pace
from bot.services.preview import Preview
from bot.services.protection import Protection
from bot.services.recording import Recording
from bot.services.recovery import Recovery
from bot.services.refusals import Refusals
from bot.services.replies import ReplyRules, ReplyService
from bot.services.reply_secrets import ReplySecrets
from bot.services.reply_settling import ReplySettling
from bot.services.reply_tickets import ReplyTickets
from bot.services.reset_email import ResetEmail
from bot.services.resets import ResetService
from bot.services.set_password import PasswordRules, SetPassword
from bot.services.tasks import Tasks
from bot.services.telling import Telling
from bot.services.tickets import Tickets
from bot.services.worker import Backlog, Worker
from bot.settings import Settings
from bot.slack.approvals import ApprovalMessages
from bot.slack.client import Identity, SlackClient
from bot.slack.errors import SlackError, SlackRefusedError
from bot.slack.home_tabs import HomeTabs
from bot.slack.messages import Messages
from bot.slack.modals import Modals
from bot.slack.notices import Notices
from bot.slack.people import People
from bot.slack.socket_mode import SocketMode
from bot.store.approvals import ApprovalStore
from bot.store.audit import AuditLog
from bot.store.database import Database
from bot.store.errors import NotMigratedError, StoreError
from bot.store.homes import HomeStore
from bot.store.jobs import Job, JobKind, JobStore
from bot.store.pauses import PauseStore
from bot.store.pruning import Pruning
from bot.store.replies import ReplyStore
from bot.store.resets import ResetStore
from bot.views.text import Languages

_logger = structlog.stdlib.get_logger(__name__)

_AGENTS_HOURS: Final = 10
"""The whole workspace may do as much as ten agents, where nothing else is set."""

_WORK_SECONDS: Final = 1.0
_DELETIONS_PER_MINUTE: Final = 40.0
_DELETIONS_AT_ONCE: Final = 20
"""Slack lets an app delete fifty or so a minute; the rest is for people who press *Delete now*."""

_KEPT: Final = timedelta(days=30)
_PRUNE_SECONDS: Final = 900.0
_HEALTH_SECONDS: Final = 20.0
_DRAIN_SECONDS: Final = 25.0


class StartError(Exception):
    """The bot can't start; the text says why and what to do, in one line."""


class App:
    """One running bot: `start()`, then `stop()`. `serve()` is both, with the signals between them."""

    def __init__(
        self, settings: Settings, slack: SlackClient, identity: Identity, database: Database, metrics: Metrics
    ) -> None:
        self._slack = slack
        self._database = database
        self._metrics = metrics
        self._tasks = Tasks()
        self._audit = AuditLog(database)
        self._loops: list[asyncio.Task[None]] = []
        self._is_ending = asyncio.Event()
        self._parts = {"database": "ok", "slack": "ok"}
        self._is_started = False
        self._is_stopping = False
        # One for both, which stand on one server.
        # The clock of every deadline here, which whoever runs the loop may make.
        seconds = asyncio.get_running_loop().time
        self._breaker = whmcs.Breaker(seconds)
        self._whmcs = whmcs.WhmcsClient.connect(
            settings.whmcs_url,
            settings.whmcs_api_identifier.get_secret_value(),
            settings.whmcs_api_secret.get_secret_value(),
            _reveal(settings.whmcs_api_access_key),
            observe=self._observe_whmcs,
            breaker=self._breaker,
        )
        secret = _reveal(settings.whmcs_companion_secret)
        self._companion = (
            whmcs.CompanionClient.connect(
                settings.whmcs_companion_url, secret, observe=self._observe_whmcs, breaker=self._breaker
            )
            if secret
            else None
        )
        self._client_notices = ClientNotices(client=self._whmcs, template=settings.password_notice_template)
        metrics.watch_whmcs(lambda: self._breaker.silent_seconds)
        self._capabilities = Capabilities(self._whmcs, self._companion, seconds)
        messages = Messages(slack, loopback_host=_loopback_host(settings.slack_api_url))
        languages = Languages.load(settings.default_locale, settings.help_contact)
        refusals = Refusals(self._audit, HomeStore(database), metrics)
        access = Access(
            people=People(slack, seconds),
            policy=_access_policy(settings),
            workspace=identity.workspace,
            refusals=refusals,
            clock=self._database.now,
        )
        policy = settings.identity_policy
        openings = Openings(client=self._whmcs, companion=self._companion, capabilities=self._capabilities)
        tickets = Tickets(client=self._whmcs, capabilities=self._capabilities, policy=policy)
        protection = Protection(self._whmcs, policy.protected_groups)
        checks = Checks(client=self._whmcs, tickets=tickets, openings=openings, protection=protection, policy=policy)
        directory = Directory(
            client=self._whmcs,
            openings=openings,
            tickets=tickets,
            protection=protection,
            policy=policy,
            capabilities=self._capabilities,
            access=access,
            admin_url=settings.whmcs_admin_url,
        )
        notices = Notices(messages, languages, directory.emails_url, offers_replies=bool(settings.whmcs_reply_admin))
        store = ResetStore(database, _limits(settings))
        home_tabs = HomeTabs(slack, languages)
        self._homes = Homes(
            store=HomeStore(database),
            resets=store,
            pauses=PauseStore(database),
            approvals=ApprovalStore(database),
            access=access,
            capabilities=self._capabilities,
            tabs=home_tabs,
            tasks=self._tasks,
            clock=database.now,
        )
        self._resets, deletions, self._workers = self._build_resets(settings, store, access, refusals, checks, notices)
        self._replies, settling = self._build_replies(settings, store, access, notices)
        self._workers += (settling,)
        self._pruning = Pruning(database)
        self._backlog = Backlog(JobStore(database), metrics, database.now)
        modals = Modals(slack)
        drawing = Drawing(modals=modals, messages=messages, languages=languages, tasks=self._tasks)
        forms = Forms(resets=self._resets, clock=self._database.now, ttl=timedelta(seconds=settings.modal_ttl_seconds))
        results = Results(
            resets=self._resets,
            directory=directory,
            languages=languages,
            offers_replies=bool(settings.whmcs_reply_admin),
        )
        preview = Preview(
            client=self._whmcs,
            openings=openings,
            tickets=tickets,
            protection=protection,
            policy=policy,
            capabilities=self._capabilities,
            access=access,
            client_notices=self._client_notices,
        )
        approvals = self._build_approvals(
            settings, preview, access, ApprovalMessages(messages, languages, settings.approval_channel)
        )
        last_step = LastStepListeners(
            preview=preview,
            approvals=approvals,
            resets=self._resets,
            forms=forms,
            results=results,
            drawing=drawing,
            languages=languages,
            policy=policy,
            tasks=self._tasks,
        )
        reset = ResetPasswordListeners(
            directory=directory,
            tickets=tickets,
            resets=self._resets,
            forms=forms,
            drawing=drawing,
            modals=modals,
            messages=messages,
            languages=languages,
        )
        self.table = build_table(
            Entries(
                access=access,
                tasks=self._tasks,
                messages=messages,
                modals=modals,
                home_tabs=home_tabs,
                languages=languages,
            ),
            home=HomeListeners(self._homes),
            reset=reset,
            shortcuts=ShortcutListeners(reset=reset, bot_id=identity.bot_id),
            submission=SubmissionListeners(
                directory=directory,
                last_step=last_step,
                resets=self._resets,
                forms=forms,
                results=results,
                drawing=drawing,
                languages=languages,
                tasks=self._tasks,
            ),
            last_step=last_step,
            afterwards=AfterwardsListeners(
                directory=directory, forms=forms, drawing=drawing, modals=modals, languages=languages
            ),
            message=DirectMessageListeners(deletions=deletions, messages=messages, languages=languages),
            reply=TicketReplyListeners(
                templates=settings.ticket_reply_templates,
                replies=self._replies,
                resets=self._resets,
                results=results,
                drawing=drawing,
                modals=modals,
                messages=messages,
                languages=languages,
                tasks=self._tasks,
            ),
            approval=ApprovalListeners(approvals=approvals, messages=messages, languages=languages),
        )
        bolt = _build_bolt(identity)
        register(bolt, self.table)
        self._public, self._socket = self._build_way_in(settings, Dispatcher(bolt, metrics))
        self._ops = Listener(build_ops_app(self._readiness, self._metrics.render), settings.ops_host, settings.ops_port)

    def _build_way_in(self, settings: Settings, dispatcher: Dispatcher) -> tuple[Listener | None, SocketMode | None]:
        """How Slack reaches the bot: over HTTP, or over a socket that the bot opens."""
        if settings.slack_app_token is None:
            app = build_public_app(dispatcher, _reveal(settings.slack_signing_secret))
            return Listener(app, settings.host, settings.port), None
        socket = SocketMode(self._slack, _reveal(settings.slack_app_token), dispatcher.acknowledge)
        self._metrics.watch_socket(lambda: socket.silent_seconds)
        return None, socket

    def _build_approvals(
        self, settings: Settings, preview: Preview, access: Access, messages: ApprovalMessages
    ) -> Approvals:
        jobs, clock = JobStore(self._database), self._database.now
        approvals = Approvals(
            store=ApprovalStore(self._database),
            jobs=jobs,
            resets=self._resets,
            preview=preview,
            access=access,
            messages=messages,
            homes=self._homes,
            clock=clock,
            ttl=timedelta(seconds=settings.approval_ttl_seconds),
        )
        expiry = Worker(jobs=jobs, kinds={JobKind.EXPIRE_APPROVAL: approvals.expire_due}, clock=clock)
        self._workers = (*self._workers, expiry)
        return approvals

    def _build_resets(
        self,
        settings: Settings,
        store: ResetStore,
        access: Access,
        refusals: Refusals,
        checks: Checks,
        notices: Notices,
    ) -> tuple[ResetService, Deletions, tuple[Worker, ...]]:
        jobs, clock, homes = JobStore(self._database), self._database.now, self._homes
        set_password = None
        if self._companion is not None:
            set_password = SetPassword(
                checks=checks,
                companion=self._companion,
                store=store,
                jobs=jobs,
                notices=notices,
                tasks=self._tasks,
                rules=PasswordRules(
                    length=settings.password_length, ttl=timedelta(seconds=settings.password_ttl_seconds)
                ),
                clock=clock,
            )
        resets = ResetService(
            store=store,
            pauses=PauseStore(self._database),
            recording=Recording(store=store, jobs=jobs, homes=homes, tasks=self._tasks, clock=clock),
            refusals=refusals,
            access=access,
            capabilities=self._capabilities,
            client=self._whmcs,
            reset_email=ResetEmail(client=self._whmcs, checks=checks, store=store, clock=clock),
            set_password=set_password,
            notices=notices,
            client_notices=self._client_notices,
            tasks=self._tasks,
            metrics=self._metrics,
            clock=clock,
        )
        pace = Pace(per_minute=_DELETIONS_PER_MINUTE, at_once=_DELETIONS_AT_ONCE, clock=time.monotonic)
        deletions = Deletions(jobs=jobs, notices=notices, access=access, homes=homes, pace=pace, clock=clock)
        recovery = Recovery(
            store=store, jobs=jobs, companion=self._companion, homes=homes, is_running=resets.is_running, clock=clock
        )
        telling = Telling(store=store, jobs=jobs, notices=notices, clock=clock)
        # Apart, so that a reset is recovered in time however much there is to delete and however slow Slack is.
        kinds: tuple[tuple[Mapping[JobKind, Callable[[Job], Awaitable[None]]], Pace | None], ...] = (
            ({JobKind.RECOVER_RESET: recovery.recover, JobKind.SETTLE_RESET: recovery.settle}, None),
            ({JobKind.TELL_AGENT: telling.tell}, None),
            ({JobKind.DELETE_MESSAGE: deletions.delete_due}, pace),
        )
        workers = tuple(Worker(jobs=jobs, kinds=each, clock=clock, pace=pace) for each, pace in kinds)
        return resets, deletions, workers

    def _build_replies(
        self, settings: Settings, resets: ResetStore, access: Access, notices: Notices
    ) -> tuple[ReplyService, Worker]:
        store, jobs, clock = ReplyStore(self._database), JobStore(self._database), self._database.now
        tickets = ReplyTickets(self._whmcs, settings.whmcs_admin_url)
        secrets = ReplySecrets(jobs, notices)
        replies = ReplyService(
            store=store,
            resets=resets,
            jobs=jobs,
            access=access,
            client=self._whmcs,
            tickets=tickets,
            secrets=secrets,
            tasks=self._tasks,
            metrics=self._metrics,
            rules=ReplyRules(
                admin=settings.whmcs_reply_admin,
                status=settings.ticket_reply_status,
                allows_password=settings.ticket_reply_password == "allow",  # noqa: S105 - a setting's word
            ),
            clock=clock,
        )
        settling = ReplySettling(
            store=store,
            resets=resets,
            jobs=jobs,
            tickets=tickets,
            secrets=secrets,
            notices=notices,
            metrics=self._metrics,
            clock=clock,
        )
        return replies, Worker(jobs=jobs, kinds={JobKind.SETTLE_REPLY: settling.settle}, clock=clock)

    @classmethod
    async def prepare(cls, settings: Settings) -> Self:
        """Look at what the bot can't do without: the database's tables and Slack's token.

        Raises: StartError.
        """
        try:
            database = Database.connect(settings.database_url.get_secret_value())
        except StoreError as error:
            raise StartError(f"DATABASE_URL: the database can't be used ({error})") from error
        metrics = Metrics(VERSION)
        slack = SlackClient.connect(
            settings.slack_bot_token.get_secret_value(),
            settings.slack_api_url,
            metrics.count_slack_call,
        )
        try:
            await _require_migrated(database)
            return cls(settings, slack, await _identify(slack), database, metrics)
        except BaseException:
            # Cancelled, too: a signal came while Slack was asked.
            await _close(slack, database)
            raise

    async def start(self) -> None:
        """Ready when this returns: both listeners accept, the companion has been asked.

        Raises: StartError: the database can't be written, or a port is taken.
        """
        await self._capabilities.refresh()
        try:
            await _begin(self._ops, "OPS_PORT")
            if self._public is not None:
                await _begin(self._public, "PORT")
            if self._socket is not None:
                await _open_socket(self._socket)
            await self._record_start()
        except StartError:
            await self.stop()
            raise
        self._loops = [
            asyncio.create_task(self._prune()),
            *(asyncio.create_task(_every(_WORK_SECONDS, worker.work, self._is_ending)) for worker in self._workers),
            asyncio.create_task(_every(_WORK_SECONDS, self._backlog.look, self._is_ending)),
            asyncio.create_task(_every(RENEWAL.total_seconds(), self._renew, self._is_ending)),
            asyncio.create_task(_every(_PRUNE_SECONDS, self._prune, self._is_ending)),
            asyncio.create_task(_every(_HEALTH_SECONDS, self._look, self._is_ending)),
            asyncio.create_task(_every(_WORK_SECONDS, self._capabilities.refresh_if_due, self._is_ending)),
        ]
        self._is_started = True
        public = self._public.address if self._public is not None else "Socket Mode"
        _logger.info("ready", version=VERSION, public=public, operations=self._ops.address)

    async def _record_start(self) -> None:
        event = AuditEvent(
            at=self._database.now(), actor=BOT, action=Action.SETTINGS, outcome=Happened.LOADED, reason=VERSION
        )
        try:
            await self._audit.record(event)
        except StoreError as error:
            raise StartError(f"DATABASE_URL: the database can't be written ({error})") from error

    async def stop(self) -> None:
        """Not ready from now on, nothing new; what runs is waited for, 25 s at most; then all is closed."""
        _logger.info("stopping")
        self._is_stopping = True
        self._resets.stop()
        self._replies.stop()
        self._homes.stop()
        deadline = asyncio.get_running_loop().time() + _DRAIN_SECONDS
        if self._public is not None:
            await self._public.end()
        if self._socket is not None:
            await self._socket.end()
        unfinished = await self._tasks.drain(deadline - asyncio.get_running_loop().time())
        self._is_ending.set()
        await _end(self._loops, deadline - asyncio.get_running_loop().time())
        await self._ops.end()
        await self._whmcs.aclose()
        if self._companion is not None:
            await self._companion.aclose()
        await _close(self._slack, self._database)
        _logger.info("stopped", unfinished=unfinished)

    def _readiness(self) -> Readiness:
        needed = dict(self._parts)
        if self._socket is not None:
            needed["socket"] = self._socket.state
        if self._is_stopping or not self._is_started:
            needed["bot"] = "stopping" if self._is_stopping else "starting"
        parts = {**needed, "whmcs": self._whmcs_word()}
        return Readiness(is_ready=all(word == "ok" for word in needed.values()), parts=parts)

    def _whmcs_word(self) -> str:
        if (since := self._breaker.silent_since) is not None:
            return f"degraded: {Reason.NOT_ANSWERING.value} since {since:%Y-%m-%dT%H:%M:%SZ}"
        failure = self._capabilities.whmcs_failure
        return "ok" if failure is None else f"degraded: {failure.value}"

    def _observe_whmcs(self, action: str, outcome: str, seconds: float) -> None:
        self._metrics.whmcs_seconds.labels(action, outcome).observe(seconds)

    async def _prune(self) -> None:
        try:
            removed = await self._pruning.prune(self._database.now() - _KEPT)
        except StoreError as error:
            _logger.warning("nothing pruned", error=str(error))
        else:
            if removed:
                _logger.info("pruned", rows=removed)

    async def _renew(self) -> None:
        try:
            await self._resets.renew_leases()
        except StoreError as error:
            _logger.warning("leases not renewed", error=str(error))

    async def _look(self) -> None:
        """Whether what the bot can't do without still answers."""
        parts = {"database": await self._look_at_database(), "slack": await self._look_at_slack()}
        for part, word in parts.items():
            if word != self._parts[part]:
                _logger.warning("readiness changed", part=part, state=word)
        self._parts = parts

    async def _look_at_database(self) -> str:
        try:
            await self._database.ping()
        except StoreError as error:
            return f"unusable: {error}"
        return "ok"

    async def _look_at_slack(self) -> str:
        try:
            await self._slack.identify()
        except SlackRefusedError as error:
            return f"unusable: {error.code}"
        except SlackError:
            return "unusable: no answer"
        return "ok"


async def _require_migrated(database: Database) -> None:
    """An embedded database belongs to this bot alone, so it is migrated here and now; another one is not."""
    try:
        if database.is_embedded:
            await database.migrate()
        await database.require_migrated()
    except NotMigratedError as error:
        raise StartError(f"DATABASE_URL: {error}: run `python -m bot migrate` first") from error
    except StoreError as error:
        raise StartError(f"DATABASE_URL: the database can't be used ({error})") from error


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
        raise StartError(
            f"SLACK_APP_TOKEN: Slack does not open a socket for it ({error.code}): Socket Mode must be on in the app,"
            " and the app-level token needs the scope connections:write"
        ) from error
    except SlackError as error:
        raise StartError(
            f"SLACK_APP_TOKEN: no socket to Slack ({error}): may this host open connections to it?"
        ) from error


async def _identify(slack: SlackClient) -> Identity:
    try:
        return await slack.identify()
    except SlackRefusedError as error:
        raise StartError(
            f"SLACK_BOT_TOKEN: Slack does not accept it ({error.code}): copy the bot token anew from the app's page"
            " OAuth & Permissions; after a removal, install the app again first"
        ) from error
    except SlackError as error:
        raise StartError(
            f"SLACK_API_URL: Slack does not answer ({error}): may this host open https connections to it?"
        ) from error


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, also if that comes while the bot starts.

    Raises: StartError.
    """
    is_signalled = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_signalled.set)
    starting = asyncio.create_task(_start(settings))
    signalled = asyncio.create_task(is_signalled.wait())
    await asyncio.wait({starting, signalled}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return
    app = await starting
    await signalled
    await app.stop()


async def _start(settings: Settings) -> App:
    app = await App.prepare(settings)
    try:
        await app.start()
    except asyncio.CancelledError:
        await app.stop()
        raise
    return app


def _build_bolt(identity: Identity) -> AsyncApp:
    async def authorize(**_context: object) -> AuthorizeResult:
        # What auth.test said at start, so that no request has to ask again. There is no token in it: Bolt's own client
        # is never used.
        return AuthorizeResult(
            enterprise_id=identity.workspace.enterprise_id or None,
            team_id=identity.workspace.team_id,
            bot_id=identity.bot_id,
            bot_user_id=identity.bot_user_id,
            bot_token="",
        )

    return AsyncApp(
        # Without it Bolt reads the sources of all who called it, to name itself after a file.
        name="bot",
        authorize=authorize,
        # Without this Bolt looks for the acknowledgement every 10 ms; with it the listener has to return quickly.
        process_before_response=True,
        # server.py has verified the signature over the raw body.
        request_verification_enabled=False,
    )


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


async def _close(slack: SlackClient, database: Database) -> None:
    await slack.aclose()
    await database.aclose()


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""


def _loopback_host(api_url: str) -> str | None:
    parts = urlsplit(api_url)
    return parts.netloc if parts.hostname is not None and is_loopback(parts.hostname) else None


def _limits(settings: Settings) -> Limits:
    return Limits(
        agent_resets_per_hour=settings.agent_resets_per_hour,
        resets_per_hour=settings.resets_per_hour or _AGENTS_HOURS * settings.agent_resets_per_hour,
        user_cooldown=timedelta(seconds=settings.user_cooldown_seconds),
    )


def _access_policy(settings: Settings) -> AccessPolicy:
    return AccessPolicy(
        agent_users=settings.agent_users,
        agent_groups=settings.agent_user_groups,
        set_password_users=settings.set_password_users,
        set_password_groups=settings.set_password_user_groups,
    )
