"""Runs a command of the image as a container does, as near as this machine lets one come without a container engine."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.packaging.image import IMAGE_USER, Image, is_root

# $1 is the image's root, $2 the volume within, which become mounts of this process alone; what follows is the command.
_ENTER = """
set -e
mount --bind "$1" "$1"
mount --bind "$2" "$2"
mount -o remount,bind,ro "$1"
mount -o remount,bind,ro /
# Anew, through the mounts.
cd "$PWD"
shift 2
exec "$@"
"""


@dataclass
class Container:
    """`has_namespaces`: the tree is mounted read-only and the command is process 1; else it is a read-only copy."""

    image: Image
    has_namespaces: bool

    @classmethod
    def of(cls, image: Image) -> "Container":
        container = cls(image, has_namespaces=True)
        if container.run(["true"]).returncode == 0:
            return container
        _make_read_only(image)
        return cls(image, has_namespaces=False)

    @property
    def volume(self) -> Path:
        [volume] = self.image.volumes
        return self.image.path(volume)

    @property
    def manner(self) -> str:
        """In words, how commands are run."""
        user = f"started by root, as user {IMAGE_USER}" if is_root() else "as this user, who is not root"
        tree = "a read-only mount, process 1" if self.has_namespaces else "a read-only copy, not process 1"
        return f"The image's commands were run without a container engine: {user}, on {tree}."

    def wrap(self, command: Sequence[str]) -> list[str]:
        """No capabilities, nothing to gain by a setuid program, another user."""
        if not self.has_namespaces:
            return ["setpriv", *self._as_user(), "--no-new-privs", "--", *command]
        namespaces = ["--mount", "--pid", "--fork", "--kill-child"]
        if not is_root():
            namespaces += ["--user", "--map-root-user"]
        enter = ["sh", "-c", _ENTER, "sh", str(self.image.root), str(self.volume)]
        return ["unshare", *namespaces, *enter, "setpriv", *self._as_user(), *_POWERLESS, "--", *command]

    def run(
        self, command: Sequence[str], *, cwd: str | None = None, **settings: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.wrap(command),
            cwd=cwd or self._workdir,
            env=self.image.environ | settings,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    @contextlib.asynccontextmanager
    async def start(self, log: Path, settings: dict[str, str]) -> AsyncIterator["Running"]:
        """The image's own command; killed at the end if it is still there."""
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *self.wrap(self.image.command),
                cwd=self._workdir,
                env=self.image.environ | settings,
                stdout=output,
                stderr=output,
            )
        try:
            yield Running(process, self.has_namespaces, self.image.stop_signal)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    @property
    def _workdir(self) -> Path:
        return self.image.path(self.image.workdir)

    def _as_user(self) -> list[str]:
        return [f"--reuid={IMAGE_USER}", f"--regid={IMAGE_USER}", "--clear-groups"] if is_root() else []


_POWERLESS = ("--bounding-set=-all", "--inh-caps=-all", "--no-new-privs")


@dataclass
class Running:
    process: asyncio.subprocess.Process
    has_namespaces: bool
    stop_signal: str

    @property
    def status(self) -> dict[str, str]:
        """What the kernel says of the bot's process."""
        return _status(self._pid)

    async def stop(self) -> int:
        """As an engine does: the image's signal, then 30 s."""
        os.kill(self._pid, signal.Signals[self.stop_signal])
        async with asyncio.timeout(30):
            return await self.process.wait()

    @property
    def _pid(self) -> int:
        if not self.has_namespaces:
            return self.process.pid
        [child] = [
            int(entry.name)
            for entry in Path("/proc").iterdir()
            if entry.name.isdigit() and _status(int(entry.name)).get("PPid") == str(self.process.pid)
        ]
        return child


def _status(pid: int) -> dict[str, str]:
    """Empty: that process has ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {}


def _make_read_only(image: Image) -> None:
    subprocess.run(["chmod", "-R", "a-w", image.root], check=True)
    for volume in image.volumes:
        image.path(volume).chmod(0o700)
