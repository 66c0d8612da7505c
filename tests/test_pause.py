"""`python -m bot pause` and `resume`, as an operator types them and reads their answers."""

import asyncio
import getpass
import json
import logging
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import pytest
import structlog
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.store.database import Database
from tests.test_command_line import run_bot

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"

Ask: TypeAlias = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "bot.db"

    async def migrate() -> None:
        made = Database.connect(f"sqlite:///{path}")
        await made.migrate()
        await made.aclose()

    asyncio.run(migrate())
    return path


@pytest.fixture
def ask(database: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Ask in this process, which spares starting one; logging is left as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    yield lambda *arguments: CliRunner().invoke(main, arguments)
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def rows(database: Path) -> list[tuple[str | None, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT reason, paused_by, resumed_by FROM pauses ORDER BY id").fetchall()


def test_a_pause_and_its_end_are_told_in_a_sentence_each_and_logged(tmp_path: Path, database: Path) -> None:
    environ = {"DATABASE_URL": f"sqlite:///{database}"}
    paused = run_bot(tmp_path, "pause", "--reason", "WHMCS is being updated", "--by", "Berta", **environ)
    assert paused.returncode == 0
    assert paused.stdout == "Resets are paused from now on, by Berta: “WHMCS is being updated”.\n"
    line = json.loads(paused.stderr)
    assert (line["event"], line["by"], line["reason"]) == ("resets.paused", "Berta", "WHMCS is being updated")

    resumed = run_bot(tmp_path, "resume", "--by", "Curro", **environ)
    assert resumed.returncode == 0
    assert re.fullmatch(
        rf"Resets go on\. They were paused since {TIME} by Berta: “WHMCS is being updated”\.\n", resumed.stdout
    )
    line = json.loads(resumed.stderr)
    assert (line["event"], line["by"], line["paused_by"]) == ("resets.resumed", "Curro", "Berta")
    assert rows(database) == [("WHMCS is being updated", "Berta", "Curro")]


def test_without_a_name_it_is_the_systems_user(ask: Ask, database: Path) -> None:
    assert ask("pause", "--reason", "Maintenance").exit_code == 0
    assert ask("resume").exit_code == 0
    assert rows(database) == [("Maintenance", getpass.getuser(), getpass.getuser())]


def test_pausing_what_is_paused_changes_nothing_and_tells_who_did(ask: Ask, database: Path) -> None:
    ask("pause", "--reason", "WHMCS is being updated", "--by", "Berta")
    answer = ask("pause", "--reason", "Another reason", "--by", "Curro")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert re.fullmatch(
        rf"Resets are paused already, since {TIME} by Berta: “WHMCS is being updated”\. Nothing was changed\.\n",
        answer.stderr,
    )
    assert rows(database) == [("WHMCS is being updated", "Berta", None)]


def test_resuming_what_is_not_paused_says_so(ask: Ask, database: Path) -> None:
    answer = ask("resume")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert answer.stderr == "Resets are not paused. Nothing was changed.\n"
    assert rows(database) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["pause"],
        ["pause", "--reason", ""],
        ["pause", "--reason", " \n\u202e\u200b"],
        ["pause", "--reason", "x" * 201],
        ["pause", "--reason", "x", "--by", " "],
        ["pause", "--reason", "x", "--by", "x" * 81],
        ["resume", "--by", ""],
    ],
    ids=str,
)
def test_a_reason_or_a_name_that_is_none_or_too_long_is_told_and_nothing_is_done(
    ask: Ask, database: Path, arguments: list[str]
) -> None:
    answer = ask(*arguments)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert ("--by" if "--by" in arguments else "--reason") in answer.stderr
    assert rows(database) == []


def test_a_reason_is_kept_as_one_line_of_visible_text(ask: Ask, database: Path) -> None:
    assert ask("pause", "--reason", " WHMCS\n\tis\u202e being\x1b[31m updated ", "--by", "Ber\nta").exit_code == 0
    assert rows(database) == [("WHMCS is being[31m updated", "Ber ta", None)]


def test_a_reason_may_be_200_characters_long(ask: Ask, database: Path) -> None:
    assert ask("pause", "--reason", "ñ" * 200, "--by", "ñ" * 80).exit_code == 0
    assert rows(database) == [("ñ" * 200, "ñ" * 80, None)]


@pytest.mark.parametrize("arguments", [["pause", "--reason", "x"], ["resume"]], ids=" ".join)
def test_a_database_that_is_not_there_is_told_and_not_made(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    answer = ask(*arguments)
    assert (answer.exit_code, answer.stdout) == (1, "")
    [line] = answer.stderr.splitlines()
    assert line.startswith("DATABASE_URL: ")
    assert not (tmp_path / "other.db").exists()
