"""A match day: simulated matches merged on event time, and the truth about them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge

from markets.records import Heartbeat, Record
from streams.simulator.match import SOURCE, SimulatedMatch
from streams.simulator.register import heartbeats
from streams.simulator.scheme import Fix, Typology
from streams.simulator.seeds import stream

_QUIET, _BEAT = timedelta(seconds=60), timedelta(seconds=5)
_PLAYED = timedelta(minutes=100)


@dataclass(frozen=True, slots=True)
class Label:
    """What was really done to a match: between `start` and `end` `selection` was bought.

    `strength` is the move of its probability at `end` against the same match without the fix;
    for book-divergence it is the distance of the books named in `note` from the others.
    `visible_at`, in play, is when that exceeds twice the market's normal noise.
    """

    match: str
    typology: Typology
    market: str
    selection: str
    start: datetime
    end: datetime
    note: str
    strength: float
    line: float | None = None
    visible_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MatchDay:
    """Records of a day of football and the truth about its fixes."""

    matches: tuple[SimulatedMatch, ...]
    truth: tuple[Label, ...]

    @property
    def records(self) -> Iterator[Record]:
        """All records in event time order, made as they are asked for; each call begins anew.

        A heartbeat follows each instant, and comes each minute when nothing happens. Records that
        a fault of the feed delays come after newer ones.
        """
        since = min((match.fixture.at for match in self.matches), default=None)
        until = max((match.fixture.start for match in self.matches), default=None)
        beats = heartbeats(since, until + _PLAYED) if since and until else ()
        told = (match.records() for match in self.matches)
        return _with_heartbeats(merge(*told, beats, key=_moment_of))


def match_day(
    seed: int, *, matches: int = 12, books: int | None = None, fixes: Sequence[Fix] | None = None,
    start: datetime,
) -> MatchDay:  # fmt: skip
    """Simulate a day of football with fixes in it.

    Good for demonstrations, tests and comparing detectors on known truth. Its fixes are as clean
    as their definition, so recall measured on it is an upper bound on that in life.

    Parameters
    ----------
    seed
        The same seed gives the same records, byte for byte; a match depends on the seed and its
        own number alone.
    matches
        How many are played, each kicking off within eight hours of `start`.
    books
        How many books quote them, the exchange among them, at least 2; None draws for each match
        as many as its competition is covered by, 5 to 30.
    fixes
        What is fixed; None draws two, one before its match and one in play; () is a clean day.
    start
        Earliest kick-off, an aware time; records begin a day before each kick-off.

    Raises
    ------
    ValueError
        For a naive start, too few books, fixes that name one match twice or one not played, and
        a fix on a selection that is as good as certain already.

    Examples
    --------
    >>> from datetime import UTC
    >>> day = match_day(7, matches=3, start=datetime(2026, 9, 12, 11, tzinfo=UTC))
    >>> sorted(label.typology for label in day.truth)
    ['late-drift', 'unexplained-in-play']
    >>> type(next(day.records)).__name__
    'Fixture'
    """
    if start.utcoffset() is None:
        raise ValueError(f"start: {start.isoformat()} has no time zone; give one, such as +00:00")
    by_match = _by_match(drawn(seed, matches) if fixes is None else fixes, matches)
    played = tuple(
        SimulatedMatch(seed, index, start.astimezone(UTC), books, by_match.get(index))
        for index in range(matches)
    )
    return MatchDay(played, tuple(label for match in played for label in _labels(match)))


def drawn(seed: int, matches: int) -> tuple[Fix, ...]:
    """Draw the two fixes of a demonstration: one before the match, one in play, both on 1x2."""
    rng = stream(seed, 0, "day")
    first, second = rng.sample(range(matches), 2) if matches > 1 else (0, None)
    typology: Typology = rng.choice(("steam-move", "late-drift"))
    early = Fix(first, typology, "1x2")
    return (early,) if second is None else (early, Fix(second, "unexplained-in-play", "1x2"))


def _by_match(fixes: Iterable[Fix], matches: int) -> dict[int, Fix]:
    by_match: dict[int, Fix] = {}
    for fix in fixes:
        if not 0 <= fix.match < matches:
            raise ValueError(f"fixes: match {fix.match} is not played; there are {matches}")
        if fix.match in by_match:
            raise ValueError(f"fixes: match {fix.match} is fixed twice; once is the most")
        by_match[fix.match] = fix
    return by_match


def _labels(match: SimulatedMatch) -> Iterator[Label]:
    scheme = match.course.scheme
    if scheme is not None:
        kick_off = match.fixture.start
        yield Label(
            match=match.fixture.match,
            typology=scheme.typology,
            market=scheme.market,
            selection=scheme.selection,
            start=kick_off + timedelta(seconds=int(scheme.since)),
            end=kick_off + timedelta(seconds=int(scheme.until)),
            note=scheme.note,
            strength=scheme.strength,
            line=match.course.line if scheme.market == "total" else scheme.line,
            visible_at=_moment(kick_off, scheme.visible_at),
        )


def _moment(kick_off: datetime, second: float | None) -> datetime | None:
    return None if second is None else kick_off + timedelta(seconds=int(second))


def _moment_of(record: Record) -> tuple[datetime, bool]:
    """Order on event time; heartbeats last, for they say that their moment is complete."""
    return record.at, isinstance(record, Heartbeat)


def _with_heartbeats(records: Iterable[Record]) -> Iterator[Record]:
    """Let the source tell that it is through, before each pause and each quiet minute."""
    now = beat = None
    for record in records:
        if now is not None and beat is not None and record.at > now and record.at - beat >= _BEAT:
            while now < record.at:
                yield Heartbeat(at=now, source=SOURCE)
                beat = now
                now += _QUIET
        now, beat = record.at, beat or record.at
        yield record
    if now is not None:
        yield Heartbeat(at=now, source=SOURCE)
