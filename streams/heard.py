"""Which sources were heard, from match-feed itself: for where the store cannot be asked."""

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from kafka import KafkaConsumer, TopicPartition

from forensics.silence import KNOWN_FOR, OPEN_AFTER, OPEN_BEFORE, Heard
from markets.records import Event, Fixture, Heartbeat, Record
from streams.broker import BrokerSettings
from streams.frames import decode
from streams.topics import MATCH_FEED, client_settings, end_offsets


class TooMuch(Exception):
    """A day of the feed could not be read in the time there was."""


class Hearing:
    """Takes records in with their time of arrival, and says who was heard."""

    def __init__(self) -> None:
        self._last: dict[str, datetime] = {}
        self._starts: dict[tuple[str, str], Fixture] = {}
        self._over: dict[str, datetime] = {}

    def take(self, records: Iterable[Record], arrived: datetime) -> None:
        """Take in a frame."""
        for record in records:
            if isinstance(record, Heartbeat):
                self._last[record.source] = max(arrived, self._last.get(record.source, arrived))
            elif isinstance(record, Fixture):
                self._starts[record.source, record.match] = record
            elif isinstance(record, Event) and record.event == "full_time":
                self._over[record.match] = record.at

    def heard(self, now: datetime) -> list[Heard]:
        """Sources, longest silent first; of one that announced no match it is not known."""
        since = now - KNOWN_FOR  # the embedded broker hands out older ones too
        told = sorted((at, source) for source, at in self._last.items() if since < at <= now)
        return [Heard(source, last, self._open(source, now)) for last, source in told]

    def _open(self, source: str, now: datetime) -> int | None:
        matches = [one for (teller, _), one in self._starts.items() if teller == source]
        since, until = now - OPEN_AFTER, now + OPEN_BEFORE
        playing = [one for one in matches if since < one.start <= until]
        over = [one for one in playing if self._over.get(one.match, since) > since]
        return len(playing) - len(over) if matches else None


def heard_in_feed(
    settings: BrokerSettings, prefix: str, now: datetime, within_s: float
) -> list[Heard]:
    """Read what arrived within a day.

    Raises
    ------
    TooMuch
        When that takes longer than `within_s`.
    """
    hearing, deadline = Hearing(), time.monotonic() + within_s
    for message in _arrived_since(settings, prefix, now - KNOWN_FOR):
        at = datetime.fromtimestamp(max(0, message.timestamp) / 1000.0, UTC)
        hearing.take(decode(message.value or b"")[0], at)
        if time.monotonic() > deadline:
            raise TooMuch
    return hearing.heard(now)


def _arrived_since(settings: BrokerSettings, prefix: str, since: datetime) -> Iterator[Any]:
    places = [
        TopicPartition(prefix + MATCH_FEED.name, number)
        for number in range(MATCH_FEED.count(settings))
    ]
    consumer = KafkaConsumer(
        **client_settings(settings), enable_auto_commit=False, auto_offset_reset="earliest"
    )
    with consumer:
        ends = end_offsets(consumer, places)
        moment = int((since - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
        found = consumer.offsets_for_times(dict.fromkeys(places, moment))
        waiting = {place: int(at.offset) for place, at in found.items() if at is not None}
        consumer.assign(list(waiting))
        for place, offset in waiting.items():
            consumer.seek(place, offset)
        while any(consumer.position(place) < ends[place] for place in waiting):
            for messages in consumer.poll(timeout_ms=200).values():
                yield from messages
