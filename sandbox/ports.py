"""Ports for processes that bind them themselves."""

import socket

from sandbox.serving import LOOPBACK


def free_port() -> int:
    """A port of loopback on which nobody listens just now; for a server that binds it a moment later."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        return int(listening.getsockname()[1])
