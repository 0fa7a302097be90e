"""What is drawn in an e-mail: the market of an alert, read where its provenance says it lies."""

import asyncio
import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from statistics import median
from typing import TypeGuard

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from alerts.alert import Alert
from alerts.mail.chart import Market, Point
from markets.records import Price, Record
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.frames import decode
from streams.topics import client_settings, end_offsets

log = logging.getLogger(__name__)

_FRAMES_BEFORE, _MOST_FRAMES = 200, 2000
_WITHIN_S = 5.0
_AROUND = timedelta(hours=6)


class MarketPoints:
    """Finds the points of an alert's market in `match-feed`.

    Good at: being exact, for it reads the records that the alert rests on. Bad at: alerts whose
    records have expired, and brokers that are slow; then there is no chart.
    """

    def __init__(self, settings: BrokerSettings, prefix: str) -> None:
        self._settings = settings
        self._prefix = prefix
        self._one_at_a_time = asyncio.Lock()
        self._consumer: KafkaConsumer | None = None

    async def of(self, alert: Alert) -> Market | None:
        """The market to be drawn; None when it cannot be had, which is logged."""
        async with self._one_at_a_time:
            try:
                records = await asyncio.to_thread(self._records, alert)
            except (BrokerUnavailable, KafkaError, OSError) as error:
                log.warning("no chart for alert %s: %r", alert.alert_id, error)
                return None
        return market(alert, records)

    def _records(self, alert: Alert) -> list[Record]:
        """Records of the frames that the alert rests on, and of some before them."""
        origin, deadline = alert.provenance, time.monotonic() + _WITHIN_S
        place = TopicPartition(self._prefix + origin.topic, origin.partition)
        consumer = self._open()
        ends = end_offsets(consumer, [place], _WITHIN_S)
        until = min(origin.last_offset + 1, ends[place])
        first = consumer.beginning_offsets([place])[place]
        since = max(first, origin.first_offset - _FRAMES_BEFORE, until - _MOST_FRAMES)
        found: list[Record] = []
        consumer.assign([place])
        consumer.seek(place, since)
        while consumer.position(place) < until and time.monotonic() < deadline:
            for message in consumer.poll(timeout_ms=500).get(place, []):
                if message.offset < until:
                    found += decode(message.value or b"")[0]
        return found

    def _open(self) -> KafkaConsumer:
        if self._consumer is None:
            self._consumer = KafkaConsumer(
                **client_settings(self._settings),
                enable_auto_commit=False,
                auto_offset_reset="earliest",
            )
        return self._consumer

    async def close(self) -> None:
        """Let the broker go."""
        async with self._one_at_a_time:
            if self._consumer is not None:
                await asyncio.to_thread(self._consumer.close)
                self._consumer = None


def market(alert: Alert, records: Iterable[Record]) -> Market | None:
    """The market of an alert as the books told it; None when they told nothing of it.

    A point is the median of what the books ask for, as a raw probability, at each change.
    """
    offers: dict[str, float] = {}
    points: list[Point] = []
    for record in records:
        if not _of_market(record, alert):
            continue
        if record.status == "open" and record.price:
            offers[record.book] = 1.0 / record.price
        else:
            offers.pop(record.book, None)
        if offers and record.at >= alert.last_at - _AROUND:
            points.append(Point(record.at, median(offers.values())))
    if not points:
        return None
    windows = [one.window_s for one in alert.evidence] or [0.0]
    since = alert.last_at - timedelta(seconds=max(windows))
    return Market(points, since, alert.last_at, alert.level)


def _of_market(record: Record, alert: Alert) -> TypeGuard[Price]:
    return isinstance(record, Price) and (
        record.match, record.market, record.line, record.selection
    ) == (alert.match, alert.market, alert.line, alert.selection)  # fmt: skip
