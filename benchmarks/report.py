"""The page that a run writes: tables in Markdown, and what they do and do not say."""

import platform
from collections.abc import Iterable, Mapping
from os import cpu_count, getloadavg

from benchmarks.cases import MATCHES, ROUNDS, Feed
from benchmarks.measure import Sample

_STEPS = {
    "frame encode": "frame encoded, JSON",
    "frame decode": "frame decoded and checked",
    "door": "one JSON line through the door",
    "book": "applied to the book of its match",
    "watch": "the whole watch, direct: book, features, detectors, verdict, alerts",
    "archive": "written to the embedded ClickHouse engine, all its threads",
}
_PEERS = [
    ("pydantic", "frame decode", "pydantic `validate_json`, record by record", "frame decoded"),
    ("pydantic frame", "frame decode", "pydantic `validate_json`, frame by frame", "frame decoded"),
    ("pydantic", "door", "pydantic `validate_json`, record by record", "door"),
    ("river", "watch", "river `GaussianScorer` on every price", "whole watch"),
]


def page(feed: Feed, samples: Mapping[str, Sample], more: Iterable[str] = ()) -> str:
    """Write down a run."""
    return "\n".join([*_head(feed), *more, *_steps(samples), *_peers(samples), _NOTES, ""])


def _head(feed: Feed) -> Iterable[str]:
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in feed.kinds.most_common())
    yield "# Performance"
    yield ""
    yield "Written by `make bench`; do not edit. Only the ratios are claims: both sides of a ratio"
    yield "were measured in the same run, taking turns. The microseconds are those of one machine,"
    yield "perhaps a busy one, and say no more than which step costs how much."
    yield ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    load = f"{getloadavg()[1]:.1f} threads wanted to run (five minutes' average)"
    yield f"- Machine: {cpu_count()} cores, {platform.machine()}, {python};"
    yield f"  {load} at the end of the measuring."
    yield f"- Feed: {MATCHES} simulated matches, {len(feed.records):,} records in"
    yield f"  {len(feed.frames)} frames of one partition: {kinds}."
    yield f"- Figures: CPU time of one core, median of {ROUNDS} rounds (lowest to highest)."
    yield ""


def _steps(samples: Mapping[str, Sample]) -> Iterable[str]:
    yield "## What a record costs"
    yield ""
    yield "| step | µs | for each | whole feed, against decoding it |"
    yield "|---|---:|---|---:|"
    for name, told in _STEPS.items():
        sample = samples[name]
        ratio = _spread(sample.times(samples["frame decode"]))
        yield f"| {told} | {_spread(sample.microseconds)} | {sample.case.unit} | {ratio} |"
    yield ""


def _peers(samples: Mapping[str, Sample]) -> Iterable[str]:
    yield "## What else one would pick"
    yield ""
    yield "| peer | µs | for each | ours | whole feed, ours against the peer |"
    yield "|---|---:|---|---|---:|"
    for name, ours, told, against in _PEERS:
        peer = samples[name]
        ratio = _spread(samples[ours].times(peer))
        yield f"| {told} | {_spread(peer.microseconds)} | {peer.case.unit} | {against} | {ratio} |"
    yield ""


_NOTES = """\
- pydantic validates models with the same bounds as our records and one discriminated union. The
  door uses pydantic as well, after decoding and before building the record, and names the
  fault. Feeds pass through it once; frames between our own processes do not, and
  tell prices of one book for one market at once, which the validators' frames do not.
- `GaussianScorer` has one scorer for each match, market, selection and book, scores and learns
  each price, and does nothing else. Its grace period is 10, since with the default of 100 most of
  a day's series are never scored. The watch takes all records, removes the margin, finds the
  consensus of the books and asks every detector: the ratio says what that takes, not that the two
  do the same.
- The archive's figure holds the inserts, not the merges that the engine does later.
- Not compared: Flink, Kafka Streams and others that are not Python."""


def _spread(figures: tuple[float, float, float]) -> str:
    middle, low, high = map(_short, figures)
    return f"{middle} ({low}–{high})"


def _short(figure: float) -> str:
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.{1 if figure >= 10 else 2}f}"
