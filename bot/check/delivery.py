"""Checks how Slack reaches the bot: through a socket, or over HTTP at PUBLIC_URL."""

from typing import Final

from bot.check.report import Line, failed, ok, warning
from bot.settings import Settings
from bot.slack.client import SlackClient
from bot.slack.echo import Echo, Silence, call_ourselves
from bot.slack.errors import SlackError, SlackRedirectedError, SlackRefusedError
from bot.slack.token import try_app_token

_SOCKET: Final = "slack.socket_mode"
_PUBLIC: Final = "slack.public_url"
_PATH: Final = "/slack/events"
_ADVICE: Final = (
    "In the app's settings, Basic Information, App-Level Tokens: create a token with connections:write, and copy it to"
    " SLACK_APP_TOKEN."
)
_START: Final = "Start the bot, and the reverse proxy before it; then check again."
_GATEWAY: Final = frozenset({502, 503, 504})


async def check_delivery(client: SlackClient, settings: Settings) -> Line:
    if settings.slack_app_token is not None:
        return await _check_socket(client, settings.slack_app_token.get_secret_value())
    if settings.slack_signing_secret is None or settings.public_url is None:
        return warning(
            _PUBLIC,
            "PUBLIC_URL is not set, so whether Slack reaches the bot is unknown",
            "Set PUBLIC_URL to the https address that the app's manifest names, without /slack/events.",
        )
    url = settings.public_url + _PATH
    answer = await call_ourselves(url, settings.slack_signing_secret.get_secret_value(), settings.proxies)
    return _judge(answer, url) if isinstance(answer, Echo) else _explain(answer, url)


async def _check_socket(client: SlackClient, app_token: str) -> Line:
    try:
        await try_app_token(client, app_token)
    except SlackRefusedError as error:
        if error.code == "missing_scope":
            return failed(_SOCKET, "the app token lacks connections:write", _ADVICE)
        return failed(_SOCKET, f"Slack does not accept the app token ({error.code})", _ADVICE)
    except SlackRedirectedError as error:
        return failed(
            _SOCKET,
            f"SLACK_API_URL redirects to {error.host}; the app token is not sent there",
            "Correct SLACK_API_URL, or the proxy that answers in Slack's place.",
        )
    except SlackError as error:
        return failed(_SOCKET, f"no answer from Slack ({error})", "Let this host reach SLACK_API_URL by https.")
    return ok(_SOCKET, "Slack offers a socket for the app token")


def _judge(echo: Echo, url: str) -> Line:
    if echo.is_ours:
        return ok(_PUBLIC, f"{url} answers a request signed with our secret")
    if echo.status in _GATEWAY:
        return warning(_PUBLIC, f"at {url} a proxy answers, but no bot behind it (HTTP {echo.status})", _START)
    return failed(_PUBLIC, *_explain_other_server(echo, url))


def _explain_other_server(echo: Echo, url: str) -> tuple[str, str]:
    match echo.status:
        case 401 if echo.text == "not signed":
            return (
                f"{url} did not receive our signature",
                "Let the reverse proxy pass the headers X-Slack-Signature and X-Slack-Request-Timestamp on unchanged.",
            )
        case 401:
            return (
                f"{url} does not accept our signature (HTTP 401)",
                "Start the bot with the same SLACK_SIGNING_SECRET as here, and let the reverse proxy leave the body as it is.",
            )
        case 404 | 405:
            return (
                f"{url} is not the bot's (HTTP {echo.status})",
                "Correct PUBLIC_URL, or let the reverse proxy forward /slack/events to HOST and PORT of the bot.",
            )
        case status if 300 <= status < 400:  # noqa: PLR2004 - redirects
            return (f"{url} redirects to {echo.location}", "Set PUBLIC_URL to the address that does not redirect.")
        case status:
            return (
                f"something other than the bot answers at {url} (HTTP {status})",
                "Correct PUBLIC_URL, or let the reverse proxy forward /slack/events with the body and all headers unchanged.",
            )


def _explain(silence: Silence, url: str) -> Line:
    match silence:
        case "certificate":
            return failed(
                _PUBLIC,
                f"the certificate of {url} is not accepted, and Slack won't accept it either",
                "Give the reverse proxy a valid certificate for that name.",
            )
        case "tls":
            return failed(
                _PUBLIC, f"{url} offers no TLS", "Correct PUBLIC_URL, or switch on https at the reverse proxy."
            )
        case "name":
            return warning(
                _PUBLIC, f"the name in {url} has no address yet", "Enter the name in the DNS, or correct PUBLIC_URL."
            )
        case "timed_out" | "no_connection" | "connection_lost":
            return warning(_PUBLIC, f"{url} does not answer yet", _START)
