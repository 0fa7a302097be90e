"""Metrics of the canary, as Prometheus reads them."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from alerts.delivery.metrics import serve
from streams.flock import Flock, Stage


class CanaryMetrics:
    """How long canaries take, and which are missing."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.registry = registry = CollectorRegistry()
        self._rounds = Counter(
            "sogawatch_canary_rounds", "Rounds of canaries sent.", registry=registry
        )
        self._seconds = Gauge(
            "sogawatch_canary_seconds", "How long the newest one that is through took to a stage.",
            ("stage", "partition"), registry=registry,
        )  # fmt: skip
        self._age = Gauge(
            "sogawatch_canary_age_seconds",
            "Since the newest one that is through was sent, or since the start.",
            ("partition",), registry=registry,
        )  # fmt: skip
        self._missing = Gauge(
            "sogawatch_canary_missing_partitions", "Partitions whose canaries are overdue, by what "
            "they did not come to.", ("stage",), registry=registry,
        )  # fmt: skip

    def sent(self) -> None:
        """Count a round."""
        self._rounds.inc()

    def look(self, flock: Flock, now: float) -> None:
        """Take in how they fly."""
        for partition in flock.partitions:
            passed = flock.passed.get(partition)
            self._age.labels(partition).set(now - (passed.sent if passed else self._began))
            if passed is not None:
                self._seconds.labels("answered", partition).set(passed.answered_s)
                self._seconds.labels("stored", partition).set(passed.stored_s)
        lacking = list(flock.missing.values())
        for stage in Stage:
            self._missing.labels(stage.name.lower()).set(lacking.count(stage))

    def serve(self, host: str, port: int) -> int:
        """Serve them over HTTP; see `alerts.delivery.metrics.serve`."""
        return serve(self.registry, host, port, "canary.metrics_port")
