"""One simulated match, from its announcement to the final whistle."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from random import Random
from statistics import median

from markets.records import Event, Fixture, Ladder, Matched, Past, Price, Record
from streams.simulator import attention, prices, register, side_markets
from streams.simulator.books import Book, quoting
from streams.simulator.crowd import Crowd
from streams.simulator.faults import arriving, faults
from streams.simulator.news import Announcement, announcements
from streams.simulator.pasts import pasts
from streams.simulator.play import Incident, Timetable, play, position, timetable
from streams.simulator.postponement import called_off, until_called_off
from streams.simulator.prices import Rating, Step, Truth
from streams.simulator.scheme import Fix, NoRoom, Scene, Scheme
from streams.simulator.seeds import stream
from streams.simulator.teams import clubs, competition
from streams.simulator.trading import Trader, apart
from streams.simulator.typologies import in_play, made_up, tiers, work_out
from streams.simulator.volume import Exchange
from streams.simulator.wagering import Wagering, sharing

SOURCE = "simulator"
_TURNS = 20


@dataclass(frozen=True, slots=True)
class Course:
    """All that is settled about a match before anybody quotes a price."""

    opening: Rating
    line: float
    steps: tuple[Step, ...]
    pressure: tuple[Step, ...]
    announcements: tuple[Announcement, ...]
    times: Timetable
    incidents: tuple[Incident, ...]
    scheme: Scheme | None


class SimulatedMatch:
    """A match of a match day; its records come in two parts, so that a day needs little memory.

    The same seed and index give the same match whatever else is played that day.
    """

    def __init__(
        self, seed: int, index: int, day: datetime, books: int | None = None, fix: Fix | None = None
    ) -> None:
        self._seed, self._index, self._day = seed, index, day.date()
        rng = self._stream("fixture")
        league = competition(rng)
        if fix is not None and made_up(fix.typology):
            league = register.obscure(rng)
        while fix is not None and (wanted := tiers(fix.typology)) and league.tier not in wanted:
            league = competition(rng)
        self.competition = league
        self._roster = quoting(self._stream("coverage"), league, books)
        home, away = clubs(index)
        start = day + timedelta(minutes=15 * rng.randrange(33))
        self.fixture = Fixture(
            at=start - timedelta(days=1),
            match=f"sim-{seed}-{index:03d}",
            source=SOURCE,
            sport="football",
            competition=league.name,
            tier=league.tier,
            home=home,
            away=away,
            start=start,
        )
        self.course = self._course(fix)
        self.called_off = (
            called_off(self._stream("called off"), self.fixture) if fix is None else None
        )
        self._ghost = self.course.scheme is not None and self.course.scheme.ghost
        if self.course.scheme is not None and self._ghost:
            self._roster = tuple(b for b in self._roster if b.name in self.course.scheme.books)

    @property
    def books(self) -> tuple[str, ...]:
        """Names of the books that quote it, from the sharpest to the softest."""
        return tuple(book.name for book in self._roster)

    def records(self) -> Iterator[Record]:
        """Yield all records in event time order, but for what a fault of the feed delays."""
        others = register.announcements(self._stream("register"), self.fixture, ghost=self._ghost)
        found = faults(self._stream("faults"), self.fixture.start, SOURCE, self.books)
        played = arriving(self._played(), found)
        told = merge((self.fixture,), others, played, key=lambda record: record.at)
        if self.called_off is None:
            yield from told
            return
        sources = sorted({SOURCE, *(other.source for other in others)})
        rng = self._stream("called off/books")
        yield from until_called_off(told, self.called_off, rng, self.fixture, sources)

    def _played(self) -> Iterator[Record]:
        """Yield what is told of the match itself; of a ghost only what its books tell."""
        for record in self._quoted():
            if not (self._ghost and isinstance(record, Event | Matched | Ladder)):
                yield record

    def _quoted(self) -> Iterator[Record]:
        traders = [self._trader(book) for book in self._roster]
        exchange = Exchange(
            self._stream("volume"), self.fixture.match, self.fixture.start, self.competition,
            [news.steps[0].second for news in self.course.announcements],
        )  # fmt: skip
        wagering = self._wagering()
        yield from self._before(traders, exchange, wagering)
        yield from self._during(traders, exchange, wagering)

    def _stream(self, purpose: str) -> Random:
        return stream(self._seed, self._index, purpose)

    def _course(self, fix: Fix | None, turn: int = 0) -> Course:
        """Settle the course: first as it would be, then, if there is a fix, with it.

        One match in forty is decided so early that nothing in play is left to fix; it is then
        played anew.
        """
        opening = prices.opening(self._stream("opening"))
        news = tuple(announcements(self._stream("news"), self.competition))
        drift = prices.diffusion(self._stream("drift"), self.competition)
        steps = tuple(sorted([*drift, *(s for a in news for s in a.steps)]))
        times = timetable(self._stream("timetable"))
        pressure = tuple(prices.pressure(self._stream("pressure"), times))
        line = prices.main_line(opening)
        closing = prices.rating_at(opening, steps, 0.0)
        clean = Course(
            opening, line, steps, pressure, news, times,
            self._play(times, closing, None, turn), None,
        )  # fmt: skip
        if fix is None:
            return clean
        try:
            return self._fixed(clean, fix, turn)
        except NoRoom:
            if not in_play(fix.typology) or turn == _TURNS:
                raise
            return self._course(fix, turn + 1)

    def _fixed(self, clean: Course, fix: Fix, turn: int) -> Course:
        scene = Scene(
            clean.opening, (*clean.steps, *clean.pressure), clean.line, clean.times,
            clean.incidents, clean.announcements, self.books,
            self.fixture.tier, lag=median(b.play_delay + b.pace / 2 for b in self._roster),
        )  # fmt: skip
        scheme = work_out(fix, self._stream("fix"), scene)
        early = [s for s in scheme.steps if s.second < clean.times.kick_off]
        late = [s for s in scheme.steps if s.second >= clean.times.kick_off]
        closing = prices.rating_at(clean.opening, clean.steps, 0.0)
        return Course(
            clean.opening,
            clean.line,
            tuple(sorted([*clean.steps, *early])),
            tuple(sorted([*clean.pressure, *late])),
            clean.announcements,
            clean.times,
            self._play(clean.times, closing, scheme, turn),
            scheme,
        )

    def _play(
        self, times: Timetable, closing: Rating, scheme: Scheme | None, turn: int
    ) -> tuple[Incident, ...]:
        bought = prices.rating_at(closing, scheme.steps if scheme else (), times.full_time)
        follow = scheme.goals_from if scheme else times.full_time

        def rates(second: float) -> tuple[float, float]:
            now = (bought if second > follow else closing).rates()
            return now.home, now.away

        return play(self._stream(f"play/{turn}"), times, rates)

    def _trader(self, book: Book) -> Trader:
        scheme = self.course.scheme
        lean = scheme.leans.get(book.name) if scheme else None
        slants = side_markets.total_leans(scheme.slants) if scheme else ()
        return Trader(
            book, self.fixture.match, self.fixture.start, self.course.line,
            self._stream(f"trader/{book.name}"), leans=(*([lean] if lean else []), *slants),
        )  # fmt: skip

    def _wagering(self) -> Wagering:
        course, scheme = self.course, self.course.scheme
        crowd = Crowd(
            self._stream("crowd"), self._seed, self.fixture.tier, sharing(self._roster),
            course.times, course.incidents,
        )  # fmt: skip
        return Wagering(
            crowd, self._stream("wagers"), self.fixture, course.line,
            scheme.line if scheme else None, scheme.bets if scheme else (), self._day,
        )  # fmt: skip

    def _before(
        self, traders: Sequence[Trader], exchange: Exchange, wagering: Wagering
    ) -> list[Record]:
        course = self.course
        truths = prices.before(course.opening, course.steps, course.line)
        records: list[Record] = [
            self._event(a.told, event=a.event, team=a.team)
            for a in course.announcements
            if a.told is not None
        ]
        shared = attention.shared_breaks(
            self._stream("shared breaks"),
            [trader.book.name for trader in traders],
            [a.steps[0].second for a in course.announcements],
        )
        for trader in traders:
            rng = self._stream(f"before/{trader.book.name}")
            opened = attention.opens(rng)
            breaks = attention.breaks_before(rng, trader.book, opened)
            breaks = apart([*breaks, *shared[trader.book.name]])
            if course.scheme and trader.book.name in course.scheme.breaks:
                fixed = course.scheme.breaks[trader.book.name]
                breaks = apart([*(b for b in breaks if b.until < fixed[0].since), *fixed])
            looks = attention.looks_before(rng, trader.book, opened, truths)
            records += trader.trade(truths, looks, breaks, attention.seen_after(trader.book))
        records += exchange.before(truths, course.scheme.surges if course.scheme else ())
        records += wagering.before(truths)
        records += self._pasts()
        records += self._side_markets()
        return in_order(records)

    def _pasts(self) -> Iterator[Past]:
        scheme = self.course.scheme
        home, at = (scheme.past, scheme.since) if scheme else (None, None)
        return pasts(self._stream("pasts"), self.fixture, home, at)

    def _side_markets(self) -> Iterator[Price]:
        slants = self.course.scheme.slants if self.course.scheme else ()
        markets = side_markets.drawn(
            self._seed, self._index, self._roster, self.course.opening, self.course.steps, slants
        )
        match, start = self.fixture.match, self.fixture.start
        return side_markets.before(self._seed, self._index, match, start, markets)

    def _during(
        self, traders: Sequence[Trader], exchange: Exchange, wagering: Wagering
    ) -> list[Record]:
        course = self.course
        truths = self._truths_in_play()
        alarms = attention.false_alarms(self._stream("alarms"), course.times)
        records: list[Record] = list(self._events_in_play())
        for rank, trader in enumerate(traders):
            trader.in_play = True
            rng = self._stream(f"during/{trader.book.name}")
            if not attention.offers_in_play(rng, rank, self.fixture.tier):
                records += trader.close(course.times.kick_off + rng.uniform(0, 20))
                continue
            trader.flags_from = attention.flags_from(rng, course.times)
            breaks = attention.breaks_during(
                rng, trader.book, course.times, course.incidents, alarms
            )
            looks = attention.looks_during(rng, trader.book, course.times)
            records += trader.trade(truths, looks, breaks, trader.book.play_delay)
            records += trader.close(course.times.full_time + rng.uniform(0, 20))
        surges = course.scheme.surges if course.scheme else ()
        records += exchange.during(course.times, truths, surges)
        records += wagering.during(truths)
        return in_order(records)

    def _truths_in_play(self) -> list[Truth]:
        course = self.course
        closing = prices.rating_at(course.opening, course.steps, course.times.kick_off)
        return prices.during(closing, course.pressure, course.line, course.times, course.incidents)

    def _events_in_play(self) -> Iterator[Event]:
        times, incidents = self.course.times, self.course.incidents
        rng = self._stream("feed")
        half, full = (
            position(incidents, times.half_time)[0],
            position(incidents, times.full_time)[0],
        )
        yield self._event(times.kick_off + 8, event="kick_off", score=(0, 0), clock=0.0)
        minutes = round(times.clock(times.half_time), 1)
        yield self._event(times.half_time + 12, event="period_end", score=half, clock=minutes)
        yield self._event(times.restart + 8, event="kick_off", score=half, clock=45.0)
        minutes = round(times.clock(times.full_time), 1)
        yield self._event(times.full_time + 12, event="full_time", score=full, clock=minutes)
        yield from self._told(rng, incidents)

    def _told(self, rng: Random, incidents: Iterable[Incident]) -> Iterator[Event]:
        """Tell of goals and red cards after the books knew, in order and within their half."""
        times, last = self.course.times, 0.0
        for i in incidents:
            whistle = times.half_time if i.second < times.half_time else times.full_time
            last = max(last + 1, min(i.second + rng.randint(18, 60), whistle + 10))
            yield self._event(last, event=i.what, team=i.team, score=i.score, clock=i.clock)

    def _event(self, second: float, **what: object) -> Event:
        at = self.fixture.start + timedelta(seconds=int(second))
        return Event(at=at, match=self.fixture.match, **what)  # type: ignore[arg-type]


def in_order(records: list[Record]) -> list[Record]:
    """Sort by event time; what happens in one second keeps its order."""
    return sorted(records, key=lambda record: record.at)
