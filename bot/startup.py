"""Startup checks before the bot is built: the database's tables, Slack's token."""

from bot.logs import Masker
from bot.settings import Settings
from bot.slack.client import Identity, SlackClient
from bot.slack.errors import SlackError, SlackRedirectedError, SlackRefusedError
from bot.store.database import Database
from bot.store.errors import NotMigratedError, StoreError, StoreFault, StoreUnavailableError


class StartError(Exception):
    """The bot can't start. The message gives the reason and what to do, in one line."""


class WrongSettingError(StartError):
    """A setting is wrong, such as a token that Slack rejects: restarting would not help."""


def connect_database(settings: Settings) -> Database:
    """Raises: StartError."""
    try:
        return Database.connect(settings.database_url.get_secret_value())
    except StoreError as error:
        raise _unusable(error, settings) from error


async def require_migrated(database: Database, settings: Settings) -> None:
    """Check the tables. An embedded database belongs to this bot alone, so it is migrated here.

    Raises: StartError.
    """
    try:
        if database.is_embedded:
            await database.migrate()
        await database.require_migrated()
    except NotMigratedError as error:
        raise StartError(f"DATABASE_URL: {error}: run `python -m bot migrate` first") from error
    except StoreError as error:
        raise _unusable(error, settings) from error


async def identify(slack: SlackClient, settings: Settings) -> Identity:
    """Return the bot's own identity.

    Raises: StartError.
    """
    try:
        return await slack.identify()
    except SlackRefusedError as error:
        kind = WrongSettingError if error.is_of_token else StartError
        raise kind(
            f"SLACK_BOT_TOKEN: Slack does not accept it ({error.code}): copy the bot token again from the app's page"
            " OAuth & Permissions; after a removal, install the app again first"
        ) from error
    except SlackRedirectedError as error:
        raise StartError(
            f"SLACK_API_URL: it redirects to {error.host}, and the token is not sent there: correct the address, or the"
            " proxy that answers in Slack's place"
        ) from error
    except SlackError as error:
        if settings.proxies.find_proxy(settings.slack_api_url) is not None:
            raise StartError(
                f"HTTPS_PROXY: Slack does not answer through the proxy ({error}): correct the proxy's address, or name"
                " the host of SLACK_API_URL in NO_PROXY"
            ) from error
        raise StartError(
            f"SLACK_API_URL: Slack does not answer ({error}): may this host open https connections to it?"
        ) from error


def _unusable(error: StoreError, settings: Settings) -> StartError:
    is_setting = isinstance(error, StoreUnavailableError) and error.fault is StoreFault.WRONG_OPTION
    reason = error.explanation if isinstance(error, StoreUnavailableError) else str(error)
    text = Masker(settings.secrets)(None, "", f"DATABASE_URL: the database can't be used ({reason})")
    return (WrongSettingError if is_setting else StartError)(text)
