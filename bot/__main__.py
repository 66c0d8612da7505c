"""The command line: `python -m bot …`."""

from importlib import import_module
from typing import Final

import click

from bot import VERSION

_COMMANDS: Final = ("serve", "check", "health", "migrate", "manifest", "pause", "resume", "audit")
_MODULES: Final = {"resume": "pause"}


class _Commands(click.Group):
    """Each is imported when it is called: a health check every few seconds must not load all that the bot consists of."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
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
