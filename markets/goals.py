"""The in-play goal model of football: what the prices should be, given score and clock.

Each side scores as a Poisson process. Its rates for a whole match are read out of the pre-match
prices (`markets.goal_fit`); a share of them is still to come at any clock; the rest is counting.
Deliberately simple, so that a residual against it has few explanations: it knows nothing of
injuries, tactics or who needs the win, and a side scores as it would have at any score (Dixon and
Robinson 1998, The Statistician 47, find that the score matters too; that is left out).
"""

from functools import lru_cache
from math import ceil, exp, floor, sqrt

from msgspec import Struct

Outcome = tuple[float, float, float]

# Seven goals of sixteen come before the interval: 393.5 against 502.75 a season over 3,039
# matches of the Brazilian first division, 2012-2019 ("Temporal goal scoring characteristics in
# elite Brazilian football"); 45 % in the Premier League 2010/11.
_FIRST_HALF_SHARE = 0.44
# Level through the first half, rising linearly through the second: Mingotti 2014,
# arXiv 1408.5442, on all World Cups to 2014. Dixon and Robinson 1998 found a rise throughout.
_FIRST_HALF_PLAYED = 48.0
_STOPPAGE_FROM = 92.0  # no match ends before; from here whistles are spread evenly ...
_LAST_WHISTLE = 100.0  # ... to here. Matches of the World Cups and the Euro of 2018 to 2022 lasted
# 97 to 102 minutes on average with the stoppage of both halves (squawka.com, added time).
_EXPECTED_STOPPAGE = 0.5 * (_STOPPAGE_FROM + _LAST_WHISTLE) - 90.0
_EARLY_RATE = _FIRST_HALF_SHARE / _FIRST_HALF_PLAYED
_LATE_RATE = (1.0 - _FIRST_HALF_SHARE - 22.5 * _EARLY_RATE) / (22.5 + _EXPECTED_STOPPAGE)
_RISE = (_LATE_RATE - _EARLY_RATE) / 90.0

# Vecer, Kopriva, Ichiba 2009 (Journal of Quantitative Analysis in Sports 5), from in-play prices:
# the side sent off scores markedly less, the other slightly more. Maia, Pennanen, da Silva,
# Targino 2023 find a drop of more than 30 % on eight years of the Brazilian first division.
_SENT_OFF = 2.0 / 3.0
_ELEVEN_AGAINST_TEN = 1.2


class GoalRates(Struct, frozen=True):
    """Goals each side is expected to score in a whole match, and their dependence.

    `rho` is that of Dixon and Coles (1997, Applied Statistics 46): below 0 there are more draws
    of few goals than independence gives.
    """

    home: float
    away: float
    rho: float = 0.0


def remaining_share(clock: float) -> float:
    """Return the share of a match's expected goals that is still to come.

    Bad at two moments: stoppage before the interval shares its minutes with the start of the
    second half (a clock of 47 is taken as the latter, at most 3 % of the goals out), and the
    length of stoppage at the end is not known, only its distribution. Time since kick-off is no
    substitute for the clock: interval, stoppage and drinking breaks put it 20 minutes ahead.

    Parameters
    ----------
    clock
        Minutes played, stoppage included: 0 at kick-off, 45 at the interval, 94 in the fourth
        minute of stoppage.

    Returns
    -------
    float
        1 at kick-off, 0.56 at the interval, 0.02 at 97 and 0 from 100 on.

    Raises
    ------
    ValueError
        When the clock is NaN.

    Examples
    --------
    >>> [round(remaining_share(clock), 3) for clock in (0, 45, 75, 90, 97, 100)]
    [1.0, 0.56, 0.253, 0.074, 0.019, 0.0]
    """
    if clock != clock:
        raise ValueError("clock is NaN: give the minutes played")
    if clock <= 45.0:
        return 1.0 - _FIRST_HALF_SHARE * max(clock, 0.0) / 45.0
    if clock <= 90.0:
        left = 90.0 - clock
        return left * (_LATE_RATE - _RISE * left) + _LATE_RATE * _EXPECTED_STOPPAGE
    if clock <= _STOPPAGE_FROM:
        return _LATE_RATE * (90.0 + _EXPECTED_STOPPAGE - clock)
    # A match still on at this clock ends, on average, half way to the last whistle.
    return _LATE_RATE * 0.5 * max(_LAST_WHISTLE - clock, 0.0)


def outcome_probabilities(
    rates: GoalRates,
    score: tuple[int, int] = (0, 0),
    clock: float = 0.0,
    red_cards: tuple[int, int] = (0, 0),
) -> Outcome:
    """Return the probabilities of home, draw and away after the regular time of a match.

    Good for 1X2 as books settle it, without extra time. The Dixon-Coles dependence is applied to
    the goals still to come while the match is level - our reading of a correction made for final
    scores - and fades with them. From clock 100 on the score decides.

    Parameters
    ----------
    rates
        Of a whole match, from `fit_rates`.
    score, red_cards
        (home, away) up to now.
    clock
        Minutes played, see `remaining_share`.

    Examples
    --------
    >>> rates = GoalRates(1.6, 1.0)
    >>> [round(p, 3) for p in outcome_probabilities(rates)]
    [0.513, 0.25, 0.237]
    >>> [round(p, 3) for p in outcome_probabilities(rates, (0, 0), 85)]
    [0.173, 0.724, 0.104]
    """
    home, away = _still_to_come(rates, clock, red_cards)
    lead = score[0] - score[1]
    if lead < 0:
        lost, draw, won = _outcome(away, home, -lead)
        return won, draw, lost
    if lead or not rates.rho:
        return _outcome(home, away, lead)
    return _at_level(home, away, dependence(home, away, rates.rho))


def over_probability(
    rates: GoalRates,
    line: float,
    score: tuple[int, int] = (0, 0),
    clock: float = 0.0,
    red_cards: tuple[int, int] = (0, 0),
) -> float:
    """Return 1 / the fair price of over a line of total goals.

    That is stakes won / (stakes won + stakes lost): a whole line refunds when hit exactly, a
    quarter line is half a stake on each neighbour. Once over cannot lose it is 1, even where only
    a refund is left.

    Raises
    ------
    ValueError
        When the line is no multiple of a quarter, or below 0.

    Examples
    --------
    >>> rates = GoalRates(1.6, 1.0)
    >>> [round(over_probability(rates, line), 3) for line in (2.0, 2.25, 2.5)]
    [0.643, 0.551, 0.482]
    >>> over_probability(rates, 2.5, (2, 1), 60)
    1.0
    """
    home, away = _still_to_come(rates, clock, red_cards)
    level = score[0] == score[1]
    moved = dependence(home, away, rates.rho) if level and rates.rho else 0.0
    return _over(home + away, moved, lines_of(line), score[0] + score[1])


def _still_to_come(
    rates: GoalRates, clock: float, red_cards: tuple[int, int]
) -> tuple[float, float]:
    share = remaining_share(clock)
    home, away = red_cards
    if home or away:
        return (
            rates.home * share * _SENT_OFF**home * _ELEVEN_AGAINST_TEN**away,
            rates.away * share * _SENT_OFF**away * _ELEVEN_AGAINST_TEN**home,
        )
    return rates.home * share, rates.away * share


@lru_cache(maxsize=1024)
def _outcome(leading: float, trailing: float, lead: int) -> Outcome:
    """Won, drawn, lost for the side that leads by `lead` >= 0, goals being independent."""
    most = max(leading, trailing)
    goals = int(most + 7.0 * sqrt(most)) + 9  # less than 1e-12 lies beyond
    if lead >= goals:
        return 1.0, 0.0, 0.0
    ours, theirs = exp(-leading), _poisson(trailing, lead)
    draw, lost, so_far = ours * theirs, 0.0, ours
    for k in range(1, goals - lead):
        ours *= leading / k
        theirs *= trailing / (k + lead)
        draw += ours * theirs
        lost += so_far * theirs
        so_far += ours
    return max(0.0, 1.0 - draw - lost), draw, lost


def differences(home: float, away: float) -> tuple[float, float, float, float, float]:
    """Chances that home wins, draws and loses, and that it wins or loses by one goal exactly.

    Goals being independent, the last two and the draw are how the first three change with the
    rates (Skellam's distribution).

    >>> [round(p, 3) for p in differences(1.6, 1.0)]
    [0.513, 0.25, 0.237, 0.243, 0.152]
    """
    goals = int(max(home, away) + 7.0 * sqrt(max(home, away))) + 9
    ours, theirs = exp(-home), exp(-away)
    draw, lost, so_far, by_one, down_one = ours * theirs, 0.0, ours, 0.0, 0.0
    for k in range(1, goals):
        more_of_ours, more_of_theirs = ours * home / k, theirs * away / k
        by_one += more_of_ours * theirs
        down_one += ours * more_of_theirs
        ours, theirs = more_of_ours, more_of_theirs
        draw += ours * theirs
        lost += so_far * theirs
        so_far += ours
    return max(0.0, 1.0 - draw - lost), draw, lost, by_one, down_one


def _at_level(home: float, away: float, moved: float) -> Outcome:
    """Outcome of goals to come at a level score, so much being moved by their dependence."""
    won, draw, lost = _outcome(home, away, 0)
    return won + moved, draw - 2.0 * moved, lost + moved


def _poisson(mean: float, goals: int) -> float:
    """Return the chance of exactly so many goals."""
    p = exp(-mean)
    for k in range(1, goals + 1):
        p *= mean / k
    return p


def dependence(home: float, away: float, rho: float) -> float:
    """Return the probability that Dixon and Coles move from 0-0 and 1-1 to 1-0 and to 0-1."""
    product = home * away
    if not product or not rho:
        return 0.0
    lowest = -1.0 / max(home, away)
    bounded = min(max(rho, lowest), 1.0 / max(product, 1.0))
    return bounded * product * exp(-home - away)


def lines_of(line: float) -> tuple[float, ...]:
    """Return the whole and half lines that a stake on this line is split over."""
    quarters = 4.0 * line
    if not line >= 0.0 or quarters % 1.0:
        raise ValueError(f"line {line!r}: must be a multiple of 0.25 and not below 0")
    return (line - 0.25, line + 0.25) if quarters % 2.0 else (line,)


def _over(mean: float, moved: float, lines: tuple[float, ...], scored: int) -> float:
    won = lost = 0.0
    for line in lines:
        needed = line - scored
        won += 1.0 - at_most(mean, moved, floor(needed))
        lost += at_most(mean, moved, ceil(needed) - 1)
    return won / (won + lost) if lost > 0.0 else 1.0


def at_most(mean: float, moved: float, goals: int) -> float:
    """Return the chance of so many goals or fewer; the two sides' sum is Poisson but for 0 to 2."""
    if goals < 0:
        return 0.0
    p = total = exp(-mean)
    for k in range(1, goals + 1):
        p *= mean / k
        total += p
    if goals < 2:
        total += moved if goals else -moved
    return total
