"""Context gate: an event that explains a move."""

from markets.records import Event

EXPLAINING = frozenset({"line_up", "news"})
EXPLAINED_BY_NEWS = frozenset(
    {"move", "divergence", "volume", "liquidity", "mismatch", "withdrawal"}
)
"""Families of detectors whose findings news may explain."""
REACH_S = 20 * 60.0
BEFORE_TOLD_S = 10 * 60.0
UNEXPLAINED_PART = 0.5
"""What is left of a move when news explains it: news is also a cover."""
LINE_UPS_S = (45 * 60.0, 85 * 60.0)
"""Seconds before kick-off between which a surprise in the line-ups moves prices."""


def explaining(events: list[Event], turn: float) -> list[Event]:
    """Events that may explain a pre-match move, half of which was made by `turn`.

    News works on a price for a while, so an event counts from `REACH_S` before the turn; books
    move before the feed tells, so it counts until `BEFORE_TOLD_S` after it. A drift whose half
    was made an hour before the line-ups came out is not explained by them.
    """
    first, last = turn - REACH_S, turn + BEFORE_TOLD_S
    return [e for e in events if e.event in EXPLAINING and first <= e.at.timestamp() <= last]
