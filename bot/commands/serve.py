"""`python -m bot serve`."""

import click
import uvloop

from bot import app, logs
from bot.commands.running import BAD_SETTINGS, FAILED, fail, load
from bot.settings import Settings
from bot.startup import StartError, WrongSettingError


@click.command()
def serve() -> None:
    """Run the bot until SIGTERM or Ctrl-C."""
    settings = load(Settings)
    logs.configure(settings.log_level, settings.log_format, settings.secrets)
    try:
        uvloop.run(app.serve(settings))
    except WrongSettingError as error:
        fail(str(error), BAD_SETTINGS)
    except StartError as error:
        fail(str(error), FAILED)
