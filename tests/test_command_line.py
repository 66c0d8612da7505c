"""`python -m bot …`, as somebody types it."""

import asyncio
import contextlib
import csv
import json
import logging
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import pytest
import structlog
from click.testing import CliRunner, Result

from bot.__main__ import main
from bot.domain.audit import Action, AuditEvent, AuditOutcome
from bot.domain.names import one_line
from bot.store.audit import AuditTrail
from bot.store.database import Database
from tests.migrated import make_database

ROOT = Path(__file__).parents[1]
MANY = 12_000
COLUMNS = [
    "at",
    "reference",
    "actor",
    "action",
    "outcome",
    "reason",
    "step",
    "client_id",
    "user_id",
    "method",
    "ticket",
    "proof",
    "verification",
]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EVENTS = [
    AuditEvent(at=NOW, actor="bot", action=Action.SETTINGS, outcome=AuditOutcome.LOADED, reason="0.1.0"),
    AuditEvent(
        at=NOW + timedelta(hours=1),
        actor="U1",
        action=Action.RESET,
        outcome=AuditOutcome.STARTED,
        reference="7K3M-Q9XD",
        client_id=42,
        user_id=7,
        method="reset_email",
        ticket="ABC-123456",
    ),
    AuditEvent(
        at=NOW + timedelta(hours=1, seconds=1, milliseconds=250),
        actor="U1",
        action=Action.RESET,
        outcome=AuditOutcome.SUCCEEDED,
        reference="7K3M-Q9XD",
        client_id=42,
        user_id=7,
        method="reset_email",
        ticket="ABC-123456",
    ),
    AuditEvent(
        at=NOW + timedelta(days=1),
        actor='=cmd|"/c calc"!A1',
        action=Action.ACCESS,
        outcome=AuditOutcome.DENIED,
        reference="0000-0000",
        reason="not_an_agent",
        step="command",
        client_id=43,
        user_id=8,
    ),
]

Ask: TypeAlias = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the process runs: an empty folder."""
    path = tmp_path / "folder"
    path.mkdir()
    return path


def run_bot(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The very process, with the variables that are given and no others."""
    return subprocess.run(  # noqa: S603 - this very program with arguments of the test's own
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database in which something has happened."""
    address = f"sqlite:///{tmp_path_factory.mktemp('recorded')}/bot.db"

    async def record() -> None:
        database = Database.connect(address)
        await database.migrate()
        for event in EVENTS:
            await AuditTrail(database).record_event(event)
        await database.aclose()

    asyncio.run(record())
    return address


@pytest.fixture
def ask(recorded: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Ask for that database in this process, which spares starting one; logging is left as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    monkeypatch.setenv("DATABASE_URL", recorded)
    yield lambda *arguments: CliRunner().invoke(main, arguments)
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_help_names_the_commands(folder: Path) -> None:
    answer = run_bot(folder, "--help")
    assert answer.returncode == 0
    for command in ("serve", "migrate", "manifest", "pause", "resume", "audit"):
        assert command in answer.stdout
    assert answer.stderr == ""


def test_a_command_that_is_none_is_told(ask: Ask) -> None:
    answer = ask("reset")
    assert answer.exit_code == 2
    assert "No such command" in answer.stderr


def test_serve_tells_every_bad_setting_in_one_line_and_no_secret_and_ends_with_2(folder: Path) -> None:
    answer = run_bot(
        folder,
        "serve",
        SLACK_BOT_TOKEN="CANARY-token",
        SLACK_SIGNING_SECRET="CANARY-signing",
        WHMCS_URL="http://billing.example.com",
        WHMCS_API_IDENTIFIER="CANARY-identifier",
        DATABASE_URL="mysql://bot:CANARY@db/bot",
        PASSWORD_LENGTH="8",
        AGENT_USERS="everybody",
    )
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert sorted(line.partition(":")[0] for line in answer.stderr.splitlines()) == [
        "AGENT_USERS",
        "DATABASE_URL",
        "PASSWORD_LENGTH",
        "SLACK_BOT_TOKEN",
        "WHMCS_API_SECRET",
        "WHMCS_URL",
    ]
    assert "CANARY" not in answer.stderr


def test_serve_without_a_signing_secret_ends_with_2(folder: Path) -> None:
    answer = run_bot(
        folder,
        "serve",
        SLACK_BOT_TOKEN="xoxb-CANARY",
        WHMCS_URL="https://billing.example.com",
        WHMCS_API_IDENTIFIER="CANARY",
        WHMCS_API_SECRET="CANARY",
    )
    assert answer.returncode == 2
    assert answer.stderr.startswith("SLACK_SIGNING_SECRET: ")
    assert len(answer.stderr.splitlines()) == 1
    assert "CANARY" not in answer.stderr


def test_migrate_makes_the_database_and_needs_no_other_setting(folder: Path) -> None:
    answer = run_bot(folder, "migrate")
    assert answer.returncode == 0
    assert answer.stdout.startswith("The database is at revision ")
    assert answer.stderr == ""
    assert (folder / "var" / "bot.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["migrate"],
        ["audit", "list"],
        ["audit", "export"],
        ["pause", "--reason", "A reason", "--by", "Olga"],
        ["resume", "--by", "Olga"],
    ],
    ids=" ".join,
)
def test_every_command_that_opens_the_database_makes_its_file_private(folder: Path, arguments: list[str]) -> None:
    path = folder / "bot.db"
    make_database(path)
    path.chmod(0o644)
    answer = run_bot(folder, *arguments, DATABASE_URL=f"sqlite:///{path}")
    assert "Traceback" not in answer.stderr
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_database_without_tables_says_what_to_run(ask: Ask, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "bot.db").touch()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/bot.db")
    answer = ask("audit", "list")
    assert answer.exit_code == 1
    [line] = answer.stderr.splitlines()
    assert line.startswith("DATABASE_URL: ")
    assert "migrate" in line


def test_a_database_that_is_not_there_is_told_and_not_made(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder}/bot.db")
    answer = ask("audit", "export")
    assert (answer.exit_code, answer.stdout) == (1, "")
    [line] = answer.stderr.splitlines()
    assert line.startswith("DATABASE_URL: ")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    "address",
    [
        "mysql://bot:CANARY@db/bot",
        "postgresql+nothing://bot:CANARY@db/bot",
        "postgresql://bot:CANARY@127.0.0.1:1/bot?sslmode=CANARY",
        "postgresql://bot:CANARY@127.0.0.1:1/bot?connect_timeout=CANARY",
        "postgresql://bot:CANARY@127.0.0.1:1/bot",
        "sqlite:////proc/none/bot.db",
        f"sqlite:////tmp/{'x' * 1000}/bot.db",
        "sqlite:///file:/tmp/bot.db?mode=nonsense&uri=true",
    ],
)
def test_a_database_that_can_not_be_had_is_told_in_one_line(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", address)
    answer = ask("audit", "list")
    assert answer.exit_code in {1, 2}
    [line] = answer.stderr.splitlines()
    assert line.startswith("DATABASE_URL: ")
    assert "CANARY" not in line


@pytest.mark.parametrize("command", [("audit", "list"), ("resume",), ("manifest",)], ids=" ".join)
def test_a_command_does_not_look_at_settings_that_it_does_not_use(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    wrong = {"HOST": "x86_64-conda-linux-gnu", "SSL_CERT_FILE": "/nowhere", "HTTPS_PROXY": "socks5://CANARY"}
    for name, value in (wrong | {"ALL_PROXY": "socks5://CANARY", "WHMCS_URL": "?", "OPS_PORT": "x"}).items():
        monkeypatch.setenv(name, value)
    answer = ask(*command)
    assert answer.exit_code in {0, 1}
    assert not set(wrong) & {line.partition(":")[0] for line in answer.stderr.splitlines()}


def test_the_audit_is_listed_and_exported_by_the_process_itself(folder: Path, recorded: str) -> None:
    listed = run_bot(folder, "audit", "list", "--reference", "7K3M-Q9XD", "--outcome", "STARTED", DATABASE_URL=recorded)
    assert (listed.returncode, listed.stderr) == (0, "")
    [_, row] = listed.stdout.splitlines()
    assert row.split()[1:5] == ["7K3M-Q9XD", "U1", "reset", "STARTED"]
    exported = run_bot(folder, "audit", "export", "--format", "csv", DATABASE_URL=recorded)
    assert (exported.returncode, exported.stderr) == (0, "")
    assert exported.stdout.splitlines()[0] == ",".join(COLUMNS)
    assert len(exported.stdout.splitlines()) == len(EVENTS) + 1


def test_the_list_shows_the_columns_in_which_something_stands(ask: Ask) -> None:
    answer = ask("audit", "list")
    assert answer.exit_code == 0
    header, *rows = answer.stdout.splitlines()
    assert header.split() == [name for name in COLUMNS if name not in {"proof", "verification"}]
    assert [row.split()[0] for row in rows] == [
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T13:00:00.000Z",
        "2026-03-01T13:00:01.250Z",
        "2026-03-02T12:00:00.000Z",
    ]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--agent", "U1"], [1, 2]),
        (["--client", "43"], [3]),
        (["--user", "7"], [1, 2]),
        (["--reference", "7K3M-Q9XD"], [1, 2]),
        (["--ticket", "ABC-123456"], [1, 2]),
        (["--outcome", "SUCCEEDED"], [2]),
        (["--since", "2026-03-01T13:00:01Z"], [2, 3]),
        (["--since", "2026-03-01T14:00:01+01:00", "--until", "2026-03-02"], [2]),
        (["--until", "2026-03-01T13:00"], [0]),
        (["--client", "42", "--outcome", "STARTED"], [1]),
    ],
)
def test_each_filter_shows_what_matches(ask: Ask, filters: list[str], expected: list[int]) -> None:
    answer = ask("audit", "export", "--format", "jsonl", *filters)
    assert answer.exit_code == 0
    times = [json.loads(line)["at"] for line in answer.stdout.splitlines()]
    moments = [datetime.fromisoformat(at) for at in times]
    assert moments == [EVENTS[index].at for index in expected]


def test_the_list_takes_the_filters_and_the_newest(ask: Ask) -> None:
    answer = ask("audit", "list", "--agent", "U1", "--client", "42", "--limit", "1")
    [header, row] = answer.stdout.splitlines()
    assert "SUCCEEDED" in row
    assert header.split()[0] == "at"


def test_migrating_again_changes_nothing(ask: Ask) -> None:
    before = ask("audit", "list").stdout
    assert ask("migrate").exit_code == 0
    assert ask("audit", "list").stdout == before


def test_a_database_of_a_newer_version_is_told_in_one_line(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "bot.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    assert ask("migrate").exit_code == 0
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    answer = ask("migrate")
    assert answer.exit_code == 1
    assert answer.stderr == (
        "DATABASE_URL: the database can't be used (it is at revision 9999, which this version of the bot does not know:"
        " a newer one made it)\n"
    )


def test_nothing_found_is_no_error_and_leaves_standard_output_empty(ask: Ask) -> None:
    answer = ask("audit", "list", "--agent", "U9")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (0, "", "No events.\n")


@pytest.mark.parametrize(
    "wrong",
    [["--outcome", "DONE"], ["--since", "yesterday"], ["--client", "ana"], ["--limit", "0"], ["--nobody", "x"]],
    ids=" ".join,
)
def test_a_filter_that_is_none_is_told(ask: Ask, wrong: list[str]) -> None:
    answer = ask("audit", "list", *wrong)
    assert answer.exit_code == 2
    assert wrong[0] in answer.stderr


def test_an_export_as_csv_has_the_audits_columns_and_opens_safely(ask: Ask) -> None:
    answer = ask("audit", "export", "--format", "csv")
    assert answer.exit_code == 0
    header, *rows = csv.reader(answer.stdout.splitlines())
    assert header == COLUMNS
    assert len(rows) == len(EVENTS)
    found = dict(zip(header, rows[2], strict=True))
    assert found == {
        "at": "2026-03-01T13:00:01.250Z",
        "reference": "7K3M-Q9XD",
        "actor": "U1",
        "action": "reset",
        "outcome": "SUCCEEDED",
        "reason": "",
        "step": "",
        "client_id": "42",
        "user_id": "7",
        "method": "reset_email",
        "ticket": "ABC-123456",
        "proof": "",
        "verification": "",
    }
    assert rows[3][COLUMNS.index("actor")] == "'" + EVENTS[3].actor
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


HOSTILE_CELLS = [
    f"{beginning}cmd|'/c calc'!A1"
    for beginning in (
        "=",
        "+",
        "-",
        "@",
        "\t",
        "\r",
        "\n",
        "\t=",
        " =",
        "\u200b=",
        "\uff1d",
        "\uff20",
        "x\r=",
        "x\n=",
        "x\r\n=",
    )
] + [
    *('x","=1+1', "x;=1+1", "\x1b[31mred", "x\u2028=1", "x\x0b=1", "x;=1+1;y", "x; =1+1", "x;\t=1+1", 'x;"=1+1"'),
    *('x;" =1+1"', "x;'=1+1", "'=1+1", "''=1+1", "x|=1+1", "x:=1+1", "x\t=1+1", "x =1+1", "x^=1+1", "x~=1+1", "x/-1"),
    *("x\\-1", "x,=1", "x;+1", "x;-1", "x;@SUM(1)", "x;\uff1d1", "x\uff1b\uff1d1", "x;\ufe66 1", "x;\u22121", "x;==1"),
    *("x;=-1;+2", "x;\u200b=1", '";=1', '"x;=1', '""=1', "a-b", "a@example.com", "ABC-123456", "x - y", "1;2;-3"),
    *("a'=1", "=';=''=", "-", "x;\ufe0f=1"),
]
FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20"
SEPARATORS = ",;\t|:^~/\\ "


@pytest.fixture
def ask_hostile(ask: Ask, monkeypatch: pytest.MonkeyPatch, folder: Path) -> Ask:
    """Ask for a database in which people had such names and tickets."""
    address = f"sqlite:///{folder}/hostile.db"

    async def record() -> None:
        database = Database.connect(address)
        await database.migrate()
        for cell in HOSTILE_CELLS:
            event = AuditEvent(at=NOW, actor=cell, action=Action.RESET, outcome=AuditOutcome.STARTED, ticket=cell)
            await AuditTrail(database).record_event(event)
        await database.aclose()

    asyncio.run(record())
    monkeypatch.setenv("DATABASE_URL", address)
    return ask


def test_no_csv_cell_begins_like_a_formula_at_any_line_break(ask_hostile: Ask) -> None:
    text = ask_hostile("audit", "export").stdout_bytes.decode()
    assert len(text.splitlines()) == len(HOSTILE_CELLS) + 1
    rows = list(csv.DictReader(text.splitlines()))
    assert all(cell[:1] not in {*FORMULA, *"\t\r\n"} for row in rows for cell in row.values())
    assert [row["actor"] for row in rows] == [row["ticket"] for row in rows]
    assert rows[0]["actor"] == f"'{HOSTILE_CELLS[0]}"


@pytest.mark.parametrize("separator", SEPARATORS)
def test_no_csv_cell_begins_like_a_formula_at_any_separator(ask_hostile: Ask, separator: str) -> None:
    lines = ask_hostile("audit", "export").stdout_bytes.decode().splitlines()
    cells = [cell for line in lines for cell in line.split(separator)]
    cells += [cell for row in csv.reader(lines, delimiter=separator) for cell in row]
    assert [cell for cell in cells if cell.lstrip(' "').startswith(tuple(FORMULA))] == []


def test_without_the_apostrophes_as_documented_a_cell_of_a_csv_is_what_the_list_shows(ask_hostile: Ask) -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    [pattern] = re.findall(r're\.sub\(r"(.+)", r"\\1", cell\)', page)
    rows = csv.DictReader(ask_hostile("audit", "export").stdout_bytes.decode().splitlines())
    assert [re.sub(pattern, r"\1", row["ticket"]) for row in rows] == [one_line(cell) for cell in HOSTILE_CELLS]


def test_what_is_no_formula_stays_as_it_is_in_a_csv(ask_hostile: Ask) -> None:
    rows = csv.DictReader(ask_hostile("audit", "export").stdout_bytes.decode().splitlines())
    assert {"a-b", "a@example.com", "ABC-123456", "a'=1"} <= {row["ticket"] for row in rows}


def test_a_list_shows_an_event_a_line_and_sends_a_terminal_no_commands(ask_hostile: Ask) -> None:
    text = ask_hostile("audit", "list").stdout_bytes.decode()
    assert len(text.splitlines()) == len(HOSTILE_CELLS) + 1
    assert "\x1b" not in text


def test_json_lines_keep_every_character(ask_hostile: Ask) -> None:
    lines = ask_hostile("audit", "export", "--format", "jsonl").stdout_bytes.decode().split("\n")
    assert [json.loads(line)["ticket"] for line in lines if line] == HOSTILE_CELLS


@pytest.fixture(scope="module")
def long_audit(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database with more events than anybody would want in memory."""
    path = tmp_path_factory.mktemp("long") / "bot.db"

    async def migrate() -> None:
        database = Database.connect(f"sqlite:///{path}")
        await database.migrate()
        await AuditTrail(database).record_event(EVENTS[1])
        await database.aclose()

    asyncio.run(migrate())
    columns = ", ".join(COLUMNS)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            f"INSERT INTO audit ({columns}) WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})"  # noqa: S608 - the names of our own columns
            f" SELECT {columns} FROM audit, n"
        )
        # Rather long rows, so that what is kept shows.
        connection.execute("UPDATE audit SET reason = hex(randomblob(500))")
    return f"sqlite:///{path}"


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_of_many_events_takes_no_more_memory_than_one_of_few(
    folder: Path, recorded: str, long_audit: str, form: str
) -> None:
    (few, small), (many, large) = (_export(folder, address, form) for address in (recorded, long_audit))
    assert (few, many) == (len(EVENTS) + (form == "csv"), MANY + (form == "csv"))
    assert large - small < 12


def test_an_export_of_which_nobody_reads_the_rest_ends_without_noise(folder: Path, long_audit: str) -> None:
    with _start(folder, "audit", "export", DATABASE_URL=long_audit) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == ",".join(COLUMNS) + "\n"
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(timeout=30) == 1


def _export(folder: Path, address: str, form: str) -> tuple[int, int]:
    """How many lines come, and how many megabytes the process took at most."""
    with _start(folder, "audit", "export", "--format", form, DATABASE_URL=address) as process:
        assert process.stdout is not None
        lines = sum(1 for _ in process.stdout)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    assert status == 0
    return lines, usage.ru_maxrss // 1024


def _start(folder: Path, *arguments: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 - this very program with arguments of the test's own
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_export_as_json_lines_has_the_audits_columns_in_order(ask: Ask) -> None:
    answer = ask("audit", "export", "--format", "jsonl")
    assert answer.exit_code == 0
    found = [json.loads(line) for line in answer.stdout.splitlines()]
    assert [list(row) for row in found] == [COLUMNS] * len(EVENTS)
    assert found[0]["client_id"] is None
    assert found[3]["actor"] == EVENTS[3].actor


def test_csv_is_what_an_export_is_without_a_format(ask: Ask) -> None:
    assert ask("audit", "export").stdout == ask("audit", "export", "--format", "csv").stdout


def test_an_export_of_nothing_has_its_header(ask: Ask) -> None:
    assert ask("audit", "export", "--agent", "U9").stdout == ",".join(COLUMNS) + "\n"
