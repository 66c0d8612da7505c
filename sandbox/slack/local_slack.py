"""The local Slack, built from its parts."""

import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from sandbox.serving import LoopbackServer
from sandbox.slack.acknowledgements import Acknowledgements
from sandbox.slack.crafted_requests import CraftedRequests
from sandbox.slack.delivery import BotRequest, Delivery
from sandbox.slack.faults import Faults
from sandbox.slack.home_tabs import HomeTabs
from sandbox.slack.methods import Methods
from sandbox.slack.payloads import Payloads
from sandbox.slack.person import Person
from sandbox.slack.scopes import Scopes
from sandbox.slack.socket_mode import SocketMode
from sandbox.slack.views import Views
from sandbox.slack.web_api import API, RESPONSE_URLS, ApiCall, Tokens, WebApi
from sandbox.slack.workspace import BOT_USER_ID, DEFAULT_SCOPES, GENERAL_ID, Channel, Member, Workspace


class LocalSlack(CraftedRequests):
    """A Slack workspace on loopback with one app installed.

    Runs as an async context manager. `granted_scopes`, `faults`, `home_tabs.is_enabled`, each person's `member` and each
    channel may be changed at any time.
    """

    def __init__(
        self,
        *,
        bot_token: str = "xoxb-fake-local-slack",
        app_token: str = "xapp-fake-local-slack",
        signing_secret: str = "fa4e5ec2e7fa4e5ec2e7fa4e5ec2e7fa",
        team_id: str = "T0000DEMO",
        port: int = 0,
    ) -> None:
        self.bot_token = bot_token
        self.app_token = app_token
        self.signing_secret = signing_secret
        self.team_id = team_id
        self.general = GENERAL_ID
        self.faults = Faults()
        self.granted_scopes = set(DEFAULT_SCOPES)
        self._seconds_ahead = 0.0
        self.workspace = Workspace(team_id, self.now)
        self.changes = self.workspace.changes
        self.views = Views(self.workspace)
        self.home_tabs = HomeTabs(self.workspace)
        self.sockets = SocketMode(self.workspace)
        super().__init__(Payloads(self.workspace), Delivery(self.workspace, signing_secret, self.sockets))
        self.acknowledgements = Acknowledgements(self.workspace, self.views, self.faults)
        scopes = Scopes(self.granted_scopes)
        methods = Methods(self.workspace, self.views, self.home_tabs, self.sockets, scopes)
        tokens = Tokens(bot=bot_token, app=app_token)
        self._web_api = WebApi(self.workspace, methods, self.faults, tokens, scopes)
        self._server = LoopbackServer(self._web_api, port=port)
        self._people: dict[str, Person] = {}
        self._exits = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._exits.enter_async_context(self._server)
        await self._exits.enter_async_context(self.sockets)
        await self._exits.enter_async_context(self.delivery)
        self.workspace.response_url_base = self._server.url + RESPONSE_URLS
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.faults.clear()
        await self._exits.aclose()

    # Addresses

    @property
    def api_url(self) -> str:
        """The base address of the Web API, with a trailing slash: SLACK_API_URL."""
        return self._server.url + API

    @property
    def connections(self) -> int:
        """TCP connections accepted so far by the Web API and the response_urls."""
        return self._server.connections

    def install(self, scopes: Iterable[str], *, has_home: bool) -> None:
        """Grant the app these scopes only, and give it a Home tab or none."""
        self.granted_scopes.clear()
        self.granted_scopes.update(scopes)
        self.home_tabs.is_enabled = has_home

    def connect_bot(self, events_url: str) -> None:
        """Send signed requests to this address from now on, or with "" use Socket Mode, as at first."""
        self.delivery.events_url = events_url

    # People

    def add_person(
        self,
        name: str,
        *,
        id: str | None = None,  # noqa: A002 - what Slack calls it
        locale: str = "es-ES",
        tz: str = "Europe/Madrid",
        is_guest: bool = False,
        is_ultra_restricted: bool = False,
        is_bot: bool = False,
        is_deleted: bool = False,
        is_stranger: bool = False,
        team_id: str | None = None,
        groups: Iterable[str] = (),
    ) -> Person:
        """Add a person to the workspace and to #soporte. The default id is derived from the name."""
        made = "U0" + "".join(letter for letter in name.upper() if letter.isascii() and letter.isalnum())
        member = Member(
            id=id or (made if made not in self._people else f"{made}{len(self._people)}"),
            name=name,
            team_id=team_id or self.team_id,
            locale=locale,
            tz=tz,
            is_restricted=is_guest or is_ultra_restricted,
            is_ultra_restricted=is_ultra_restricted,
            is_bot=is_bot,
            is_deleted=is_deleted,
            is_stranger=is_stranger,
        )
        self.workspace.add(member)
        for group_id in groups:
            self.workspace.groups.setdefault(group_id, []).append(member.id)
        self._people[member.id] = Person(self, member)
        return self._people[member.id]

    def add_group(self, group_id: str, members: Iterable[Person] = ()) -> str:
        """Create a user group, or add people to it, and return its id."""
        users = self.workspace.groups.setdefault(group_id, [])
        users += [person.id for person in members if person.id not in users]
        return group_id

    def remove_from_group(self, group_id: str, person: Person) -> None:
        """Remove a person from a user group."""
        self.workspace.groups[group_id].remove(person.id)

    def add_channel(
        self, name: str, members: Iterable[Person] = (), *, has_bot: bool = True, is_private: bool = False
    ) -> str:
        """Create a channel with these people, and the bot if wanted, and return its id."""
        ids = {person.id for person in members} | ({BOT_USER_ID} if has_bot else set())
        return self.workspace.add_channel(name, ids, is_private=is_private).id

    def channel(self, channel_id: str) -> Channel:
        """Return a channel, of which tests may change all fields."""
        return self.workspace.channel(channel_id)

    @property
    def people(self) -> tuple[Person, ...]:
        return tuple(self._people.values())

    def people_who_saw(self, text: str) -> set[Person]:
        """Return all people whose client has ever received this text.

        It may be in views (also their private_metadata), messages and their notification texts, also in past versions,
        ephemeral messages, offered options and errors.
        """
        return {self._people[member_id] for member_id in self.workspace.who_saw(text) if member_id in self._people}

    # Past requests

    @property
    def calls(self) -> list[ApiCall]:
        """The received calls of the Web API and of response_urls ("response_url"), in order."""
        return self._web_api.calls

    async def wait_for_call(
        self, method: str, *, count: int = 1, is_done: bool = True, timeout_seconds: float = 5.0
    ) -> ApiCall:
        """Return the `count`-th call of this method once it is answered, or without `is_done` received."""

        def found() -> ApiCall | None:
            calls = [call for call in self.calls if call.method == method and (call.is_done or not is_done)]
            return calls[count - 1] if len(calls) >= count else None

        try:
            call = await self.changes.wait_until(found, timeout_seconds)
        except TimeoutError:
            raise AssertionError(f"no {method} after {timeout_seconds} s: {[c.method for c in self.calls]}") from None
        if call is None:
            raise AssertionError("wait_until() returned without a call")
        return call

    @property
    def requests_to_bot(self) -> list[BotRequest]:
        """The completed requests to the bot, in order."""
        return self.delivery.requests

    def forget(self) -> None:
        """Drop all modals, messages and past requests, so that a long run does not fill the memory.

        Modals and messages that somebody still holds can't be used afterwards.
        """
        self.calls.clear()
        self.requests_to_bot.clear()
        self.workspace.forget()
        self.views.forget()
        for person in self.people:
            person.forget()

    # Time and limits

    def now(self) -> float:
        """Return the local Slack's time, in seconds since 1970."""
        return time.time() + self._seconds_ahead

    def advance(self, seconds: float) -> None:
        """Move the clock forward, so that triggers and response_urls age. Signatures use the real time."""
        self._seconds_ahead += seconds
        self.changes.notify()

    @property
    def trigger_lifetime_seconds(self) -> float:
        return self.workspace.trigger_lifetime_seconds

    @trigger_lifetime_seconds.setter
    def trigger_lifetime_seconds(self, seconds: float) -> None:
        self.workspace.trigger_lifetime_seconds = seconds

    @property
    def acknowledgement_seconds(self) -> float:
        return self.delivery.acknowledgement_seconds

    @acknowledgement_seconds.setter
    def acknowledgement_seconds(self, seconds: float) -> None:
        self.delivery.acknowledgement_seconds = seconds

    def revoke_token(self) -> None:
        """Respond token_revoked to all calls from now on."""
        self._web_api.is_token_revoked = True
