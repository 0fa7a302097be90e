"""What the feed of a match lets be told: how long findings wait, how far times may be apart."""

from typing import NamedTuple

GRACE_S = 60.0
LONGEST_SLACK_S = 12 * 60.0
FROZEN_S = 10 * 60.0


class Feed(NamedTuple):
    """What the health of a match's sources comes to at one look."""

    warm_since: float
    spacing_s: float

    @property
    def grace_s(self) -> float:
        """Seconds for which a pre-match finding is held back for an explaining event.

        A feed slower than the grace is not held back: the news would lie between its looks, and
        waiting for the next one could cost the time that is left to kick-off.
        """
        return GRACE_S if self.spacing_s < GRACE_S else 0.0

    @property
    def slack_s(self) -> float:
        """Seconds by which in-play prices and events of these feeds may be apart."""
        return min(max(GRACE_S, 0.8 * self.spacing_s), LONGEST_SLACK_S)

    def frozen_before(self, at: float) -> float:
        """Moment before which a book that has not moved since counts as frozen in play."""
        return at - min(max(FROZEN_S, 1.5 * self.spacing_s), 3 * FROZEN_S)
