"""Single values of a foreign source, as its mapping says they are meant.

What is wrong raises `Wrong` with the field and never with the value: it may be a name.
"""

import math
import re
from datetime import UTC, date, datetime, timedelta

from markets.prices import american_to_decimal, fractional_to_decimal
from streams.feeds.documents import Wrong
from streams.feeds.mapping import Mapping, OddsFormat, Words

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PER_SECOND = {"s": 1.0, "ms": 1e3, "us": 1e6}
_TRUE, _FALSE = frozenset({"true", "1", "yes", "y", "t"}), frozenset({"false", "0", "no", "n", "f"})
_CODE = re.compile(r"[A-Z]{2,4}", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?([eE][+-]?\d{1,3})?", re.ASCII)


def time(value: object, field: str, mapping: Mapping) -> datetime:
    """Read a time as UTC.

    >>> held = Mapping.model_validate({
    ...     "kind": "odds", "source": "s", "timezone": "Europe/Athens",
    ...     "fields": dict.fromkeys(["at", "match", "market", "selection", "price", "book"], "x")})
    >>> time("2026-06-11T21:00:00", "at", held)
    datetime.datetime(2026, 6, 11, 18, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        at = _time(value, mapping)
    except (ValueError, TypeError, OverflowError):
        raise Wrong(f"{field}: is not a time ({mapping.time})") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=mapping.zone)
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Wrong(f"{field}: is not a time that can be") from None


def _time(value: object, mapping: Mapping) -> datetime:
    if isinstance(value, datetime):
        return value
    if mapping.time in _PER_SECOND:
        return _EPOCH + timedelta(seconds=_plain(value, mapping) / _PER_SECOND[mapping.time])
    text = str(value).strip()
    if mapping.time_format is not None:
        return datetime.strptime(text, mapping.time_format)  # noqa: DTZ007 - the zone is mapped
    return datetime.fromisoformat(text)


def number(value: object, field: str, mapping: Mapping) -> float:
    """Read a finite number.

    >>> held = Mapping.model_validate({
    ...     "kind": "odds", "source": "s", "decimal_comma": True,
    ...     "fields": dict.fromkeys(["at", "match", "market", "selection", "price", "book"], "x")})
    >>> number("1.250,5", "stake", held)
    1250.5
    """
    try:
        return _plain(value, mapping)
    except (ValueError, TypeError, OverflowError):
        raise Wrong(f"{field}: is not a number") from None


def _plain(value: object, mapping: Mapping) -> float:
    if isinstance(value, bool):
        raise TypeError("a truth value")
    if isinstance(value, str):
        text = value.strip().replace("\u2212", "-").replace("\u00a0", "")
        text = text.replace(".", "").replace(",", ".") if mapping.decimal_comma else text
        if not _NUMBER.fullmatch(text):
            raise ValueError("no number")
        value = text
    found = float(value)  # type: ignore[arg-type]
    if not math.isfinite(found):
        raise ValueError("not finite")
    return found


def amount(value: object, field: str, mapping: Mapping) -> float:
    """Read an amount of money in its unit."""
    return round(number(value, field, mapping) * mapping.unit, 6)


def price(value: object, field: str, mapping: Mapping) -> float:
    """Read odds of the mapping's format as a decimal price."""
    try:
        if mapping.odds == "american" and isinstance(value, str):
            return american_to_decimal(value)
        if mapping.odds == "fractional" and isinstance(value, str):
            return fractional_to_decimal(value)
        return decimal_of(number(value, field, mapping), mapping.odds)
    except Wrong:
        raise
    except ValueError:
        raise Wrong(f"{field}: is no {mapping.odds} price") from None


def decimal_of(odds: float, written: OddsFormat) -> float:
    """Turn odds of any format into a decimal price.

    Malay odds are what 1 wins, or, if negative, what must be staked to win 1; Indonesian ones are
    American ones divided by 100; Hong Kong odds are the net win.

    >>> [decimal_of(*odds) for odds in ((0.8, "hongkong"), (-0.5, "malay"), (-2.0, "indonesian"))]
    [1.8, 3.0, 1.5]
    """
    if written == "american":
        return american_to_decimal(odds)
    if written == "indonesian":
        return american_to_decimal(odds * 100.0)
    if written == "malay":
        if not 0.0 < abs(odds) <= 1.0:
            raise ValueError("Malay odds lie between -1 and 1")
        return 1.0 + (odds if odds > 0 else -1.0 / odds)
    return odds if written == "decimal" else 1.0 + odds


def word(value: object, field: str, known: Words, ours: frozenset[str] = frozenset()) -> str:
    """Translate a word by the mapping; one of our own stands for itself."""
    text = str(value).strip()
    if text in known:
        return known[text]
    if text in ours:
        return text
    raise Wrong(f"{field}: is not in the mapping's vocabulary")


def name(value: object, field: str) -> str:
    """Read a name that is not empty and can be printed; an e-mail address is none."""
    text = str(value).strip()
    if any("\udc80" <= letter <= "\udcff" for letter in text):
        raise Wrong(f"{field}: is in another encoding than the mapping's")
    if not text or len(text) > 200 or not text.isprintable() or "@" in text:
        raise Wrong(f"{field}: is no name of at most 200 printable characters")
    return text


def truth(value: object, field: str) -> bool:
    """Read a truth value."""
    text = str(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise Wrong(f"{field}: is neither true nor false")
    return text in _TRUE


def code(value: object, field: str) -> str:
    """Read the code of a country or currency; a longer text could be an address."""
    text = str(value).strip().upper()
    if not _CODE.fullmatch(text):
        raise Wrong(f"{field}: is no code of two to four letters")
    return text


def day(value: object, field: str, mapping: Mapping) -> str:
    """Read a day, of which the date is kept."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    text = str(value).strip()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return time(value, field, mapping).date().isoformat()
