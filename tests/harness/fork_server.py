"""Start `python -m bot` without importing it each time: importing takes a second of processor time, forking a few ms.

A server process imports the bot once and forks a child for each request, which gets its own arguments, environment,
folder and output. The child is a real process: signals, limits and kills apply to it as to any other. Requests go over
a Unix socket with the child's descriptors; the exit code comes back through a pipe.

`tests/packaging`, and tests of the command line, start the interpreter.
"""

import asyncio
import atexit
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeAlias

from tests.virtual_time import VirtualTimeLoop

ROOT: Final = Path(__file__).parents[2]
_MAX_REQUEST_BYTES: Final = 1 << 20
_POLL_SECONDS: Final = 0.02
_READ_DURING_IMPORTS: Final = ("PYTHON", "SSL", "PROMETHEUS", "LC_", "LANG")


class ForkedProcess:
    """A child of the fork server, with the part of `asyncio.subprocess.Process` that tests use."""

    def __init__(self, pid: int, status: int) -> None:
        """`status`: the pipe on which the exit code arrives."""
        self.pid = pid
        self._status = status
        self._returncode: int | None = None
        os.set_blocking(status, False)

    @property
    def returncode(self) -> int | None:
        if self._returncode is None:
            try:
                code = os.read(self._status, 16)
            except BlockingIOError:
                return None
            os.close(self._status)
            # Without a code the server itself has ended.
            self._returncode = int(code or b"-9")
        return self._returncode

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        # Not by a reader of the pipe: whoever looks at `returncode` meanwhile would close it, and the reader never fire.
        while (code := self.returncode) is None:
            await asyncio.sleep(_POLL_SECONDS)
        return code


Process: TypeAlias = asyncio.subprocess.Process | ForkedProcess


async def start_bot(
    arguments: Sequence[str], environment: Mapping[str, str], output: int, *, forks: bool = True
) -> Process:
    """Run `python -m bot` with these arguments and this environment in the project's root folder.

    Start the interpreter if `forks` is False, or if the environment has a variable that is read during imports.
    """
    if not forks or any(name.startswith(_READ_DURING_IMPORTS) for name in environment):
        command = (sys.executable, "-m", "bot", *arguments)
        return await asyncio.create_subprocess_exec(*command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    reading, writing = os.pipe()
    request = json.dumps({"arguments": [*arguments], "environment": {**environment}}).encode()
    socket.send_fds(_connection(), [request], [output, writing])
    os.close(writing)
    process = ForkedProcess(int(_connection().recv(16)), reading)
    loop = asyncio.get_running_loop()
    if isinstance(loop, VirtualTimeLoop):
        loop.keep_pace_with(lambda: process.returncode)
    return process


@cache
def _connection() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", __name__, str(theirs.fileno())]
    server = subprocess.Popen(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, pass_fds=[theirs.fileno()])  # noqa: S603 - this very interpreter
    theirs.close()

    def stop() -> None:
        ours.close()
        server.wait()

    atexit.register(stop)
    return ours


def _serve(connection: socket.socket) -> tuple[dict[str, Any], int] | None:
    """Fork a child for each request, and report its exit code; end with the test run, and the children with it.

    In a child, return its request and the descriptor of its output.
    """
    pipes: dict[int, int] = {}
    woken, wakes = socket.socketpair()
    woken.setblocking(False)
    wakes.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wakes.fileno())
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is woken:
                    woken.recv(4096)
                    _report_ended(pipes)
                    continue
                request, descriptors, _, _ = socket.recv_fds(connection, _MAX_REQUEST_BYTES, 2)
                if not request:
                    for pid in pipes:
                        os.kill(pid, signal.SIGKILL)
                    return None
                output, status = descriptors
                pid = os.fork()
                if pid == 0:
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return json.loads(request), output
                os.close(output)
                pipes[pid] = status
                connection.send(str(pid).encode())


def _report_ended(pipes: dict[int, int]) -> None:
    while pipes:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        pipe = pipes.pop(pid)
        os.write(pipe, str(os.waitstatus_to_exitcode(status)).encode())
        os.close(pipe)


def _become(arguments: Sequence[str], environment: Mapping[str, str], output: int) -> None:
    """Go on as the process that was asked for."""
    os.dup2(output, 1)
    os.dup2(output, 2)
    # Sockets and pipes of the server and of the other children.
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    bot.__main__.main(arguments, prog_name="python -m bot")


if __name__ == "__main__":
    import bot.__main__
    import bot.commands.serve

    asked = _serve(socket.socket(fileno=int(sys.argv[1])))
    if asked is not None:
        _become(**asked[0], output=asked[1])
