"""Context gate: an event that explains a move."""

from markets.records import Event

EXPLAINING = frozenset({"line_up", "news", "goal", "red_card", "penalty"})
REACH_S = 20 * 60.0


def explaining(events: list[Event], since: float, until: float) -> list[Event]:
    """Events that may explain a move seen between two moments.

    Books move before the data feed tells of a goal, so `until` lies a grace period after the
    move; news works on a price for a while, so events up to `REACH_S` before it count too.
    """
    first = since - REACH_S
    return [e for e in events if e.event in EXPLAINING and first <= e.at.timestamp() <= until]
