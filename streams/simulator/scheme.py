"""A fix: what is asked for, the match it is done to, and all that it does to it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from markets.records import Played
from streams.simulator.news import Announcement
from streams.simulator.play import Incident, Timetable, position
from streams.simulator.prices import Rating, Step, Truth, model_clock, rating_at, value
from streams.simulator.trading import Interruption, Lean
from streams.simulator.volume import Surge

Typology = str
"""Name of a kind of manipulation; those that can be simulated are in `typologies.TYPOLOGIES`."""


class NoRoom(ValueError):
    """A match in which the fix asked for cannot be done."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix to put into match number `match`; what is left None is drawn.

    `strength` is in the unit of the typology: for one that moves a price it is how far the
    probability of the selection is moved (0.12 is 12 percentage points).
    """

    match: int
    typology: Typology
    market: str | None = None
    selection: str | None = None
    strength: float | None = None


class Slant(NamedTuple):
    """Log-odds by which a side market (handicap, cards, corners ...) leaves its true price.

    It is reached in steps between `since` and `until` and stays.
    """

    since: float
    until: float
    market: str
    selection: str
    shift: float


class Bet(NamedTuple):
    """A wager that belongs to a fix; seconds count from the announced kick-off.

    `price` None takes what the book offers then; `opened_days` is the age of the account,
    `wagers` and `median_stake` its history as the operator knows it, `idle_days` since its last,
    `limit` the most it may stake. What is None is drawn as for the public's accounts.
    """

    second: float
    market: str
    selection: str
    account: str
    stake: float
    book: str | None = None
    side: str = "back"
    price: float | None = None
    device: str | None = None
    counterparty: str | None = None
    opened_days: int | None = None
    wagers: int | None = None
    median_stake: float | None = None
    idle_days: float | None = None
    country: str | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """A fix worked out for its match; `goals_from` is when goals begin to follow the money.

    Everything that a fix can do to a match has its field here; most fixes do one or two things.
    `breaks` are books that stop offering, `ghost` a match that is not played at all and
    is priced by `books` alone, `past` what the records of its home team's earlier matches show.
    """

    typology: Typology
    market: str
    selection: str
    strength: float
    since: float
    until: float
    note: str
    goals_from: float = float("inf")
    steps: tuple[Step, ...] = ()
    surges: tuple[Surge, ...] = ()
    leans: dict[str, Lean] = field(default_factory=dict)
    breaks: dict[str, tuple[Interruption, ...]] = field(default_factory=dict)
    slants: tuple[Slant, ...] = ()
    bets: tuple[Bet, ...] = ()
    ghost: bool = False
    books: tuple[str, ...] = ()
    past: tuple[Played, ...] | None = None
    line: float | None = None
    visible_at: float | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """The match as it would have been without the fix; `tier` and `books` are its own.

    `lag` is how many seconds later its middle book offers what is true, in play.
    """

    opening: Rating
    steps: Sequence[Step]
    line: float
    times: Timetable
    incidents: tuple[Incident, ...]
    announcements: Sequence[Announcement]
    books: Sequence[str]
    tier: int = 1
    lag: float = 0.0

    def price(self, second: float, shift: Step) -> Truth:
        """Price the match at a second with its rating shifted."""
        rating = rating_at(self.opening, self.steps, second).moved(shift)
        score, reds = position(self.incidents, second)
        clock = model_clock(self.times, second) if second >= self.times.kick_off else 0.0
        return value(rating, self.line, second, clock, score, reds)
