"""The picture of `make bench`: what an update costs each contestant, on a log scale."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

Bar = tuple[str, float, float, float]
"""Name, median, lowest, highest."""
_OURS, _OTHERS = "#0b6e4f", "#8d99ae"


def draw(groups: Sequence[tuple[str, Sequence[Bar]]], path: Path) -> None:
    """Draw one row of bars for each group, into an SVG that is the same for the same figures."""
    with mpl.rc_context({"svg.hashsalt": "bench", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8.0, 5.2), layout="constrained")
        for axes, (title, bars) in zip(figure.subplots(len(groups), 1), groups, strict=True):
            names = [name for name, *_ in reversed(bars)]
            middles = [median for _, median, _, _ in reversed(bars)]
            spread = [
                [median - low for _, median, low, _ in reversed(bars)],
                [high - median for _, median, _, high in reversed(bars)],
            ]
            colours = [_OURS if name.startswith("ours") else _OTHERS for name in names]
            axes.barh(names, middles, xerr=spread, color=colours, ecolor="#333333")
            axes.bar_label(axes.containers[1], [_label(m) for m in middles], padding=6)
            axes.set_xscale("log")
            axes.set_xlim(min(middles) / 3.0, max(middles) * 4.0)
            axes.set_title(title, loc="left", fontsize=10)
            axes.spines[["top", "right"]].set_visible(False)
        axes.set_xlabel("CPU time of an update, µs (log scale)")
        figure.savefig(path, format="svg", metadata={"Date": None})


def _label(microseconds: float) -> str:
    return f"{microseconds:.{1 if microseconds < 100.0 else 0}f} µs"
