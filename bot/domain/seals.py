"""Keyed digests over data that leaves the bot and comes back: a modal's state, and what an agent was shown."""

import base64
import hmac
from dataclasses import dataclass, field
from typing import Final, Self

_MAC_BYTES: Final = 18
_ID_BYTES: Final = 6


@dataclass(frozen=True, slots=True)
class Seal:
    """The installation's own key. `key_id` identifies it without revealing it.

    The key is derived from the bot token, so replicas share it, and whoever can write to the database doesn't have it. A
    new token makes a new key.
    """

    key_id: str
    _key: bytes = field(repr=False)

    @classmethod
    def derive(cls, secret: str) -> Self:
        """Derive the key from `secret`, a text with at least 128 random bits."""
        key = hmac.digest(secret.encode(), b"reset-password-bot seal v1", "sha256")
        return cls(_encode(hmac.digest(key, b"key id", "sha256")[:_ID_BYTES]), key)

    def sign(self, purpose: str, *parts: str) -> str:
        """Return a MAC of 24 URL-safe characters. Parts are delimited, so no two lists of parts have the same MAC."""
        message = "".join(f"{len(part)}:{part}" for part in (purpose, *parts))
        return _encode(hmac.digest(self._key, message.encode(errors="surrogatepass"), "sha256")[:_MAC_BYTES])

    def verify(self, mac: str, purpose: str, *parts: str) -> bool:
        """Return True if `mac` is what `sign` returns for the same purpose and parts."""
        return hmac.compare_digest(mac.encode(errors="surrogatepass"), self.sign(purpose, *parts).encode())


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
