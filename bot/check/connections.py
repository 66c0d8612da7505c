"""What to say of a server that can't be spoken to, whichever it is."""

from typing import NamedTuple

import whmcs


class Advice(NamedTuple):
    text: str
    next: str


def advise_on_silence(error: whmcs.UnreachableError, url: str, variable: str) -> Advice:
    """`variable` is the setting that holds the address."""
    match error.reason, error.cause:
        case _, "name":
            return Advice(f"the name in {url} has no address", f"Correct {variable}, or this host's DNS.")
        case _, "connection_refused":
            return Advice(f"nobody listens at {url}", f"Correct {variable}, or start the web server there.")
        case "tls", "certificate":
            return Advice(
                f"the certificate of {url} is not accepted: {error.detail}",
                "Give that web server a valid certificate for its name, or correct the name in " + variable + ".",
            )
        case "tls", _:
            return Advice(
                f"{url} speaks no TLS that this host accepts",
                f"Correct the port in {variable}, or switch on https (TLS 1.2 or newer) there.",
            )
        case "timed_out", _:
            return Advice(
                f"{url} does not answer in time", "Let this host through the firewalls on the way, then check again."
            )
        case "connection_lost", _:
            return Advice(f"{url} drops the connection", "See the web server's error log there, then check again.")
        case _:
            return Advice(f"{url} can't be reached", f"Correct {variable}, or let this host reach it.")


def advise_on_page(error: whmcs.UnusableAnswerError, url: str, variable: str) -> Advice:
    kinds = {"html": "a web page", "empty": "nothing", "json": "something that is no JSON", "too_large": "too much"}
    told = kinds.get(error.kind, "something else")
    text = f"{url} answers with {told} (HTTP {error.status})"
    if error.status in {403, 503} and error.kind == "html":
        return Advice(text, "Let this host past the firewall or maintenance mode that stands before it.")
    if error.status >= 500:  # noqa: PLR2004 - where a server's own errors begin
        return Advice(text, "See the web server's error log and WHMCS's activity log there.")
    return Advice(text, f"Correct {variable}; if it is right, end the maintenance mode or whatever prints that page.")
