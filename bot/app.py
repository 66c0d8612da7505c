"""The composition root: builds everything once, and runs it until a signal comes."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import cached_property
from typing import Final

from pydantic import SecretStr

from bot import VERSION
from bot.domain.lifecycle import LEASE_RENEWED_EVERY
from bot.domain.resets import Method
from bot.domain.seals import Seal
from bot.listeners import Entry, build_bolt, build_table
from bot.listeners.dispatcher import Dispatcher
from bot.listeners.forms import Forms
from bot.listeners.guard import Guard
from bot.listeners.messages import MessageListeners
from bot.listeners.modal_session import ModalSessions
from bot.listeners.rendering import Renderer
from bot.listeners.reset_password import ResetPasswordListeners
from bot.listeners.submission import SubmissionListeners
from bot.listeners.ticket_reply import TicketReplyListeners
from bot.metrics import Metrics
from bot.policies import make_access_policy, make_limits, make_password_rules, make_reply_rules
from bot.running import App, Round, run_until_signalled
from bot.server import Listener, build_public_app
from bot.services.access import Access
from bot.services.approvals import Approvals
from bot.services.client_lookup import ClientLookup
from bot.services.client_notices import ClientNotices
from bot.services.confirmation import Confirmation
from bot.services.deletions import Deletions
from bot.services.eligibility import Eligibility
from bot.services.finding import Finder
from bot.services.homes import Homes
from bot.services.outcome_notifier import OutcomeNotifier
from bot.services.outcome_recorder import OutcomeRecorder
from bot.services.pauses import Pauses
from bot.services.rate_limiter import TokenBucket
from bot.services.recovery import Recovery
from bot.services.refusals import Refusals
from bot.services.replies import ReplyService
from bot.services.reply_reconciliation import ReplyReconciliation
from bot.services.reset_email import ResetEmail
from bot.services.reset_execution import ResetExecution, ResetMethod
from bot.services.resets import ResetService
from bot.services.set_password import SetPassword
from bot.services.tasks import Tasks
from bot.services.tickets import Tickets
from bot.services.whmcs_gateway import Whmcs
from bot.services.worker import WORK_SECONDS, DueKinds, Worker
from bot.settings import Settings
from bot.slack.client import Identity, SlackClient
from bot.slack.gateway import Slack
from bot.slack.socket_mode import SocketMode
from bot.startup import connect_database, identify, require_migrated
from bot.store.gateway import Store
from bot.store.jobs import Job, JobKind
from bot.views.text import Languages
from whmcs import Way

_DELETIONS_PER_MINUTE: Final = 40.0
_DELETIONS_AT_ONCE: Final = 20
"""Slack lets an app delete about fifty a minute; the rest is for agents who press *Delete now*."""


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, even one that arrives during startup.

    Raises: StartError.
    """
    await run_until_signalled(prepare(settings))


async def prepare(settings: Settings) -> App:
    """Check the database's tables and Slack's token, and build the bot.

    Raises: StartError.
    """
    database, metrics = connect_database(settings), Metrics(VERSION)
    client = SlackClient.connect(
        settings.slack_bot_token.get_secret_value(),
        settings.slack_api_url,
        metrics.count_slack_call,
        proxies=settings.proxies,
    )
    try:
        await require_migrated(database, settings)
        identity = await identify(client, settings)
        return _Composition(settings, metrics, Store.build(database, make_limits(settings)), client, identity).build()
    except BaseException:
        # Also on cancellation: a signal may come at any await above.
        await client.aclose()
        await database.aclose()
        raise


class _Composition:
    """What several features share, each built once, when it is first needed."""

    def __init__(
        self, settings: Settings, metrics: Metrics, store: Store, client: SlackClient, identity: Identity
    ) -> None:
        # Deadlines use the event loop's clock, so that tests can control time.
        self.seconds = asyncio.get_running_loop().time
        self.settings, self.metrics, self.store, self.tasks = settings, metrics, store, Tasks()
        self.languages = Languages.load(settings.default_locale, settings.help_contact)
        self.seal = Seal.derive(settings.slack_bot_token.get_secret_value())
        self.whmcs = Whmcs.connect(
            settings.whmcs_url,
            settings.whmcs_api_identifier.get_secret_value(),
            settings.whmcs_api_secret.get_secret_value(),
            _reveal(settings.whmcs_api_access_key),
            companion_url=settings.whmcs_companion_url,
            companion_secret=_reveal(settings.whmcs_companion_secret),
            admin_url=settings.whmcs_admin_url,
            observe=metrics.observe_whmcs_request,
            find_way=lambda url: Way(settings.proxies.find_proxy(url), settings.certificates),
            seconds=self.seconds,
        )
        metrics.watch_whmcs(lambda: self.whmcs.breaker.silent_seconds)
        self.slack = Slack.build(
            client,
            identity,
            self.languages,
            self.seconds,
            api_url=settings.slack_api_url,
            approval_channel=settings.approval_channel,
            emails_url=self.whmcs.emails_url,
            offers_replies=self.offers_replies,
        )

    def build(self) -> App:
        """Build every feature, and the entrance through which Slack reaches them."""
        table = self._build_table()
        bolt = build_bolt(self.slack.identity, table)
        return App(
            settings=self.settings,
            store=self.store,
            slack=self.slack,
            whmcs=self.whmcs,
            metrics=self.metrics,
            tasks=self.tasks,
            entrance=self._build_entrance(Dispatcher(bolt=bolt, metrics=self.metrics)),
            table=table,
            rounds=self._list_rounds(),
            stoppables=(self.resets, self.replies, self.homes),
        )

    @property
    def offers_replies(self) -> bool:
        return bool(self.settings.whmcs_reply_admin)

    # What several features share.

    @cached_property
    def refusals(self) -> Refusals:
        return Refusals(store=self.store, metrics=self.metrics)

    @cached_property
    def access(self) -> Access:
        return Access(slack=self.slack, policy=make_access_policy(self.settings), refusals=self.refusals)

    @cached_property
    def pauses(self) -> Pauses:
        return Pauses(store=self.store, tasks=self.tasks)

    @cached_property
    def homes(self) -> Homes:
        return Homes(whmcs=self.whmcs, store=self.store, slack=self.slack, access=self.access, tasks=self.tasks)

    @cached_property
    def tickets(self) -> Tickets:
        return Tickets(whmcs=self.whmcs, policy=self.settings.identity_policy, store=self.store)

    @cached_property
    def eligibility(self) -> Eligibility:
        policy = self.settings.identity_policy
        return Eligibility(whmcs=self.whmcs, tickets=self.tickets, policy=policy, seal=self.seal)

    @cached_property
    def clients(self) -> ClientLookup:
        return ClientLookup(whmcs=self.whmcs, eligibility=self.eligibility, tickets=self.tickets, access=self.access)

    # Resets.

    @cached_property
    def resets(self) -> ResetService:
        confirmation = Confirmation(
            whmcs=self.whmcs,
            pauses=self.pauses,
            eligibility=self.eligibility,
            access=self.access,
            notifies_client=bool(self.settings.password_notice_template),
        )
        return ResetService(
            store=self.store,
            access=self.access,
            confirmation=confirmation,
            approvals=self.approvals,
            execution=self.execution,
            refusals=self.refusals,
            tasks=self.tasks,
        )

    @cached_property
    def execution(self) -> ResetExecution:
        return ResetExecution(
            store=self.store,
            slack=self.slack,
            whmcs=self.whmcs,
            recorder=OutcomeRecorder(store=self.store, homes=self.homes, tasks=self.tasks),
            methods=self._build_methods(),
            tasks=self.tasks,
            metrics=self.metrics,
        )

    def _build_methods(self) -> Mapping[Method, ResetMethod]:
        methods: dict[Method, ResetMethod] = {
            Method.RESET_EMAIL: ResetEmail(
                whmcs=self.whmcs, eligibility=self.eligibility, store=self.store, tasks=self.tasks
            )
        }
        if self.whmcs.companion is not None:
            methods[Method.SET_PASSWORD] = SetPassword(
                companion=self.whmcs.companion,
                eligibility=self.eligibility,
                store=self.store,
                slack=self.slack,
                tasks=self.tasks,
                client_notices=ClientNotices(whmcs=self.whmcs, template=self.settings.password_notice_template),
                rules=make_password_rules(self.settings),
            )
        return methods

    @cached_property
    def approvals(self) -> Approvals:
        ttl = timedelta(seconds=self.settings.approval_ttl_seconds)
        return Approvals(store=self.store, slack=self.slack, access=self.access, homes=self.homes, ttl=ttl)

    # Replies on tickets.

    @cached_property
    def replies(self) -> ReplyService:
        return ReplyService(
            whmcs=self.whmcs,
            store=self.store,
            slack=self.slack,
            access=self.access,
            tasks=self.tasks,
            metrics=self.metrics,
            rules=make_reply_rules(self.settings),
            seal=self.seal,
        )

    # Background work.

    @cached_property
    def deletion_pace(self) -> TokenBucket:
        return TokenBucket(per_minute=_DELETIONS_PER_MINUTE, at_once=_DELETIONS_AT_ONCE, clock=self.seconds)

    @cached_property
    def deletions(self) -> Deletions:
        return Deletions(
            store=self.store, slack=self.slack, access=self.access, homes=self.homes, pace=self.deletion_pace
        )

    def _list_rounds(self) -> tuple[Round, ...]:
        recovery = Recovery(whmcs=self.whmcs, store=self.store, homes=self.homes, is_running=self.execution.is_running)
        notifier = OutcomeNotifier(store=self.store, slack=self.slack)
        reconciliation = ReplyReconciliation(store=self.store, slack=self.slack, whmcs=self.whmcs, metrics=self.metrics)
        due = DueKinds(store=self.store, clock=self.seconds)
        # A worker each, so that a reset is recovered in time however much there is to delete.
        work: tuple[Mapping[JobKind, Callable[[Job], Awaitable[None]]], ...] = (
            {JobKind.RECOVER_RESET: recovery.recover, JobKind.SETTLE_RESET: recovery.settle},
            {JobKind.TELL_AGENT: notifier.notify},
            {JobKind.SETTLE_REPLY: reconciliation.settle},
            {JobKind.EXPIRE_APPROVAL: self.approvals.expire_due},
        )
        deletions = Worker(
            store=self.store,
            due=due,
            kinds={JobKind.DELETE_MESSAGE: self.deletions.delete_due},
            pace=self.deletion_pace,
        )
        workers = (*(Worker(store=self.store, due=due, kinds=kinds) for kinds in work), deletions)
        return (
            *(Round(WORK_SECONDS, worker.work) for worker in workers),
            Round(LEASE_RENEWED_EVERY.total_seconds(), self.execution.renew_leases),
        )

    # Slack in.

    def _build_table(self) -> tuple[Entry, ...]:
        sessions = ModalSessions(slack=self.slack, tasks=self.tasks)
        ttl = timedelta(seconds=self.settings.modal_ttl_seconds)
        forms = Forms(resets=self.resets, refusals=self.refusals, store=self.store, ttl=ttl, seal=self.seal)
        renderer = Renderer(
            clients=self.clients,
            whmcs=self.whmcs,
            languages=self.languages,
            offers_replies=self.offers_replies,
        )
        return build_table(
            Guard(access=self.access, tasks=self.tasks, slack=self.slack, languages=self.languages, seal=self.seal),
            homes=self.homes,
            reset=ResetPasswordListeners(
                slack=self.slack,
                finder=Finder(clients=self.clients, tickets=self.tickets),
                pauses=self.pauses,
                forms=forms,
                sessions=sessions,
                renderer=renderer,
            ),
            submission=SubmissionListeners(
                resets=self.resets,
                pauses=self.pauses,
                forms=forms,
                sessions=sessions,
                renderer=renderer,
                policy=self.settings.identity_policy,
            ),
            message=MessageListeners(
                resets=self.resets, approvals=self.approvals, deletions=self.deletions, sessions=sessions
            ),
            reply=TicketReplyListeners(
                slack=self.slack,
                replies=self.replies,
                pauses=self.pauses,
                forms=forms,
                sessions=sessions,
                renderer=renderer,
                templates=self.settings.ticket_reply_templates,
            ),
        )

    def _build_entrance(self, dispatcher: Dispatcher) -> Listener | SocketMode:
        settings = self.settings
        if settings.slack_app_token is None:
            app = build_public_app(dispatcher, _reveal(settings.slack_signing_secret))
            return Listener(app, settings.host, settings.port)
        socket = SocketMode(self.slack.client, _reveal(settings.slack_app_token), dispatcher.acknowledge)
        self.metrics.watch_socket(lambda: socket.silent_seconds)
        return socket


def _reveal(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret is not None else ""
