"""Ports for processes that bind them themselves."""

import itertools
import os
import secrets
import socket
from typing import Final

from sandbox.serving import LOOPBACK

# Below the range from which Linux takes ports for outgoing connections.
_PORTS: Final = range(15000, 32000)

# A port is bound only some time after it is returned. So parallel processes, whose ids are close, return different ports,
# and each process returns all of its ports before it returns one again.
_PROCESSES: Final = 64
_ROUND: Final = itertools.count(secrets.randbelow(len(_PORTS)))


def free_port() -> int:
    """Return a loopback port without a listener, for a server that binds it a moment later."""
    mine = _PORTS[os.getpid() % _PROCESSES :: _PROCESSES]
    while True:
        port = mine[next(_ROUND) % len(mine)]
        try:
            with socket.create_server((LOOPBACK, port)):
                return port
        except OSError:
            continue
