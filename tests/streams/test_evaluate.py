import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scipy.stats import binomtest
from typer.testing import CliRunner

from alerts.alert import Alert, AlertFixture, Level, Provenance, Status
from streams import evaluate as evaluating
from streams.cli import app
from streams.commands.evaluate import against
from streams.evaluate import Evaluation, evaluate, plan
from streams.partition_watch import WatchSettings
from streams.quality import Judged, clean_figures, fixed_figures, judged, share
from streams.simulator.scheme import Fix
from streams.simulator.typologies import TYPOLOGIES
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import Label, match_day

START = datetime(2026, 7, 4, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def played() -> dict[str, tuple[SimulatedMatch, Label | None]]:
    """A clean match, one fixed before it and one in play, by what was done."""
    day = match_day(
        5, matches=3, fixes=[Fix(1, "late-drift"), Fix(2, "unexplained-in-play")], start=START
    )
    labels = {label.match: label for label in day.truth}
    return {
        name: (match, labels.get(match.fixture.match))
        for name, match in zip(("clean", "drift", "in play"), day.matches, strict=True)
    }


def alert(
    match: SimulatedMatch, opened: datetime, level: Level, *, typology: str = "late-drift",
    status: Status = "open", last: datetime | None = None,
) -> Alert:  # fmt: skip
    last = last or opened
    return Alert(
        alert_id=f"a-{opened.isoformat()}", match=match.fixture.match,
        fixture=AlertFixture(sport="football", competition="Cup", tier=1, home="A", away="B",
                             start=match.fixture.start),
        typology=typology, level=level, score=0.99, opened_at=opened, peak_at=last, last_at=last,
        status=status, market="1x2", line=None, selection="home", headline="", evidence=(),
        provenance=Provenance(topic="match-feed", partition=0, first_offset=0, last_offset=0,
                              config_hash="x"),
    )  # fmt: skip


# How the gravest alert of a fix before its match is read from what was told, and when.
#
#   day before ........ fix begins [label.start] ........ kick-off [match.fixture.start]
#        B(efore)              D(uring): + 30 min              A(fter): + 1 min
BEFORE_KICK_OFF = [
    ("nothing is told", [], "nothing", False),
    ("red during", [("D", "D", "red", "open")], "red", False),
    ("amber during", [("D", "D", "amber", "open")], "amber", False),
    ("green is recorded, not raised", [("D", "D", "green", "open")], "green", False),
    ("explained is not raised", [("D", "D", "green", "explained")], "explained", False),
    ("red before the fix is false", [("B", "B", "red", "open")], "nothing", True),
    ("opened before, risen during", [("B", "D", "red", "open")], "nothing", False),
    ("red after kick-off is too late", [("A", "A", "red", "open")], "nothing", False),
    (
        "amber during, red only after kick-off",
        [("D", "D", "amber", "open"), ("D", "A", "red", "open")],
        "amber",
        False,
    ),
    (
        "explained first, then red",
        [("D", "D", "green", "explained"), ("D", "D", "red", "open")],
        "red",
        False,
    ),
]


@pytest.mark.parametrize(
    ("told", "outcome", "before"),
    [case[1:] for case in BEFORE_KICK_OFF],
    ids=[case[0] for case in BEFORE_KICK_OFF],
)
def test_what_counts_before_kick_off(played, told, outcome, before):
    match, label = played["drift"]
    when = {
        "B": label.start - 10 * MINUTE,
        "D": label.start + 30 * MINUTE,
        "A": match.fixture.start + MINUTE,
    }
    updates = [
        alert(match, when[opened], level, status=status, last=when[last])
        for opened, last, level, status in told
    ]

    found = judged(match, label, updates)

    assert (found.outcome, found.before) == (outcome, before)
    assert bool(found.raised) == (outcome in ("amber", "red"))


def test_lead_and_delay_are_told_from_the_first_amber(played):
    match, label = played["drift"]
    opened = label.start + 10 * MINUTE
    updates = [
        alert(match, opened, "green"),
        alert(match, opened, "amber", last=opened + 5 * MINUTE),
        alert(match, opened, "red", last=opened + 9 * MINUTE),
    ]

    found = judged(match, label, updates)

    assert found.delay_s == 15 * 60
    assert found.lead_s == (match.fixture.start - opened - 5 * MINUTE).total_seconds()


def test_in_play_alerts_count_until_full_time(played):
    match, label = played["in play"]
    full_time = match.fixture.start + timedelta(seconds=match.course.times.full_time)
    assert label.start > match.fixture.start

    in_time = judged(match, label, [alert(match, full_time - MINUTE, "red")])
    late = judged(match, label, [alert(match, full_time + MINUTE, "red")])

    assert (in_time.outcome, in_time.lead_s) == ("red", None)
    assert late.outcome == "nothing"


def test_alerts_of_other_matches_do_not_count(played):
    other, _ = played["clean"]
    match, label = played["drift"]

    assert judged(match, label, [alert(other, label.start + MINUTE, "red")]).outcome == "nothing"


def test_every_open_amber_or_red_on_a_clean_match_is_false(played):
    match, label = played["clean"]
    assert label is None
    at = match.fixture.start

    false = judged(match, None, [alert(match, at + 30 * MINUTE, "amber", typology="steam-move")])
    quiet = judged(match, None, [alert(match, at, "green", status="explained")])
    figures = clean_figures([false, quiet])

    assert (figures.red.hits, figures.amber_or_red.hits) == (0, 1)
    assert figures.raised == {"steam-move": 1}
    assert figures.outcomes["explained"] == 1


def test_names_are_held_against_those_raised():
    matches = [
        Judged("late-drift", "red", ("late-drift",), lead_s=600.0, delay_s=60.0),
        Judged("late-drift", "amber", ("steam-move",), lead_s=1200.0, delay_s=120.0),
        Judged("late-drift", "amber", ("book-divergence",), lead_s=3000.0, delay_s=180.0),
        Judged("late-drift", "nothing"),
    ]

    figures = fixed_figures(matches, "late-drift")

    assert (figures.red.hits, figures.amber_or_red.hits, figures.red.matches) == (1, 3, 4)
    assert (figures.named.hits, figures.of_family.hits, figures.named.matches) == (1, 2, 3)
    assert (figures.lead_min, figures.delay_min) == (20.0, 2.0)


@pytest.mark.parametrize(("hits", "of"), [(0, 12), (1, 120), (7, 24), (23, 24), (24, 24)])
def test_intervals_are_those_of_wilson(hits, of):
    known = binomtest(hits, of).proportion_ci(method="wilson")

    found = share([True] * hits + [False] * (of - hits))

    assert found.low == pytest.approx(100 * known.low, abs=0.051)
    assert found.high == pytest.approx(100 * known.high, abs=0.051)


@pytest.mark.parametrize(
    ("hits", "of", "said"),
    [
        (0, 100, "kept in this sample"),
        (0, 1000, "kept"),
        (1, 100, "kept in this sample"),
        (3, 100, "above, but within chance"),
        (9, 100, "EXCEEDED beyond chance"),
        (0, 0, "not measured"),
    ],
)
def test_the_budget_is_held_against_the_interval(hits, of, said):
    assert against(share([True] * hits + [False] * (of - hits)), 1.0) == said


def test_the_plan_holds_every_match_once_and_seeds_share_no_day():
    days = plan(3, clean=30, fixed=5)

    assert Counter(done for day in days for done in day.done) == {None: 30} | dict.fromkeys(
        TYPOLOGIES, 5
    )
    assert len({day.seed for day in days}) == len(days)
    assert not {day.seed for day in days} & {day.seed for day in plan(4, clean=30, fixed=5)}


@pytest.fixture(scope="module")
def small_days() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluating, "MATCHES_A_DAY", 3)
        yield


@pytest.fixture(scope="module")
def alone(small_days) -> Evaluation:
    return evaluate(1, clean=2, fixed=1, settings=WatchSettings(), workers=1)


def test_the_number_of_processes_changes_nothing(alone):
    told = []
    shared = evaluate(
        1, clean=2, fixed=1, settings=WatchSettings(), workers=2,
        on_day=lambda done, total: told.append((done, total)),
    )  # fmt: skip

    apart = {"microseconds_per_record"}
    assert shared.model_dump(exclude=apart) == alone.model_dump(exclude=apart)
    assert told == [(1, 2), (2, 2)]


def test_every_match_is_judged_by_the_live_watch(alone):
    assert sum(alone.clean.outcomes.values()) == 2
    assert all(sum(figures.outcomes.values()) == 1 for figures in alone.fixed.values())
    assert alone.fixed["late-drift"].amber_or_red.hits == 1, "a drift of 8 pp or more is found"
    assert alone.records > 10_000
    assert alone.microseconds_per_record > 0


def test_a_larger_budget_is_heeded(alone):
    everything = WatchSettings.model_validate(
        {"budget": {"red_per_100": 100, "amber_per_100": 100, "green_per_100": 100}}
    )

    found = evaluate(1, clean=2, fixed=0, settings=everything, workers=1)

    assert (found.red_per_100, found.amber_per_100) == (100, 100)
    assert found.clean.red.hits > alone.clean.red.hits
    assert found.clean.outcomes["amber"] == found.clean.outcomes["green"] == 0
    assert found.config_hash != alone.config_hash


def test_json_on_standard_output_progress_on_standard_error(small_days):
    arguments = ["evaluate", "--matches", "1", "--fixed", "0", "--format", "json", "--seed", "2"]

    ran = CliRunner().invoke(app, arguments)

    assert ran.exit_code == 0, ran.output
    assert Evaluation.model_validate(json.loads(ran.stdout)).clean.red.matches == 1
    assert ran.stderr == "match days: 100%\n"


def test_the_table_names_every_typology_and_the_budget(small_days):
    ran = CliRunner().invoke(app, ["evaluate", "--matches", "0", "--fixed", "1"])

    assert ran.exit_code == 0, ran.output
    assert all(typology in ran.stdout for typology in TYPOLOGIES)
    assert "budget 1: not measured" in ran.stdout
    assert max(map(len, ran.stdout.splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--matches", "0", "--fixed", "0"], "nothing to evaluate"),
        (["--matches", "-1"], "--matches"),
        (["--format", "xml"], "xml"),
        (["--config", "no-such.toml"], "no-such.toml: no such file"),
    ],
)
def test_wrong_usage_is_told(tmp_path: Path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)

    ran = CliRunner().invoke(app, ["evaluate", *arguments])

    assert ran.exit_code == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.output
