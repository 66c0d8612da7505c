"""What `check` says of the database, which it leaves as it is."""

import contextlib
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.domain.pauses import Pause
from bot.domain.permissions import AgentId
from bot.domain.references import Reference
from bot.domain.resets import MessageRef, SecretMessage
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.pauses import PauseStore
from sandbox.ports import free_port
from tests.check.installation import Installation

pytestmark = pytest.mark.asyncio

START = {"slack.public_url": "warning"}
"""The bot does not run in these tests, which is a warning and no more."""


async def test_a_database_that_is_well_is_ok(here: Installation) -> None:
    answer = await here.examine()
    assert answer.troubles == START
    assert str(here.world.database) in answer.findings["database.reachable"].text


async def test_a_file_that_is_not_there_yet_is_a_warning_and_is_not_made(here: Installation, tmp_path: Path) -> None:
    path = tmp_path / "var" / "deeper" / "new.db"
    answer = await here.examine(DATABASE_URL=f"sqlite:///{path}")
    assert (answer.exit_code, answer.troubles) == (0, {"database.reachable": "warning", **START})
    assert str(path) in answer.findings["database.reachable"].text
    assert "serve" in answer.findings["database.reachable"].next
    assert not (tmp_path / "var").exists()


async def test_a_file_that_can_not_be_made_there_is_a_failure(here: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    answer = await here.examine(DATABASE_URL=f"sqlite:///{tmp_path}/file/bot.db")
    assert (answer.exit_code, answer.troubles) == (1, {"database.reachable": "failed", **START})
    assert "DATABASE_URL" in answer.findings["database.reachable"].next


async def test_a_file_without_tables_is_a_warning_and_stays_empty(here: Installation, tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    answer = await here.examine(DATABASE_URL=f"sqlite:///{path}")
    assert (answer.exit_code, answer.troubles) == (0, {"database.migrated": "warning", **START})
    assert answer.findings["database.writable"].state == "ok"
    assert path.read_bytes() == b""
    assert sorted(found.name for found in tmp_path.glob("empty*")) == ["empty.db"]


@pytest.mark.parametrize("path", ["100%25.db", "q?x#y.db", "ñ.db"])
async def test_a_file_of_an_odd_name_is_found(here: Installation, tmp_path: Path, path: str) -> None:
    url = make_url("sqlite://").set(database=str(tmp_path / path)).render_as_string(hide_password=False)
    database = Database.connect(url)
    await database.migrate()
    await database.aclose()
    assert (await here.examine(DATABASE_URL=url)).troubles == START


async def test_a_database_of_a_newer_version_is_a_failure(here: Installation) -> None:
    with contextlib.closing(sqlite3.connect(here.world.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (1, {"database.migrated": "failed", **START})
    assert "Update the bot" in answer.findings["database.migrated"].next


async def test_a_file_that_is_no_database_is_a_failure(here: Installation, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as the header of one " * 10)
    answer = await here.examine(DATABASE_URL=f"sqlite:///{path}")
    assert (answer.exit_code, answer.troubles) == (1, {"database.reachable": "failed", **START})
    assert "not an SQLite database" in answer.findings["database.reachable"].text


async def test_a_file_that_can_not_be_opened_is_a_failure(here: Installation, tmp_path: Path) -> None:
    answer = await here.examine(DATABASE_URL=f"sqlite:///{tmp_path}")
    assert (answer.exit_code, answer.troubles) == (1, {"database.reachable": "failed", **START})
    assert "can't be opened" in answer.findings["database.reachable"].text
    assert "system user" in answer.findings["database.reachable"].next


async def test_a_database_that_can_only_be_read_is_a_failure(here: Installation) -> None:
    answer = await here.examine(DATABASE_URL=f"sqlite:///file:{here.world.database}?mode=ro&uri=true")
    assert (answer.exit_code, answer.troubles) == (1, {"database.writable": "failed", **START})
    assert "read-only" in answer.findings["database.writable"].text


async def test_a_database_that_somebody_keeps_locked_is_a_failure(here: Installation) -> None:
    with held(here.world.database):
        answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (1, {"database.writable": "failed", **START})
    assert "lock" in answer.findings["database.writable"].text
    assert (await here.examine()).troubles == START


async def test_messages_that_should_be_gone_are_a_warning_with_their_number(here: Installation) -> None:
    database = Database.connect(here.world.settings["DATABASE_URL"])
    for number in (1, 2):
        await JobStore(database).replace_message(
            SecretMessage(
                reference=Reference(f"7K3M-Q9X{number}"),
                agent_id=AgentId("U1"),
                agent_locale="es",
                place=MessageRef(channel="D1", ts=f"{number}.0"),
                deletes_at=datetime.now(UTC) - timedelta(minutes=number),
            )
        )
    await database.aclose()
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (0, {"database.overdue_messages": "warning", **START})
    assert answer.findings["database.overdue_messages"].text.startswith("2 messages with a password")


async def test_a_pause_is_a_warning_that_says_who_and_why(here: Installation) -> None:
    database = Database.connect(here.world.settings["DATABASE_URL"])
    await PauseStore(database).begin(Pause(reason="WHMCS is updated", by="Olga", paused_at=datetime.now(UTC)))
    await database.aclose()
    answer = await here.examine()
    assert (answer.exit_code, answer.troubles) == (0, {"database.pause": "warning", **START})
    assert answer.findings["database.pause"].text.startswith("resets are paused by Olga since ")
    assert "WHMCS is updated" in answer.findings["database.pause"].text
    assert "bot resume" in answer.findings["database.pause"].next


async def test_a_postgresql_that_is_not_reached_is_a_failure_without_its_password(here: Installation) -> None:
    url = f"postgresql://bot:CANARY-password@127.0.0.1:{free_port()}/bot"
    answer = await here.examine(DATABASE_URL=url)
    assert (answer.exit_code, answer.troubles) == (1, {"database.reachable": "failed", **START})
    found = answer.findings["database.reachable"]
    assert "refused" in found.text
    assert "CANARY" not in found.text + found.next


async def test_a_driver_that_is_not_there_is_a_failure(here: Installation) -> None:
    answer = await here.examine(DATABASE_URL="postgresql+nothing://bot@127.0.0.1/bot")
    assert (answer.exit_code, answer.troubles) == (1, {"database.reachable": "failed", **START})


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Somebody else keeps the write lock."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
