"""What every detector must do, as checks that fail with an AssertionError.

A detector is let loose on a lively market in the phases that it looks in: books that jitter, one
that strays, three that shorten together, then all of them.
"""

import inspect
import json
import math
import pickle
import random
from collections.abc import Callable, Iterator
from pathlib import Path

from detectors.calibration import shipped_priors
from detectors.detector import MarketDetector
from detectors.features import Features
from markets.book import SELECTIONS
from markets.records import Event, Price, Record
from tests.detectors.scene import MATCH, Scene, moment

Kind = type[MarketDetector]
Shuffle = Callable[[list[Record]], None]
BEGINNINGS = {"early": -30 * 60.0, "day": -15 * 60.0, "late": -110.0, "in_play": 1.0}
OPENING = {
    "1x2": {"home": 2.0, "draw": 3.5, "away": 4.2},
    "total": {"over": 1.9, "under": 2.0},
    "asian_handicap": {"home": 1.9, "away": 2.0},
    "winner": {"a": 1.5, "b": 2.8},
}


def _as_told(_: list[Record]) -> None:
    """Leave records in the order in which they are told."""


def is_named_like_its_file(kind: Kind) -> None:
    assert kind.name == Path(inspect.getfile(kind)).stem.replace("_", "-")


def has_a_prior_wherever_it_looks(kind: Kind) -> None:
    known = {(c.market, c.phase, c.feed) for c in shipped_priors().cells if c.detector == kind.name}
    for market in kind.markets:
        for phase in kind.phases:
            feeds = {feed for m, p, feed in known if (m, p) == (market, phase)}
            assert feeds >= {"any"} or feeds >= {"fast", "slow"}, (market, phase, feeds)


def has_something_to_say(kind: Kind) -> None:
    """Not of the contract itself: without it the other checks would hold for a deaf one."""
    assert any(score > 0.0 for score in _scores(kind(), lively(kind)))


def scores_without_changing(kind: Kind) -> None:
    """Score any number of times: the same each time, the state untouched, later scores equal."""
    asked, unasked = kind(), kind()
    for features, again in zip(lively(kind), lively(kind), strict=True):
        before = json.dumps(asked.state())
        first = asked.score_one(features)
        assert [asked.score_one(features) for _ in range(3)] == [first] * 3
        assert json.dumps(asked.state()) == before
        _take_in(asked, features)
        _take_in(unasked, again)
    last = next(reversed(list(lively(kind))))
    assert asked.score_one(last) == unasked.score_one(last)


def scores_before_it_has_learned(kind: Kind) -> None:
    for features in lively(kind):
        assert math.isfinite(kind().score_one(features))


def does_not_care_for_the_order_within_an_instant(kind: Kind) -> None:
    told = list(_scores(kind(), lively(kind)))
    shuffled = list(_scores(kind(), lively(kind, shuffle=random.Random(5).shuffle)))
    assert told == shuffled


def comes_back_from_its_state(kind: Kind) -> None:
    """At any look, a new one with the state of the old one goes on with the same scores."""
    count = sum(1 for _ in lively(kind))
    expected = list(_scores(kind(), lively(kind)))
    for handover in (0, 1, count // 3, count // 2, count - 2):
        detector, scores = kind(), []
        for index, features in enumerate(lively(kind)):
            if index == handover:
                state = json.loads(json.dumps(detector.state(), allow_nan=False))
                detector = kind()
                detector.restore(state)
            scores.append(detector.score_one(features))
            _take_in(detector, features)
        assert scores == expected, handover


def keeps_its_memory_bounded(kind: Kind) -> None:
    detector, sizes = kind(), []
    for index, features in enumerate(lively(kind, looks=1800, every_s=5.0)):
        _take_in(detector, features)
        if index % 600 == 599:
            sizes.append(len(pickle.dumps(detector)))
    assert sizes[2] < 1.1 * sizes[1], sizes


def is_silent_with_two_books(kind: Kind) -> None:
    assert not any(_scores(kind(), lively(kind, books=2)))


def stands_extremes(kind: Kind) -> None:
    """Prices at both ends, books that come and go, a cold feed: finite scores, no exception."""
    for odd in _odd_markets(kind):
        detector = kind()
        for features in odd:
            score = detector.score_one(features)
            assert math.isfinite(score), score
            assert score >= 0.0, score
            _take_in(detector, features)
        json.dumps(detector.state(), allow_nan=False)


CONTRACT: tuple[Callable[[Kind], None], ...] = (
    is_named_like_its_file,
    has_something_to_say,
    scores_without_changing,
    scores_before_it_has_learned,
    does_not_care_for_the_order_within_an_instant,
    comes_back_from_its_state,
    keeps_its_memory_bounded,
    is_silent_with_two_books,
    stands_extremes,
)


def lively(
    kind: Kind,
    *,
    books: int = 8,
    looks: int = 45,
    every_s: float = 60.0,
    shuffle: Shuffle = _as_told,
) -> Iterator[Features]:
    """Looks at a lively market; each must be used before the next is asked for."""
    for market in sorted(kind.markets):
        phase = max(kind.phases)
        scene = _scene(market, phase, books, shuffle)
        rng = random.Random(market + phase)
        for index in range(looks):
            minute = BEGINNINGS[phase] + index * every_s / 60.0
            attacks = _attacks(scene, index, looks, minute)
            attacked = {(one.book, one.selection) for one in attacks}
            jitter = _jitter(scene, rng, minute)
            records: list[Record] = [*attacks]
            records += [one for one in jitter if (one.book, one.selection) not in attacked]
            shuffle(records)
            scene.tell(*records)
            yield scene.look(minute)


def _scene(market: str, phase: str, books: int, shuffle: Shuffle = _as_told) -> Scene:
    scene = Scene(books, OPENING.get(market, OPENING["1x2"]), market, shuffle=shuffle)
    if phase == "in_play":
        scene.tell(Event(at=moment(0), match=MATCH, event="kick_off"))
    return scene


def _jitter(scene: Scene, rng: random.Random, minute: float) -> list[Price]:
    return [
        _price(scene, minute, book, selection, price * rng.choice((0.98, 0.99, 1.0, 1.01, 1.02)))
        for book in scene.names
        for selection, price in scene.opening.items()
        if rng.random() < 0.3
    ]


def _attacks(scene: Scene, index: int, looks: int, minute: float) -> list[Price]:
    """The first book strays in the first third, three shorten in the second, all in the last."""
    count = (1, 3, scene.books)[min(2, 3 * index // looks)]
    selection, price = next(iter(scene.opening.items()))
    moved = price * (0.9 - 0.2 * (index % (looks // 3 + 1)) / looks)
    return [_price(scene, minute, book, selection, moved) for book in scene.names[:count]]


def _price(scene: Scene, minute: float, book: str, selection: str, price: float) -> Price:
    return Price(
        at=moment(minute), match=MATCH, market=scene.market, line=scene.line, book=book,
        selection=selection, price=price, in_play=scene.book.clock.kick_off is not None,
    )  # fmt: skip


def _scores(detector: MarketDetector, looks: Iterator[Features]) -> Iterator[float]:
    for features in looks:
        yield detector.score_one(features)
        _take_in(detector, features)


def _take_in(detector: MarketDetector, features: Features) -> None:
    detector.remember_one(features)
    detector.learn_one(features)


def _odd_markets(kind: Kind) -> Iterator[Iterator[Features]]:
    for market in sorted(kind.markets):
        for phase in sorted(kind.phases):
            yield _extreme_prices(_scene(market, phase, 6), phase)
            yield _coming_and_going(_scene(market, phase, 6), phase)
            yield _cold(_scene(market, phase, 6), phase)
            if market not in SELECTIONS:
                yield _odd_selections(market, phase)


def _extreme_prices(scene: Scene, phase: str) -> Iterator[Features]:
    for index, price in enumerate((1.0000001, 100_000.0, 1.5, 1.01, 99_999.0, 1.0000001)):
        minute = BEGINNINGS[phase] + 12 * index
        for book in scene.names:
            for selection in scene.opening:
                scene.tell(_price(scene, minute, book, selection, price))
        yield scene.look(minute)
        yield scene.look(minute + 9)


def _coming_and_going(scene: Scene, phase: str) -> Iterator[Features]:
    """Books one by one, each for the first time or after hours, and a selection that comes late."""
    for index in range(12):
        minute = BEGINNINGS[phase] + 6 * index
        names = [*scene.opening] if index < 6 else [*scene.opening, "zz late"]
        for selection in names:
            scene.tell(_price(scene, minute, f"new-{index % 6}", selection, 1.9 + index / 10))
        yield scene.look(minute)


def _cold(scene: Scene, phase: str) -> Iterator[Features]:
    for warm_since in (float("inf"), moment(BEGINNINGS[phase] + 500).timestamp()):
        scene.warm_since = warm_since
        for index in range(20):
            minute = BEGINNINGS[phase] + index
            scene.tell(*_jitter(scene, random.Random(index), minute))
            yield scene.look(minute)


def _odd_selections(market: str, phase: str) -> Iterator[Features]:
    scene = Scene(6, {"Ünïcödé v \n": 2.0, "%s {0}": 2.0, "x" * 200: 900.0}, market)
    if phase == "in_play":
        scene.tell(Event(at=moment(0), match=MATCH, event="kick_off"))
    for index in range(20):
        minute = BEGINNINGS[phase] + index
        scene.tell(*_jitter(scene, random.Random(index), minute))
        yield scene.look(minute)
