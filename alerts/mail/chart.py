"""The chart of a market, as a picture that mail clients show: PNG, readable on light and dark."""

import io
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 560, 200
_TWICE = 2  # drawn larger and shown smaller: sharp on any screen
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 12, 26
# Mid-tones that stand out on white and on near-black alike.
_INK, _FAINT = (122, 132, 148, 255), (122, 132, 148, 70)
_LINES = {"red": (224, 60, 60, 255), "amber": (214, 140, 20, 255)}
_MOST_POINTS = 600


class Point(NamedTuple):
    """What the books together thought of the selection at a moment: a probability."""

    at: datetime
    chance: float


class Market(NamedTuple):
    """What is drawn: points in order of time, the window that the alert speaks of, its level."""

    points: Sequence[Point]
    since: datetime
    until: datetime
    level: str


def draw(market: Market) -> bytes | None:
    """Draw a market; None when there are fewer than two points to draw.

    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> draw(Market([Point(noon, 0.5)], noon, noon, "red")) is None
    True
    """
    points = _thinned([point for point in market.points if math.isfinite(point.chance)])
    if len(points) < 2 or points[0].at == points[-1].at:
        return None
    image = Image.new("RGBA", (WIDTH * _TWICE, HEIGHT * _TWICE), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    plane = _Plane(points)
    _draw_window(pen, plane, market)
    _draw_axes(pen, plane)
    colour = _LINES.get(market.level, _INK)
    # Prices hold till they change, so the line goes in steps.
    path = [plane.place(points[0])]
    for point in points[1:]:
        x, y = plane.place(point)
        path += [(x, path[-1][1]), (x, y)]
    pen.line(path, fill=colour, width=2 * _TWICE, joint="curve")
    x, y = path[-1]
    pen.ellipse((x - 7, y - 7, x + 7, y + 7), fill=colour)
    return _png(image)


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    step = -(-len(points) // _MOST_POINTS)
    return points if step <= 1 else [*points[:-1:step], points[-1]]


class _Plane:
    """Where moments and chances lie in the picture."""

    def __init__(self, points: Sequence[Point]) -> None:
        self.first, self.last = points[0].at, points[-1].at
        chances = [point.chance for point in points]
        room = max(0.01, 0.1 * (max(chances) - min(chances)))
        self.low = max(0.0, min(chances) - room)
        self.high = min(1.0, max(chances) + room)

    def x(self, at: datetime) -> float:
        share = (at - self.first) / (self.last - self.first)
        share = min(1.0, max(0.0, share))
        return (_LEFT + share * (WIDTH - _LEFT - _RIGHT)) * _TWICE

    def y(self, chance: float) -> float:
        share = (chance - self.low) / (self.high - self.low)
        return (HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM)) * _TWICE

    def place(self, point: Point) -> tuple[float, float]:
        return self.x(point.at), self.y(point.chance)


def _draw_window(pen: ImageDraw.ImageDraw, plane: _Plane, market: Market) -> None:
    left, right = plane.x(market.since), plane.x(market.until)
    r, g, b, _ = _LINES.get(market.level, _INK)
    box = (left, _TOP * _TWICE, max(right, left + 2), (HEIGHT - _BOTTOM) * _TWICE)
    pen.rectangle(box, fill=(r, g, b, 40))


def _draw_axes(pen: ImageDraw.ImageDraw, plane: _Plane) -> None:
    font = ImageFont.load_default(11 * _TWICE)
    right = (WIDTH - _RIGHT) * _TWICE
    for share in (0.0, 0.5, 1.0):
        chance = plane.low + share * (plane.high - plane.low)
        y = plane.y(chance)
        pen.line((_LEFT * _TWICE, y, right, y), fill=_FAINT, width=_TWICE)
        pen.text(((_LEFT - 6) * _TWICE, y), f"{chance:.0%}", fill=_INK, font=font, anchor="rm")
    bottom = (HEIGHT - _BOTTOM + 8) * _TWICE
    for share, anchor in ((0.0, "la"), (0.5, "ma"), (1.0, "ra")):
        at = plane.first + share * (plane.last - plane.first)
        label = f"{at.astimezone(UTC):%H:%M}Z"
        pen.text((plane.x(at), bottom), label, fill=_INK, font=font, anchor=anchor)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.quantize(64, method=Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
    return out.getvalue()
