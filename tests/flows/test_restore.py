"""Backups: the commands of docs/operations.md, and the bot on a restored database."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from sandbox.slack import Message
from tests.harness.world import EMAIL, SET, World, complete_reset, fill_form, make_world
from tests.postgresql import ADMIN, PostgresServer

pytestmark = pytest.mark.asyncio

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"


def command(*words: str) -> str:
    """Return the only line of the page with these words."""
    [line] = [line for line in OPERATIONS.read_text().splitlines() if all(word in line for word in words)]
    return line.strip()


def run(line: str, environ: Mapping[str, str] = os.environ) -> None:
    done = subprocess.run(line, shell=True, check=False, capture_output=True, text=True, env=environ)  # noqa: S602 - a line of the project's page
    assert done.returncode == 0, done.stderr


def set_passwords(world: World) -> list[str]:
    return [str(user.password_changed_at) for user in world.whmcs.data.users.values()]


async def reset_two(world: World) -> list[Message]:
    """Complete a reset by each method."""
    for whom, method in (("#42", SET), ("#51", EMAIL)):
        modal = await complete_reset(world.agent, whom, method)
        await modal.close()
    await world.until(lambda: world.rows("SELECT * FROM jobs WHERE kind <> 'delete_message'") == [])
    return [message for message in world.agent.direct_messages if "Contraseña nueva" in message.visible_text]


async def test_the_documented_commands_back_up_and_restore_a_running_bots_file(
    http_world: World, tmp_path: Path
) -> None:
    world = http_world
    line = command("sqlite3.connect", "VACUUM INTO", "/srv/backup/")
    async with world.bot():
        [message] = await reset_two(world)
        copy = tmp_path / "copy.db"
        words = re.sub(r"/srv/backup/[\w.-]*", str(copy), line.replace("var/bot.db", str(world.database)))
        run(words)
        recorded = world.audit()
        await complete_reset(world.agent, "#43", EMAIL)
        await message.press("Borrar ahora")
        await message.gone()
    shutil.copy(copy, world.database)
    for name in ("bot.db-wal", "bot.db-shm"):
        world.database.with_name(name).unlink(missing_ok=True)
    assert world.audit() == recorded

    sent = len(world.whmcs.writes), len(world.agent.direct_messages), len(world.agent.ephemeral_messages)
    world.let_messages_be_due()
    async with world.bot():
        # Its message is already deleted, which is fine.
        await world.until(lambda: world.audit("message") == [("DELETED", "")])
        await world.until(lambda: world.rows("SELECT * FROM jobs") == [])
    assert (len(world.whmcs.writes), len(world.agent.direct_messages), len(world.agent.ephemeral_messages)) == sent


async def test_after_a_restore_no_reference_known_to_the_companion_is_reused(
    http_world: World,
) -> None:
    world = http_world
    async with world.bot():
        await reset_two(world)
    before = world.database.with_name("before.db")
    shutil.copy(world.database, before)
    async with world.bot():
        lost = await fill_form(world.agent, "#63", SET)
        payload = world.slack.submission_payload(world.agent, lost)
        await lost.submit()
        await lost.shows("Listo")
        references = {str(row["reference"]) for row in world.rows("SELECT reference FROM resets")}
        passwords = set_passwords(world)
    shutil.copy(before, world.database)
    for name in ("bot.db-wal", "bot.db-shm"):
        world.database.with_name(name).unlink(missing_ok=True)
    async with world.bot():
        # Slack repeats the form. The restored database does not contain its reset, but the companion remembers it.
        answer = await world.slack.deliver("view_submission", payload)
        assert "No se cambió nada." in str(answer.json())
        assert world.audit()[-1] == ("FAILED", "companion_refused")
        await complete_reset(world.agent, "#43", EMAIL)
        newest = str(world.rows("SELECT reference FROM resets ORDER BY started_at DESC")[0]["reference"])
    assert newest not in references
    # The companion was asked again and changed nothing.
    assert set_passwords(world) == passwords


@pytest.fixture
def server(postgresql: PostgresServer) -> Iterator[tuple[PostgresServer, str, str]]:
    with postgresql.database() as name, postgresql.database(is_migrated=False) as other:
        yield postgresql, name, other


async def test_the_documented_commands_back_up_and_restore_a_running_bots_postgresql(
    server: tuple[PostgresServer, str, str], tmp_path: Path
) -> None:
    postgresql, name, other = server
    environ = {"PATH": f"{postgresql.programs}:{os.environ['PATH']}", "PGHOST": "127.0.0.1", "PGUSER": ADMIN}
    environ |= {"PGPORT": str(postgresql.port), "HOME": str(tmp_path)}

    def words(line: str, database: str) -> str:
        copied = re.sub(r"\bbot\.dump\b", str(tmp_path / "copy"), line)
        return re.sub(r"(?<=[ =])bot\b(?!\.)", database, copied)

    async with make_world(tmp_path, "http", postgresql.url(name)) as world:
        async with world.bot():
            await reset_two(world)
            run(words(command("pg_dump", "--format=custom"), name), environ)
            recorded = world.audit()
        run(words(command("pg_restore", "--dbname"), other), environ)
        world.postgresql = postgresql.url(other)
        assert world.audit() == recorded
        writes = len(world.whmcs.writes)
        world.let_messages_be_due()
        async with world.bot(DATABASE_URL=world.postgresql):
            await world.until(lambda: world.audit("message") == [("DELETED", "")])
            await complete_reset(world.agent, "#43", EMAIL)
        assert len(world.whmcs.writes) == writes + 2  # the e-mail and its line in the activity log
