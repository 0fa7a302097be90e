"""What a user would pick otherwise: pydantic as the codec, river's GaussianScorer as detector."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter
from river.anomaly import GaussianScorer

from markets.records import Happening, Price, Record, Status

Name = Annotated[str, Field(min_length=1, max_length=200)]
Odds = Annotated[float, Field(gt=1, le=100_000)]
Amount = Annotated[float, Field(ge=0, le=1e13)]
Currency = Annotated[str, Field(min_length=3, max_length=4)]
Country = Annotated[str, Field(min_length=2, max_length=3)]
Goals = Annotated[int, Field(ge=0, le=2000)]


class _Fixture(BaseModel):
    kind: Literal["fixture"]
    at: AwareDatetime
    match: Name
    source: Name
    sport: Name
    competition: Name
    tier: Annotated[int, Field(ge=1, le=9)] = 3
    home: Name
    away: Name
    start: AwareDatetime


class _Price(BaseModel):
    kind: Literal["price"]
    at: AwareDatetime
    match: Name
    market: Name
    line: float | None = None
    selection: Name
    book: Name
    price: Odds
    size: Amount | None = None
    status: Status = "open"
    in_play: bool = False


class _Matched(BaseModel):
    kind: Literal["matched"]
    at: AwareDatetime
    match: Name
    market: Name
    line: float | None = None
    selection: Name
    book: Name
    amount: Amount
    currency: Currency = "GBP"
    last: Odds | None = None


class _Event(BaseModel):
    kind: Literal["event"]
    at: AwareDatetime
    match: Name
    event: Happening
    team: Literal["home", "away"] | None = None
    score: tuple[Goals, Goals] | None = None
    clock: Annotated[float, Field(ge=0, le=6000)] | None = None


class _Wager(BaseModel):
    kind: Literal["wager"]
    at: AwareDatetime
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
    country: Country | None = None
    opened: str | None = None
    device: Name | None = None
    counterparty: Name | None = None


class _Account(BaseModel):
    kind: Literal["account"]
    at: AwareDatetime
    match: Name
    book: Name
    account: Name
    opened: str | None = None
    wagers: Annotated[int, Field(ge=0, le=10**9)] = 0
    median_stake: Amount | None = None
    last: AwareDatetime | None = None
    limit: Amount | None = None
    currency: Currency = "EUR"
    country: Country | None = None


class _Played(BaseModel):
    start: AwareDatetime
    opened: Annotated[float, Field(gt=0, lt=1)]
    closed: Annotated[float, Field(gt=0, lt=1)]
    happened: bool


class _Past(BaseModel):
    kind: Literal["past"]
    at: AwareDatetime
    match: Name
    source: Name
    subject: Name
    role: Literal["home", "away", "referee"]
    played: Annotated[tuple[_Played, ...], Field(max_length=500)]


class _Heartbeat(BaseModel):
    kind: Literal["heartbeat"]
    at: AwareDatetime
    source: Name
    covers: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()


class _Gap(BaseModel):
    kind: Literal["gap"]
    at: AwareDatetime
    source: Name
    reason: Annotated[str, Field(min_length=1, max_length=500)]


_Any = Annotated[
    _Fixture | _Price | _Matched | _Event | _Wager | _Account | _Past | _Heartbeat | _Gap,
    Field(discriminator="kind"),
]
_ONE: TypeAdapter[_Any] = TypeAdapter(_Any)
_FRAME: TypeAdapter[list[_Any]] = TypeAdapter(list[_Any])
# The default of 100 prices is more than most series have in a day: it would never score.
_GRACE = 10


def validate_lines(lines: Iterable[bytes]) -> int:
    """Validate record by record."""
    return sum(_ONE.validate_json(line) is not None for line in lines)


def validate_frames(frames: Iterable[bytes]) -> int:
    """Validate a frame in one go."""
    return sum(len(_FRAME.validate_json(frame)) for frame in frames)


class PriceScorers:
    """pydantic and river, one record at a time: a scorer for each book and selection of a match."""

    def __init__(self) -> None:
        self._scorers: dict[tuple[object, ...], GaussianScorer]
        self._scorers = defaultdict(lambda: GaussianScorer(grace_period=_GRACE))

    def take(self, line: bytes) -> None:
        """Validate a record; score, then learn, it when it is a price."""
        self.score(_ONE.validate_json(line))

    def score(self, r: object) -> bool:
        """Score, then learn, a price; False for anything else."""
        if not isinstance(r, _Price | Price):
            return False
        scorer = self._scorers[r.match, r.market, r.line, r.selection, r.book]
        scorer.score_one(None, r.price)
        scorer.learn_one(None, r.price)
        return True


def score_prices(records: Iterable[Record]) -> int:
    """Score, then learn, each price with a scorer for its book and selection."""
    scorers = PriceScorers()
    return sum(map(scorers.score, records))
