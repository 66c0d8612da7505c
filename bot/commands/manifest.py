"""`python -m bot manifest`."""

import click

from bot.commands.running import load
from bot.manifest import build_manifest, write_json, write_yaml
from bot.settings import ManifestSettings
from bot.views.text import Languages


@click.command()
@click.option("--json", "is_json", is_flag=True, help="As JSON, which is what Slack's own command line reads.")
def manifest(*, is_json: bool) -> None:
    """Print the Slack app's manifest for this installation.

    Reads only PUBLIC_URL, SLACK_APP_TOKEN and DEFAULT_LOCALE. With SLACK_APP_TOKEN or without PUBLIC_URL it is an app
    in Socket Mode, otherwise one that receives requests by https.
    """
    settings = load(ManifestSettings)
    texts = Languages.load(settings.default_locale).for_locale(settings.default_locale)
    made = build_manifest(settings.public_url if settings.slack_app_token is None else None, texts)
    # As bytes: the file is UTF-8 on every platform.
    click.echo((write_json(made) if is_json else write_yaml(made)).encode(), nl=False)
