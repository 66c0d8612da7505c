"""Addresses of servers: which may be called, and how they are shown."""

from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpx


def checked_url(url: str) -> str:
    """Return the address if it may be called: https, or http on this machine.

    Raises: ValueError without the address, which may hold a password.
    """
    address = _parse_url(url.strip())
    if address is None or address.scheme not in {"http", "https"} or not _host(address):
        raise ValueError("not an http or https address")
    if address.scheme == "http" and not is_loopback(address):
        raise ValueError("only https is allowed, except on this machine")
    return str(address.copy_with(query=None, fragment=None))


def _parse_url(url: str) -> httpx.URL | None:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):
        return None


def _host(url: httpx.URL) -> str:
    """Return the host in ASCII; httpx can't decode some names that it can call."""
    return url.raw_host.decode("ascii")


def is_loopback(url: httpx.URL) -> bool:
    host = _host(url)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def strip_credentials(url: str, location: str | None = None) -> str:
    """Return the address, or the redirect's target, without user name, query and fragment; "" if unreadable."""
    if location == "":
        return ""
    try:
        parts = urlsplit(urljoin(url, location or ""))
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
