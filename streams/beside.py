"""Peers beside the watch: what methods that a user would try instead make of the same match.

The peers are given the benefit. Their thresholds are set afterwards, on the very clean matches
that are counted, at the rate of false alerts that the watch had on them, separately before
kick-off and in play; the watch had to set its own beforehand. A peer that finds less has found
less at the same price.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import TypeGuard

from detectors.peers.board import MARKETS, board
from detectors.peers.gaussian import Gaussian
from detectors.peers.half_space_trees import HalfSpaceTrees
from detectors.peers.peer import Peer
from detectors.peers.rolling_z import RollingZ
from detectors.peers.ten_points import TenPoints
from detectors.peers.three_sigma import ThreeSigma
from markets.book import MatchBook
from markets.records import Event, Price, Record

PEERS: tuple[type[Peer], ...] = (TenPoints, RollingZ, Gaussian, HalfSpaceTrees, ThreeSigma)
BEFORE_APART_S = 300.0
IN_PLAY_APART_S = 60.0
_NEVER = float("inf")

Trace = Sequence[tuple[float, float]]
"""Moments (epoch seconds) at which the highest score so far rose, and what it rose to."""


@dataclass(frozen=True, slots=True)
class PeerTrace:
    """How the highest score of one peer rose in one match; in play it began anew."""

    before: Trace = ()
    in_play: Trace = ()


@dataclass(slots=True)
class _Phase:
    """The peers in one phase of a match, with their traces."""

    in_play: bool
    peers: tuple[Peer, ...]
    traces: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    @classmethod
    def begin(cls, *, in_play: bool) -> "_Phase":
        peers = tuple(kind() for kind in PEERS if kind.in_play or not in_play)
        return cls(in_play, peers, {peer.name: [] for peer in peers})

    @property
    def apart_s(self) -> float:
        return IN_PLAY_APART_S if self.in_play else BEFORE_APART_S

    def look(self, at: float, book: MatchBook) -> None:
        seen = board(book, in_play=self.in_play)
        for peer in self.peers:
            score, trace = peer.update(at, seen), self.traces[peer.name]
            if score > (trace[-1][1] if trace else 0.0):
                trace.append((at, score))


class _Beside:
    """Takes records in and lets the peers look at the end of each span that changed a price."""

    def __init__(self, match: str) -> None:
        self.book = MatchBook(match)
        self.before = _Phase.begin(in_play=False)
        self.play = _Phase.begin(in_play=True)
        self._phase = self.before
        self._look_at = _NEVER

    def apply(self, at: float, told: Sequence[Price | Event]) -> None:
        """Take in all that was told at one moment; its order does not matter."""
        begins = self._phase is self.before and any(_in_play(record) for record in told)
        if begins or at >= self._look_at:
            self.look(at)
        if begins:
            self._phase = self.play
        for record in told:
            if record.match != self.book.match:
                raise ValueError(
                    f"records of {self.book.match} and of {record.match}: give those of one match"
                )
            self.book.apply(record)
        if self._look_at == _NEVER and any(isinstance(record, Price) for record in told):
            self._look_at = (at // self._phase.apart_s + 1.0) * self._phase.apart_s

    def look(self, now: float = _NEVER) -> None:
        """Look at what changed, if anything did, as it stood at the end of its span or `now`."""
        at, self._look_at = self._look_at, _NEVER
        if at < _NEVER and not self.book.clock.ended:
            self._phase.look(min(at, now), self.book)

    def traced(self) -> dict[str, PeerTrace]:
        before, play = self.before.traces, self.play.traces
        return {name: PeerTrace(tuple(before[name]), tuple(play.get(name, ()))) for name in before}


def beside(records: Iterable[Record]) -> dict[str, PeerTrace]:
    """Let all peers look at one match: each 5 min before kick-off, each 60 s in play.

    They look only when a price has changed, see all records before the moment of the look, and
    know the prices alone: neither news nor score. In play begins with the kick-off or the first
    price said to be in play, whichever is told first; new instances look from there on.

    Parameters
    ----------
    records
        Those of one match, in order of event time; all but prices and events are passed over.

    Returns
    -------
    dict of str to PeerTrace
        By the peer's name; the trace in play of a peer not made for play is empty.

    Raises
    ------
    ValueError
        When the records are of more than one match.
    """
    seen: _Beside | None = None
    for at, instant in groupby(filter(_tells, records), attrgetter("at")):
        told = list(instant)
        seen = seen or _Beside(told[0].match)
        seen.apply(at.timestamp(), told)
    seen = seen or _Beside("")
    seen.look()
    return seen.traced()


def highest(trace: Trace, since: float = float("-inf"), until: float = float("inf")) -> float:
    """Highest score that a trace rose to from `since` until before `until`; 0 when it did not.

    A score below one of earlier is not in the trace: whatever threshold it would pass, was passed
    before, when nothing had been done to the match yet.

    >>> highest([(0.0, 1.0), (60.0, 2.0), (90.0, 5.0)], since=30.0, until=90.0)
    2.0
    """
    return max((score for at, score in trace if since <= at < until), default=0.0)


def threshold(clean_maxima: Sequence[float], rate: float) -> float:
    """Lowest of the clean scores that at most a share `rate` of clean matches exceed.

    Ties count against the peer: where many clean matches share the highest score, none of them
    may be raised, and so nothing at that score is. At a rate of 1 everything may be raised.

    Raises
    ------
    ValueError
        Without clean matches, or for a rate outside of [0, 1].

    Examples
    --------
    >>> threshold([1.0, 2.0, 3.0, 4.0], rate=0.25), threshold([1.0, 4.0, 4.0, 4.0], rate=0.25)
    (3.0, 4.0)
    """
    if not clean_maxima or not 0.0 <= rate <= 1.0:
        raise ValueError(f"rate {rate} on {len(clean_maxima)} clean matches: no threshold")
    matches = len(clean_maxima)
    allowed = sum(count / matches <= rate for count in range(1, matches + 1))
    falling = sorted(clean_maxima, reverse=True)
    return falling[allowed] if allowed < matches else float("-inf")


def recall(fixed_maxima: Sequence[float], threshold: float) -> float:
    """Share of fixed matches whose score exceeds the threshold.

    Raises
    ------
    ValueError
        Without fixed matches.

    Examples
    --------
    >>> recall([1.0, 3.0, 4.0, 5.0], threshold=3.0)
    0.5
    """
    if not fixed_maxima:
        raise ValueError("no fixed match to be found")
    return sum(score > threshold for score in fixed_maxima) / len(fixed_maxima)


def _tells(record: Record) -> TypeGuard[Price | Event]:
    return record.market in MARKETS if isinstance(record, Price) else isinstance(record, Event)


def _in_play(record: Price | Event) -> bool:
    return record.in_play if isinstance(record, Price) else record.event == "kick_off"
