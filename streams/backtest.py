"""Stored history through the live watch code with other settings, against what was raised."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from itertools import zip_longest

from alerts.alert import RANKS, Alert
from detectors.catalogue import catalogue
from forensics.backtests import Row, matches_of, raised_on
from forensics.store import Store
from forensics.stored_feed import run_of, tables_of, told
from streams.partition_watch import WatchSettings
from streams.rederive import derived

Progress = Callable[[int, int], None]


def backtest(
    store: Store,
    since: datetime,
    until: datetime,
    settings: WatchSettings,
    progress: Progress | None = None,
) -> Iterator[Row]:
    """Watch the matches that kick off in [since, until) again, and compare with what was raised.

    Notifies nobody and writes nothing. Each match is read with all that its watch heard, so with
    unchanged settings every alert is the same.
    """
    matches = matches_of(store, since, until)
    for number, match in enumerate(matches):
        run = run_of(store, match)
        again = derived(told(tables_of(store, run, [match])), run.partition, settings)
        now = [alert for alert in again.values() if alert.match == match]
        yield from compare(match, raised_on(store, match), now)
        if progress:
            progress(number + 1, len(matches))


def compare(match: str, raised: Sequence[Alert], now: Sequence[Alert]) -> Iterator[Row]:
    """Pair the alerts of a match by family, in the order that they opened in.

    Ids do not pair them, for an alert that opens a minute earlier has another id; nor do
    typologies, for the first detector of a family to see a move names it.
    """
    were, are = _by_family(raised), _by_family(now)
    for family in sorted(were.keys() | are.keys()):
        for was, alert in zip_longest(were.get(family, ()), are.get(family, ())):
            for change in _changes(was, alert):
                yield Row(match, change, alert, was)


def _changes(was: Alert | None, alert: Alert | None) -> list[str]:
    if was is None:
        return ["new"]
    if alert is None:
        return ["gone"]
    changes = []
    if alert.opened_at != was.opened_at:
        changes.append("earlier" if alert.opened_at < was.opened_at else "later")
    if alert.level != was.level:
        changes.append("higher" if RANKS[alert.level] > RANKS[was.level] else "lower")
    if not changes and _judged(alert) != _judged(was):
        changes.append("other")
    return changes or ["same"]


def _judged(alert: Alert) -> Alert:
    """An alert but for the fingerprint of its settings, which differs with them by intent."""
    provenance = alert.provenance.model_copy(update={"config_hash": ""})
    return alert.model_copy(update={"provenance": provenance})


def _by_family(alerts: Sequence[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda each: (each.opened_at, each.alert_id)):
        found[_family(alert)].append(alert)
    return found


def _family(alert: Alert) -> str:
    """Family of an alert; of one by a detector that is gone, its own typology."""
    families = _families()
    return next(
        (families[e.detector] for e in alert.evidence if e.detector in families), alert.typology
    )


@cache
def _families() -> dict[str, str]:
    return {detector.name: detector.family for detector in catalogue()}
