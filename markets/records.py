"""The records every feed is normalised to: what happened, when, in which match.

A record is frozen and carries aware UTC event time. The constraints in the annotations are
enforced at the door (`markets.door`), which names every fault, and again by the codec.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Moments outside of these are taken for corrupt; no store holds them all."""

Moment = Annotated[datetime, Meta(tz=True)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Odds = Annotated[float, Meta(gt=1, le=100_000)]
Amount = Annotated[float, Meta(ge=0, le=1e13)]
Goals = Annotated[int, Meta(ge=0, le=2000)]
Currency = Annotated[str, Meta(min_length=3, max_length=4)]
Status = Literal["open", "suspended", "withdrawn", "closed"]
Happening = Literal[
    "kick_off", "goal", "red_card", "penalty", "period_end", "full_time",
    "line_up", "news", "suspension", "resumption", "score", "wicket",
]  # fmt: skip


class Told(Struct, frozen=True, gc=False, forbid_unknown_fields=True, tag_field="kind"):
    """What all records are; none holds what could refer back to it, so it needs no collecting."""


class Fixture(Told, frozen=True, tag="fixture", kw_only=True):
    """A match that is to be played, as one source announces it.

    `tier` is 1 for the top of a sport (a World Cup) and grows downwards; a later record of the
    same match replaces an earlier one.
    """

    at: Moment
    match: Name
    source: Name
    sport: Name
    competition: Name
    tier: Annotated[int, Meta(ge=1, le=9)] = 3
    home: Name
    away: Name
    start: Moment


class Price(Told, frozen=True, tag="price", kw_only=True):
    """Decimal odds at which a book offers a selection from `at` on.

    `size` is the stake available at that price, where a feed tells it. A status other than open
    means that the price cannot be had any more; `price` then repeats the last one.
    """

    at: Moment
    match: Name
    market: Name
    line: float | None = None
    selection: Name
    book: Name
    price: Odds
    size: Amount | None = None
    status: Status = "open"
    in_play: bool = False


class Matched(Told, frozen=True, tag="matched", kw_only=True):
    """Cumulative amount matched on a selection of an exchange, and its last traded price.

    The amount can fall when bets are voided.
    """

    at: Moment
    match: Name
    market: Name
    line: float | None = None
    selection: Name
    book: Name
    amount: Amount
    currency: Currency = "GBP"
    last: Odds | None = None


class Ladder(Told, frozen=True, tag="ladder", kw_only=True):
    """One level of an exchange's ladder: `size` is on offer at `price`; 0 means the level is gone.

    `side` is what a bettor can do there: back (odds offered) or lay.
    """

    at: Moment
    match: Name
    market: Name
    line: float | None = None
    selection: Name
    book: Name
    side: Literal["back", "lay"]
    price: Odds
    size: Amount


class Wager(Told, frozen=True, tag="wager", kw_only=True):
    """A bet of one pseudonymous account at one operator."""

    at: Moment
    match: Name
    market: Name
    line: float | None = None
    selection: Name
    book: Name
    wager: Name
    account: Name
    side: Literal["back", "lay"] = "back"
    price: Odds
    stake: Amount
    currency: Currency = "EUR"
    status: Literal["accepted", "rejected", "cancelled", "settled", "void"] = "accepted"
    country: Annotated[str, Meta(min_length=2, max_length=3)] | None = None
    opened: str | None = None
    device: Name | None = None
    counterparty: Name | None = None


class Account(Told, frozen=True, tag="account", kw_only=True):
    """What an operator knows of a pseudonymous account before its first wager on a match.

    `wagers` is how many it has placed before, `median_stake` what it usually stakes, `last` when
    it last bet, `limit` the most that the operator lets it stake; what is unknown is None.
    """

    at: Moment
    match: Name
    book: Name
    account: Name
    opened: str | None = None
    wagers: Annotated[int, Meta(ge=0, le=10**9)] = 0
    median_stake: Amount | None = None
    last: Moment | None = None
    limit: Amount | None = None
    currency: Currency = "EUR"
    country: Annotated[str, Meta(min_length=2, max_length=3)] | None = None


class Played(Struct, frozen=True, gc=False, forbid_unknown_fields=True, kw_only=True):
    """One match of a subject's past: what the prices said of it, and what happened.

    `opened` and `closed` are the de-vigged probabilities, at the opening and at the close, of the
    result that would be bought if the match was fixed (that a team or player loses); `happened`
    says whether it came so.
    """

    start: Moment
    opened: Annotated[float, Meta(gt=0, lt=1)]
    closed: Annotated[float, Meta(gt=0, lt=1)]
    happened: bool


class Past(Told, frozen=True, tag="past", kw_only=True):
    """The past of a team, player or referee of this match, told before it; newer replaces older."""

    at: Moment
    match: Name
    source: Name
    subject: Name
    role: Literal["home", "away", "referee"]
    played: Annotated[tuple[Played, ...], Meta(max_length=500)]


class Event(Told, frozen=True, tag="event", kw_only=True):
    """Something that happened in a match; `score` is (home, away) after it, `clock` minutes played.

    Stoppage time counts on: the fourth minute after the ninetieth is clock 94.
    """

    at: Moment
    match: Name
    event: Happening
    team: Literal["home", "away"] | None = None
    score: tuple[Goals, Goals] | None = None
    clock: Annotated[float, Meta(ge=0, le=6000)] | None = None


class Heartbeat(Told, frozen=True, tag="heartbeat", kw_only=True):
    """The source has told all it knew up to `at`; time may move on.

    `covers` are the competitions of which the source vouches to announce every fixture, as the
    register of an association does.
    """

    at: Moment
    source: Name
    covers: Annotated[tuple[Name, ...], Meta(max_length=1000)] = ()


class Gap(Told, frozen=True, tag="gap", kw_only=True):
    """The source may have missed or blurred something around `at`; no steam is seen across it."""

    at: Moment
    source: Name
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


Record = Fixture | Price | Matched | Ladder | Wager | Account | Past | Event | Heartbeat | Gap
