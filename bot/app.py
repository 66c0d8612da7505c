"""The composition root: builds everything once, and runs it until a signal comes."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

import whmcs
from bot import VERSION
from bot.domain.addresses import is_loopback
from bot.domain.permissions import AccessPolicy
from bot.domain.resets import Limits
from bot.listeners import Entry, build_table, register
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
from bot.running import App, Parts, StartError, WrongTokenError
from bot.server import Listener, build_public_app
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
from bot.services.worker import Worker
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
from bot.store.replies import ReplyStore
from bot.store.resets import ResetStore
from bot.views.text import Languages

_AGENTS_HOURS: Final = 10
"""The whole workspace may do as much as ten agents, where nothing else is set."""

_DELETIONS_PER_MINUTE: Final = 40.0
_DELETIONS_AT_ONCE: Final = 20
"""Slack lets an app delete fifty or so a minute; the rest is for people who press *Delete now*."""


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
    app = await prepare(settings)
    try:
        await app.start()
    except asyncio.CancelledError:
        await app.stop()
        raise
    return app


async def prepare(settings: Settings) -> App:
    """Look at what the bot can't do without, the database's tables and Slack's token, and build it.

    Raises: StartError.
    """
    try:
        database = Database.connect(settings.database_url.get_secret_value())
    except StoreError as error:
        raise StartError(f"DATABASE_URL: the database can't be used ({error})") from error
    metrics = Metrics(VERSION)
    slack = SlackClient.connect(
        settings.slack_bot_token.get_secret_value(), settings.slack_api_url, metrics.count_slack_call
    )
    try:
        await _require_migrated(database)
        return App(_build_parts(settings, slack, await _identify(slack), database, metrics), settings)
    except BaseException:
        # Cancelled, too: a signal came while Slack was asked.
        await slack.aclose()
        await database.aclose()
        raise


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


async def _identify(slack: SlackClient) -> Identity:
    try:
        return await slack.identify()
    except SlackRefusedError as error:
        kind = WrongTokenError if error.is_of_token else StartError
        raise kind(
            f"SLACK_BOT_TOKEN: Slack does not accept it ({error.code}): copy the bot token anew from the app's page"
            " OAuth & Permissions; after a removal, install the app again first"
        ) from error
    except SlackError as error:
        raise StartError(
            f"SLACK_API_URL: Slack does not answer ({error}): may this host open https connections to it?"
        ) from error


@dataclass(frozen=True, kw_only=True)
class _Ground:
    """What nearly everything else stands on."""

    settings: Settings
    slack: SlackClient
    identity: Identity
    database: Database
    metrics: Metrics
    tasks: Tasks
    breaker: whmcs.Breaker
    client: whmcs.WhmcsClient
    companion: whmcs.CompanionClient | None
    capabilities: Capabilities
    jobs: JobStore
    store: ResetStore
    messages: Messages
    languages: Languages
    refusals: Refusals
    access: Access
    openings: Openings
    tickets: Tickets
    protection: Protection
    directory: Directory
    notices: Notices
    homes: Homes


def _build_parts(
    settings: Settings, slack: SlackClient, identity: Identity, database: Database, metrics: Metrics
) -> Parts:
    ground = _lay_ground(settings, slack, identity, database, metrics)
    client_notices = ClientNotices(client=ground.client, template=settings.password_notice_template)
    resets = _build_resets(ground, client_notices)
    deletions, workers = _build_background_work(ground, resets)
    replies, reply_worker = _build_replies(ground)
    preview = _build_preview(ground, client_notices)
    approvals, approval_worker = _build_approvals(ground, resets, preview)
    table = _build_table(ground, resets, deletions, replies, preview, approvals)
    bolt = _build_bolt(identity)
    register(bolt, table)
    public, socket = _build_way_in(ground, Dispatcher(bolt, metrics))
    return Parts(
        slack=slack,
        database=database,
        metrics=metrics,
        breaker=ground.breaker,
        client=ground.client,
        companion=ground.companion,
        capabilities=ground.capabilities,
        tasks=ground.tasks,
        resets=resets,
        replies=replies,
        homes=ground.homes,
        workers=(*workers, reply_worker, approval_worker),
        public=public,
        socket=socket,
        table=table,
    )


def _lay_ground(
    settings: Settings, slack: SlackClient, identity: Identity, database: Database, metrics: Metrics
) -> _Ground:
    # The clock of every deadline here, which whoever runs the loop may make.
    seconds = asyncio.get_running_loop().time
    client, companion, breaker = _connect_whmcs(settings, metrics, seconds)
    tasks, store = Tasks(), ResetStore(database, _limits(settings))
    capabilities = Capabilities(client, companion, seconds)
    messages = Messages(slack, loopback_host=_loopback_host(settings.slack_api_url))
    languages = Languages.load(settings.default_locale, settings.help_contact)
    refusals = Refusals(AuditLog(database), HomeStore(database), metrics)
    access = Access(
        people=People(slack, seconds),
        policy=_access_policy(settings),
        workspace=identity.workspace,
        refusals=refusals,
        clock=database.now,
    )
    policy = settings.identity_policy
    openings = Openings(client=client, companion=companion, capabilities=capabilities)
    tickets = Tickets(client=client, capabilities=capabilities, policy=policy)
    protection = Protection(client, policy.protected_groups)
    directory = Directory(
        client=client,
        openings=openings,
        tickets=tickets,
        protection=protection,
        policy=policy,
        capabilities=capabilities,
        access=access,
        admin_url=settings.whmcs_admin_url,
    )
    homes = Homes(
        store=HomeStore(database),
        resets=store,
        pauses=PauseStore(database),
        approvals=ApprovalStore(database),
        access=access,
        capabilities=capabilities,
        tabs=HomeTabs(slack, languages),
        tasks=tasks,
        clock=database.now,
    )
    return _Ground(
        settings=settings,
        slack=slack,
        identity=identity,
        database=database,
        metrics=metrics,
        tasks=tasks,
        breaker=breaker,
        client=client,
        companion=companion,
        capabilities=capabilities,
        jobs=JobStore(database),
        store=store,
        messages=messages,
        languages=languages,
        refusals=refusals,
        access=access,
        openings=openings,
        tickets=tickets,
        protection=protection,
        directory=directory,
        notices=Notices(messages, languages, directory.emails_url, offers_replies=bool(settings.whmcs_reply_admin)),
        homes=homes,
    )


def _connect_whmcs(
    settings: Settings, metrics: Metrics, seconds: Callable[[], float]
) -> tuple[whmcs.WhmcsClient, whmcs.CompanionClient | None, whmcs.Breaker]:
    # One for both, which stand on one server.
    breaker = whmcs.Breaker(seconds)
    metrics.watch_whmcs(lambda: breaker.silent_seconds)

    def observe(action: str, outcome: str, taken_seconds: float) -> None:
        metrics.whmcs_seconds.labels(action, outcome).observe(taken_seconds)

    client = whmcs.WhmcsClient.connect(
        settings.whmcs_url,
        settings.whmcs_api_identifier.get_secret_value(),
        settings.whmcs_api_secret.get_secret_value(),
        _reveal(settings.whmcs_api_access_key),
        observe=observe,
        breaker=breaker,
    )
    secret = _reveal(settings.whmcs_companion_secret)
    companion = (
        whmcs.CompanionClient.connect(settings.whmcs_companion_url, secret, observe=observe, breaker=breaker)
        if secret
        else None
    )
    return client, companion, breaker


def _build_resets(ground: _Ground, client_notices: ClientNotices) -> ResetService:
    settings, store, jobs, clock = ground.settings, ground.store, ground.jobs, ground.database.now
    checks = Checks(
        client=ground.client,
        tickets=ground.tickets,
        openings=ground.openings,
        protection=ground.protection,
        policy=settings.identity_policy,
    )
    set_password = None
    if ground.companion is not None:
        set_password = SetPassword(
            checks=checks,
            companion=ground.companion,
            store=store,
            jobs=jobs,
            notices=ground.notices,
            tasks=ground.tasks,
            rules=PasswordRules(length=settings.password_length, ttl=timedelta(seconds=settings.password_ttl_seconds)),
            clock=clock,
        )
    return ResetService(
        store=store,
        pauses=PauseStore(ground.database),
        recording=Recording(store=store, jobs=jobs, homes=ground.homes, tasks=ground.tasks, clock=clock),
        refusals=ground.refusals,
        access=ground.access,
        capabilities=ground.capabilities,
        client=ground.client,
        reset_email=ResetEmail(client=ground.client, checks=checks, store=store, clock=clock),
        set_password=set_password,
        notices=ground.notices,
        client_notices=client_notices,
        tasks=ground.tasks,
        metrics=ground.metrics,
        clock=clock,
    )


def _build_background_work(ground: _Ground, resets: ResetService) -> tuple[Deletions, tuple[Worker, ...]]:
    jobs, clock, homes = ground.jobs, ground.database.now, ground.homes
    pace = Pace(per_minute=_DELETIONS_PER_MINUTE, at_once=_DELETIONS_AT_ONCE, clock=time.monotonic)
    deletions = Deletions(
        jobs=jobs,
        resets=ground.store,
        audit=AuditLog(ground.database),
        notices=ground.notices,
        access=ground.access,
        homes=homes,
        pace=pace,
        clock=clock,
    )
    recovery = Recovery(
        store=ground.store,
        jobs=jobs,
        companion=ground.companion,
        homes=homes,
        is_running=resets.is_running,
        clock=clock,
    )
    telling = Telling(store=ground.store, jobs=jobs, notices=ground.notices, clock=clock)
    # Apart, so that a reset is recovered in time however much there is to delete and however slow Slack is.
    kinds: tuple[tuple[Mapping[JobKind, Callable[[Job], Awaitable[None]]], Pace | None], ...] = (
        ({JobKind.RECOVER_RESET: recovery.recover, JobKind.SETTLE_RESET: recovery.settle}, None),
        ({JobKind.TELL_AGENT: telling.tell}, None),
        ({JobKind.DELETE_MESSAGE: deletions.delete_due}, pace),
    )
    return deletions, tuple(Worker(jobs=jobs, kinds=each, clock=clock, pace=pace) for each, pace in kinds)


def _build_replies(ground: _Ground) -> tuple[ReplyService, Worker]:
    settings, jobs, clock = ground.settings, ground.jobs, ground.database.now
    store = ReplyStore(ground.database)
    tickets = ReplyTickets(ground.client, settings.whmcs_admin_url)
    secrets = ReplySecrets(jobs, ground.notices)
    replies = ReplyService(
        store=store,
        resets=ground.store,
        jobs=jobs,
        access=ground.access,
        client=ground.client,
        tickets=tickets,
        secrets=secrets,
        tasks=ground.tasks,
        metrics=ground.metrics,
        rules=ReplyRules(
            admin=settings.whmcs_reply_admin,
            status=settings.ticket_reply_status,
            allows_password=settings.ticket_reply_password == "allow",  # noqa: S105 - a setting's word
        ),
        clock=clock,
    )
    settling = ReplySettling(
        store=store,
        resets=ground.store,
        jobs=jobs,
        tickets=tickets,
        secrets=secrets,
        notices=ground.notices,
        metrics=ground.metrics,
        clock=clock,
    )
    return replies, Worker(jobs=jobs, kinds={JobKind.SETTLE_REPLY: settling.settle}, clock=clock)


def _build_preview(ground: _Ground, client_notices: ClientNotices) -> Preview:
    return Preview(
        client=ground.client,
        openings=ground.openings,
        tickets=ground.tickets,
        protection=ground.protection,
        policy=ground.settings.identity_policy,
        capabilities=ground.capabilities,
        access=ground.access,
        client_notices=client_notices,
    )


def _build_approvals(ground: _Ground, resets: ResetService, preview: Preview) -> tuple[Approvals, Worker]:
    settings, jobs, clock = ground.settings, ground.jobs, ground.database.now
    approvals = Approvals(
        store=ApprovalStore(ground.database),
        jobs=jobs,
        resets=resets,
        preview=preview,
        access=ground.access,
        messages=ApprovalMessages(ground.messages, ground.languages, settings.approval_channel),
        homes=ground.homes,
        clock=clock,
        ttl=timedelta(seconds=settings.approval_ttl_seconds),
    )
    return approvals, Worker(jobs=jobs, kinds={JobKind.EXPIRE_APPROVAL: approvals.expire_due}, clock=clock)


def _build_table(
    ground: _Ground,
    resets: ResetService,
    deletions: Deletions,
    replies: ReplyService,
    preview: Preview,
    approvals: Approvals,
) -> tuple[Entry, ...]:
    settings, tasks, messages, languages = ground.settings, ground.tasks, ground.messages, ground.languages
    modals = Modals(ground.slack)
    drawing = Drawing(modals=modals, messages=messages, languages=languages, tasks=tasks)
    forms = Forms(resets=resets, clock=ground.database.now, ttl=timedelta(seconds=settings.modal_ttl_seconds))
    results = Results(
        resets=resets,
        directory=ground.directory,
        drawing=drawing,
        languages=languages,
        offers_replies=bool(settings.whmcs_reply_admin),
    )
    last_step = LastStepListeners(
        preview=preview,
        approvals=approvals,
        resets=resets,
        forms=forms,
        results=results,
        drawing=drawing,
        languages=languages,
        policy=settings.identity_policy,
        tasks=tasks,
    )
    reset = ResetPasswordListeners(
        directory=ground.directory,
        tickets=ground.tickets,
        resets=resets,
        forms=forms,
        drawing=drawing,
        modals=modals,
        messages=messages,
        languages=languages,
    )
    return build_table(
        Entries(
            access=ground.access,
            tasks=tasks,
            messages=messages,
            modals=modals,
            home_tabs=HomeTabs(ground.slack, languages),
            languages=languages,
        ),
        home=HomeListeners(ground.homes),
        reset=reset,
        shortcuts=ShortcutListeners(reset=reset, bot_id=ground.identity.bot_id),
        submission=SubmissionListeners(
            directory=ground.directory,
            last_step=last_step,
            resets=resets,
            forms=forms,
            results=results,
            drawing=drawing,
            languages=languages,
            tasks=tasks,
        ),
        last_step=last_step,
        afterwards=AfterwardsListeners(
            directory=ground.directory, forms=forms, drawing=drawing, modals=modals, languages=languages
        ),
        message=DirectMessageListeners(deletions=deletions, messages=messages, languages=languages),
        reply=TicketReplyListeners(
            templates=settings.ticket_reply_templates,
            replies=replies,
            resets=resets,
            results=results,
            drawing=drawing,
            modals=modals,
            messages=messages,
            languages=languages,
            tasks=tasks,
        ),
        approval=ApprovalListeners(approvals=approvals, messages=messages, languages=languages),
    )


def _build_way_in(ground: _Ground, dispatcher: Dispatcher) -> tuple[Listener | None, SocketMode | None]:
    """How Slack reaches the bot: over HTTP, or over a socket that the bot opens."""
    settings = ground.settings
    if settings.slack_app_token is None:
        app = build_public_app(dispatcher, _reveal(settings.slack_signing_secret))
        return Listener(app, settings.host, settings.port), None
    socket = SocketMode(ground.slack, _reveal(settings.slack_app_token), dispatcher.acknowledge)
    ground.metrics.watch_socket(lambda: socket.silent_seconds)
    return None, socket


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
        # Without it Bolt reads the sources of all who called it, to name itself after a file. Bolt sets the level of the
        # logger of this name, so it is none of ours, and one of those that say little.
        name="slack_bolt.app",
        authorize=authorize,
        # Without this Bolt looks for the acknowledgement every 10 ms; with it the listener has to return quickly.
        process_before_response=True,
        # server.py has verified the signature over the raw body.
        request_verification_enabled=False,
    )


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
