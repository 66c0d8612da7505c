"""Ports for processes that bind them themselves."""

import secrets
import socket
from typing import Final

from sandbox.serving import LOOPBACK

# Below the range from which Linux takes the ports of outgoing connections, one of which would be gone a moment later.
_PORTS: Final = range(15000, 32000)


def free_port() -> int:
    """A port of loopback on which nobody listens just now; for a server that binds it a moment later."""
    while True:
        # So that processes at the same moment take different ones, also where somebody has seeded `random`.
        port = secrets.choice(_PORTS)
        try:
            with socket.create_server((LOOPBACK, port)):
                return port
        except OSError:
            continue
