"""Advice for a server that can't be reached or answers with something else, WHMCS or companion."""

from typing import NamedTuple

import whmcs
from bot.domain.network import Proxies


class Advice(NamedTuple):
    text: str
    next: str


def advise_on_unreachable(error: whmcs.UnreachableError, url: str, variable: str, proxies: Proxies) -> Advice:
    """Return text and advice. `variable` is the setting that holds the address."""
    match error.reason, error.cause:
        case "no_connection", _ if proxies.find_proxy(url) is not None:
            return Advice(
                f"{url} can't be reached through the proxy of HTTPS_PROXY",
                f"Correct HTTPS_PROXY or {variable}, let the proxy reach that address, or name its host in NO_PROXY.",
            )
        case _, "name":
            return Advice(f"the name in {url} has no address", f"Correct {variable}, or this host's DNS.")
        case _, "connection_refused":
            return Advice(f"nothing listens at {url}", f"Correct {variable}, or start the web server there.")
        case "tls", "certificate":
            return Advice(
                f"the certificate of {url} is not accepted: {error.detail}",
                "Give that web server a valid certificate for its name, or correct the name in " + variable + ".",
            )
        case "tls", _:
            return Advice(
                f"{url} offers no TLS that this host accepts",
                f"Correct the port in {variable}, or switch on https (TLS 1.2 or newer) there.",
            )
        case "timed_out", _:
            return Advice(
                f"{url} does not answer in time",
                "Open the firewalls between this host and that server, then check again.",
            )
        case "connection_lost", _:
            return Advice(f"{url} drops the connection", "See the web server's error log there, then check again.")
        case _:
            return Advice(f"{url} can't be reached", f"Correct {variable}, or let this host reach it.")


def advise_on_page(error: whmcs.UnusableAnswerError, url: str, variable: str) -> Advice:
    kinds = {
        "html": "a web page",
        "empty": "an empty body",
        "json": "something other than JSON",
        "too_large": "more than 5 MB",
    }
    kind = kinds.get(error.kind, "something else")
    text = f"{url} answers with {kind} (HTTP {error.status})"
    if error.status in {403, 503} and error.kind == "html":
        return Advice(text, "Let this host through the firewall, or end the maintenance mode, in front of it.")
    if error.status >= 500:  # noqa: PLR2004 - server errors
        return Advice(text, "See the web server's error log and WHMCS's activity log there.")
    return Advice(text, f"Correct {variable}; if it is right, end the maintenance mode or whatever prints that page.")
