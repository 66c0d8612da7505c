"""Figures for Prometheus. No label holds an id or a name."""

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest


class Metrics:
    """One registry for one bot, so that two bots in one process don't mix their figures."""

    def __init__(self, version: str) -> None:
        self.registry = CollectorRegistry()
        self.build_info = Gauge("resetbot_build_info", "The running version.", ["version"], registry=self.registry)
        self.build_info.labels(version).set(1)
        self.resets = Counter(
            "resetbot_resets",
            "Resets that ended, by method and outcome.",
            ["method", "outcome"],
            registry=self.registry,
        )
        self.overdue_messages = Gauge(
            "resetbot_secret_messages_overdue",
            "Direct messages with a password that should have been deleted by now.",
            registry=self.registry,
        )

    def render(self) -> bytes:
        """Prometheus' text format, as `prometheus_client.CONTENT_TYPE_LATEST` names it."""
        return generate_latest(self.registry)
