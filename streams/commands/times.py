"""Times and lengths of time as people write them on a command line."""

import re
from datetime import UTC, datetime, timedelta

import typer

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)([mhd])")


def moment(text: str) -> datetime:
    """Read a moment; one that does not say its zone is refused, for it would be a guess.

    >>> moment("2026-06-11T21:00+02:00")
    datetime.datetime(2026, 6, 11, 19, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise typer.BadParameter(f"{text}: a time with its zone is wanted, as 2026-06-11T19:00Z")
    return at.astimezone(UTC)


def length(text: str) -> timedelta:
    """Read a length of time.

    >>> length("90m"), length("1.5h"), length("2d")
    (datetime.timedelta(seconds=5400), datetime.timedelta(seconds=5400), datetime.timedelta(days=2))
    """
    read = _LENGTH.fullmatch(text.strip())
    if read is None:
        raise typer.BadParameter(f"{text}: a length as 90m, 8h or 2d is wanted")
    try:
        return timedelta(**{_UNITS[read[2]]: float(read[1])})
    except OverflowError:
        raise typer.BadParameter(f"{text}: is longer than time goes") from None


def shortly(span: timedelta) -> str:
    """Show how long something lasts, by its largest unit.

    >>> [shortly(timedelta(minutes=minutes)) for minutes in (0.5, 59, 61, 60 * 49)]
    ['0 min', '59 min', '1 h', '2 d']
    """
    minutes = int(abs(span).total_seconds() // 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"
