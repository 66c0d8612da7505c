"""The rows with which databases are filled fit the bot's tables."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.databases import count_old_resets, fill_audit, fill_deletions, fill_old_resets
from bot.store.schema import AuditRow, JobRow, ResetRow
from tests.migrated import make_database


@pytest.mark.parametrize(
    ("fill", "table"), [(fill_deletions, JobRow), (fill_audit, AuditRow), (fill_old_resets, ResetRow)]
)
def test_all_columns_are_filled(
    fill: Callable[[Path, int], None], table: type[JobRow] | type[AuditRow] | type[ResetRow], tmp_path: Path
) -> None:
    database = tmp_path / "bot.db"
    make_database(database)
    fill(database, 5)
    with closing(sqlite3.connect(database)) as connection:
        connection.row_factory = sqlite3.Row
        rows = connection.execute(f"SELECT * FROM {table.__tablename__}").fetchall()  # noqa: S608 - a name of ours
    assert len(rows) == 5
    needed = {column.name for column in table.__table__.columns if not column.nullable}
    assert [name for row in rows for name in needed if row[name] is None] == []


def test_old_resets_are_counted(tmp_path: Path) -> None:
    database = tmp_path / "bot.db"
    make_database(database)
    assert count_old_resets(database) == 0
    fill_old_resets(database, 7)
    assert count_old_resets(database) == 7
