"""Metrics as Prometheus reads them: over HTTP, on loopback."""

import asyncio
import socket

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from alerts.delivery.metrics import Metrics, MetricsUnavailable
from alerts.delivery.outcome import Answer, Outcome, Reason
from tests.alerts.delivery.scene import ACCEPTED, Scene, notice, reader

LOOPBACK = "127.0.0.1"


def read(port: int) -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    answer = httpx.get(f"http://{LOOPBACK}:{port}/metrics", timeout=10)
    assert answer.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_what_was_delivered_and_what_waits_is_read_over_http():
    """One reader takes all, the other nothing: 60 s later the oldest for him is 60 s old."""

    async def story():
        well, ill = reader(1), reader(2)
        down = Answer(Outcome.RETRY, Reason.TIMEOUT)
        scene = Scene(
            well, ill,
            answers=lambda parcel: down if parcel.subscription == ill.subscription else ACCEPTED,
        )  # fmt: skip
        metrics = Metrics()
        await scene.tell(notice(1, well, ill), notice(2, well))
        for attempt in scene.log:
            metrics.attempt(attempt)
        scene.clock.move(60)
        metrics.look([scene.outbox], scene.courier, scene.clock.now())
        return read(metrics.serve(LOOPBACK, 0)), ill.subscription

    told, ill = asyncio.run(story())
    assert told["sogawatch_deliveries", "delivered"] == 2
    assert told["sogawatch_deliveries", "pending"] == 1
    assert told["sogawatch_deliveries_pending", ill] == 1
    assert told["sogawatch_deliveries_oldest_pending_seconds",] == 60
    assert told["sogawatch_delivery_attempts_total", "webhook", "delivered", "accepted"] == 2
    assert told["sogawatch_delivery_attempts_total", "webhook", "retry", "timeout"] == 1
    assert not any("example" in part for key in told for part in key), "addresses are no labels"


def test_a_port_that_is_taken_is_told_with_what_to_do():
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MetricsUnavailable, match=rf"{port}.*notify\.metrics_port"):
            Metrics().serve(LOOPBACK, port)
