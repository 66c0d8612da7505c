"""The PHP module behind PHP's own web server, in a tree like WHMCS's, on an SQLite file."""

import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from sandbox.ports import free_port
from sandbox.whmcs import Data, make_seed, seed_password

MODULE = Path(__file__).parents[2] / "whmcs/companion/resetbot"
PHP = Path(__file__).parent / "php"
STANDINS = PHP / "standins"
ZONE = ZoneInfo("America/Bogota")
"""Of the stand-in for init.php."""

# Everything is shown, as on a developer's machine: what may not be seen must not even be printed there.
SETTINGS = ("display_errors=1", "error_reporting=-1", "log_errors=1", "opcache.enable_cli=1", "expose_php=0")


@dataclass
class PhpServer:
    folder: Path
    port: int
    data: Data
    secret: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/modules/addons/resetbot/api.php"

    @property
    def database(self) -> Path:
        return self.folder / "database.sqlite"

    @property
    def log(self) -> Path:
        """All that PHP and its server write."""
        return self.folder / "server.log"

    def reset(self) -> None:
        """Begin again with the seed."""
        shutil.copyfile(self.folder / "seeded.sqlite", self.database)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        with contextlib.closing(sqlite3.connect(self.database, timeout=20)) as connection:
            return connection.execute(query, values).fetchall()

    def run(self, statement: str, *values: object) -> None:
        with contextlib.closing(sqlite3.connect(self.database, timeout=20)) as connection, connection:
            connection.execute(statement, values)

    def configure(self, setting: str, value: str) -> None:
        """Do what an admin does on WHMCS's page of addon modules."""
        self.run("UPDATE tbladdonmodules SET value = ? WHERE module = 'resetbot' AND setting = ?", value, setting)

    def fill_the_minute(self) -> None:
        """Let there have been as many requests as one minute may have."""
        now = int(time.time())
        self.run(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 240)"
            " INSERT INTO mod_resetbot_nonces SELECT printf('%032d', n), ? FROM numbers",
            now,
        )

    def local_time(self, at: datetime) -> str:
        """As WHMCS writes it: without a zone."""
        return at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")

    def verifies(self, password: str, password_hash: bytes) -> bool:
        """Let PHP judge, as WHMCS does at a sign-in."""
        code = "[$p, $h] = json_decode(stream_get_contents(STDIN)); exit(password_verify($p, $h) ? 0 : 3);"
        asked = json.dumps([password, password_hash.decode()])
        finished = run_php("-r", code, stdin=asked, codes=(0, 3))
        return finished.returncode == 0


@contextlib.contextmanager
def serve_php(folder: Path) -> Iterator[PhpServer]:
    """Serve with four processes, which take requests at the same moment."""
    server = PhpServer(folder, free_port(), make_seed())
    root = folder / "whmcs"
    module = root / "modules/addons/resetbot"
    shutil.copytree(MODULE, module)
    shutil.copyfile(STANDINS / "init.php", root / "init.php")
    seeded = folder / "seeded.sqlite"
    seeding = run_php(str(PHP / "seed.php"), str(seeded), str(module), stdin=json.dumps(_tables(server.data)))
    server.secret = seeding.stdout
    server.reset()
    settings = [part for setting in SETTINGS for part in ("-d", setting)]
    environment = {
        **os.environ,
        "PHP_CLI_SERVER_WORKERS": "4",
        "RESETBOT_STANDINS": str(STANDINS),
        "RESETBOT_DATABASE": str(server.database),
    }
    with server.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - the tests' own arguments
            [_php(), *settings, "-S", f"127.0.0.1:{server.port}", "-t", str(root)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_open(server.port, process)
        yield server
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_php(*arguments: str, stdin: str = "", codes: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    command = [_php(), *arguments]
    finished = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)  # noqa: S603 - likewise
    assert finished.returncode in codes, finished.stdout + finished.stderr
    return finished


def _php() -> str:
    found = shutil.which("php")
    assert found is not None, "PHP is missing: `make php` installs it"
    return found


def _wait_until_open(port: int, process: subprocess.Popen[bytes]) -> None:
    ends_at = time.monotonic() + 10
    while process.poll() is None and time.monotonic() < ends_at:
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.01)
    raise RuntimeError("PHP's web server did not start")


def _tables(data: Data) -> dict[str, list[dict[str, object]]]:
    """The installation as rows of WHMCS's tables."""
    users: list[dict[str, object]] = [
        {
            "id": user.id,
            "first_name": user.firstname,
            "last_name": user.lastname,
            "email": user.email,
            "password": seed_password(user.id),
            "second_factor": "totp" if user.second_factor else "",
            "email_verified_at": "2021-03-15 09:30:00" if user.email_verified else None,
            "last_login": user.last_sign_in_at and user.last_sign_in_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S"),
        }
        for user in data.users.values()
    ]
    links: list[dict[str, object]] = [
        {"auth_user_id": link.user_id, "client_id": link.client_id, "owner": int(link.is_owner)} for link in data.links
    ]
    settings = {
        "version": "1.0.0",
        "allowed_addresses": "127.0.0.1",
        "trusted_proxies": "",
        "minimum_password_length": "8",
    }
    return {
        "tblclients": [{"id": client.id, "email": client.email} for client in data.clients.values()],
        "tblusers": users,
        "tblusers_clients": links,
        "tbladdonmodules": [
            {"module": "resetbot", "setting": name, "value": value} for name, value in settings.items()
        ],
    }
