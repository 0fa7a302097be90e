"""The report of an evidence pack, for a reader who has never seen sogawatch: a prosecutor."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from alerts.alert import Alert, AlertEvidence
from forensics.charts import Named
from forensics.document import Block, Bullets, Drawing, Grid, Heading, Paragraph
from forensics.pack import Gathered

_LEVELS = {
    "green": "green: recorded, not passed on",
    "amber": "amber: a person should look",
    "red": "red: a person should act at once",
}
_MANY = 25
_MEANINGS = (
    ("observed", "What was measured. From 0 to 1 it is a probability: 0.450 means that the prices, "
     "or the money, gave this outcome 45 chances in 100. Without decimals, or above 1, it is a "
     "number or an amount, which 'What was seen' names."),
    ("expected", "What would have been measured had nothing happened: the level before the move, "
     "or what the other books and markets led to expect."),
    ("window", "The span of time in which it was seen."),
    ("clean matches", "How many matches known to be clean show as much in the same sport, tier, "
     "market and phase. 1 in 1,000: such matches exist, and there are many matches."),
    ("implied probability", "1 divided by the decimal odds. It holds the margin of the bookmaker, "
     "so those of one market add up to more than 1."),
    ("stake", "Money put on a bet, in the currency of the operator, not converted."),
    ("account p-…, device", "Pseudonyms. Whose they are is known to the operator, and to the "
     "holder of the pseudonym key alone."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """How a pack was made: by whom, when, with what, and what deriving it again gave."""

    by: str
    at: datetime
    reason: str
    tool: Mapping[str, str]
    derivation: Sequence[str]
    marking: str


def report(gathered: Gathered, drawn: Sequence[Named], made: Made) -> Iterator[Block]:
    """Write the report of a pack."""
    alert = gathered.subject
    yield Heading(_title(gathered), 1)
    yield Paragraph(
        f"Marking {made.marking}. Made {_when(made.at)} by {made.by}; reason given: {made.reason}. "
        "This report describes how unusual betting on a match looked to a program. A pattern is "
        "not proof: it does not say that the match was manipulated, nor who knew or did what."
    )
    if alert is None:
        yield Heading("What was seen")
        yield Paragraph(f"No alert was raised on match {gathered.match}; its records are enclosed.")
    else:
        yield from _of_alert(gathered, alert, drawn)
    yield from _accounts(gathered)
    yield from _not_known(gathered)
    yield Heading("What each figure means")
    yield Grid(("figure", "meaning"), _MEANINGS, (22, 78))
    yield from _made(gathered, made)


def _title(gathered: Gathered) -> str:
    alert = gathered.subject
    if alert is None:
        return f"Match {gathered.match}"
    return f"{alert.fixture.home} v {alert.fixture.away}: {alert.typology.replace('-', ' ')}"


def _of_alert(gathered: Gathered, alert: Alert, drawn: Sequence[Named]) -> Iterator[Block]:
    yield Grid(("what", "value"), tuple(_facts(alert)), (25, 75))
    yield Heading("What was seen")
    yield Paragraph(alert.headline + ".")
    yield Bullets(tuple(f"{e.detector}: {e.sentence}." for e in alert.evidence))
    yield Heading("What was expected")
    yield Grid(
        (
            "detector",
            "market, selection",
            "observed",
            "expected",
            "window",
            "books",
            "clean matches",
        ),
        tuple(_row(one) for one in alert.evidence),
        (19, 22, 11, 11, 11, 12, 14),
    )
    for _, caption, svg in drawn:
        yield Drawing(svg, caption)
    yield from _how_sure(alert)
    yield from _innocent(alert)
    yield Heading("What happened when")
    yield Grid(("event time (UTC)", "what"), tuple(_timeline(gathered)), (24, 76))


def _facts(alert: Alert) -> Iterator[tuple[str, str]]:
    fixture = alert.fixture
    yield "match", f"{fixture.home} v {fixture.away} ({alert.match})"
    yield "competition", f"{fixture.competition}, {fixture.sport}, tier {fixture.tier} of 9"
    yield "kick-off", _when(fixture.start) if fixture.start else "not known"
    yield "alert", f"{alert.alert_id}, {alert.status}"
    yield "level", _LEVELS[alert.level]
    yield "market", alert.market + (f" {alert.line:+g}" if alert.line is not None else "")
    yield "selection", alert.selection
    yield "opened", _when(alert.opened_at)
    yield "strongest", _when(alert.peak_at)


def _row(one: AlertEvidence) -> tuple[str, ...]:
    line = f" {one.line:+g}" if one.line is not None else ""
    return (
        f"{one.detector} v{one.version}",
        f"{one.market}{line}, {one.selection}, {one.phase.replace('_', ' ')}",
        _figure(one.observed, one),
        _figure(one.expected, one),
        _span(one.window_s),
        str(len(one.books)) if one.books else "-",
        _rarity(one.score),
    )


def _figure(value: float, one: AlertEvidence) -> str:
    """A figure of evidence; what cannot be a probability is a number or an amount."""
    if 0 <= one.observed <= 1 and 0 <= one.expected <= 1:
        return f"{value:.3f}"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.1f}"


def _how_sure(alert: Alert) -> Iterator[Block]:
    yield Heading("How sure")
    yield Paragraph(
        f"Taken together, {_rarity(alert.score)} clean matches show as much. The level "
        "is set by a budget: over clean matches no more alerts of a level may be raised than it "
        "allows, so some alerts of every level are false by design. Manipulation itself is rare: "
        "by published counts one to five matches in a thousand. So even a rare picture is more "
        "often innocent than not until other facts join it. The comparison rests on simulated and "
        "recorded clean matches; a kind of match that they do not hold is judged less well."
    )
    states = ", ".join(f"{name}: {state}" for name, state in sorted(alert.feed_health.items()))
    yield Paragraph(
        f"State of the sources at that time: {states or 'none told'}. 'live' is healthy; 'warming' "
        "has told for less than 45 minutes; 'stale', 'gap' and 'conflated' may have hidden moves."
    )


def _innocent(alert: Alert) -> Iterator[Block]:
    yield Heading("Innocent explanations considered")
    if alert.innocent_explanations:
        yield Bullets(alert.innocent_explanations)
    if alert.context:
        told = ", ".join(f"{e.event.replace('_', ' ')} at {_when(e.at)}" for e in alert.context)
        yield Paragraph(f"Events in the feed within the window that may explain it: {told}.")
    else:
        yield Paragraph(
            "No event in the feed within the window explains it. That is no proof that there was "
            "none: news is often known before, or without, the feed."
        )


def _timeline(gathered: Gathered) -> Iterator[tuple[str, str]]:
    told = [
        (row["at"], _happened(row))
        for row in gathered.tables["events"].to_pylist()
    ]  # fmt: skip
    told += [
        (alert.opened_at, f"alert {alert.alert_id} opened: {alert.typology}, {alert.level}")
        for alert in gathered.alerts
    ]
    told += [
        (row["at"], f"gap of source {row['source']}: {row['reason']}")
        for row in gathered.tables["health"].to_pylist()
    ]
    for at, what in sorted(told, key=lambda each: each[0])[:200]:
        yield _when(at), what


def _happened(row: Mapping[str, Any]) -> str:
    score = "" if row["home_score"] is None else f" {row['home_score']}:{row['away_score']}"
    clock = "" if row["clock"] is None else f", minute {row['clock']:.0f}"
    return f"{row['event'].replace('_', ' ')} {row['team'] or ''}{score}{clock}".replace("  ", " ")


def _accounts(gathered: Gathered) -> Iterator[Block]:
    answers = {asked.question.name: asked.rows for asked in gathered.asked}
    who, together = answers.get("who-bet"), answers.get("bets-together")
    if who is not None and who.num_rows:
        yield Heading("Accounts on the selection")
        yield Paragraph(
            "Accounts that backed the selection, by the wagers that operators sent: the "
            f"{min(_MANY, who.num_rows)} with the largest stakes. More are in questions/who-bet."
        )
        columns = ("account", "book", "wagers", "stake", "times_usual", "opened", "first_at")
        yield _answer(who, columns, (20, 13, 9, 13, 13, 14, 18))
    if together is not None:
        yield Heading("Accounts that bet together")
        yield Paragraph(
            f"{together.num_rows} pairs of accounts chose the same selections at the same times "
            "oftener than chance makes likely. Followers of one tipster and households do so too."
            if together.num_rows
            else "No accounts chose the same selections at the same times oftener than by chance."
        )
        if together.num_rows:
            columns = ("first", "second", "occasions", "expected", "devices", "ring", "ring_money")
            yield _answer(together, columns, (20, 20, 12, 12, 10, 10, 16))


def _answer(rows: pa.Table, columns: Sequence[str], widths: tuple[int, ...]) -> Grid:
    shown = rows.select(list(columns)).slice(0, _MANY).to_pylist()
    heads = tuple(name.replace("_", " ") for name in columns)
    return Grid(heads, tuple(tuple(map(_cell, row.values())) for row in shown), widths)


def _not_known(gathered: Gathered) -> Iterator[Block]:
    wagers = gathered.tables["wagers"]
    operators = sorted(set(wagers["book"].to_pylist()))
    gaps = gathered.tables["health"].num_rows or "none"
    yield Heading("What is not known")
    yield Bullets(
        (
            "Who stood behind the money, and why they bet. Prices show that money came, not whose.",
            f"Wagers of {', '.join(operators)} are enclosed; those of others are not known."
            if operators
            else "No operator sent wagers of this match: nothing is known of accounts.",
            "Whether something was known in public that the feeds did not tell.",
            f"What happened in gaps of the sources; they told of {gaps}.",
            "How exact the clocks of the sources are; times are as they told them.",
        )
    )


def _made(gathered: Gathered, made: Made) -> Iterator[Block]:
    yield Heading("How this was made, and how to check it")
    count = sum(table.num_rows for name, table in gathered.tables.items() if name != "elsewhere")
    yield Paragraph(
        f"The pack holds the {count:,} records of match {gathered.match} and of the sources that "
        f"told of it (partition {gathered.run.partition}), as they were received. The alert is not "
        "only a stored sentence: the same program was run over these records again when the pack "
        "was made, and whoever holds the pack can run it once more."
    )
    yield Bullets(tuple(made.derivation))
    yield Paragraph(
        "To check: `sogawatch evidence verify FOLDER --public-key FILE`, with the key that the "
        "maker gave by another way. It names every file that was changed, removed or added, checks "
        "the signature, derives the alerts again and says what differs. The key in the pack itself "
        "proves only that the pack is whole, not who made it."
    )
    yield Grid(("part", "version"), tuple(made.tool.items()), (30, 70))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:%m-%d %H:%M:%S}" if isinstance(value, datetime) else str(value)


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _rarity(score: float) -> str:
    """Say a share of clean matches that show less as how few show as much.

    >>> _rarity(0.999), _rarity(1.0)
    ('1 in 1,000', 'fewer than 1 in 1,000,000')
    """
    tail = 1.0 - score
    return f"1 in {1 / tail:,.0f}" if tail > 1e-6 else "fewer than 1 in 1,000,000"


def _span(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
