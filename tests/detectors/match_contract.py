"""What every detector of whole matches must do, as checks that fail with an AssertionError.

Each is let loose on simulated matches to which its own typology was done, so it sees what it is
made for, and on a clean one. The features lead to the book of the match, which goes on changing:
a check looks while the match is played.
"""

import inspect
import json
import math
import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import groupby
from pathlib import Path

from msgspec.structs import replace

from detectors.detector import MatchDetector
from detectors.features import MatchFeatures
from detectors.health import FeedHealth
from detectors.match_watch import MatchWatch
from detectors.weighing import Weighing
from markets.records import Account, Fixture, Gap, Heartbeat, Matched, Past, Price, Record, Wager
from streams.cost import held
from streams.peaks import Collecting, Noting
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix

Kind = type[MatchDetector]
Look = Callable[[MatchFeatures], None]
START = datetime(2026, 7, 4, 12, tzinfo=UTC)
MOST_BYTES = 200_000


class Showing(Weighing):
    """A weighing that shows each look at the whole match to one callable, and asks nobody."""

    def __init__(self, look: Look) -> None:
        super().__init__(Noting())
        self._look = look
        self._shown = -math.inf

    def ask(self, detector, features, *, frozen):
        del detector, frozen
        if isinstance(features, MatchFeatures) and features.at > self._shown:
            self._shown = features.at
            self._look(features)


def is_named_like_its_file(kind: Kind) -> None:
    assert kind.name == Path(inspect.getfile(kind)).stem.replace("_", "-")


def has_something_to_say(kind: Kind) -> None:
    """Not of the contract itself: without it the other checks would hold for a deaf one."""
    assert any(score > 0.0 for score in _scores(kind, fixed_match(kind)))


def scores_without_changing(kind: Kind) -> None:
    """Score any number of times: the same each time, and the state untouched."""
    detector = kind()

    def look(features: MatchFeatures) -> None:
        before = json.dumps(detector.state())
        first = detector.score_one(features)
        assert [detector.score_one(features) for _ in range(2)] == [first] * 2
        assert json.dumps(detector.state()) == before
        _take_in(detector, features)

    show(fixed_match(kind), _in_phases(kind, look))


def scores_before_it_has_learned(kind: Kind) -> None:
    show(
        fixed_match(kind),
        _in_phases(kind, lambda features: _must_be_sound(kind().score_one(features))),
    )


def does_not_care_for_the_order_within_an_instant(kind: Kind) -> None:
    told = _scores(kind, fixed_match(kind))
    assert told == _scores(kind, shuffled(fixed_match(kind)))


def comes_back_from_its_state(kind: Kind) -> None:
    """At any look, a new one with the state of the old one goes on with the same scores."""
    first = kind()
    heirs: list[MatchDetector] = []
    count = 0

    def look(features: MatchFeatures) -> None:
        nonlocal count
        if count % 40 == 0:
            heir = kind()
            heir.restore(json.loads(json.dumps(first.state(), allow_nan=False)))
            heirs.append(heir)
        count += 1
        expected = first.score_one(features)
        for heir in heirs:
            assert heir.score_one(features) == expected
            _take_in(heir, features)
        _take_in(first, features)

    show(fixed_match(kind), _in_phases(kind, look))
    assert heirs


def keeps_its_memory_bounded(kind: Kind) -> None:
    detector = kind()
    show(fixed_match(kind), _in_phases(kind, lambda features: _take_in(detector, features)))
    assert held(detector) < MOST_BYTES


def stands_extremes(kind: Kind) -> None:
    """Absurd figures, a bare match, no fixture: sound scores and a state that is plain numbers."""
    for odd in (extreme(fixed_match(kind)), bare(fixed_match(kind))):
        detector = kind()

        def look(features: MatchFeatures, detector: MatchDetector = detector) -> None:
            _must_be_sound(detector.score_one(features))
            _take_in(detector, features)

        show(odd, _in_phases(kind, look))
        json.dumps(detector.state(), allow_nan=False)


MATCH_CONTRACT: tuple[Callable[[Kind], None], ...] = (
    is_named_like_its_file,
    has_something_to_say,
    scores_without_changing,
    scores_before_it_has_learned,
    does_not_care_for_the_order_within_an_instant,
    comes_back_from_its_state,
    keeps_its_memory_bounded,
    stands_extremes,
)


def show(records: Iterable[Record], look: Look) -> None:
    """Play a match, and show each look at the whole of it."""
    told = list(records)
    match = next(r.match for r in told if not isinstance(r, Heartbeat | Gap))
    noting = Noting()
    watch = MatchWatch(match, noting, Collecting(), Showing(look))
    health = FeedHealth()
    for record in told:
        at = record.at.timestamp()
        if not isinstance(record, Heartbeat | Gap):
            watch.apply(record)
            continue
        health.apply(record)
        if isinstance(record, Heartbeat) and watch.waits(at):
            watch.look(at, health, frozen=False)


def fixed_match(kind: Kind) -> tuple[Record, ...]:
    """A simulated match to which the detector's own typology was done."""
    return _simulated(kind.typology or kind.name)


@cache
def _simulated(typology: str) -> tuple[Record, ...]:
    day = match_day(3, matches=1, fixes=[Fix(0, typology)], start=START)
    return tuple(day.records)


def shuffled(records: Iterable[Record]) -> Iterator[Record]:
    """Shuffle what is told in one instant; what is told of one thing twice keeps its order."""
    rng = random.Random(5)
    for _, instant in groupby(records, key=lambda record: record.at):
        groups: dict[str, list[Record]] = {}
        beats: list[Record] = []
        for record in instant:
            if isinstance(record, Heartbeat | Gap):
                beats.append(record)
            else:
                groups.setdefault(_thing(record), []).append(record)
        order = list(groups.values())
        rng.shuffle(order)
        yield from (record for group in order for record in group)
        yield from beats


def _thing(record: Record) -> str:
    if isinstance(record, Price | Matched):
        return f"{record.book}/{record.market}/{record.line}/{record.selection}"
    if isinstance(record, Wager):
        return f"wager/{record.book}/{record.wager}"
    return f"{type(record).__name__}/{getattr(record, 'account', '')}"


def extreme(records: Iterable[Record]) -> Iterator[Record]:
    """Take every figure to one of its ends."""
    rng = random.Random(7)
    for record in records:
        if isinstance(record, Price):
            yield replace(record, price=rng.choice((1.0000001, record.price, 100_000.0)))
        elif isinstance(record, Matched):
            yield replace(record, amount=rng.choice((0.0, record.amount, 1e13)))
        elif isinstance(record, Wager):
            stake = rng.choice((0.0, record.stake, 1e13))
            yield replace(record, stake=stake, price=rng.choice((1.0000001, 100_000.0)))
        elif isinstance(record, Account):
            median = rng.choice((None, 0.0, 1e13))
            yield replace(record, median_stake=median, opened=rng.choice((None, "odd")), last=None)
        elif isinstance(record, Past):
            yield replace(record, played=tuple(_certain(rng, one) for one in record.played))
        else:
            yield record


def _certain(rng: random.Random, played):
    end = rng.choice((1e-12, 1.0 - 1e-12))
    return replace(played, opened=end, closed=1.0 - end)


def bare(records: Iterable[Record]) -> Iterator[Record]:
    """Leave nothing but the fixture, prices of two books and the heartbeats."""
    books: set[str] = set()
    for record in records:
        if isinstance(record, Price) and (record.book in books or len(books) < 2):
            books.add(record.book)
            yield record
        elif isinstance(record, Fixture | Heartbeat):
            yield record


def _in_phases(kind: Kind, look: Look) -> Look:
    return lambda features: look(features) if features.phase in kind.phases else None


def _scores(kind: Kind, records: Iterable[Record]) -> list[float]:
    detector, scores = kind(), []

    def look(features: MatchFeatures) -> None:
        scores.append(detector.score_one(features))
        _take_in(detector, features)

    show(records, _in_phases(kind, look))
    return scores


def _must_be_sound(score: float) -> None:
    assert math.isfinite(score), score
    assert score >= 0.0, score


def _take_in(detector: MatchDetector, features: MatchFeatures) -> None:
    detector.remember_one(features)
    detector.learn_one(features)
