"""A match of wagers, placed by hand: the stage for detectors of accounts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from detectors.features import MatchFeatures, phase_of
from markets.book import MatchBook
from markets.records import Account, Record, Wager
from tests.detectors.scene import KICK_OFF, MATCH, fixture, moment


def wager(minute: float, account: str, selection: str = "home", **more) -> Wager:
    """A bet of 20 by an account of two years, on a device of its own."""
    told = {
        "market": "1x2", "book": "elm", "price": 2.0, "stake": 20.0, "country": "GB",
        "opened": "2024-06-01", "device": f"of {account}", "wager": f"{account} {minute}",
    }  # fmt: skip
    return Wager(
        at=moment(minute), match=MATCH, account=account, selection=selection, **told | more
    )


def known(account: str, **more) -> Account:
    """A customer of two years who bet last week and usually stakes 20."""
    told = {
        "opened": "2024-06-01", "wagers": 50, "median_stake": 20.0, "limit": 1000.0,
        "last": KICK_OFF - timedelta(days=7),
    }  # fmt: skip
    return Account(at=moment(-600), match=MATCH, book="elm", account=account, **told | more)


@dataclass
class Bets:
    """Forty customers who bet on everything in the three hours before the match."""

    told: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        selections = ("home", "draw", "away", "home")
        countries = ("GB", "DE", "ES", "IT", "GB")
        for n in range(40):
            name = f"customer-{n}"
            told = {"country": countries[n % 5], "stake": float(5 + n)}
            self.tell(known(name), wager(-180 + 4 * n, name, selections[n % 4], **told))

    def tell(self, *records: Record) -> None:
        self.told += records

    def look(
        self, minute: float, shuffle: Callable[[list[Record]], None] = lambda _: None
    ) -> MatchFeatures:
        book = MatchBook(MATCH)
        book.apply(fixture())
        told = [record for record in self.told if record.at <= moment(minute)]
        shuffle(told)
        for record in told:
            book.apply(record)
        at, to_off = moment(minute).timestamp(), -60.0 * minute
        return MatchFeatures(
            at=at, book=book, phase=phase_of(to_off, in_play=minute > 0), to_off=to_off,
            warm_since=float("-inf"), spacing_s=60.0, markets={},
        )  # fmt: skip
