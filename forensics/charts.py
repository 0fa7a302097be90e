"""Charts of a match as SVG: prices of the books, money, and when the alert was raised."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from alerts.alert import Alert

# Equal data give equal bytes; text as outlines looks the same everywhere.
_STYLE: dict[Any, Any] = {"svg.hashsalt": "sogawatch", "svg.fonttype": "path", "font.size": 9}
_WIDE, _HIGH = 9.0, 3.6
_BEFORE, _AFTER = timedelta(hours=8), timedelta(hours=2)
_METADATA = re.compile(rb"<metadata>.*?</metadata>", re.DOTALL)
Named = tuple[str, str, bytes]
"""Name of a chart, what it shows, its SVG."""


def charts(tables: Mapping[str, pa.Table], alert: Alert) -> Iterator[Named]:
    """Draw the selection that an alert is about; charts without data are left out."""
    about = f"{alert.selection} in {alert.market}"
    prices = _of(tables["prices"], alert)
    if prices.num_rows:
        yield (
            "prices",
            f"Implied probability (1 / price) of {about}, one line for each book. Dashed: when the "
            "alert was raised; dotted: goals and other events.",
            _svg(lambda axes: _draw_prices(axes, prices, tables["events"], alert)),
        )
    matched = _of(tables["matched"], alert)
    if matched.num_rows:
        yield (
            "matched",
            f"Money matched on {about} so far, one line for each exchange.",
            _svg(lambda axes: _draw_matched(axes, matched, alert)),
        )
    wagers = _of(tables["wagers"], alert)
    if wagers.num_rows:
        yield (
            "wagers",
            f"Wagers on {about}: one dot each, its height the stake (a logarithmic scale).",
            _svg(lambda axes: _draw_wagers(axes, wagers, alert)),
        )


def _of(table: pa.Table, alert: Alert) -> pa.Table:
    """Rows of the alert's selection in the hours about it, in order of event time."""
    since, until = alert.opened_at - _BEFORE, alert.peak_at + _AFTER
    chosen = pc.and_(
        pc.equal(table["market"], alert.market), pc.equal(table["selection"], alert.selection)
    )
    line = table["line"]
    same = pc.is_null(line) if alert.line is None else pc.equal(line, alert.line)
    about = pc.and_(
        pc.greater_equal(table["at"], pa.scalar(since)), pc.less(table["at"], pa.scalar(until))
    )
    same = pc.fill_null(same, fill_value=False)
    return table.filter(pc.and_(pc.and_(chosen, same), about)).sort_by("at")


def _draw_prices(axes: Axes, prices: pa.Table, events: pa.Table, alert: Alert) -> None:
    for book in sorted(set(prices["book"].to_pylist())):
        own = prices.filter(pc.equal(prices["book"], book))
        implied = 1.0 / own["price"].to_numpy()
        axes.step(_times(own), implied, where="post", linewidth=0.9, label=book)
    for at, what in zip(events["at"].to_pylist(), events["event"].to_pylist(), strict=True):
        near = alert.opened_at - _BEFORE <= at < alert.peak_at + _AFTER
        if near and what in ("goal", "red_card", "penalty", "line_up", "news", "kick_off"):
            axes.axvline(_day(at), color="grey", linestyle=":", linewidth=0.8)
    axes.set_ylabel("implied probability")
    _name_lines(axes)
    _mark(axes, alert)


def _draw_matched(axes: Axes, matched: pa.Table, alert: Alert) -> None:
    for book in sorted(set(matched["book"].to_pylist())):
        own = matched.filter(pc.equal(matched["book"], book))
        axes.step(_times(own), own["amount"].to_numpy(), where="post", linewidth=1, label=book)
    axes.set_ylabel(f"matched, {matched['currency'][0].as_py()}")
    _name_lines(axes)
    _mark(axes, alert)


def _draw_wagers(axes: Axes, wagers: pa.Table, alert: Alert) -> None:
    stakes = np.maximum(wagers["stake"].to_numpy(), 0.01)
    axes.scatter(_times(wagers), stakes, s=8, alpha=0.6, linewidths=0)
    axes.set_yscale("log")
    axes.set_ylabel(f"stake, {wagers['currency'][0].as_py()}")
    _mark(axes, alert)


def _name_lines(axes: Axes) -> None:
    """Name the lines above the chart, where they hide nothing."""
    axes.legend(
        fontsize=7, ncols=8, frameon=False, loc="lower left", bbox_to_anchor=(0, 1), borderpad=0
    )


def _mark(axes: Axes, alert: Alert) -> None:
    axes.axvline(_day(alert.opened_at), color="crimson", linestyle="--", linewidth=1)
    axes.set_xlabel("event time, UTC")
    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.grid(visible=True, alpha=0.25)


def _svg(draw: Callable[[Axes], None]) -> bytes:
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDE, _HIGH), layout="tight")
        draw(figure.add_subplot())
        written = BytesIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": "sogawatch"})
    return _METADATA.sub(b"", written.getvalue())


def _times(table: pa.Table) -> Any:
    return [_day(at) for at in table["at"].to_pylist()]


def _day(at: datetime) -> Any:
    """A time without its zone, which is UTC everywhere in a chart."""
    return at.replace(tzinfo=None)
