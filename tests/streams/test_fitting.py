import math
import random
from statistics import mean

import pytest

from detectors.levels import AlertBudget
from streams.fitting import fit, shared, tier_factors, used

CELL, OTHER, IDLE = ("a", "1x2", "late"), ("b", "1x2", "late"), ("c", "1x2", "late")
BUDGET = AlertBudget()


def exponential(seed: int, count: int, scale: float = 2.0, silent: float = 0.0) -> list[float]:
    rng = random.Random(seed)
    return [0.0 if rng.random() < silent else rng.expovariate(1 / scale) for _ in range(count)]


def test_an_exponential_tail_is_found_again():
    tails = [fit(exponential(seed, 3000)) for seed in range(20)]

    assert mean(t.knee for t in tails) == pytest.approx(2.0 * math.log(10), rel=0.03)
    # The flattest of four lines is taken, so a little wild, never tame.
    assert 1.0 <= mean(t.scale for t in tails) / 2.0 < 1.2
    assert all(t.beyond == 0.1 for t in tails)


@pytest.mark.parametrize("silent", [0.5, 0.95, 0.99])
def test_a_detector_that_is_mostly_silent_has_the_tail_of_what_it_shows(silent):
    tails = [fit(exponential(seed, 3000, silent=silent)) for seed in range(20)]
    true = [(1 - silent) * p for p in (0.02, 0.1)]

    for share in true:
        score = 2.0 * math.log((1 - silent) / share)
        assert 0.8 <= mean(t.of(score) for t in tails) / share < 2.5


def test_the_share_of_clean_matches_at_a_score_is_not_underestimated_for_a_heavier_tail():
    for seed in range(10):
        rng = random.Random(seed)
        scores = sorted((rng.paretovariate(2.0) for _ in range(4000)), reverse=True)
        tail = fit(scores)
        for reached in (0.05, 0.02, 0.01, 0.005):
            assert tail.of(scores[int(reached * 4000)]) >= 0.9 * reached


def test_a_lighter_tail_is_left_a_little_heavy():
    rng = random.Random(1)
    tail = fit([abs(rng.gauss(0, 1)) for _ in range(4000)])

    assert 0.0005 < tail.of(3.29) < 0.01, "of half a normal one in a thousand reaches 3.29"


def test_ties_are_no_division_by_zero():
    tail = fit([3.0] * 1000)

    assert tail.of(3.0) == 0.1
    assert tail.of(2.9) == 1.0
    assert 0.0 < tail.of(3.1) < 0.1


def test_where_nothing_was_ever_seen_little_is_promised():
    tail = fit([0.0] * 1000)

    assert (tail.of(0.5), tail.beyond) == (1.0, 0.003)


@pytest.mark.parametrize("count", range(1, 41))
@pytest.mark.parametrize("showing", [0, 1, 3, None])
def test_any_number_of_matches_gives_a_tail_that_falls(count, showing):
    shown = count if showing is None else min(showing, count)
    tail = fit([1.0 + number for number in range(shown)] + [0.0] * (count - shown))

    assert tail.scale > 0.0
    assert 0.0 < tail.of(tail.knee) <= 0.1
    assert tail.of(tail.knee + 1.0) < tail.of(tail.knee)


def test_few_scores_far_apart_are_not_taken_for_a_steep_tail():
    tail = fit([10.0, 5.0, 1.0] + [0.0] * 997)

    assert tail.knee == 1.0
    assert tail.of(10.0) >= 0.0005, "one match of a thousand showed it"


def tiers(*scales: float, count: int = 400) -> list[tuple[int, dict]]:
    return [
        (tier, {CELL: score})
        for tier, scale in enumerate(scales, start=1)
        for score in exponential(tier, count, scale)
    ]


def test_lower_tiers_are_as_much_wilder_as_they_are():
    assert tier_factors(CELL, tiers(1.0, 1.5, 2.0)) == pytest.approx(
        {1: 1.0, 2: 1.5, 3: 2.0}, rel=0.15
    )


def test_a_lower_tier_is_never_taken_to_be_tamer():
    found = tier_factors(CELL, tiers(1.0, 2.0, 0.5, 1.0))

    assert list(found.values()) == sorted(found.values())
    assert found[1] == 1.0
    assert found[3] == found[4] == found[2]


def test_a_tier_is_at_most_three_times_as_wild():
    assert tier_factors(CELL, tiers(1.0, 50.0))[2] == 3.0


def test_nothing_is_said_of_tiers_that_show_little():
    quiet = [(2, {})] * 400
    assert tier_factors(CELL, tiers(1.0) + quiet) == {}
    assert tier_factors(CELL, [(2, {CELL: 1.0})] * 400) == {}, "no top tier to compare with"


def clean_tails(count: int, *cells, seed: int = 1) -> list[dict]:
    """Clean matches in which each cell's tail is what it says: uniform, and independent."""
    rng = random.Random(seed)
    return [{cell: max(rng.random(), 1e-12) for cell in cells} for _ in range(count)]


def test_the_cell_that_finds_what_is_missed_gets_the_budget():
    clean = clean_tails(3000, CELL, OTHER, IDLE)
    fixed = {"x": [{CELL: 0.01, OTHER: 0.9}] * 20}

    shares = shared(clean, fixed, BUDGET, 0.7)

    assert shares[CELL] > 10 * shares[OTHER]
    assert shares[OTHER] == shares[IDLE]
    assert shares[CELL] * 0.05 >= 0.01, "all are amber now"


def test_the_typology_that_is_missed_most_gains_first():
    clean = clean_tails(3000, CELL, OTHER)
    found = [{CELL: 1e-9}] * 18 + [{CELL: 0.002}] * 2
    fixed = {"found": found, "missed": [{OTHER: 0.002}] * 20}

    shares = shared(clean, fixed, BUDGET, 0.7)

    assert shares[OTHER] > shares[CELL]


@pytest.mark.parametrize("part", [0.1, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_no_more_than_the_part_of_the_budget_is_used(part, seed):
    rng = random.Random(seed)
    cells = [(f"d{n}", "1x2", "late") for n in range(12)]
    clean = clean_tails(2000, *cells, seed=seed)
    fixed = {
        f"t{n}": [{cell: 10 ** -rng.uniform(0, 4) for cell in rng.sample(cells, 3)}] * 10
        for n in range(6)
    }

    shares = shared(clean, fixed, BUDGET, part)

    assert 0.0 < used(clean, shares, BUDGET) <= part


def test_clean_matches_that_all_look_alike_do_not_break_the_budget():
    # A third of the clean matches shows the same tail: raising its cell one step takes them all.
    clean = [{CELL: 0.02}] * 100 + [{OTHER: 0.5}] * 200
    fixed = {"x": [{CELL: 0.015}] * 10, "y": [{OTHER: 0.004}] * 10}

    shares = shared(clean, fixed, BUDGET, 0.7)

    assert used(clean, shares, BUDGET) <= 0.7
    assert shares[OTHER] * 0.05 >= 0.004, "the other cell is raised all the same"


def test_what_is_used_is_the_larger_of_red_and_amber():
    clean = [{CELL: 0.004}] + [{CELL: 0.04}] + [{}] * 98

    assert used(clean, {CELL: 1.0}, BUDGET) == pytest.approx(1.0)
    assert used(clean, {CELL: 0.8}, BUDGET) == pytest.approx(1.0)
    assert used(clean, {CELL: 0.1}, BUDGET) == pytest.approx(0.2)
    assert used(clean, {CELL: 0.01}, BUDGET) == 0.0


def test_without_fixes_all_shares_stay_small():
    shares = shared(clean_tails(500, CELL, OTHER), {}, BUDGET, 0.7)

    assert len(set(shares.values())) == 1
    assert max(shares.values()) <= 0.01
