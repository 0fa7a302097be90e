"""Feeds that have fallen silent, told source by source; of Grafana's rule of that name."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from kafka.errors import KafkaError

from forensics.failures import StoreRefused, StoreUnavailable
from forensics.silence import Heard, heard
from forensics.store import StoreSettings, open_store
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.findings import Finding
from streams.heard import TooMuch, heard_in_feed


def on_feeds(
    store: StoreSettings, broker: BrokerSettings, prefix: str, after: timedelta, within_s: float
) -> Iterator[Finding]:
    """Look which sources were heard: in the store, or where it cannot be asked in match-feed."""
    now = datetime.now(UTC)
    try:
        told = _in_store(store, now)
        if told is None:
            told = heard_in_feed(broker, prefix, now, within_s)
    except TooMuch:
        yield Finding(
            f"feeds: the store cannot be asked, and a day of match-feed is not read in "
            f"{within_s:g} s; not looked into", well=True,
        )  # fmt: skip
        return
    except (KafkaError, BrokerUnavailable, OSError) as error:
        yield Finding(f"feeds: match-feed cannot be read: {error}")
        return
    yield from judged(told, now, after)


def _in_store(settings: StoreSettings, now: datetime) -> list[Heard] | None:
    """What the store has; None where it is not there, held by another process or too old."""
    if settings.host is None and not settings.directory.is_dir():
        return None
    try:
        with open_store(settings) as opened:
            return heard(opened, now)
    except (StoreUnavailable, StoreRefused):
        return None


def judged(told: Sequence[Heard], now: datetime, after: timedelta) -> Iterator[Finding]:
    """Say which are silent; it is a fault where matches are open.

    >>> now = datetime(2026, 7, 4, 15, tzinfo=UTC)
    >>> sources = [Heard("uof", now - timedelta(hours=3), 2), Heard("betfair", now, 5)]
    >>> for finding in judged(sources, now, timedelta(minutes=45)):
    ...     finding.well, finding.text
    (False, 'feed uof: told nothing for 180 minutes, and 2 of its matches are open')
    (True, 'feeds: 1 of 2 sources told something within 45 minutes')
    """
    silent = [one for one in told if one.is_silent(now, after)]
    for one in silent:
        minutes = (now - one.last) // timedelta(minutes=1)
        matches = {
            None: "whether matches of it are open is not known",
            0: "none of its matches is open",
        }.get(one.open, f"{one.open} of its matches are open")
        text = f"feed {one.source}: told nothing for {minutes} minutes, and {matches}"
        yield Finding(text, well=one.open == 0)
    count = f"{len(told) - len(silent)} of {len(told)} sources" if told else "no source"
    since = f"{after // timedelta(minutes=1)} minutes" if told else "a day"
    yield Finding(f"feeds: {count} told something within {since}", well=True)
