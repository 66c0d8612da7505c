"""The lines of `check` about the database, which it never changes."""

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
"""The bot is not running in these tests, which is only a warning."""


async def test_a_healthy_database_is_ok(here: Installation) -> None:
    answer = await here.examine()
    assert answer.problems == START
    assert str(here.world.database) in answer.findings["database.reachable"].text


async def test_a_missing_file_is_a_warning_and_is_not_created(here: Installation, tmp_path: Path) -> None:
    path = tmp_path / "var" / "deeper" / "new.db"
    answer = await here.examine(DATABASE_URL=f"sqlite:///{path}")
    assert (answer.exit_code, answer.problems) == (0, {"database.reachable": "warning", **START})
    assert str(path) in answer.findings["database.reachable"].text
    assert "serve" in answer.findings["database.reachable"].next
    assert not (tmp_path / "var").exists()


async def test_a_file_that_can_not_be_created_is_a_failure(here: Installation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    answer = await here.examine(DATABASE_URL=f"sqlite:///{tmp_path}/file/bot.db")
    assert (answer.exit_code, answer.problems) == (1, {"database.reachable": "failed", **START})
    assert "DATABASE_URL" in answer.findings["database.reachable"].next


async def test_a_file_without_tables_is_a_warning_and_stays_empty(here: Installation, tmp_path: Path) -> None:
    path = tmp_path / "empty.db"
    path.touch()
    answer = await here.examine(DATABASE_URL=f"sqlite:///{path}")
    assert (answer.exit_code, answer.problems) == (0, {"database.migrated": "warning", **START})
    assert answer.findings["database.writable"].state == "ok"
    assert path.read_bytes() == b""
    assert sorted(found.name for found in tmp_path.glob("empty*")) == ["empty.db"]


@pytest.mark.parametrize("path", ["100%25.db", "q?x#y.db", "ñ.db"])
async def test_a_file_with_an_unusual_name_is_found(here: Installation, tmp_path: Path, path: str) -> None:
    url = make_url("sqlite://").set(database=str(tmp_path / path)).render_as_string(hide_password=False)
    database = Database.connect(url)
    await database.migrate()
    await database.aclose()
    assert (await here.examine(DATABASE_URL=url)).problems == START


async def test_a_database_of_a_newer_version_is_a_failure(here: Installation) -> None:
    with contextlib.closing(sqlite3.connect(here.world.database)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (1, {"database.migrated": "failed", **START})
    assert "Update the bot" in answer.findings["database.migrated"].next


async def test_a_file_that_is_not_a_database_is_a_failure(here: Installation, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to be read as the header of one " * 10)
    answer = await here.examine(DATABASE_URL=f"sqlite:///{path}")
    assert (answer.exit_code, answer.problems) == (1, {"database.reachable": "failed", **START})
    assert "not an SQLite database" in answer.findings["database.reachable"].text


async def test_a_file_that_can_not_be_opened_is_a_failure(here: Installation, tmp_path: Path) -> None:
    answer = await here.examine(DATABASE_URL=f"sqlite:///{tmp_path}")
    assert (answer.exit_code, answer.problems) == (1, {"database.reachable": "failed", **START})
    assert "can't be opened" in answer.findings["database.reachable"].text
    assert "system user" in answer.findings["database.reachable"].next


async def test_a_read_only_database_is_a_failure(here: Installation) -> None:
    answer = await here.examine(DATABASE_URL=f"sqlite:///file:{here.world.database}?mode=ro&uri=true")
    assert (answer.exit_code, answer.problems) == (1, {"database.writable": "failed", **START})
    assert "read-only" in answer.findings["database.writable"].text


async def test_a_locked_database_is_a_failure(here: Installation) -> None:
    with held(here.world.database):
        answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (1, {"database.writable": "failed", **START})
    assert "lock" in answer.findings["database.writable"].text
    assert (await here.examine()).problems == START


async def test_overdue_messages_are_a_warning_with_their_number(here: Installation) -> None:
    database = Database.connect(here.world.settings["DATABASE_URL"])
    for number in (1, 2):
        await JobStore(database).replace_secret_message(
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
    assert (answer.exit_code, answer.problems) == (0, {"database.overdue_messages": "warning", **START})
    assert answer.findings["database.overdue_messages"].text.startswith("2 messages with a password")


async def test_a_pause_is_a_warning_with_its_author_and_reason(here: Installation) -> None:
    database = Database.connect(here.world.settings["DATABASE_URL"])
    await PauseStore(database).begin_pause(Pause(reason="WHMCS is updated", by="Olga", paused_at=datetime.now(UTC)))
    await database.aclose()
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (0, {"database.pause": "warning", **START})
    assert answer.findings["database.pause"].text.startswith("resets are paused by Olga since ")
    assert "WHMCS is updated" in answer.findings["database.pause"].text
    assert "bot resume" in answer.findings["database.pause"].next


@pytest.mark.parametrize(
    ("mode", "can"),
    [
        (0o755, "read"),
        (0o750, "read"),
        (0o705, "read"),
        (0o744, "read"),
        (0o733, "write"),
        (0o702, "write"),
        (0o777, "read and write"),
        (0o1777, "read and write"),
        (0o2770, "read and write"),
        (0o776, "read and write"),
    ],
)
async def test_a_folder_open_to_other_users_is_a_warning_and_is_not_changed(
    here: Installation, mode: int, can: str
) -> None:
    folder = here.world.database.parent
    folder.chmod(mode)
    answer = await here.examine()
    assert (answer.exit_code, answer.problems) == (0, {"database.folder": "warning", **START})
    found = answer.findings["database.folder"]
    assert (found.text, found.next) == (f"other users can {can} the folder {folder}", f"Close it: chmod 700 {folder}")
    assert folder.stat().st_mode & 0o7777 == mode


@pytest.mark.parametrize("mode", [0o700, 0o711, 0o500])
async def test_a_folder_that_other_users_can_only_traverse_is_ok(here: Installation, mode: int) -> None:
    here.world.database.parent.chmod(mode)
    assert "database.folder" not in (await here.examine()).problems
    here.world.database.parent.chmod(0o700)


async def test_the_folder_of_a_link_is_that_of_the_real_file(here: Installation, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "link.db").symlink_to(here.world.database)
    here.world.database.parent.chmod(0o755)
    answer = await here.examine(DATABASE_URL=f"sqlite:///{closed}/link.db")
    assert answer.problems == {"database.folder": "warning", **START}
    assert str(here.world.database.parent) in answer.findings["database.folder"].text


async def test_an_unreachable_postgresql_is_a_failure_without_its_password(here: Installation) -> None:
    url = f"postgresql://bot:CANARY-password@127.0.0.1:{free_port()}/bot"
    answer = await here.examine(DATABASE_URL=url)
    assert (answer.exit_code, answer.problems) == (1, {"database.reachable": "failed", **START})
    found = answer.findings["database.reachable"]
    assert "refused" in found.text
    assert "CANARY" not in found.text + found.next


async def test_an_option_unknown_to_the_driver_is_named(here: Installation) -> None:
    answer = await here.examine(DATABASE_URL="postgresql://bot@127.0.0.1:1/bot?sslmode=nonsense")
    assert (answer.exit_code, answer.problems) == (1, {"database.reachable": "failed", **START})
    assert 'invalid sslmode value: "nonsense"; correct it in DATABASE_URL' in answer.findings["database.reachable"].text


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the write lock in another connection."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
