"""Metrics of delivery, as Prometheus reads them."""

from collections import Counter as Counts
from collections.abc import Iterable
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from alerts.complaint import Complaint
from alerts.delivery.courier import Courier
from alerts.delivery.outbox import Outbox, Status
from alerts.delivery.parcel import Attempt
from alerts.routing import Passed

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class MetricsUnavailable(Complaint):
    """The port of the metrics cannot be had; the message says which and what to do."""


class Metrics:
    """Counts what delivery does. Labels are reasons and subscriptions, never addresses."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._attempts = Counter(
            "sogawatch_delivery_attempts", "Attempts, by what came of them and why.",
            ("channel", "outcome", "reason"), registry=registry,
        )  # fmt: skip
        self._by_subscription = Counter(
            "sogawatch_delivery_attempts_by_subscription", "Attempts, by whom they were for.",
            ("subscription", "outcome"), registry=registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "sogawatch_delivery_seconds", "How long attempts took.",
            ("channel",), buckets=_SECONDS, registry=registry,
        )  # fmt: skip
        self._passed = Counter(
            "sogawatch_delivery_passed_over", "Alerts that were not for a subscription, and why.",
            ("reason",), registry=registry,
        )  # fmt: skip
        self._standing = Gauge(
            "sogawatch_deliveries", "Deliveries in the outboxes of this worker, by how they stand.",
            ("status",), registry=registry,
        )  # fmt: skip
        self._pending = Gauge(
            "sogawatch_deliveries_pending", "Deliveries that wait, by whom they are for.",
            ("subscription",), registry=registry,
        )  # fmt: skip
        self._held = Gauge(
            "sogawatch_deliveries_held", "Deliveries that wait by their subscriber's own wish.",
            ("reason",), registry=registry,
        )  # fmt: skip
        self._oldest = Gauge(
            "sogawatch_deliveries_oldest_pending_seconds",
            "Age of the oldest pending delivery; 0 when there is none.", registry=registry,
        )  # fmt: skip
        self._alone = Gauge(
            "sogawatch_delivery_endpoints_left_alone",
            "Endpoints that failed too often and are left alone for now.", registry=registry,
        )  # fmt: skip

    def attempt(self, attempt: Attempt) -> None:
        """Count an attempt."""
        self._attempts.labels(attempt.channel, attempt.outcome, attempt.reason).inc()
        self._by_subscription.labels(attempt.subscription, attempt.outcome).inc()
        self._seconds.labels(attempt.channel).observe(attempt.latency_ms / 1000)

    def passed(self, reason: Passed) -> None:
        """Count an alert that was not for a subscription."""
        self._passed.labels(reason).inc()

    def look(self, outboxes: Iterable[Outbox], courier: Courier, now: datetime) -> None:
        """Take in how everything stands."""
        boxes = list(outboxes)
        for status in Status:
            self._standing.labels(status).set(sum(box.counts[status] for box in boxes))
        pending = [entry for box in boxes for entry in box.pending()]
        waiting = Counts(entry.subscription for entry in pending)
        self._pending.clear()
        for name, count in waiting.items():
            self._pending.labels(name).set(count)
        oldest = min((entry.standing.since for entry in pending), default=now.timestamp())
        self._oldest.set(max(0.0, now.timestamp() - oldest))
        for why, count in courier.held().items():
            self._held.labels(why).set(count)
        self._alone.set(courier.left_alone())

    def serve(self, host: str, port: int) -> int:
        """Serve them over HTTP; see `serve`."""
        return serve(self.registry, host, port, "notify.metrics_port")


def serve(registry: CollectorRegistry, host: str, port: int, setting: str) -> int:
    """Serve metrics over HTTP; return the port, which is a free one when 0 was asked for.

    Raises
    ------
    MetricsUnavailable
        When the port is taken; it names the setting.
    """
    try:
        server, _ = start_http_server(port, host, registry)
    except OSError as error:
        raise MetricsUnavailable(
            f"metrics cannot be served on {host}:{port}: {error.strerror}; set {setting} to "
            "another port, or to 0 for any"
        ) from None
    return int(server.server_port)
