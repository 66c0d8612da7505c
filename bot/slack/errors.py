"""Errors of calls to Slack, classified by whether the call was carried out.

    SlackError
    ├── SlackRefusedError       Slack answered `ok: false`; nothing was done
    │   └── SlackRateLimitedError   ... because of too many calls; `retry_after_seconds` says when
    └── SlackUnansweredError    no usable answer; it may have been done
        └── SlackRedirectedError    ... but another address, to which nothing is sent

No error holds a token, a URL or what was sent.
"""

from typing import Final

_OF_TOKEN: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type"}
)
"""Codes about an unusable token, from https://docs.slack.dev/reference/methods/auth.test."""


class SlackError(Exception):
    """Base class for Slack errors. `method`: the Web API method, such as `views.open`."""

    def __init__(self, method: str, text: str) -> None:
        super().__init__(f"{method}: {text}")
        self.method = method


class SlackRefusedError(SlackError):
    """`code`: Slack's, such as `channel_not_found`.

    `is_certain` False: an earlier attempt was not answered, and may have been carried out.
    """

    def __init__(self, method: str, code: str) -> None:
        super().__init__(method, code)
        self.code = code
        self.is_certain = True

    @property
    def is_of_token(self) -> bool:
        """Return True if another token is needed, or the app must be installed again."""
        return self.code in _OF_TOKEN


class SlackRateLimitedError(SlackRefusedError):
    def __init__(self, method: str, retry_after_seconds: float) -> None:
        super().__init__(method, "ratelimited")
        self.retry_after_seconds = retry_after_seconds


class SlackUnansweredError(SlackError):
    pass


class SlackRedirectedError(SlackUnansweredError):
    """`host`: the target, such as `https://elsewhere.example.com`. Without its path, which can be a secret."""

    def __init__(self, method: str, host: str) -> None:
        super().__init__(method, f"redirected to {host}, where nothing is sent")
        self.host = host
