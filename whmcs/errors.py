"""Errors of WHMCS and the companion, by who has to act. WhmcsError is the base of all.

    WhmcsError
    ├── UnreachableError           no connection, no DNS, TLS, or a read's connection was lost; nothing was changed
    │   ├── TimedOutError          a read that took too long, or no connection in time; nothing was changed
    │   └── NotAnsweringError      not sent: the circuit breaker is open; nothing was changed
    ├── RedirectedError            the address redirects: fix WHMCS_URL
    ├── AddressRefusedError        WHMCS does not accept calls from our IP address
    ├── CredentialsError           unknown or wrong pair; the companion: wrong secret
    ├── NotPermittedError          the API role lacks this action, or this WHMCS does not have it
    │   └── UnknownActionError     ... as WHMCS reports, this WHMCS does not have it
    ├── NotFoundError              no such client, user or ticket
    │   └── NotAUserOfClientError  both exist, but the user is not one of the client's
    ├── NotInstalledError          no companion at that address, or it is not activated
    ├── RefusedError               refused for another reason; nothing was changed
    │   └── ClockSkewError         the companion's clock and ours differ by more than it accepts
    ├── UnusableAnswerError        a read got something else than an answer (HTML, broken JSON)
    └── OutcomeUnknownError        a write may have arrived; its outcome is unknown

No error's text, repr or attribute holds a credential, a secret or a password.
"""

from datetime import datetime
from typing import Literal

UnreachableReason = Literal["no_connection", "tls", "connection_lost", "timed_out", "not_answering"]
UnreachableCause = Literal["", "name", "connection_refused", "certificate", "protocol"]
UnusableKind = Literal["html", "json", "shape", "empty", "too_large"]
UnknownReason = Literal["timed_out", "connection_lost", "server_error", "web_page", "unusable_answer"]


class WhmcsError(Exception):
    """`action` is the name of the API's or the companion's action, such as `ping`."""

    def __init__(self, action: str, text: str = "failed") -> None:
        super().__init__(f"{action}: {text}")
        self.action = action

    @property
    def is_of_companion(self) -> bool:
        """True for a call to the companion, whose actions are in lower case; the API's are not."""
        return self.action.islower()


class UnreachableError(WhmcsError):
    """`reason` tells how far the call got; in every case nothing was changed.

    `cause`, if known: the name has no address, the connection is refused, the certificate is not accepted (`detail`: the
    TLS library's reason), or there is no common TLS version.
    """

    def __init__(
        self,
        action: str,
        reason: UnreachableReason = "no_connection",
        *,
        cause: UnreachableCause = "",
        detail: str = "",
    ) -> None:
        super().__init__(action, f"unreachable ({reason})")
        self.reason: UnreachableReason = reason
        self.cause: UnreachableCause = cause
        self.detail = detail


class TimedOutError(UnreachableError):
    """`is_connecting`: the time ran out before anything was sent."""

    def __init__(self, action: str, *, is_connecting: bool = False) -> None:
        super().__init__(action, "timed_out")
        self.is_connecting = is_connecting


class NotAnsweringError(UnreachableError):
    """`since`: when the first unanswered request was sent."""

    def __init__(self, action: str, since: datetime) -> None:
        super().__init__(action, "not_answering")
        self.since = since


class RedirectedError(WhmcsError):
    """`location` is the redirect's target without query string and user name; "" if there is none."""

    def __init__(self, action: str, location: str = "") -> None:
        super().__init__(action, f"redirected to {location or 'an unnamed place'}")
        self.location = location


class AddressRefusedError(WhmcsError):
    """`address` is our IP address as the server sees it, None if it does not report it."""

    def __init__(self, action: str, address: str | None = None) -> None:
        super().__init__(action, f"calls from {address or 'this address'} are not accepted")
        self.address = address


class CredentialsError(WhmcsError):
    def __init__(self, action: str) -> None:
        super().__init__(action, "the credentials are not accepted")


class NotPermittedError(WhmcsError):
    def __init__(self, action: str) -> None:
        super().__init__(action, "the action is not permitted or not known")


class UnknownActionError(NotPermittedError):
    pass


class NotFoundError(WhmcsError):
    def __init__(self, action: str, text: str = "no such client, user or ticket") -> None:
        super().__init__(action, text)


class NotAUserOfClientError(NotFoundError):
    def __init__(self, action: str) -> None:
        super().__init__(action, "the user does not belong to the client")


class NotInstalledError(WhmcsError):
    """`is_inactive`: the module's files are there, but it is not activated."""

    def __init__(self, action: str, *, is_inactive: bool = False) -> None:
        super().__init__(action, "the companion is not installed or not active")
        self.is_inactive = is_inactive


class RefusedError(WhmcsError):
    """A refusal for any other reason; nothing was changed.

    `message` is the server's own text, with secrets that we sent masked, without control characters, at most 200
    characters. `code` is the companion's error code, None for WHMCS. `retry_after_seconds` is that of a 429 or 503.
    """

    def __init__(
        self, action: str, message: str = "", *, code: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(action, f"refused ({code or 'no code'}): {message}")
        self.message = message
        self.code = code
        self.retry_after_seconds = retry_after_seconds

    @property
    def is_rate_limited(self) -> bool:
        """True if the request was refused only because of a rate limit."""
        is_stated = self.retry_after_seconds is not None or self.code == "rate_limited"
        return is_stated or "too many requests" in self.message.casefold()


class ClockSkewError(RefusedError):
    """`time` is the companion's, None if it does not report it."""

    def __init__(self, action: str, message: str = "", *, time: datetime | None = None) -> None:
        super().__init__(action, message, code="clock_skew")
        self.time = time


class UnusableAnswerError(WhmcsError):
    """`status` is the HTTP status. `retry_after_seconds` is that of a 429 or 503."""

    def __init__(
        self, action: str, kind: UnusableKind = "html", status: int = 200, *, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(action, f"no usable answer ({kind}, HTTP {status})")
        self.kind: UnusableKind = kind
        self.status = status
        self.retry_after_seconds = retry_after_seconds


class OutcomeUnknownError(WhmcsError):
    """The write may have been done. Repeat it only if that is harmless.

    `has_ended`: the server reported that it failed midway, so nothing more will happen later.
    """

    def __init__(self, action: str, reason: UnknownReason = "timed_out", *, has_ended: bool = False) -> None:
        super().__init__(action, f"outcome unknown ({reason})")
        self.reason: UnknownReason = reason
        self.has_ended = has_ended
