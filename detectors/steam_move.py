"""Steam move: many books shorten the same selection within minutes."""

from typing import ClassVar

from detectors.detector import MarketDetector
from detectors.evidence import Finding
from detectors.features import Features, span
from detectors.moves import Moves, moves_since

WINDOW_S = 45 * 60.0


class SteamMove(MarketDetector):
    """The move that half of all books have made on one selection within 45 minutes.

    Good at concerted money: a single book's error or a slow drift scores little, and so does a
    book that was only catching up. Bad at telling money from news: a line-up that surprises moves
    all books just the same, which is why its base rate differs by phase and why news in the feed
    gates the verdict. Blind with fewer than four books.

    Notes
    -----
    The raw score is the k-th largest move over the books, k half of them and at least three, on
    the arcsine scale of raw implied probability. As an order statistic it cannot be faked by two
    books. Practice: bookmakers' and integrity units' use of the term; Kim, Park, Lee 2024 (Sci.
    Rep.) let several books vote; Feustel and Rodenberg 2015 saw one large bet move eight books.
    """

    name: ClassVar[str] = "steam-move"
    version: ClassVar[int] = 1
    family: ClassVar[str] = "move"
    unit: ClassVar[str] = "arcsine probability"
    markets: ClassVar[frozenset[str]] = frozenset({"1x2", "winner", "total", "asian_handicap"})

    def find(self, features: Features) -> Finding | None:
        """Find the selection that most books have shortened most."""
        since = max(features.at - WINDOW_S, features.warm_since)
        moves = max(moves_since(features, since), key=_breadth, default=None)
        if moves is None or moves.breadth <= 0.0:
            return None
        followers = moves.followers(moves.breadth / 2.0)
        before, now = moves.span_of(moves.middle)
        return Finding(
            raw=moves.breadth,
            selection=moves.selection,
            observed=now,
            expected=before,
            since=since,
            turn=moves.turn_of(moves.middle),
            books=followers,
            values={"books": len(moves.sizes), "followers": len(followers)},
            sentence=_sentence(features, moves, len(followers), features.at - since),
        )

    def innocent(self, features: Features) -> tuple[str, ...]:
        """Name what else makes all books move at once."""
        reasons = ["team news that is not in the feed (injury, rotation, weather)"]
        if features.phase == "late":
            reasons.insert(0, "line-ups, which come out 60 to 75 min before kick-off")
        if features.phase == "early":
            reasons.append("results of other matches that change what this one is worth")
        return tuple(reasons)


def _breadth(moves: Moves) -> float:
    return moves.breadth


def _sentence(features: Features, moves: Moves, followers: int, length: float) -> str:
    before, now = moves.span_of(moves.middle)
    return (
        f"{followers} of {len(moves.sizes)} books shortened {features.named(moves.selection)} "
        f"within {span(length / 60.0)} (raw implied probability {before:.0%} to "
        f"{now:.0%}), {features.when()}"
    )
