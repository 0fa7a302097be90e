"""The chance of covering an Asian handicap, from goal rates."""

from math import floor

from markets.goals import GoalRates, outcome_probabilities


def cover_probability(rates: GoalRates, line: float) -> float:
    """Return 1 / the fair price of the home side with a handicap, before the match.

    That is stakes won / (stakes won + stakes lost): a whole line refunds when hit exactly, a
    quarter line is half a stake on each neighbour. Good for lines on which both results happen;
    bad far out, where independent goals underrate routs.

    Parameters
    ----------
    rates
        Of a whole match, from `markets.goals.fit_rates`.
    line
        Goals given to the home side: -1.5 when it has to win by two.

    Raises
    ------
    ValueError
        When the line is no multiple of a quarter.

    Examples
    --------
    >>> rates = GoalRates(1.6, 1.0)
    >>> [round(cover_probability(rates, line), 3) for line in (-1.5, -0.5, -0.25, 0.0, 0.5)]
    [0.271, 0.513, 0.587, 0.685, 0.763]
    """
    quarters = 4.0 * line
    if quarters % 1.0:
        raise ValueError(f"line {line!r}: must be a multiple of 0.25")
    lines = (line - 0.25, line + 0.25) if quarters % 2.0 else (line,)
    won = sum(_beyond(rates, -one) for one in lines)
    lost = sum(1.0 - _beyond(rates, -one, refunded=True) for one in lines)
    return won / (won + lost) if won + lost > 0.0 else 0.5


def _beyond(rates: GoalRates, goals: float, *, refunded: bool = False) -> float:
    """Chance that home's goals less away's are more than `goals` (or as many, if refunded)."""
    exact = goals == floor(goals)
    least = int(goals) if exact and refunded else floor(goals) + 1
    if least > 0:
        return outcome_probabilities(rates, (0, least - 1))[0]
    # By its mirror: the goal model's dependence is told for level scores only.
    return 1.0 - outcome_probabilities(rates, (-least, 0))[2]
