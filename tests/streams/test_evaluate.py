from collections import Counter

import pytest

from alerts.alert import RANKS
from streams.evaluate import Evaluation, Job, case_of, evaluate, held_against, plan, watch_match
from streams.partition_watch import WatchSettings
from streams.simulator.typologies import TYPOLOGIES, in_play

SETTINGS = WatchSettings()
ONE_KIND = ("late-drift",)
# Time varies, and a little of the memory: equal floats may be one object or two.
MEASURED = {"microseconds_per_update", "bytes_per_match"}


def budget(per_100: float) -> WatchSettings:
    levels = dict.fromkeys(("red_per_100", "amber_per_100", "green_per_100"), per_100)
    return WatchSettings.model_validate({"budget": levels})


def test_the_plan_holds_every_match_once():
    jobs = plan(3, clean=30, fixed=5, typologies=TYPOLOGIES)

    assert Counter(j.typology for j in jobs) == {None: 30} | dict.fromkeys(TYPOLOGIES, 5)
    assert len({job.seed for job in jobs}) == len(jobs)


def test_seeds_share_no_match():
    first, second = ({j.seed for j in plan(s, 2000, 40, TYPOLOGIES)} for s in (0, 1))

    assert not first & second
    assert min(first) >= 10_000, "smaller seeds are those that the priors were fitted to"


def test_progress_is_even_for_the_plan_is_drawn():
    half = plan(1, clean=100, fixed=10, typologies=TYPOLOGIES)[:50]

    assert len({job.typology for job in half}) > 5


@pytest.mark.parametrize("typology", [None, *TYPOLOGIES])
def test_a_case_knows_what_was_done_to_its_match(typology):
    day = Job(3, typology).simulated()
    case = case_of(day.matches[0], day)

    assert case.match == day.matches[0].fixture.match
    assert (case.label.typology if case.label else None) == typology
    assert case.kick_off < case.full_time
    if typology:
        assert case.label.start < case.too_late
        assert case.too_late == (case.full_time if in_play(typology) else case.kick_off)


@pytest.fixture(scope="module")
def alone() -> Evaluation:
    return evaluate(8, clean=2, fixed=1, settings=SETTINGS, typologies=ONE_KIND, workers=1)


def test_every_match_is_judged_by_the_live_watch_and_by_its_peers(alone):
    assert sum(alone.clean.outcomes.values()) == 2
    assert [sum(f.outcomes.values()) for f in alone.fixed.values()] == [1]
    assert [method.name for method in alone.peers.methods][:2] == ["sogawatch", "ten-points"]
    assert alone.records > 10_000
    assert alone.microseconds_per_record > 0
    assert {"late-drift", "unexplained-in-play"} <= {cost.detector for cost in alone.costs}


def test_the_number_of_processes_changes_nothing(alone):
    told = []
    shared = evaluate(
        8, clean=2, fixed=1, settings=SETTINGS, typologies=ONE_KIND, workers=2,
        on_match=lambda done, total: told.append((done, total)),
    )  # fmt: skip

    varies = {"microseconds_per_record": True, "costs": {"__all__": MEASURED}}
    assert shared.model_dump(exclude=varies) == alone.model_dump(exclude=varies)
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_the_budget_is_heeded():
    job = Job(90_000, "late-drift")

    strict, usual, generous = (
        watch_match(job, settings).judged for settings in (budget(1e-9), SETTINGS, budget(100))
    )

    ranks = [RANKS.get(found.outcome, -1) for found in (strict, usual, generous)]
    assert ranks == sorted(ranks)
    assert (strict.outcome, generous.outcome) == ("nothing", "red")


def test_records_are_judged_as_they_are_given():
    day = Job(90_000, "late-drift").simulated()
    case, records = case_of(day.matches[0], day), list(day.records)
    before = [record for record in records if record.at < case.label.start]

    nothing = held_against(case, before, SETTINGS)

    assert nothing.judged.outcome == "nothing"
    assert all(score == (0.0, 0.0) for score in nothing.peers.values())
    assert nothing.records == len(before)


def test_nothing_fixed_and_nothing_clean_are_figures_too():
    found = evaluate(1, clean=0, fixed=0, settings=SETTINGS, workers=1)

    assert (found.fixed, found.nab, found.peers, found.costs) == ({}, None, None, ())
    assert found.clean.red.per_100 is None
    assert found.microseconds_per_record == 0.0
    assert Evaluation.model_validate_json(found.model_dump_json()) == found
