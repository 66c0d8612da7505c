"""`make demo`: the real bot between a local Slack and a local WHMCS, without an account at either."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from sandbox.demo.processes import DemoError, make_settings, serve
from sandbox.demo.screen import Screen
from sandbox.demo.story import Story
from sandbox.demo.words import LANGUAGES, Words
from sandbox.slack import LocalSlack
from sandbox.whmcs import LocalWhmcs

_FAILED = 1


@click.command()
@click.option(
    "--language", type=click.Choice(sorted(LANGUAGES)), envvar="DEMO_LANGUAGE", default="es", show_default=True
)
def main(language: str) -> None:
    """Walk through both methods in the terminal."""
    if os.environ.get("DEMO", "terminal") not in {"", "terminal"}:
        raise click.UsageError("DEMO: only `terminal` is known")
    try:
        asyncio.run(_show(LANGUAGES[language]))
    except (DemoError, AssertionError, TimeoutError) as error:
        # What a person looked for and did not see is an AssertionError of the local Slack's.
        click.echo(f"The demo did not end as it should: {error}", err=True)
        sys.exit(_FAILED)
    except KeyboardInterrupt:
        sys.exit(130)


async def _show(words: Words) -> None:
    screen = Screen(Console(highlight=False, width=None if sys.stdout.isatty() else 80))
    with tempfile.TemporaryDirectory(prefix="reset-password-demo-") as name:
        folder = Path(name)
        async with LocalSlack() as slack, LocalWhmcs() as whmcs:
            agent = slack.add_person("Sofía Soporte", locale=words.locale)
            stranger = slack.add_person("Nicolás Nuevo", locale=words.locale)
            settings = make_settings(slack, whmcs, folder, AGENT_USERS=agent.id, HELP_CONTACT="#soporte")
            slack.connect_bot(f"http://127.0.0.1:{settings['PORT']}/slack/events")
            async with serve(settings, folder) as bot:
                screen.heading(words.title)
                story = Story(screen, words, whmcs)
                await story.send_reset_email(agent)
                await story.set_password(agent)
                await story.refuse(stranger)
                await story.show_audit(bot)
                code = await bot.stop()
        screen.heading(words.end.format(code=code))
        if code != 0:
            raise DemoError(f"the bot ended with exit code {code}")


if __name__ == "__main__":
    main()
