"""Validation of a database URL before anything is opened."""

import re
from importlib import import_module
from typing import Final
from urllib.parse import parse_qsl, urlsplit

DRIVERS: Final = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+psycopg"}
"""Installed drivers, by dialect."""

_LONGEST: Final = 4000
_LOGIN: Final = "characters such as @ : / ? # in its user name or password have to be written as %40 %3A %2F %3F %23"
_NAME: Final = re.compile(r"\w+", re.ASCII)


def find_url_problem(address: str) -> str | None:
    """Return why this SQLAlchemy URL is unusable, as the end of a sentence without secrets, or None if it looks usable."""
    scheme, found, rest = address.partition("://")
    kind = scheme.partition("+")[0]
    if not found or kind not in DRIVERS:
        return "must begin with sqlite:// or postgresql://"
    if scheme not in {kind, DRIVERS[kind]}:
        return f"names a driver that is not installed: begin it with {kind}://"
    if len(address) > _LONGEST or not address.isprintable():
        return "is not an address: it is too long, or holds a character that can't be seen"
    return _find_problem_of_file(rest) if kind == "sqlite" else _find_problem_of_server(rest)


def _find_problem_of_file(rest: str) -> str | None:
    if rest and not rest.startswith("/"):
        return "needs three slashes before a relative path and four before an absolute one: sqlite:///var/bot.db"
    path, _, query = rest.partition("?")
    options = dict(parse_qsl(query, keep_blank_values=True))
    if options.get("uri") != "true" and (unknown := sorted(options.keys() - {"timeout", "uri"})):
        return f"has an {_name(unknown[0])} that counts only in sqlite:///file:/path/to/bot.db?uri=true&…"
    timeout = options.get("timeout", "0")
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", timeout, re.ASCII):
        return "the option timeout must be a number of seconds"
    if options.get("uri", "true") != "true" or (options.get("uri") and not path.startswith("/file:")):
        return "the option uri must be true, in sqlite:///file:/path/to/bot.db?uri=true"
    return None


def _find_problem_of_server(rest: str) -> str | None:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    is_login_cut = "@" in rest and "@" not in authority
    if is_login_cut or authority.count("@") > 1 or "#" in rest or re.search(r"[\s\\]", rest):
        return _LOGIN
    try:
        port = urlsplit(f"//{authority}").port
    except ValueError:
        return f"host and port are not an address; {_LOGIN}"
    if port == 0:
        return "the port must be from 1 to 65535"
    names = {name for name, _ in parse_qsl(rest.partition("?")[2], keep_blank_values=True)}
    unknown = sorted(names - _list_options())
    return f"has an {_name(unknown[0])} that PostgreSQL does not know: remove it" if unknown else None


def _list_options() -> frozenset[str]:
    """Return libpq's options. Its wrapper is imported only for PostgreSQL: it is slow to load, and can be missing.

    Raises: ValueError: with a sentence for administrators.
    """
    try:
        psycopg = import_module("psycopg.pq")
    except ImportError:
        raise ValueError(
            "its driver psycopg can't be loaded: install it with the bot, and unset PSYCOPG_IMPL"
        ) from None
    return frozenset(option.keyword.decode() for option in psycopg.Conninfo.get_defaults())


def _name(option: str) -> str:
    return f"option {option}" if _NAME.fullmatch(option) else "option"
