"""Prometheus metrics. No label holds an id or a name: each is a word from a short list.

Names follow https://prometheus.io/docs/practices/naming/.
"""

import re
from collections.abc import Callable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_ACKNOWLEDGEMENT_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0)
"""Slack waits three seconds."""
_WORD: Final = re.compile(r"[a-z_]{1,60}(?:[0-9]{3})?")
_WHMCS_BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Metrics:
    """One registry per bot, so that two bots in one process don't mix their metrics."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        Gauge("resetbot_build_info", "The running version.", ["version"], registry=self.registry).labels(version).set(1)
        self.resets = Counter(
            "resetbot_resets",
            "Resets that ended, by method and outcome.",
            ["method", "outcome"],
            registry=self.registry,
        )
        self.refusals = Counter(
            "resetbot_refusals",
            "What was refused before a reset began, by the step at which and the reason.",
            ["step", "reason"],
            registry=self.registry,
        )
        self.replies = Counter(
            "resetbot_replies",
            "Replies on tickets, by whether they were sent, and what was sent or why nothing was.",
            ["outcome", "reason"],
            registry=self.registry,
        )
        self.acknowledgement_seconds = Histogram(
            "resetbot_acknowledgement_seconds",
            "Time until Slack had its acknowledgement, by what it sent.",
            ["kind"],
            buckets=_ACKNOWLEDGEMENT_BUCKETS,
            registry=self.registry,
        )
        self.whmcs_seconds = Histogram(
            "resetbot_whmcs_seconds",
            "Time of calls to WHMCS and to the companion, repetitions included, by action and outcome.",
            ["action", "outcome"],
            buckets=_WHMCS_BUCKETS,
            registry=self.registry,
        )
        self.slack_calls = Counter(
            "resetbot_slack_calls",
            "Calls to Slack, by method and error; `none` where all went well, `unanswered` without a usable answer.",
            ["method", "error"],
            registry=self.registry,
        )
        self.pending_messages = Gauge(
            "resetbot_secret_messages_pending",
            "Direct messages with a password that are still to be deleted.",
            registry=self.registry,
        )
        self.overdue_messages = Gauge(
            "resetbot_secret_messages_overdue",
            "Direct messages with a password that should have been deleted by now.",
            registry=self.registry,
        )
        self.unresolved_resets = Gauge(
            "resetbot_resets_unresolved",
            "Resets that have begun and have no recorded outcome.",
            registry=self.registry,
        )

    def observe_whmcs_request(self, action: str, outcome: str, taken_seconds: float) -> None:
        self.whmcs_seconds.labels(action, outcome).observe(taken_seconds)

    def count_slack_call(self, method: str, error: str) -> None:
        """`error`: Slack's code. It comes from outside, so anything unusual is counted as `other`."""
        self.slack_calls.labels(method, error if _WORD.fullmatch(error) else "other").inc()

    def watch_socket(self, silent_seconds: Callable[[], float]) -> None:
        """Show for how long Slack's socket has been silent, in Socket Mode."""
        Gauge(
            "resetbot_socket_silent_seconds",
            "Seconds since Slack's last hello, ping or pong on any socket.",
            registry=self.registry,
        ).set_function(silent_seconds)

    def watch_whmcs(self, silent_seconds: Callable[[], float]) -> None:
        """Show for how long the circuit breaker has been open, so that WHMCS only gets probes; 0: closed."""
        Gauge(
            "resetbot_whmcs_silent_seconds",
            "Seconds since the first of five or more requests in a row to WHMCS that timed out.",
            registry=self.registry,
        ).set_function(silent_seconds)

    def render(self) -> bytes:
        """Return Prometheus's text format, of type `prometheus_client.CONTENT_TYPE_LATEST`."""
        return generate_latest(self.registry)
