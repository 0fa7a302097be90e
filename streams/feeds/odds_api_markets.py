"""The Odds API's names of markets and selections in the names of our records."""

import math
from typing import Any

from streams.feeds.documents import Wrong, missing, shown, text

_MARKETS = {"spreads": "asian_handicap", "totals": "total", "btts": "btts"}
_SIDES = {"total": ("Over", "Under"), "btts": ("Yes", "No")}
_FOOTBALL = "soccer_"


def sport(key: str) -> str:
    """Read the sport from a sport key.

    >>> sport("soccer_epl"), sport("icehockey_nhl"), sport("tennis_atp_us_open")
    ('football', 'icehockey', 'tennis')
    """
    return "football" if key.startswith(_FOOTBALL) else key.partition("_")[0]


def market_name(key: str, sport: str, outcomes: list[Any]) -> str:
    """Name a market; `h2h` is the match result with or without a draw.

    Football always has one, even if a book leaves it out for a moment; in other sports the book
    decides. Markets that are not in our vocabulary keep the feed's name.

    >>> market_name("h2h", "tennis", [{"name": "A"}, {"name": "B"}])
    'winner'
    >>> market_name("h2h", "boxing", [{"name": "A"}, {"name": "Draw"}, {"name": "B"}])
    '1x2'
    """
    if key != "h2h":
        return _MARKETS.get(key, key)
    draw = any(isinstance(o, dict) and o.get("name") == "Draw" for o in outcomes)
    return "1x2" if draw or sport == "football" else "winner"


def selection_and_line(
    market: str, outcome: dict[str, Any], home: str, away: str
) -> tuple[str, float | None]:
    """Name the selection of an outcome and its line.

    The line of a handicap is the home side's for both selections.

    >>> selection_and_line("asian_handicap", {"name": "B", "point": 0.5}, "A", "B")
    ('away', -0.5)
    >>> selection_and_line("total", {"name": "Over", "point": 2.5}, "A", "B")
    ('over', 2.5)
    """
    name = text(outcome, "name")
    if market in ("1x2", "winner", "asian_handicap"):
        return _team(market, name, outcome, home, away)
    if market in _SIDES:
        if name not in _SIDES[market]:
            raise Wrong(f"name: {shown(name)} is not {' or '.join(_SIDES[market])}")
        return name.lower(), _point(outcome) if market == "total" else None
    about = outcome.get("description")
    line = _point(outcome) if outcome.get("point") is not None else None
    return f"{about} {name}" if isinstance(about, str) and about else name, line


def number(holder: dict[str, Any], field: str) -> float:
    """Get a finite number; true and false are none."""
    value = holder.get(field)
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > 1e9:  # type: ignore[arg-type]
        raise Wrong(
            f"{field}: {shown(value)} is not a number" if field in holder else missing(field)
        )
    return value  # type: ignore[return-value]


def _team(
    market: str, name: str, outcome: dict[str, Any], home: str, away: str
) -> tuple[str, float | None]:
    side = {home: "home", away: "away", "Draw": "draw"}.get(name)
    if side is None or (side == "draw" and market == "asian_handicap"):
        raise Wrong(f"name: {shown(name)} is neither {home} nor {away} nor Draw")
    if market != "asian_handicap":
        return side, None
    point = _point(outcome)
    return side, (point if side == "home" else -point) + 0.0


def _point(outcome: dict[str, Any]) -> float:
    return float(number(outcome, "point"))
