"""Prices as books quote them - American, fractional, decimal - and the decimal price we keep.

A decimal price is what a stake of 1 returns, stake included, so it is always above 1.
"""

import re
from fractions import Fraction
from math import inf

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_FRACTION = re.compile(r"([0-9]+)\s*/\s*([0-9]+)")
_EVENS = frozenset({"evens", "even", "evs"})
_LARGEST_DENOMINATOR = 100


def decimal_price(value: float | str) -> float:
    """Return a decimal price as a float, refusing what cannot be one.

    Raises
    ------
    ValueError
        When the value is no number, not finite, or 1 or less.

    Examples
    --------
    >>> decimal_price("1.91")
    1.91
    """
    price = _number(value, "decimal price")
    if not 1.0 < price < inf:
        raise ValueError(f"decimal price {value!r}: must be finite and above 1")
    return price


def american_to_decimal(value: float | str) -> float:
    """Return the decimal price of American odds: +150 wins 150 on 100, -150 wins 100 on 150.

    "even" and its like are taken as +100, and the typographic minus sign as a minus.

    Raises
    ------
    ValueError
        When the value is no number, not finite, or strictly between -100 and 100.

    Examples
    --------
    >>> american_to_decimal(150), american_to_decimal("-200"), american_to_decimal("EVEN")
    (2.5, 1.5, 2.0)
    """
    if isinstance(value, str) and value.strip().lower() in _EVENS:
        return 2.0
    odds = _number(value, "American odds")
    if not 100.0 <= abs(odds) < inf:
        raise ValueError(
            f"American odds {value!r}: must be finite and at most -100 or at least +100"
        )
    return 1.0 + (odds / 100.0 if odds > 0 else -100.0 / odds)


def fractional_to_decimal(text: str) -> float:
    """Return the decimal price of fractional odds: 5/2 wins 5 on 2.

    Raises
    ------
    ValueError
        When the text is not two whole numbers above 0 with a stroke between, nor "evens".

    Examples
    --------
    >>> fractional_to_decimal("5/2"), fractional_to_decimal("evens")
    (3.5, 2.0)
    """
    if text.strip().lower() in _EVENS:
        return 2.0
    found = _FRACTION.fullmatch(text.strip())
    won, staked = (int(found[1]), int(found[2])) if found else (0, 0)
    if won == 0 or staked == 0:
        raise ValueError(
            f"fractional odds {text!r}: expected whole numbers above 0 like '5/2', or 'evens'"
        )
    return 1.0 + won / staked


def decimal_to_american(price: float) -> int:
    """Return American odds, rounded to the whole number that books quote.

    Evens is +100. The rounding costs at most 0.5 in American odds, so American odds in whole
    numbers come back unchanged from `american_to_decimal` (-100 as +100).

    Raises
    ------
    ValueError
        When the price is not finite or 1 or less.

    Examples
    --------
    >>> decimal_to_american(2.5), decimal_to_american(1.5), decimal_to_american(2.0)
    (150, -200, 100)
    """
    profit = decimal_price(price) - 1.0
    return round(100.0 * profit) if profit >= 1.0 else -round(100.0 / profit)


def decimal_to_fractional(price: float) -> str:
    """Return the nearest fraction in lowest terms with a denominator up to 100.

    Good for showing to people; the traditional unreduced forms (100/30, 6/4) are not restored.
    Below 1.01 the denominator grows as far as the price needs.

    Raises
    ------
    ValueError
        When the price is not finite or 1 or less.

    Examples
    --------
    >>> decimal_to_fractional(3.5), decimal_to_fractional(1.91), decimal_to_fractional(2.0)
    ('5/2', '91/100', 'evens')
    """
    profit = decimal_price(price) - 1.0
    largest = max(_LARGEST_DENOMINATOR, round(1.0 / profit))
    fraction = Fraction(profit).limit_denominator(largest)
    if fraction == 1:
        return "evens"
    return f"{fraction.numerator}/{fraction.denominator}"


def _number(value: float | str, what: str) -> float:
    if isinstance(value, str):
        text = value.strip().replace("\N{MINUS SIGN}", "-")
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"{what} {value!r}: expected a number")
        return float(text)
    try:
        return float(value)
    except (TypeError, OverflowError) as error:
        raise ValueError(f"{what} {value!r}: expected a number") from error
