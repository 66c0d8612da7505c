"""The state behind the page, for all windows: local servers, people, bot, faults."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sandbox.bot_process import build_settings, run_command
from sandbox.change_notifier import ChangeNotifier
from sandbox.page.bot import Bot, Mode
from sandbox.page.faults import FaultBoard
from sandbox.page.people import AGENTS, SETTERS, CastMember, begin_talk, invite
from sandbox.slack import LocalSlack
from sandbox.slack.workspace import JsonObject
from sandbox.whmcs import LocalWhmcs

_EVENTS_HOST = "https://bot.example.com"


@dataclass(frozen=True)
class Command:
    """A slash command in the app's manifest."""

    name: str
    description: str
    usage: str


@dataclass(frozen=True)
class Shortcut:
    name: str
    callback_id: str
    is_global: bool


@dataclass(frozen=True)
class App:
    """The app as its manifest describes it."""

    name: str
    commands: tuple[Command, ...]
    shortcuts: tuple[Shortcut, ...]
    scopes: frozenset[str]
    events: frozenset[str]
    has_home: bool
    is_read_only: bool
    """True if people cannot send messages to the app."""

    @property
    def global_shortcuts(self) -> tuple[Shortcut, ...]:
        return tuple(shortcut for shortcut in self.shortcuts if shortcut.is_global)

    @property
    def message_shortcuts(self) -> tuple[Shortcut, ...]:
        return tuple(shortcut for shortcut in self.shortcuts if not shortcut.is_global)

    @classmethod
    def read(cls, manifest: JsonObject) -> Self:
        features, settings = manifest["features"], manifest["settings"]
        home: JsonObject = features.get("app_home", {})
        return cls(
            name=features["bot_user"]["display_name"],
            commands=tuple(
                Command(found["command"], found["description"], found.get("usage_hint", ""))
                for found in features["slash_commands"]
            ),
            shortcuts=tuple(
                Shortcut(found["name"], found["callback_id"], found["type"] == "global")
                for found in features.get("shortcuts", [])
            ),
            scopes=frozenset(manifest["oauth_config"]["scopes"]["bot"]),
            events=frozenset(settings.get("event_subscriptions", {}).get("bot_events", [])),
            has_home=bool(home.get("home_tab_enabled")),
            is_read_only=bool(home.get("messages_tab_read_only_enabled")),
        )


@dataclass(frozen=True)
class World:
    slack: LocalSlack
    whmcs: LocalWhmcs
    cast: tuple[CastMember, ...]
    apps: Mapping[str, App]
    bot: Bot
    faults: FaultBoard
    changes: ChangeNotifier
    """Notifies of changes of the bot process and the faults; the servers have their own."""

    def find(self, member_id: str) -> CastMember | None:
        return next((member for member in self.cast if member.person.id == member_id), None)


@asynccontextmanager
async def make_world(folder: Path, *, locale: str, mode: Mode = "http") -> AsyncIterator[World]:
    """Start the servers and the bot, with its database and log in `folder`, and stop them after the block.

    A bot that does not become ready is not an error: the page shows it. Raises: ProcessError: no manifest.
    """
    async with LocalSlack() as slack, LocalWhmcs() as whmcs:
        changes = ChangeNotifier()
        cast = invite(slack)
        settings = build_settings(slack, whmcs, folder, group=AGENTS, locale=locale, help_contact=slack.general)
        settings |= {"SET_PASSWORD_USER_GROUPS": SETTERS}
        bot = Bot(slack, settings, folder / "bot.log", changes)
        bot.mode = mode
        try:
            spanish, english, _ = await asyncio.gather(_read_manifest("es"), _read_manifest("en"), bot.start())
            slack.install(spanish.scopes, has_home=spanish.has_home)
            await begin_talk(cast)
            yield World(
                slack=slack,
                whmcs=whmcs,
                cast=cast,
                apps={"es": spanish, "en": english},
                bot=bot,
                faults=FaultBoard(slack, whmcs, changes),
                changes=changes,
            )
        finally:
            await bot.end()


async def _read_manifest(locale: str) -> App:
    printed = await run_command({"PUBLIC_URL": _EVENTS_HOST, "DEFAULT_LOCALE": locale}, "manifest", "--json")
    return App.read(json.loads(printed))
