"""Split of the books: some shorten a selection together while the others stand still."""

from statistics import median
from typing import ClassVar

from detectors.detector import MarketDetector, State
from detectors.evidence import Finding
from detectors.features import Features, span
from detectors.lasting import Lasting
from detectors.moves import Moves, moves_since

WINDOW_S = 45 * 60.0
PERSISTS_S = 10 * 60.0
FEWEST_BOOKS = 5
_GROUP = 3
_REST = 2


class BookSplit(MarketDetector):
    """How far a group of at least three books has shortened a selection away from the rest.

    News moves every book; money moves the books that take it. Good at a region or a chain of
    books that cuts one price while the rest of the market sees no reason to, well before the
    consensus moves. Bad where books wait for one another: a leader's move that the others follow
    within ten minutes is not counted, a slower market than that is.

    Notes
    -----
    Over groups of 3 to half of the books, the largest distance between the group's least move and
    the median move of the rest, on the arcsine scale of raw implied probability within 45 min. In
    a feed faster than ten minutes the split must have lasted that long. Practice: UEFA and
    operators compare regions; IBIA checks an alert with the other members (does anybody else see
    it?).
    """

    name: ClassVar[str] = "book-split"
    typology: ClassVar[str] = "book-divergence"
    version: ClassVar[int] = 2
    family: ClassVar[str] = "divergence"
    unit: ClassVar[str] = "arcsine probability"
    markets: ClassVar[frozenset[str]] = frozenset({"1x2", "winner"})

    def __init__(self) -> None:
        self._recent = Lasting(PERSISTS_S)
        self._seen: tuple[Features, list[tuple[Moves, float, int]]] | None = None

    def find(self, features: Features) -> Finding | None:
        """Find the selection on which the books are split most, as far as that lasts."""
        since = _since(features)
        best: tuple[float, Moves, int] | None = None
        for moves, distance, group in self._splits(features):
            lasting = min(distance, self._lasted(features, moves.selection))
            if lasting > 0.0 and (best is None or lasting > best[0]):
                best = lasting, moves, group
        return _finding(features, since, *best) if best else None

    def remember_one(self, features: Features) -> None:
        """Keep how the books were split, to see what lasts."""
        now = {moves.selection: distance for moves, distance, _ in self._splits(features)}
        self._recent.add(features.at, now)
        self._seen = None

    def state(self) -> State:
        """Last looks."""
        return self._recent.state()

    def restore(self, state: State) -> None:
        """Take up the looks."""
        self._recent.restore(state)

    def innocent(self, features: Features) -> tuple[str, ...]:
        """Name what else splits the books."""
        reasons = ["team news that some books have before the others"]
        if features.phase == "late":
            reasons.append("line-ups, which come out 60 to 75 min before kick-off")
        return (*reasons, "books of one group that copy one wrong price")

    def _splits(self, features: Features) -> list[tuple[Moves, float, int]]:
        """How the books are split on each selection: worked out once a look."""
        if self._seen is None or self._seen[0] is not features:
            moves = moves_since(features, _since(features))
            self._seen = features, [(each, *split(each)) for each in moves]
        return self._seen[1]

    def _lasted(self, features: Features, selection: str) -> float:
        """Smallest split in the looks of the last ten minutes; no bound in a slower feed."""
        if features.spacing_s >= PERSISTS_S:
            return float("inf")
        return self._recent.least(features.at, selection)


def _since(features: Features) -> float:
    """Look back over the window, and over no gap: books that moved in one did so unseen."""
    return max(features.at - WINDOW_S, features.warm_since)


def split(moves: Moves) -> tuple[float, int]:
    """Distance between a group of books that moved together and the rest, and the group's size.

    >>> sizes = (0.10, 0.09, 0.09, 0.01, 0.0, 0.0)
    >>> found = split(Moves("home", sizes, tuple("abcdef")))
    >>> round(found[0], 3), found[1]
    (0.09, 3)
    """
    sizes = moves.sizes
    count = len(sizes)
    if count < FEWEST_BOOKS:
        return 0.0, 0
    return max(
        (min(sizes[g - 1], sizes[g - 1] - median(sizes[g:])), g)
        for g in range(_GROUP, min((count + 1) // 2, count - _REST) + 1)
    )


def _finding(
    features: Features, since: float, distance: float, moves: Moves, group: int
) -> Finding:
    shortened = moves.books[:group]
    before, now = moves.span_of(shortened[-1])
    return Finding(
        raw=distance,
        selection=moves.selection,
        observed=now,
        expected=before,
        since=since,
        turn=moves.turn_of(shortened[-1]),
        books=shortened,
        values={"group": group, "books": len(moves.sizes)},
        sentence=(
            f"{group} of {len(moves.sizes)} books shortened {features.named(moves.selection)} "
            f"within {span((features.at - since) / 60.0)} (raw implied probability {before:.0%} "
            f"to {now:.0%}) while the rest stood still, {features.when()}"
        ),
    )
