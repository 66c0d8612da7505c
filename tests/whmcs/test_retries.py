import pytest
from hypothesis import given
from hypothesis import strategies as st

from whmcs import (
    AddressRefusedError,
    CredentialsError,
    NotFoundError,
    NotPermittedError,
    OutcomeUnknownError,
    RedirectedError,
    RefusedError,
    TimedOutError,
    UnreachableError,
    UnusableAnswerError,
    WhmcsError,
)
from whmcs.retries import decide_wait

PASSING = [
    UnreachableError("X"),
    UnreachableError("X", "connection_lost"),
    TimedOutError("X", is_connecting=True),
    RefusedError("X", retry_after_seconds=1),
    UnusableAnswerError("X", "html", 503, retry_after_seconds=0),
]
FINAL = [
    CredentialsError("X"),
    AddressRefusedError("X"),
    NotPermittedError("X"),
    NotFoundError("X"),
    RedirectedError("X"),
    RefusedError("X", "no"),
    RefusedError("X", retry_after_seconds=60),
    UnusableAnswerError("X", "json"),
    UnreachableError("X", "tls"),
    TimedOutError("X"),
    OutcomeUnknownError("X", "connection_lost"),
]


@pytest.mark.parametrize("error", PASSING, ids=repr)
@pytest.mark.parametrize("attempt", [1, 2])
def test_transient_failures_are_retried_after_a_wait(error: WhmcsError, attempt: int) -> None:
    wait = decide_wait(error, attempt)

    assert wait is not None
    assert wait > 0


@pytest.mark.parametrize("error", PASSING, ids=repr)
def test_there_is_no_fourth_attempt(error: WhmcsError) -> None:
    assert decide_wait(error, 3) is None


@pytest.mark.parametrize("error", FINAL, ids=repr)
def test_permanent_failures_are_not_retried(error: WhmcsError) -> None:
    assert decide_wait(error, 1) is None


@given(st.sampled_from(PASSING), st.integers(1, 2), st.floats(0, 1))
def test_a_wait_is_short_and_at_least_retry_after(error: WhmcsError, attempt: int, jitter: float) -> None:
    wait = decide_wait(error, attempt, jitter)

    assert wait is not None
    assert (getattr(error, "retry_after_seconds", None) or 0) < wait < 4


def test_jitter_spreads_callers() -> None:
    assert decide_wait(UnreachableError("X"), 1, 0.0) != decide_wait(UnreachableError("X"), 1, 1.0)
