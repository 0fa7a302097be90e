"""What the prices before a match, as they were last, say of its goals."""

from collections.abc import Mapping

from detectors.features import Features
from markets.book import MarketKey
from markets.goal_fit import fit_rates
from markets.goals import GoalRates

_MOST_GOALS = 15.0


def goal_rates(before: Mapping[MarketKey, Features]) -> GoalRates | None:
    """Goal rates implied by the 1X2 and the totals; None without a whole 1X2.

    Parameters
    ----------
    before
        The last features of each market from before the match, in order of their lines.
    """
    main = _chances(before, ("1x2", None))
    if set(main) != {"home", "draw", "away"}:
        return None
    totals = []
    for market, line in before:
        chances = _chances(before, (market, line)) if market == "total" else {}
        if line is not None and _is_of_goals(line) and set(chances) == {"over", "under"}:
            totals.append((line, chances["over"]))
    return fit_rates(main["home"], main["draw"], main["away"], totals=totals)


def _chances(before: Mapping[MarketKey, Features], key: MarketKey) -> dict[str, float]:
    features = before.get(key)
    return features.by_selection() if features else {}


def _is_of_goals(line: float) -> bool:
    """Whether a line can be one of football's goals, which is all that the goal model takes."""
    return 0.0 <= line <= _MOST_GOALS and (4.0 * line) % 1.0 == 0.0
