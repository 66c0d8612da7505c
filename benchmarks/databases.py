"""Fills the bot's SQLite database before a start, with rows that it would write itself over years.

The columns are those of the bot's tables; a test compares them.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

Fill = Callable[[Path], None]

_NUMBERS: Final = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
_DELETIONS: Final = f"""
{_NUMBERS}
INSERT INTO jobs (kind, reference, due_at, attempts, agent_id, agent_locale, channel, ts)
SELECT 'delete_message', printf('D%07d', n), strftime('%Y-%m-%d %H:%M:%f000', 'now', '+1 day', '+' || n || ' seconds'),
    0, 'U0AGENT00', 'en-US', 'D0U0AGENT00', printf('1700000000.%06d', n)
FROM numbers
"""  # noqa: S608 - constants


_AUDIT: Final = f"""
{_NUMBERS}
INSERT INTO audit (at, reference, actor, action, outcome, reason, step, client_id, user_id, method, ticket, proof,
    verification)
SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || n || ' seconds'), printf('A%07d', n / 2), 'U0AGENT00', 'reset',
    CASE n % 2 WHEN 0 THEN 'STARTED' ELSE 'SUCCEEDED' END, '', '', 1, 1, 'reset_email', '', 'none', ''
FROM numbers
"""  # noqa: S608 - constants
_RESETS: Final = f"""
{_NUMBERS}
INSERT INTO resets (reference, agent_id, agent_locale, client_id, user_id, method, ticket, phase, started_at, user_email,
    language, outcome, reason, proof, verification, called_at, settled, user_name, approved_by, shown)
SELECT printf('R%07d', n), 'U0AGENT00', 'en-US', 1, 1, 'reset_email', '', 'done',
    strftime('%Y-%m-%d %H:%M:%f000', 'now', '-90 days', '-' || n || ' seconds'), 'user@example.com', '', 'SUCCEEDED', '',
    'none', '', NULL, NULL, 'User', '', ''
FROM numbers
"""  # noqa: S608 - constants


def fill_audit(database: Path, rows: int) -> None:
    """Add audit events of the past."""
    _execute(database, _AUDIT, rows)


def fill_old_resets(database: Path, rows: int) -> None:
    """Add resets that ended so long ago that the bot deletes their rows."""
    _execute(database, _RESETS, rows)


def count_old_resets(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        [count] = connection.execute("SELECT count(*) FROM resets WHERE reference LIKE 'R%'").fetchone()
        return int(count)


def fill_deletions(database: Path, rows: int) -> None:
    """Add messages that are to be deleted from tomorrow on."""
    _execute(database, _DELETIONS, rows)


def _execute(database: Path, statement: str, rows: int) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, (rows,))
