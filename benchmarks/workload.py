"""A seeded workload that resembles life: thousands of matches, few of which make most of the noise.

What is taken from life, and from where: a match has about ten selections that matter; activity of
matches is skewed as Zipf's law has it, and a match in play changes its prices some thirty times as
often as one of tomorrow; a change re-prices a whole market of one book. 30 billion changes of odds
a year, as trading houses name it, are 950 a second, and a Saturday afternoon is fifty times that.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain
from random import Random
from typing import NamedTuple

from markets.records import Event, Fixture, Heartbeat, Matched, Price, Record
from streams.frames import Frame, Framer

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)
SOURCE = "odds-feed"
MEAN_PER_S = 950.0
PEAK_PER_S = 50.0 * MEAN_PER_S
BEAT_S = 5.0
WARM_S = 3600.0
"""Event time before the measured part, in which sources become warm."""
STIRRED_S = 600.0
"""The last of it, in which something is told of each match: as long as looks at one are apart."""
_STIRRED_FROM = NOON - timedelta(seconds=STIRRED_S)
_OPENING = timedelta(hours=2)
"""In which matches come on offer, before that hour."""
_MARKETS = (
    ("1x2", None, ("home", "draw", "away"), 45),
    ("total", 2.5, ("over", "under"), 30),
    ("asian_handicap", -0.5, ("home", "away"), 20),
    ("half_time", None, ("home", "draw", "away"), 5),
)
_MATCHED = 0.05
_IN_PLAY_TIMES, _LATE_TIMES = 30.0, 6.0
# Share of the matches on offer, and the minutes to kick-off between which they lie.
_ON_OFFER = ((0.05, -85, -11), (0.10, 2, 115), (0.35, 125, 1430), (0.50, 1450, 8000))


def in_frames(records: Iterable[Record], partitions: int) -> Iterator[Frame]:
    """Cut records into frames, as the publisher does; heartbeats go to every partition."""
    framer = Framer(partitions)
    framer.remember({SOURCE: range(partitions)})
    offsets = [0] * partitions
    for partition, frame in chain(chain.from_iterable(map(framer.add, records)), framer.flush()):
        yield partition, offsets[partition], frame
        offsets[partition] += 1


class Shape(NamedTuple):
    """How large a workload is."""

    matches: int = 10_000
    books: tuple[int, int] = (4, 20)
    per_s: float = PEAK_PER_S


@dataclass(slots=True)
class Offered:
    """One match on offer: its books and where each market's true chances stand."""

    name: str
    start: datetime
    books: Sequence[str]
    weight: float
    chances: list[list[float]] = field(default_factory=list)

    @property
    def in_play(self) -> bool:
        return self.start <= NOON


class Workload:
    """Records of a workload: a `quiet_hour`, then `stirred`, then as many `updates` as are wanted.

    The same seed and shape give the same records.
    """

    def __init__(self, seed: int, shape: Shape = Shape()) -> None:  # noqa: B008 (frozen)
        self._rng = Random(f"workload {seed}")
        self._shape = shape
        self.offered = [self._offer(n) for n in range(shape.matches)]
        self.waiting = [match for match in self.offered if not match.in_play]
        self._heavy = list(accumulate(match.weight for match in self.offered))

    @property
    def selections(self) -> int:
        return len(self.offered) * sum(len(names) for _, _, names, _ in _MARKETS)

    @property
    def quotes(self) -> int:
        """Prices that stand: of each book on each selection."""
        each = sum(len(names) for _, _, names, _ in _MARKETS)
        return sum(len(match.books) * each for match in self.offered)

    def warm_up(self) -> Iterator[Record]:
        """All that comes before the updates."""
        return chain(self.quiet_hour(), self.stirred())

    def quiet_hour(self) -> Iterator[Record]:
        """Matches that come on offer one after the other, kick-offs, and heartbeats.

        The last come an hour before the updates; then nothing is told but that time goes on.
        """
        moments = ((self._opened(match), match) for match in self.offered)
        opened = deque(sorted(moments, key=lambda moment: moment[0]))
        kicked_off = deque(sorted((m for m in self.offered if m.in_play), key=lambda m: m.start))
        beat = NOON - timedelta(seconds=WARM_S) - _OPENING
        while beat < _STIRRED_FROM:
            while opened and opened[0][0] <= beat:
                yield from self._open(*opened.popleft())
            while kicked_off and kicked_off[0].start <= beat:
                match = kicked_off.popleft()
                yield Event(at=match.start, match=match.name, event="kick_off", score=(0, 0))
            yield Heartbeat(at=beat, source=SOURCE)
            beat += timedelta(seconds=BEAT_S)

    def _opened(self, match: Offered) -> datetime:
        """Moment at which a match comes on offer, before its kick-off."""
        last = min(NOON - timedelta(seconds=WARM_S), match.start - timedelta(minutes=5))
        return last - self._rng.random() * _OPENING

    def _open(self, at: datetime, match: Offered) -> Iterator[Record]:
        yield _fixture(match, at)
        for index in range(len(_MARKETS)):
            for book in match.books:
                yield from self._prices(match, index, book, at)

    def stirred(self) -> Iterator[Record]:
        """One book prices each match anew, at a moment of its own.

        So looks at matches are spread, as those of matches that came on offer one after the other.
        """
        moments = [(self._rng.uniform(0.0, STIRRED_S), match) for match in self.offered]
        beat = _STIRRED_FROM
        for second, match in sorted(moments, key=lambda moment: moment[0]):
            at = _STIRRED_FROM + timedelta(seconds=second)
            while beat <= at:
                yield Heartbeat(at=beat, source=SOURCE)
                beat += timedelta(seconds=BEAT_S)
            book = self._rng.choice(match.books)
            for index in range(len(_MARKETS)):
                yield from self._prices(match, index, book, at)

    def updates(self, count: int, since: datetime = NOON) -> Iterator[Record]:
        """So many updates at the workload's pace, with a heartbeat every five seconds."""
        told, beat = 0, since
        while told < count:
            at = since + timedelta(microseconds=round(1e6 * told / self._shape.per_s))
            if at >= beat:
                yield Heartbeat(at=beat, source=SOURCE)
                beat += timedelta(seconds=BEAT_S)
            for record in self._change(at):
                yield record
                told += 1

    def steam(self, match: Offered, at: datetime) -> Iterator[Price]:
        """Let every book make the home side of a match the favourite at once."""
        match.chances[0][:] = [0.86, 0.08, 0.06]
        for book in match.books:
            yield from self._prices(match, 0, book, at)

    def _change(self, at: datetime) -> Iterator[Record]:
        (match,) = self._rng.choices(self.offered, cum_weights=self._heavy)
        if self._rng.random() < _MATCHED:
            amount = round(1e4 * match.weight * (1 + (at - NOON).total_seconds() / 600), 2)
            yield Matched(
                at=at, match=match.name, market="1x2", selection=self._rng.choice(_MARKETS[0][2]),
                book="exchange", amount=amount,
            )  # fmt: skip
            return
        (index,) = self._rng.choices(range(len(_MARKETS)), weights=[m[3] for m in _MARKETS])
        self._move(match.chances[index])
        yield from self._prices(match, index, self._rng.choice(match.books), at)

    def _prices(self, match: Offered, index: int, book: str, at: datetime) -> Iterator[Price]:
        market, line, names, _ = _MARKETS[index]
        for name, chance in zip(names, match.chances[index], strict=True):
            price = round(max(1.01, 0.95 / chance * (1 + self._rng.gauss(0, 0.004))), 3)
            yield Price(
                at=at, match=match.name, market=market, line=line, selection=name, book=book,
                price=price, in_play=match.in_play,
            )  # fmt: skip

    def _move(self, chances: list[float]) -> None:
        """Let the true chances take a small step."""
        stepped = [max(0.02, p + self._rng.gauss(0, 0.001)) for p in chances]
        total = sum(stepped)
        chances[:] = [p / total for p in stepped]

    def _offer(self, number: int) -> Offered:
        rng, few, many = self._rng, *self._shape.books
        ((_, first, last),) = rng.choices(_ON_OFFER, weights=[part for part, _, _ in _ON_OFFER])
        start = NOON + timedelta(seconds=rng.randint(60 * first, 60 * last))
        rank = 1 + rng.randrange(self._shape.matches)
        busy = _IN_PLAY_TIMES if first < 0 else _LATE_TIMES if last < 120 else 1.0
        books = round(few + (many - few) * rank**-0.25)
        chances = []
        for _, _, names, _ in _MARKETS:
            raw = [rng.uniform(0.2, 0.6) for _ in names]
            chances.append([p / sum(raw) for p in raw])
        named = [f"book-{n:02d}" for n in sorted(rng.sample(range(many), books))]
        return Offered(f"home-{number}-v-away-{number}", start, named, busy / rank, chances)


def _fixture(match: Offered, at: datetime) -> Fixture:
    return Fixture(
        at=at, match=match.name, source=SOURCE, sport="football", competition="League", tier=2,
        home=match.name.split("-v-")[0], away=match.name.split("-v-")[1], start=match.start,
    )  # fmt: skip
