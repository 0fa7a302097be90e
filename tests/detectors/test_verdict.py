import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.evidence import Evidence, Finding
from detectors.levels import LEVELS, AlertBudget
from detectors.verdict import Verdict, combine

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
SHARES = {"steam-move": 0.4, "late-drift": 0.2, "book-split": 0.3, "unexplained-in-play": 0.1}
FAMILIES = {"steam-move": "move", "late-drift": "move", "book-split": "divergence"}
RANK = {level: rank for rank, level in enumerate(LEVELS)}
tails = st.floats(0.0, 1.0)


def seen(detector, tail):
    finding = Finding(0.1, "home", 0.5, 0.4, 0.0, 0.0, ("b",), {}, "seen")
    return Evidence(
        detector=detector, version=1, family=FAMILIES.get(detector, detector), typology=detector,
        cell=(detector, "1x2", "late"), market="1x2", line=None, phase="late", unit="x", at=NOON,
        tail=tail, tail_explained=tail,
        share=SHARES.get(detector, 0.0), finding=finding, innocent=(),
    )  # fmt: skip


def verdict(**budget):
    return Verdict(AlertBudget(**budget))


def levels(*tails_by_detector):
    """Levels after judging one look after another."""
    judge, last = verdict(), []
    for look in tails_by_detector:
        last = judge.judge([seen(detector, tail) for detector, tail in look.items()])
    return {judged.evidence.detector: judged.level for judged in last}


def test_alone_evidence_counts_over_its_share_of_the_budget():
    assert levels({"steam-move": 0.0039}) == {"steam-move": "red"}  # 0.0039 / 0.4 < 1 %
    assert levels({"steam-move": 0.0041}) == {"steam-move": "amber"}
    assert levels({"late-drift": 0.0039}) == {"late-drift": "amber"}  # a smaller share
    assert levels({"steam-move": 0.06}) == {"steam-move": "green"}  # just within 15 %
    assert levels({"steam-move": 0.0601}) == {}


def test_two_families_together_weigh_more_than_each_alone():
    alone = {"steam-move": 0.006}  # 1.5 %
    other = {"book-split": 0.0045}  # 1.5 %
    assert levels(alone) == {"steam-move": "amber"}
    assert levels(other) == {"book-split": "amber"}
    assert levels(alone | other) == {"steam-move": "red", "book-split": "red"}


def test_two_of_one_family_weigh_no_more_than_the_stronger():
    assert levels({"steam-move": 0.006, "late-drift": 0.0031}) == {"steam-move": "amber"}


def test_families_need_not_speak_at_the_same_look():
    assert levels({"steam-move": 0.006}, {"book-split": 0.0045}) == {"book-split": "red"}


def test_a_family_that_repeats_itself_is_not_counted_twice():
    assert levels(*[{"steam-move": 0.006}] * 50) == {"steam-move": "amber"}
    assert levels(*[{"steam-move": 0.006}, {"late-drift": 0.003}] * 20) == {"late-drift": "amber"}


def test_what_is_not_unusual_alone_is_not_raised_by_company():
    assert levels({"steam-move": 0.0001, "book-split": 0.2}) == {"steam-move": "red"}


def test_a_detector_without_a_share_is_silent():
    assert levels({"nobody": 1e-12}) == {}


def test_nothing_found_is_nothing_judged():
    assert verdict().judge([]) == []


def test_the_score_is_the_share_of_clean_matches_that_look_less_unusual():
    [judged] = verdict().judge([seen("steam-move", 0.004)])
    assert judged.score == pytest.approx(0.99)


@given(tails, tails, tails)
def test_rarer_evidence_is_never_judged_lower(one, other, company):
    rare, common = sorted((one, other))
    judged = [
        levels({"steam-move": tail, "book-split": company}).get("steam-move")
        for tail in (rare, common)
    ]
    assert RANK.get(judged[0], -1) >= RANK.get(judged[1], -1)


@given(st.lists(tails, max_size=6), st.integers(0, 5), tails)
def test_combining_is_monotone_and_does_not_care_for_order(found, index, lower):
    combined = combine(found)
    assert 0.0 <= combined <= 1.0
    assert combine(found[::-1]) == pytest.approx(combined)
    if index < len(found):
        better = [*found[:index], min(found[index], lower), *found[index + 1 :]]
        assert combine(better) <= combined + 1e-12


@given(st.floats(1e-9, 0.49))
def test_one_tail_alone_stays_what_it_is(tail):
    assert combine([tail]) == pytest.approx(tail, rel=1e-6)


@pytest.mark.parametrize("dependent", [False, True], ids=["independent", "one move, all families"])
def test_clean_matches_stay_within_the_budget(dependent):
    """60,000 clean matches; each family's largest tail is uniform, drawn alone or all the same."""
    rng, count, matches = random.Random(20260611), dict.fromkeys(LEVELS, 0), 60_000
    for _ in range(matches):
        common = rng.random()
        one_look = [
            seen(detector, common if dependent else rng.random())
            for detector in ("steam-move", "book-split", "unexplained-in-play")
        ]
        judged = verdict().judge([e for e in one_look if e.tail < 0.1])
        gravest = max((RANK[j.level] for j in judged), default=-1)
        for level in LEVELS[: gravest + 1]:
            count[level] += 1
    rates = {level: 100.0 * n / matches for level, n in count.items()}
    assert rates["red"] <= 1.1
    assert rates["amber"] <= 5.4
    assert rates["green"] <= 16.0
    assert dependent or rates["red"] > 0.6  # the budget is used, not only kept


def test_what_news_explains_is_judged_alone_and_lends_no_weight():
    told = [seen("steam-move", 0.02), seen("book-split", 0.02)]
    together = {j.evidence.detector: j.tail for j in verdict().judge(told)}
    alone = verdict().judge(told, lambda evidence: evidence.detector == "steam-move")
    apart = {j.evidence.detector: j.tail for j in alone}
    assert apart.keys() == together.keys()
    assert all(apart[name] > together[name] for name in together)


def test_what_would_be_amber_without_the_news_is_recorded():
    told = seen("steam-move", 0.01)
    half = replace(told, tail_explained=0.3)
    [judged] = verdict().judge([half], lambda _: True)
    assert judged.level == "green"
    assert verdict().judge([replace(half, tail=0.05)], lambda _: True) == []
