"""The store is away for a while at full feed: what it costs the watch, its readers and the rows."""

import json
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from alerts.alert import Alert
from alerts.subscribing.subscription import Rate, Subscription, Webhook
from streams.broker import BrokerSettings
from streams.following import GroupProgress
from streams.subscribers import Desk
from streams.topics import ALERTS, MATCH_FEED, Topic, client_settings, end_offsets
from tests.faults.day import Sender, frames_of_days
from tests.faults.direct import undisturbed
from tests.faults.fleet import Fleet
from tests.faults.outcome import differences
from tests.faults.run import through
from tests.faults.schedule import ARCHIVE, FIRST
from tests.faults.surroundings import Broker

NOTIFY = "notify"


@dataclass
class Outage:
    """Tells the days with the store, while it is away, and with it again, always as fast."""

    away_s: float
    began: float = 0.0
    ended: float = 0.0
    delays: dict[str, tuple[list[float], list[float]]] = field(default_factory=dict)

    @property
    def beside_s(self) -> float:
        """Seconds before the outage, and after it."""
        return max(20.0, self.away_s / 5)

    @property
    def lasts_s(self) -> float:
        return self.away_s + 2 * self.beside_s

    def __call__(self, fleet: Fleet, feed: Sender) -> None:
        broker, prefix = fleet.surroundings.broker.direct, fleet.surroundings.prefix
        with _receiver() as (port, received):
            Desk(broker, prefix).save(_subscription(port))
            fleet.start(NOTIFY)
            self._tell(fleet, feed)
            self._wait(fleet)
            self._measure(broker, prefix, dict(received))
            fleet.finish(NOTIFY)

    def _tell(self, fleet: Fleet, feed: Sender) -> None:
        time.sleep(15.0)  # the workers take their partitions
        begun, beside_s = time.monotonic(), self.beside_s
        while (passed := time.monotonic() - begun) < self.lasts_s:
            if not self.began and passed >= beside_s:
                self.began = time.time()
                fleet.surroundings.store_is("refuse")
            if not self.ended and passed >= beside_s + self.away_s:
                self.ended = time.time()
                fleet.surroundings.store_is("pass")
            feed.until(min(0.999, passed / self.lasts_s))
            fleet.supervise()
            time.sleep(0.02)

    def _wait(self, fleet: Fleet) -> None:
        """Wait for those that are on their way."""
        deadline = time.monotonic() + 120
        with GroupProgress(fleet.surroundings.broker.direct, fleet.surroundings.prefix) as seen:
            while (
                seen.lag("watch", [MATCH_FEED]) or seen.lag(NOTIFY, [ALERTS])
            ) and time.monotonic() < deadline:
                fleet.supervise()
                time.sleep(0.2)
        time.sleep(3.0)

    def _measure(self, broker: BrokerSettings, prefix: str, received: dict[str, float]) -> None:
        told = _times(broker, prefix, MATCH_FEED)
        detect: tuple[list[float], list[float]] = ([], [])
        notify: tuple[list[float], list[float]] = ([], [])
        for at, value in _times(broker, prefix, ALERTS).values():
            away = self.began <= at < self.ended
            alert = Alert.model_validate_json(value)
            frame = told[alert.provenance.partition, alert.provenance.last_offset]
            detect[away].append(at - frame[0])
            if (heard := received.pop(alert.alert_id, None)) is not None:
                notify[away].append(heard - at)
        self.delays = {"detection": detect, "notification": notify}


def _times(
    broker: BrokerSettings, prefix: str, topic: Topic
) -> dict[tuple[int, int], tuple[float, bytes]]:
    """When the broker took each record of a topic, and what it holds."""
    places = [TopicPartition(prefix + topic.name, n) for n in range(topic.count(broker))]
    reading = KafkaConsumer(
        **client_settings(broker), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    found = {}
    try:
        ends = end_offsets(reading, places)
        reading.assign(places)
        reading.seek_to_beginning(*places)
        while any(reading.position(place) < end for place, end in ends.items()):
            for records in reading.poll(timeout_ms=200).values():
                for one in records:
                    found[one.partition, one.offset] = one.timestamp / 1000, one.value
    finally:
        reading.close()
    return found


def _subscription(port: int) -> Subscription:
    now = datetime.now(UTC)
    return Subscription(
        name="reader", channel=Webhook(url=f"http://127.0.0.1:{port}/hook"),
        subscription=f"s-{1:016x}", created_at=now, created_by="test", confirmed_at=now,
        rate=Rate(most=100_000, within_min=1440),
    )  # fmt: skip


@contextmanager
def _receiver() -> Iterator[tuple[int, dict[str, float]]]:
    """A webhook's endpoint, and when it first heard of each alert."""
    received: dict[str, float] = {}

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.setdefault(body["alert"]["alert_id"], time.time())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, received
        server.shutdown()


def away(
    seed: int, standing: Broker, folder: Path, *, away_s: float, days: int
) -> tuple[str, list[str]]:
    """Run days with the store away for a while; say what became later, and what was lost."""
    cut, outage = frames_of_days(seed, days), Outage(away_s)
    records = sum(len(told) for _, told in cut)
    still = undisturbed(cut, folder / "still")
    shaken, _ = through(cut, standing, folder / "shaken", seed, outage, (FIRST, ARCHIVE))
    found = differences(still, shaken)
    told = [
        f"store away for {away_s:.0f} s of {outage.lasts_s:.0f}, "
        f"{records / outage.lasts_s:,.0f} records a second, "
        f"{len(still.alerts)} alerts, {'rows equal' if not found else 'NOT equal'}"
    ]
    told += [_compared(what, there, gone) for what, (there, gone) in outage.delays.items()]
    return "\n  ".join(told), found


def _compared(what: str, there: list[float], gone: list[float]) -> str:
    counted = f"{what} of {len(there)} with the store and {len(gone)} without it"
    if not there or not gone:
        return f"{counted}: nothing to compare"
    before, during = statistics.median(there), statistics.median(gone)
    return f"{counted}: median {before:.3f} s and {during:.3f} s, ratio {during / before:.2f}"
