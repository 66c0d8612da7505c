"""The command line: `python -m bot …`."""

import os
from importlib import import_module
from typing import Final

import click

from bot import VERSION

_COMMANDS: Final = ("serve", "check", "health", "migrate", "manifest", "pause", "resume", "audit")
_MODULES: Final = {"resume": "pause"}
_NEVER_READ: Final = ("SSLKEYLOGFILE", "PROMETHEUS_MULTIPROC_DIR", "prometheus_multiproc_dir")
"""Variables that make libraries write files: TLS session keys, and metrics shared between processes.

They take effect on import, so a missing folder would end the start with a traceback.
"""


class _Commands(click.Group):
    """Commands are imported when called: a health check every few seconds must not load the whole bot."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        for variable in _NEVER_READ:
            os.environ.pop(variable, None)
        module = import_module(f"bot.commands.{_MODULES.get(cmd_name, cmd_name)}")
        command = getattr(module, cmd_name)
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return command


@click.command(cls=_Commands)
@click.version_option(VERSION, prog_name="reset-password-bot")
def main() -> None:
    """Slack bot with which support agents reset the passwords of WHMCS users."""


if __name__ == "__main__":
    main(prog_name="python -m bot")
