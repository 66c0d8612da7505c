"""Ports for processes that bind them themselves."""

import itertools
import os
import secrets
import socket
from typing import Final

from sandbox.serving import LOOPBACK

# Below the range from which Linux takes the ports of outgoing connections, one of which would be gone a moment later.
_PORTS: Final = range(15000, 32000)

# A port is bound only some time after it is given out. So processes that run side by side, whose numbers are close, give
# out different ones, and each process goes round its own before it gives one out again.
_PROCESSES: Final = 64
_ROUND: Final = itertools.count(secrets.randbelow(len(_PORTS)))


def free_port() -> int:
    """A port of loopback on which nobody listens just now; for a server that binds it a moment later."""
    mine = _PORTS[os.getpid() % _PROCESSES :: _PROCESSES]
    while True:
        port = mine[next(_ROUND) % len(mine)]
        try:
            with socket.create_server((LOOPBACK, port)):
                return port
        except OSError:
            continue
