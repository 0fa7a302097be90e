"""Cross-bookmaker divergence: one book leaves the consensus of the others."""

from collections.abc import Sequence
from typing import ClassVar

from detectors.detector import MarketDetector, State
from detectors.evidence import Finding
from detectors.features import Features, arc
from detectors.lasting import Lasting
from detectors.noise import Noise
from markets.offers import Quote

WINDOW_S = 4 * 3600.0
FLOOR = 0.02
PERSISTS_S = 20 * 60.0
FEWEST_BOOKS = 5


class BookDivergence(MarketDetector):
    """How far the book that strays most is from the others, beyond its own usual distance.

    Good at a book or region that takes money the others do not see. A stale book is not a
    diverging one: what counts is the distance that the book's own moves of the last four hours
    have made. An error that is corrected within twenty minutes does not count. Bad in play, where
    books re-price at different speeds; it does not look there.

    Notes
    -----
    Distances are on the arcsine scale of de-vigged probabilities. The usual distance of each book
    is learned by river's exponentially weighted mean square with a floor. Practice: BuzzFeed and
    BBC 2016 dropped books more than 10 points from the median; operators call it a rogue price.
    """

    name: ClassVar[str] = "book-divergence"
    version: ClassVar[int] = 2
    family: ClassVar[str] = "divergence"
    unit: ClassVar[str] = "times the book's usual distance"
    markets: ClassVar[frozenset[str]] = frozenset({"1x2", "winner"})

    def __init__(self) -> None:
        self._usual: dict[str, Noise] = {}
        self._learned_at: float | None = None
        self._recent = Lasting(PERSISTS_S)
        self._seen: tuple[Features, dict[str, tuple[int, float]]] | None = None

    def find(self, features: Features) -> Finding | None:
        """Find the book that strays most, and its selection."""
        if len(features.offered) < FEWEST_BOOKS:
            return None
        raw, book, index, distance = self._furthest(features)
        if raw <= 0.0:
            return None
        observed = features.of_book(book).fair[index]
        expected = features.consensus.probabilities[index]
        selection = features.selections[index]
        return Finding(
            raw=raw,
            selection=selection,
            observed=observed,
            expected=expected,
            since=features.at - WINDOW_S,
            turn=features.at,
            books=(book,),
            values={"distance": distance, "usual": self._usual_distance(book)},
            sentence=(
                f"{book} left the consensus of {len(features.consensus.used)} books on "
                f"{features.named(selection)} ({observed:.0%} against {expected:.0%}), "
                f"{features.when()}"
            ),
        )

    def learn_one(self, features: Features) -> None:
        """Learn each book's usual distance, every twenty minutes.

        What is learned is twenty minutes old: a stray that was learned before it has lasted would
        become usual before it can be seen.
        """
        before = self._recent.before(features.at)
        recently = self._learned_at is not None and features.at - self._learned_at < PERSISTS_S
        if not before or recently:
            return
        self._learned_at = features.at
        for book, distance in before.items():
            self._usual.setdefault(book, Noise(FLOOR)).learn(distance, seconds=3600.0)

    def remember_one(self, features: Features) -> None:
        """Keep the distances of the last looks, to see what persists."""
        now = {book: distance for book, (_, distance) in self._distances(features).items()}
        self._recent.add(features.at, now)
        self._seen = None

    def state(self) -> State:
        """Mean square of each book's distance, when it was learned, and the last looks."""
        usual = {book: noise.state() for book, noise in self._usual.items()}
        return {"usual": usual, "learned_at": self._learned_at, **self._recent.state()}

    def restore(self, state: State) -> None:
        """Take up the distances."""
        self._recent.restore(state)
        self._learned_at = state["learned_at"]
        for book, value in state["usual"].items():
            self._usual.setdefault(book, Noise(FLOOR)).restore(value)

    def innocent(self, features: Features) -> tuple[str, ...]:
        """Name what else sets a book apart."""
        del features
        return (
            "a trader's error or a wrong opening price",
            "a promotion or an enhanced price for customers",
            "team news that one book has before the others",
        )

    def _usual_distance(self, book: str) -> float:
        usual = self._usual.get(book)
        return usual.per_root_hour if usual else FLOOR

    def _distances(self, features: Features) -> dict[str, tuple[int, float]]:
        """Selection on which each book strays most, and how far: worked out once a look."""
        if self._seen is None or self._seen[0] is not features:
            middle = [arc(p) for p in features.consensus.probabilities]
            found = {row.book: _distance(row.fair, middle) for row in features.offered}
            self._seen = features, found
        return self._seen[1]

    def _furthest(self, features: Features) -> tuple[float, str, int, float]:
        """Book that strays most: its score, its selection and its distance.

        A score is never more than the distance over the usual one, so the books are asked in
        that order until no other can be further.
        """
        found, distances = [], self._distances(features)
        for row in features.offered:
            book = row.book
            index, distance = distances[book]
            found.append((distance / self._usual_distance(book), book, index, distance, row))
        best = (0.0, "", 0, 0.0)
        for most, book, index, distance, row in sorted(found, reverse=True):
            if most <= best[0]:
                break
            part = self._own_part(features.at, book, row.quote(index), distance)
            best = max(best, (most * part, book, index, distance))
        return best

    def _own_part(self, at: float, book: str, quote: Quote, distance: float) -> float:
        """Part of a distance that persists and that the book has made itself."""
        before = quote.as_of(at - WINDOW_S)
        if before is None or distance <= 0.0:
            return 0.0
        own = abs(arc(quote.value) - arc(before))
        return min(distance, own, self._recent.least(at, book)) / distance


def _distance(fair: Sequence[float], middle: Sequence[float]) -> tuple[int, float]:
    distances = [abs(arc(own) - others) for own, others in zip(fair, middle, strict=True)]
    furthest = max(distances)
    return distances.index(furthest), furthest
