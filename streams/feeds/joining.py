"""Records of a feed get the name that their match has among all feeds."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import msgspec

from markets.records import (
    Event,
    Fixture,
    Gap,
    Heartbeat,
    Ladder,
    Matched,
    Past,
    Price,
    Record,
    Wager,
)
from streams.feeds.feed import Refusal
from streams.feeds.fixture_register import FixtureRegister, Joined

_SIDES = {"home": "away", "away": "home"}
_NO_SIDES = frozenset({"1x2", "winner", "asian_handicap", "total", "btts", "half_time"})
Other = TypeVar("Other")


class Joining:
    """Renames matches by a register, and turns sides round where two sources disagree on them.

    A market other than the result, handicaps, totals and halves, of a match whose sides are turned
    round, is refused: what its selections mean then is not known.
    """

    def __init__(self, register: FixtureRegister) -> None:
        self._register = register
        self._fixtures: dict[str, Fixture] = {}
        self._joined: dict[str, Joined] = {}
        self._version = register.version()

    def joined(
        self, told: Iterable[Record | Refusal | Other]
    ) -> Iterator[Record | Refusal | Other]:
        """Pass on what a feed tells, its matches renamed; what is no record passes as it is."""
        for one in told:
            yield self._one(one) if isinstance(one, Record) else one

    def _one(self, record: Record) -> Record | Refusal:
        if isinstance(record, Heartbeat | Gap):
            self._look_for_settled()
            return record
        if isinstance(record, Fixture):
            self._fixtures[record.match] = record
            joined = self._joined[record.match] = self._register.announce(record)
            return _named(record, joined)
        found = self._joined.get(record.match)
        if found is None or (found.match == record.match and not found.swapped):
            return record
        if not found.swapped:
            return msgspec.structs.replace(record, match=found.match)
        return _turned(record, found.match)

    def _look_for_settled(self) -> None:
        """Take up what an officer has settled meanwhile."""
        if (version := self._register.version()) != self._version:
            self._version = version
            for match, fixture in self._fixtures.items():
                self._joined[match] = self._register.announce(fixture)


def _named(fixture: Fixture, joined: Joined) -> Fixture:
    """Announce a match under the names of who announced it first, with this source's own start."""
    first = joined.named_by
    return msgspec.structs.replace(
        fixture,
        match=joined.match,
        home=first.home,
        away=first.away,
        competition=first.competition,
        tier=first.tier,
    )


def _turned(record: Record, match: str) -> Record | Refusal:
    turn: Callable[..., Record] = msgspec.structs.replace
    if isinstance(record, Price | Matched | Ladder | Wager):
        return _selection_turned(record, match)
    if isinstance(record, Event):
        score = record.score and (record.score[1], record.score[0])
        return turn(record, match=match, score=score, team=_SIDES.get(record.team or ""))
    if isinstance(record, Past):
        return turn(record, match=match, role=_SIDES.get(record.role, record.role))
    return turn(record, match=match)


def _selection_turned(record: Price | Matched | Ladder | Wager, match: str) -> Record | Refusal:
    if record.market not in _NO_SIDES:
        reason = f"market: {record.market}: its sides cannot be turned round"
        return Refusal("joining", match, reason, b"")
    line = record.line
    if record.market == "asian_handicap" and line is not None:
        line = 0.0 - line
    selection = _SIDES.get(record.selection, record.selection)
    return msgspec.structs.replace(record, match=match, selection=selection, line=line)
