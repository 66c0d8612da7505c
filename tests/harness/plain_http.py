"""HTTP without TLS: httpx reads the certificate authorities for every client, which costs more than most tests."""

import ssl
from typing import Final

import httpx

_TRUSTS_NOBODY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http_client(
    *, base_url: str = "", timeout_seconds: float = 5.0, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """Return a client for servers of this machine; it ignores proxies of the environment."""
    return httpx.AsyncClient(
        base_url=base_url, timeout=timeout_seconds, transport=transport, verify=_TRUSTS_NOBODY, trust_env=False
    )
