"""`python -m bot health`: for a supervisor, such as a container's health check."""

import http.client
from typing import Final

import click

from bot.commands.running import FAILED, fail, load
from bot.settings import OperationsSettings

_TIMEOUT_SECONDS: Final = 3.0
_LOOPBACK: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - read here, not listened on


@click.command()
def health() -> None:
    """Check that the running bot answers. Exit code 0 if so, else 1."""
    settings = load(OperationsSettings)
    host = _LOOPBACK.get(settings.ops_host, settings.ops_host)
    address = f"http://{f'[{host}]' if ':' in host else host}:{settings.ops_port}/healthz"
    try:
        status = _ask(host, settings.ops_port)
    except (OSError, http.client.HTTPException) as error:
        fail(f"{address}: no answer ({error})", FAILED)
    if status != http.client.OK:
        fail(f"{address}: answered {status}", FAILED)
    click.echo(f"{address}: ok")


def _ask(host: str, port: int) -> int:
    """Without a proxy: urllib would use the one in the environment."""
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    finally:
        connection.close()
