"""The command line: `python -m bot …`."""

import click

from bot import VERSION
from bot.commands.audit import audit
from bot.commands.check import check
from bot.commands.health import health
from bot.commands.manifest import manifest
from bot.commands.migrate import migrate
from bot.commands.pause import pause, resume
from bot.commands.serve import serve


@click.group()
@click.version_option(VERSION, prog_name="reset-password-bot")
def main() -> None:
    """Slack bot with which support agents reset the passwords of WHMCS users."""


for command in (serve, check, health, migrate, manifest, pause, resume, audit):
    main.add_command(command)


if __name__ == "__main__":
    main(prog_name="python -m bot")
