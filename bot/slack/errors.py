"""What can go wrong between us and Slack, told apart by whether the call was carried out.

    SlackError
    ├── SlackRefusedError       Slack answered `ok: false`; nothing was done
    │   └── SlackRateLimitedError   ... because of too many calls; `retry_after_seconds` says when
    └── SlackUnansweredError    no usable answer; it may have been done

No error holds a token, a URL or what was sent.
"""

from typing import Final

_OF_TOKEN: Final = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type"}
)
"""What is said of a token that will not do; https://docs.slack.dev/reference/methods/auth.test lists them."""


class SlackError(Exception):
    """`method` is the Web API method, such as `views.open`."""

    def __init__(self, method: str, text: str) -> None:
        super().__init__(f"{method}: {text}")
        self.method = method


class SlackRefusedError(SlackError):
    """`code` is Slack's, such as `channel_not_found`.

    `is_certain` False: an attempt before this one was not answered, and may have been carried out.
    """

    def __init__(self, method: str, code: str) -> None:
        super().__init__(method, code)
        self.code = code
        self.is_certain = True

    @property
    def is_of_token(self) -> bool:
        """Whether another token is needed, or the app has to be installed again."""
        return self.code in _OF_TOKEN


class SlackRateLimitedError(SlackRefusedError):
    def __init__(self, method: str, retry_after_seconds: float) -> None:
        super().__init__(method, "ratelimited")
        self.retry_after_seconds = retry_after_seconds


class SlackUnansweredError(SlackError):
    pass
