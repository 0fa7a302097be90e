"""From the prices of one book to probabilities: taking the overround out.

Three ways are offered, because they differ where it matters here, in the prices of outsiders.
Multiplicative normalisation leaves the favourite-longshot bias in; the power method and Shin's
take most of it out. Shin is the default: Štrumbelj (2014, International Journal of Forecasting
30) found it to forecast better than normalisation, and its z has a meaning of its own.

Written as plain loops over floats: on two or three selections numpy costs more than it saves.
"""

from collections.abc import Callable, Sequence
from math import exp, inf, log, sqrt
from typing import Literal

Method = Literal["shin", "power", "multiplicative"]

_TOLERANCE = 1e-12
_MOST_STEPS = 100
_LARGEST_LOGIT = log(1e9)


def overround(prices: Sequence[float]) -> float:
    """Return how far the raw implied probabilities of a book exceed 1.

    0.05 is a book of 105 %; below 0 the book is underround (backing everything wins).

    Examples
    --------
    >>> round(overround([2.6, 2.4, 4.3]), 4)
    0.0338
    """
    return sum(_inverse(prices)) - 1.0


def implied(prices: Sequence[float], method: Method = "shin") -> tuple[float, ...]:
    """Return the probabilities that the prices of one book imply, overround removed.

    Parameters
    ----------
    prices
        Decimal prices of all selections of one market; at least two.
    method
        "shin", "power" or "multiplicative"; see the functions of these names.

    Returns
    -------
    tuple of float
        In the order of the prices, each in (0, 1), summing to 1. A fair or underround book has
        no margin to explain: every method then falls back to multiplicative.

    Raises
    ------
    ValueError
        On fewer than two prices, a price that is not finite and above 1, or an unknown method.

    Examples
    --------
    >>> [round(p, 7) for p in implied([2.6, 2.4, 4.3])]
    [0.3729941, 0.4047794, 0.2222265]
    """
    chosen = _METHODS.get(method)
    if chosen is None:
        raise ValueError(f"unknown method {method!r}: use one of {', '.join(_METHODS)}")
    return chosen(prices)


def multiplicative(prices: Sequence[float]) -> tuple[float, ...]:
    """Divide each raw probability by their sum.

    Fast and without assumptions, but it overstates outsiders where books shade their prices
    most (favourite-longshot bias).

    Examples
    --------
    >>> multiplicative([1.8, 1.8])
    (0.5, 0.5)
    """
    raw = _inverse(prices)
    return _normalised(raw, sum(raw))


def power(prices: Sequence[float]) -> tuple[float, ...]:
    """Raise each raw probability to the one power that makes them sum to 1.

    Never leaves (0, 1) and takes more from outsiders than from favourites. Clarke, Kovalchik,
    Ingram 2017, "Adjusting Bookmaker's Odds to Allow for Overround", American Journal of Sports
    Science 5(6). An underround book falls back to `multiplicative`.

    Examples
    --------
    >>> [round(p, 4) for p in power([4.20, 3.70, 1.95])]
    [0.2311, 0.2631, 0.5058]
    """
    raw = _inverse(prices)
    booksum = sum(raw)
    if booksum <= 1.0:
        return _normalised(raw, booksum)
    logs = [log(p) for p in raw]
    k = 1.0
    # ln sum(p**k) is convex and falling in k and positive at 1: Newton climbs to the root from
    # the left and cannot overshoot.
    for _ in range(_MOST_STEPS):
        raw = [exp(k * x) for x in logs]
        booksum = sum(raw)
        excess = log(booksum)
        if excess < _TOLERANCE:
            break
        slope = 0.0
        for p, x in zip(raw, logs, strict=True):
            slope += p * x
        k -= excess * booksum / slope
    return _normalised(raw, booksum)


def shin(prices: Sequence[float]) -> tuple[float, ...]:
    """Remove the overround as a bookmaker's defence against insiders.

    Shin (1992, 1993, Economic Journal 102 and 103) has the book price against a share z of
    money that knows the result; outsiders then carry more of the margin than favourites. With
    two selections it is the additive method (Clarke et al. 2017). Weak where the margin is the
    house's fee and not fear of insiders: a lottery's 15 % reads as far too many insiders. An
    underround book falls back to `multiplicative`.

    Examples
    --------
    >>> [round(p, 7) for p in shin([2.6, 2.4, 4.3])]
    [0.3729941, 0.4047794, 0.2222265]
    """
    raw = _inverse(prices)
    booksum = sum(raw)
    if booksum <= 1.0:
        return _normalised(raw, booksum)
    if len(raw) == 2:
        first = 0.5 * (1.0 + raw[0] - raw[1])
        return first, 1.0 - first
    z = _insiders(raw, booksum)
    square, scale = z * z, 4.0 * (1.0 - z) / booksum
    # Equal to (sqrt(...) - z) / (2 (1 - z)) without its cancellation for outsiders.
    fair = [p * p / (sqrt(square + scale * p * p) + z) for p in raw]
    return _normalised(fair, sum(fair))


def shin_z(prices: Sequence[float]) -> float:
    """Return Shin's z, the share of insiders' money that would explain the overround.

    0 for a fair or underround book. A z that grows while the overround of other books does not
    is a book that has grown afraid.

    Examples
    --------
    >>> round(shin_z([2.6, 2.4, 4.3]), 5)
    0.01694
    """
    raw = _inverse(prices)
    booksum = sum(raw)
    if booksum <= 1.0:
        return 0.0
    if len(raw) == 2:
        square = (raw[0] - raw[1]) ** 2
        return (booksum - 1.0) * (booksum - square) / (booksum * (1.0 - square))
    return _insiders(raw, booksum)


def logit(probability: float) -> float:
    """Return log-odds, clamped at a thousand-millionth so that certainty stays finite.

    Raises
    ------
    ValueError
        Outside [0, 1] or NaN.

    Examples
    --------
    >>> logit(0.5), round(logit(0.9), 4), round(logit(1.0), 2)
    (0.0, 2.1972, 20.72)
    """
    if 1e-9 < probability < 1.0 - 1e-9:
        return log(probability / (1.0 - probability))
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"probability {probability!r}: must lie between 0 and 1")
    return -_LARGEST_LOGIT if probability < 0.5 else _LARGEST_LOGIT


def logits(chances: Sequence[float]) -> tuple[float, ...]:
    """Return `logit` of each of some probabilities.

    >>> logits([0.5, 0.5])
    (0.0, 0.0)
    """
    return tuple([log(p / (1.0 - p)) if 1e-9 < p < 1.0 - 1e-9 else logit(p) for p in chances])


def expit(log_odds: float) -> float:
    """Return the probability of log-odds; safe at any size.

    Examples
    --------
    >>> expit(0.0), expit(-1000.0), expit(1000.0)
    (0.5, 0.0, 1.0)
    """
    if log_odds >= 0.0:
        return 1.0 / (1.0 + exp(-log_odds))
    odds = exp(log_odds)
    return odds / (1.0 + odds)


def _inverse(prices: Sequence[float]) -> list[float]:
    if len(prices) < 2:
        raise ValueError(f"{len(prices)} price(s): a market needs at least two selections")
    raw = []
    for price in prices:
        if not 1.0 < price < inf:
            raise ValueError(f"price {price!r} in {prices!r}: must be finite and above 1")
        raw.append(1.0 / price)
    return raw


def _normalised(weights: list[float], total: float) -> tuple[float, ...]:
    return tuple([weight / total for weight in weights])


def _insiders(raw: list[float], booksum: float) -> float:
    """Solve sum of Shin's probabilities = 1 for z, for three selections or more.

    The equation is Jullien and Salanié's fixed point (1994, Economic Journal 104) as a root; the
    iteration itself needs hundreds of rounds. As a function of z it is convex, positive at 0 and
    has its second, spurious root at 1, so Newton from 0 climbs to the wanted one and stops there.
    """
    squares = [4.0 * p * p / booksum for p in raw]
    spare = len(raw) - 2.0
    z = 0.0
    for _ in range(_MOST_STEPS):
        value, slope = -2.0 - spare * z, -spare
        square, rest = z * z, 1.0 - z
        for s in squares:
            root = sqrt(square + rest * s)
            value += root
            slope += (z - 0.5 * s) / root
        if value < _TOLERANCE:
            break
        z -= value / slope
    return z


_METHODS: dict[str, Callable[[Sequence[float]], tuple[float, ...]]] = {
    "shin": shin,
    "power": power,
    "multiplicative": multiplicative,
}
