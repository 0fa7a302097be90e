import pytest
from scipy.stats import binomtest

from streams.figures import (
    clean_figures,
    families,
    fixed_figures,
    nab,
    reliability,
    share,
)
from streams.quality import Judged

QUIET = Judged(None, "nothing")
FALSE = Judged(None, "amber", ("late-drift",), score=0.97)
FOUND = Judged("late-drift", "red", ("late-drift",), lead_s=600.0, delay_s=60.0, nab=1.0)
MISSED = Judged("late-drift", "nothing", nab=-1.0)


def test_clean_matches_are_counted_once_by_their_gravest_alert():
    both = Judged(None, "red", ("late-drift", "steam-move"))
    figures = clean_figures([QUIET, QUIET, Judged(None, "explained"), FALSE, both])

    assert (figures.red.hits, figures.amber_or_red.hits, figures.red.matches) == (1, 2, 5)
    assert figures.raised == {"late-drift": 2, "steam-move": 1}
    assert figures.outcomes == {"red": 1, "amber": 1, "green": 0, "explained": 1, "nothing": 2}


def test_names_are_held_against_those_raised():
    matches = [
        FOUND,
        Judged("late-drift", "amber", ("steam-move",), lead_s=1200.0, delay_s=120.0),
        Judged("late-drift", "amber", ("book-divergence",), lead_s=3000.0, delay_s=180.0),
        MISSED,
    ]

    figures = fixed_figures(matches, "late-drift", matches)

    assert (figures.red.hits, figures.amber_or_red.hits, figures.red.matches) == (1, 3, 4)
    assert (figures.named.hits, figures.of_family.hits, figures.named.matches) == (1, 2, 3)
    assert (figures.lead_min, figures.delay_min, figures.seen_s) == (20.0, 2.0, None)


def test_a_typology_without_a_detector_of_its_name_has_no_family():
    told = Judged("no-such-typology", "amber", ("steam-move",))

    figures = fixed_figures([told], "no-such-typology", [told])

    assert (figures.of_family.hits, figures.of_family.matches) == (0, 1)


def test_seconds_after_visible_stay_seconds():
    matches = [Judged("late-drift", "red", ("late-drift",), seen_s=s) for s in (30.0, 50.0, 90.0)]

    assert fixed_figures(matches, "late-drift", matches).seen_s == 50.0


def test_raised_before_the_fix_is_false_for_precision_too():
    before = Judged("late-drift", "nothing", false=("late-drift",))
    matches = [FOUND, FOUND, FALSE, before, QUIET]

    figures = fixed_figures([FOUND, FOUND, before], "late-drift", matches)

    assert (figures.before, figures.precision) == (1, 0.5)


def test_precision_counts_fixes_of_other_kinds_as_wrong():
    other = Judged("steam-move", "amber", ("late-drift",))

    assert fixed_figures([FOUND], "late-drift", [FOUND, other]).precision == 0.5
    assert fixed_figures([MISSED], "late-drift", [MISSED]).precision is None


def test_precision_in_life_is_that_of_rare_fixes():
    # 0.3 % fixed and all found; (10 + 1) of (10,000 + 2) clean ones falsely: 0.003 of 0.0041.
    clean = [FALSE] * 10 + [QUIET] * 9990
    figures = fixed_figures([FOUND] * 5, "late-drift", [FOUND] * 5 + clean)

    assert figures.precision_in_life == pytest.approx(
        0.003 / (0.003 + 0.997 * 11 / 10_002), abs=0.01
    )


def test_few_clean_matches_promise_no_precision_in_life():
    figures = fixed_figures([FOUND] * 5, "late-drift", [FOUND] * 5 + [QUIET] * 50)

    assert figures.precision == 1.0
    assert figures.precision_in_life < 0.2, "none false of 50 does not say that none ever is"


def test_precision_in_life_needs_clean_matches():
    assert fixed_figures([FOUND], "late-drift", [FOUND]).precision_in_life is None


def test_no_matches_are_no_figures_and_no_failure():
    clean, fixed = clean_figures([]), fixed_figures([], "late-drift", [])

    assert clean.red.per_100 is None
    assert (fixed.red.per_100, fixed.nab, fixed.lead_min, fixed.precision) == (None,) * 4
    assert all(one.observed.per_100 is None for one in reliability([]))


@pytest.mark.parametrize(("hits", "of"), [(0, 12), (1, 120), (7, 24), (23, 24), (24, 24)])
def test_intervals_are_those_of_wilson(hits, of):
    known = binomtest(hits, of).proportion_ci(method="wilson")

    found = share([True] * hits + [False] * (of - hits))

    assert found.low == pytest.approx(100 * known.low, abs=0.051)
    assert found.high == pytest.approx(100 * known.high, abs=0.051)


def test_reliability_says_how_many_clean_matches_reach_each_score():
    matches = [Judged(None, "green", score=1.0 - p) for p in (0.001, 0.008, 0.04, 0.12)]

    found = {one.claimed: one.observed.hits for one in reliability(matches + [QUIET] * 96)}

    assert found == {15.0: 4, 10.0: 3, 5.0: 3, 2.0: 2, 1.0: 2, 0.5: 1}


def test_reliability_says_nothing_of_what_the_budget_lets_nobody_record():
    assert [one.claimed for one in reliability([QUIET], 5.0)] == [5.0, 2.0, 1.0, 0.5]


def test_the_numenta_score_counts_false_alerts_of_both_kinds():
    without = nab([FOUND, QUIET])
    with_false = nab([FOUND, FALSE])
    with_before = nab([Judged("late-drift", "red", nab=1.0, false=("late-drift",)), QUIET])

    assert without == 100.0
    assert with_false == with_before == 94.5
    assert nab([QUIET]) is None


def test_one_family_looks_at_one_thing():
    assert families()["steam-move"] == families()["late-drift"] != families()["book-divergence"]
