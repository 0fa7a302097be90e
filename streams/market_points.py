"""What is drawn in an e-mail: the market of an alert, read where its provenance says it lies."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from statistics import median
from typing import TypeGuard

from kafka.errors import KafkaError

from alerts.alert import Alert
from alerts.mail.chart import Market, Point
from markets.records import Price, Record
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.frames import decode
from streams.past import past

log = logging.getLogger(__name__)

_FRAMES_BEFORE, _MOST_FRAMES = 200, 2000
_WITHIN_S = 8.0
_AROUND = timedelta(hours=6)


class MarketPoints:
    """Finds the points of an alert's market in `match-feed`.

    Good at: being exact, for it reads the records that the alert rests on. Bad at: alerts whose
    records have expired; then there is no chart.
    """

    def __init__(self, settings: BrokerSettings, prefix: str) -> None:
        self._settings = settings
        self._prefix = prefix
        self._one_at_a_time = asyncio.Lock()

    async def of(self, alert: Alert) -> Market | None:
        """The market to be drawn; None when it cannot be had, which is logged."""
        try:
            async with self._one_at_a_time:
                records = await asyncio.wait_for(asyncio.to_thread(self._records, alert), _WITHIN_S)
        except (BrokerUnavailable, KafkaError, OSError, TimeoutError, KeyError) as error:
            log.warning("no chart for alert %s: %r", alert.alert_id, error)
            return None
        return market(alert, records)

    def _records(self, alert: Alert) -> list[Record]:
        origin = alert.provenance
        until = origin.last_offset + 1
        since = max(0, origin.first_offset - _FRAMES_BEFORE, until - _MOST_FRAMES)
        topic = self._prefix + origin.topic
        frames = past(self._settings, topic, origin.partition, since=since, until=until)
        return [record for _, frame in frames for record in decode(frame)[0]]


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
