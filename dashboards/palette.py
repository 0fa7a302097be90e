"""Colours that most colour-blind people can tell apart, and words beside each of them.

Okabe and Ito 2008, "Color Universal Design". No panel tells by colour alone: a level is also a word
and a sign, a series has a name in the legend.
"""

from collections.abc import Mapping
from typing import Any

BLUE, SKY, GREEN, YELLOW = "#0072B2", "#56B4E9", "#009E73", "#F0E442"
ORANGE, VERMILION, PURPLE, GREY = "#E69F00", "#D55E00", "#CC79A7", "#8E8E8E"

LEVELS = {"red": VERMILION, "amber": ORANGE, "green": GREEN}
_SIGNS = {"red": "◆ red", "amber": "▲ amber", "green": "● green", "": "– none"}
SELECTIONS = {
    "home": BLUE, "draw": GREY, "away": ORANGE, "over": BLUE, "under": ORANGE, "yes": BLUE,
    "no": ORANGE,
}  # fmt: skip

Mapped = dict[str, Any]


def words(told: Mapping[str, tuple[str, str]]) -> Mapped:
    """Show values as other words in colours: value to (words, colour).

    >>> words({"late": ("! late", VERMILION)})["options"]["late"]
    {'text': '! late', 'color': '#D55E00', 'index': 0}
    """
    options = {
        value: {"text": text, "color": colour, "index": index}
        for index, (value, (text, colour)) in enumerate(told.items())
    }
    return {"type": "value", "options": options}


def levels() -> Mapped:
    """Show a level as a sign, its word and its colour; none as a dash."""
    return words({name: (sign, LEVELS.get(name, "text")) for name, sign in _SIGNS.items()})


def thresholds(*steps: tuple[float, str], base: str = "text") -> dict[str, Any]:
    """Colour from each value on, upwards; `base` is the colour below the first.

    >>> [step["value"] for step in thresholds((1, ORANGE), (5, VERMILION))["steps"]]
    [None, 1, 5]
    """
    painted = [{"color": colour, "value": value} for value, colour in steps]
    return {"mode": "absolute", "steps": [{"color": base, "value": None}, *painted]}
