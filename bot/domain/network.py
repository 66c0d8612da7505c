"""Hosts, their addresses, and the proxy through which each is reached."""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Final, Self
from unicodedata import normalize
from urllib.parse import urlsplit

_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_LONGEST_NAME: Final = 253
_LONGEST_ADDRESS: Final = 2000

_EVERYTHING: Final = "*"
_HTTPS_PORT: Final = 443
_IN_BRACKETS: Final = re.compile(r"\[([^\]]+)\](/\d+)?(?::(\d+))?")
_NAME: Final = re.compile(r"([^:]*)(?::(\d+))?")
_WANTED: Final = "must be the address of an http proxy, such as http://proxy.example.com:3128"
_ENCODE: Final = (
    "; characters such as # / ? @ [ ] in its user name or password have to be written as %23 %2F %3F %40 %5B %5D"
)


def is_loopback(host: str) -> bool:
    """Return True if the host is this machine itself."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def find_ascii_host(host: str) -> str | None:
    """Return an address, or a name in lower case as DNS has it (`españa.test`: `xn--espaa-rta.test`); None: neither.

    Libraries refuse an impossible name only when they connect, each with a different error.
    """
    try:
        ip_address(host)
    except ValueError:
        pass
    else:
        return host
    try:
        name = host.encode("idna").decode().lower()
    except UnicodeError:
        return None
    labels = name.removesuffix(".").split(".")
    if len(name) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        return None
    # A name whose last label has only digits is not a host name (RFC 3696 section 2).
    return None if labels[-1].isdigit() else name


def require_safe_address(text: str) -> str:
    """Return an address to which secrets may go: https, or http on this machine, with the host's name as DNS has it.

    Raises: ValueError: a sentence for administrators that holds nothing of the value.
    """
    scheme, found, _ = text.partition("://")
    if not found or scheme.lower() not in {"http", "https"}:
        raise ValueError("must be an address that begins with https://")
    if len(text) > _LONGEST_ADDRESS or not text.isprintable() or re.search(r"[\s\\]", text):
        raise ValueError("must be an address without blanks and other characters that have no place in one")
    try:
        parts = urlsplit(text)
        host, port = find_ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        raise ValueError("must be an address whose host and port are possible") from None
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be an address without user name, query and fragment")
    if host is None or port == 0:
        raise ValueError("must be an address whose host and port are possible")
    if scheme.lower() == "http" and not is_loopback(host):
        raise ValueError("must begin with https:// (http is only for loopback)")
    place = f"[{host}]" if ":" in host else host
    return f"{scheme.lower()}://{place}{f':{port}' if port else ''}{parts.path}"


@dataclass(frozen=True, slots=True)
class _Exemption:
    """An entry of NO_PROXY: a network (an address is a small one), or a name with everything below it."""

    network: IPv4Network | IPv6Network | None
    name: str
    port: int | None

    def covers(self, host: str, port: int) -> bool:
        if self.port not in {None, port}:
            return False
        if self.network is None:
            return bool(self.name) and f".{host}".endswith(f".{self.name}")
        try:
            return ip_address(host) in self.network
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Proxies:
    """Selects the proxy for every request: to Slack, to WHMCS, and for the WebSocket, which counts as https.

    `address` can hold a password. This machine is never reached through a proxy.
    """

    address: str | None = field(default=None, repr=False)
    is_off: bool = False
    exemptions: tuple[_Exemption, ...] = ()

    @classmethod
    def build(cls, address: str | None, no_proxy: str) -> Self:
        """`no_proxy`: names, addresses and networks, with commas or blanks between them; `*` is every host.

        Other entries exempt nothing, as in other programs.
        """
        entries = [entry.lower() for entry in re.split(r"[\s,]+", no_proxy) if entry]
        exemptions = (_read_exemption(entry) for entry in entries)
        return cls(address, _EVERYTHING in entries, tuple(exemption for exemption in exemptions if exemption))

    def find_proxy(self, url: str) -> str | None:
        """Return the proxy's address for a request to this https or wss address, or None to connect directly."""
        if self.address is None or self.is_off:
            return None
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port or _HTTPS_PORT
        if is_loopback(host) or host.endswith(".localhost"):
            return None
        return None if any(exemption.covers(host, port) for exemption in self.exemptions) else self.address


DIRECT: Final = Proxies()


def read_proxy(text: str) -> str:
    """Return a proxy's address with its scheme, which may be omitted as in curl.

    Raises: ValueError: a sentence for administrators that holds nothing of the value.
    """
    scheme, found, rest = text.partition("://")
    if not found:
        scheme, rest = "http", text
    if scheme.lower() not in {"http", "https"}:
        raise ValueError(f"{_WANTED}; other kinds, such as SOCKS, are not supported")
    rest = rest.removesuffix("/")
    login, at, place = rest.rpartition("@")
    if re.search(r"[/?#@\\\s]", login + place) or not f"{login}{place}".isprintable():
        raise ValueError(_WANTED + _ENCODE)
    # Libraries refuse brackets and compatibility characters such as \u2100, with a message that contains them.
    if re.search(r"[\[\]]", login) or normalize("NFKC", login) != login:
        raise ValueError(_WANTED + _ENCODE)
    try:
        parts = urlsplit(f"//{place}")
        host, port = find_ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        host, port = None, None
    if host is None or port == 0 or place.endswith(":"):
        raise ValueError(_WANTED + _ENCODE)
    return f"{scheme.lower()}://{login}{at}{f'[{host}]' if ':' in host else host}{f':{port}' if port else ''}"


def _read_exemption(entry: str) -> _Exemption | None:
    text = entry.rpartition("://")[2]
    address, name, port = text, "", None
    if found := _IN_BRACKETS.fullmatch(text):
        address, port = found[1] + (found[2] or ""), found[3]
    elif found := _NAME.fullmatch(text):
        address, port = found[1], found[2]
        name = address.partition("/")[0].removeprefix("*").strip(".")
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        network = None
    if network is None and not name:
        return None
    return _Exemption(network, find_ascii_host(name) or name, int(port) if port else None)
