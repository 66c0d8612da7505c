"""The bot between a local Slack and a local WHMCS, all three over real sockets in one event loop."""

import asyncio
import contextlib
import inspect
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, TypeAlias

import psycopg
from psycopg.rows import dict_row

from bot.app import prepare
from bot.running import App
from bot.settings import Settings
from sandbox.ports import free_port
from sandbox.slack import LocalSlack, Modal, NotOpenedError, Person
from sandbox.whmcs import LocalWhmcs
from tests.migrated import make_database
from tests.virtual_time import stop_leaping

GROUP = "S0AGENTS"
EMAIL = "Enviar correo electrónico para restablecer la contraseña"
SET = "Cambiar contraseña"
CALLED_BACK = "Se le devolvió la llamada al número registrado"

_TRIES = 5

_MESSAGES_ARE_DUE = (
    "UPDATE jobs SET due_at = '2026-01-01 00:00:00.000000', lease_until = NULL WHERE kind = 'delete_message'"
)

Mode: TypeAlias = Literal["http", "socket"]
"""How Slack reaches the bot: signed HTTP, or Socket Mode."""


@dataclass
class World:
    slack: LocalSlack
    whmcs: LocalWhmcs
    agent: Person
    settings: dict[str, str]
    database: Path
    mode: Mode = "http"
    postgresql: str = ""
    """The address of the PostgreSQL database that this world has instead of a file; empty: it has a file."""
    app: App | None = None
    ports: tuple[int, int] = field(default=(0, 0))

    @property
    def ops_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[1]}"

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.ports[0]}"

    @contextlib.asynccontextmanager
    async def bot(self, **settings: str) -> AsyncIterator[App]:
        """Run the bot; what is given overrides the settings of this world."""
        app = await prepare(Settings.load(self.settings | settings))
        await app.start()
        self.app = app
        try:
            yield app
        finally:
            await app.stop()

    def audit(self, action: str = "reset") -> list[tuple[str, str]]:
        """Outcome and reason of the audit's events of one action, in order."""
        return [(str(row["outcome"]), str(row["reason"])) for row in self.audit_rows() if row["action"] == action]

    def audit_rows(self) -> list[dict[str, object]]:
        return self.rows("SELECT * FROM audit ORDER BY id")

    def let_messages_be_due(self) -> None:
        """Let the time of all direct messages be over, also of those whose deletion is to be tried later."""
        self.execute(_MESSAGES_ARE_DUE)

    async def let_messages_be_due_until(
        self, condition: Callable[[], object] | Callable[[], Awaitable[object]]
    ) -> None:
        """The same again and again, since what the bot is at just now may be put off once more."""
        for _ in range(5):
            await self.change(_MESSAGES_ARE_DUE)
            with contextlib.suppress(TimeoutError):
                await self.until(condition, timeout_seconds=2, every_seconds=0.1)
                return
        raise AssertionError(self.rows("SELECT * FROM jobs"))

    def let_last_reset_be_running(self, phase: str, *, minutes: float = 1) -> None:
        """Leave the database as a process leaves it that died in this phase of its last reset, that long ago."""
        at = f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S.%f}"
        called_at = f"'{at}'" if phase == "calling" else "NULL"
        self.execute(
            "UPDATE resets SET outcome = NULL, reason = NULL, settled = NULL,"  # noqa: S608 - words and times of ours
            f" phase = '{phase}', started_at = '{at}', called_at = {called_at}",
            "DELETE FROM audit WHERE action = 'reset' AND outcome <> 'STARTED'",
            "DELETE FROM jobs WHERE kind <> 'delete_message'",
            "INSERT INTO jobs (kind, reference, due_at, attempts, agent_id, agent_locale, channel, ts)"
            " SELECT 'recover_reset', reference, started_at, 0, agent_id, agent_locale, '', '' FROM resets",
        )

    def execute(self, *statements: str, wait_seconds: float = 5.0) -> None:
        """Change the database behind the bot's back, in one transaction."""
        while True:
            with self._connect(wait_seconds) as connection, contextlib.suppress(psycopg.errors.LockNotAvailable):
                for statement in (*self._impatience, *statements):
                    connection.execute(statement)
                connection.commit()
                return

    @property
    def _impatience(self) -> tuple[str, ...]:
        """The bot takes the tables in another order, so who waits for it gives way, before a server sees a deadlock."""
        return ("SET LOCAL lock_timeout = '200ms'",) if self.postgresql else ()

    async def change(self, *statements: str) -> None:
        """As `execute`, while the bot is at work on the file in this event loop: its own turn comes first."""
        while True:
            try:
                self.execute(*statements, wait_seconds=0)
            except sqlite3.OperationalError as error:
                if "locked" not in str(error):
                    raise
                await asyncio.sleep(0.01)
            else:
                return

    def read_all_of_the_database(self) -> bytes:
        """Every byte of the file and of what lies beside it; of PostgreSQL, every row."""
        if not self.postgresql:
            files = [path for path in self.database.parent.rglob("*") if path.is_file()]
            assert any(path.name.endswith("-wal") for path in files), "the write-ahead log is looked at as well"
            return b"".join(path.read_bytes() for path in files)
        tables = self.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert tables
        return repr([self.rows(f"SELECT * FROM {table['tablename']}") for table in tables]).encode()  # noqa: S608 - a name of ours

    def let_pass(self, *, minutes: float) -> None:
        """Let so much time have passed, for everything that the database holds a time of; the audit's stay."""
        self.execute(
            *(
                f"UPDATE {table} SET {column} = {self.earlier(column, minutes)}"  # noqa: S608 - names of ours
                for table, column in self._list_times()
            )
        )

    @contextlib.contextmanager
    def locked(self) -> Iterator[Callable[[str], object]]:
        """Somebody else's transaction keeps the bot from writing; what it is given to execute is committed at the end."""
        with self._connect() as connection:
            if self.postgresql:
                connection.execute("LOCK TABLE resets, jobs, audit, pauses IN EXCLUSIVE MODE")
            else:
                connection.isolation_level = None
                connection.execute("BEGIN IMMEDIATE")
            yield connection.execute
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Somebody else reads all the while, which keeps nobody from writing."""
        with self._connect() as connection:
            connection.execute("BEGIN")
            connection.execute("SELECT * FROM resets").fetchall()
            yield

    async def until(
        self,
        condition: Callable[[], object] | Callable[[], Awaitable[object]],
        timeout_seconds: float = 5.0,
        *,
        every_seconds: float = 0.05,
    ) -> None:
        """Wait for something that the database or an HTTP answer tells, which can't call back."""
        async with asyncio.timeout(timeout_seconds):
            while True:
                value = condition()
                if await value if inspect.isawaitable(value) else value:
                    return
                await asyncio.sleep(every_seconds)

    def earlier(self, column: str, minutes: float) -> str:
        """In SQL: what a column with a time holds, less so many minutes."""
        if self.postgresql:
            return f"{column} - interval '{minutes} minutes'"
        return f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-{minutes} minutes')"

    def rows(self, query: str) -> list[dict[str, object]]:
        with self._connect() as connection:
            return [dict(row) for row in connection.execute(query)]

    def _list_times(self) -> list[tuple[str, str]]:
        """The columns with times."""
        if self.postgresql:
            found = self.rows(
                "SELECT table_name AS name, column_name AS field FROM information_schema.columns"
                " WHERE table_schema = 'public' AND data_type LIKE 'timestamp%'"
            )
        else:
            found = self.rows(
                "SELECT m.name AS name, p.name AS field FROM sqlite_master m, pragma_table_info(m.name) p"
                " WHERE m.type = 'table' AND p.type = 'DATETIME'"
            )
        return [(str(row["name"]), str(row["field"])) for row in found if row["name"] != "audit"]

    def _connect(self, wait_seconds: float = 5.0) -> contextlib.closing[Any]:
        if self.postgresql:
            return contextlib.closing(psycopg.connect(self.postgresql, row_factory=dict_row))
        connection = sqlite3.connect(self.database, timeout=wait_seconds)
        connection.row_factory = sqlite3.Row
        return contextlib.closing(connection)


@contextlib.asynccontextmanager
async def make_world(folder: Path, mode: Mode = "http", postgresql: str = "") -> AsyncIterator[World]:
    if postgresql:
        # The bot asks the server for the time, and the server's clock can't be moved.
        stop_leaping()
    async with LocalSlack() as slack, LocalWhmcs() as whmcs:
        agent = slack.add_person("Sofía Soporte", locale="es-ES")
        slack.add_group(GROUP, [agent])
        ports = free_port(), free_port()
        database = folder / "bot.db"
        make_database(database)
        settings = {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_API_URL": slack.api_url,
            "WHMCS_URL": whmcs.url,
            "WHMCS_API_IDENTIFIER": whmcs.identifier,
            "WHMCS_API_SECRET": whmcs.secret,
            "WHMCS_COMPANION_SECRET": whmcs.companion_secret,
            "DATABASE_URL": postgresql or f"sqlite:///{database}",
            "AGENT_USER_GROUPS": GROUP,
            "HELP_CONTACT": "Equipo de sistemas",
            "PORT": str(ports[0]),
            "OPS_PORT": str(ports[1]),
        }
        if mode == "http":
            settings["SLACK_SIGNING_SECRET"] = slack.signing_secret
            slack.connect_bot(f"http://127.0.0.1:{ports[0]}/slack/events")
        else:
            settings["SLACK_APP_TOKEN"] = slack.app_token
        yield World(slack, whmcs, agent, settings, database, mode, postgresql, ports=ports)


async def open_modal(person: Person, command: str) -> Modal:
    """Type the command again if the bot asks for that: it allows Slack 1.5 s, which a busy machine may exceed."""
    for _ in range(_TRIES - 1):
        try:
            return await person.types(command)
        except NotOpenedError as error:
            if "try again" not in str(error).lower() and "inténtelo de nuevo" not in str(error).lower():
                raise
    return await person.types(command)


async def open_card(agent: Person, whom: str) -> Modal:
    """Type the command once and wait for the client's card."""
    modal = await agent.types(f"/reset-password {whom}")
    await modal.shows("Id del cliente")
    return modal


async def fill_form(agent: Person, whom: str, method: str, *, user: str | None = None) -> Modal:
    """Type the command, wait for the card, and fill in the form up to the button that starts the reset.

    *Set a password* has a last step, which is shown here, so that the button confirms it.
    """
    modal = await open_modal(agent, f"/reset-password {whom}")
    await modal.shows("Id del cliente", timeout_seconds=20)
    if user is not None:
        await modal.choose("Usuario", user)
    await modal.choose("Método", method)
    if method == SET:
        await modal.choose("¿Cómo se verificó a la persona?", CALLED_BACK)
        await modal.submit()
        await modal.shows("Confirmar", timeout_seconds=20)
    return modal


async def complete_reset(agent: Person, whom: str, method: str, *, user: str | None = None) -> Modal:
    """Fill in the form, submit it, and wait for the result, which the modal then shows."""
    modal = await fill_form(agent, whom, method, user=user)
    await modal.submit()
    await modal.shows("Listo", timeout_seconds=10)
    return modal
