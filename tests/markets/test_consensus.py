import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from markets.consensus import ConsensusSettings, Dropped, consensus
from markets.implied import expit, logit

TRUE = (0.5, 0.27, 0.23)


def book(noise=0.0, seed=0, truth=TRUE):
    rng = random.Random(seed)
    odds = [expit(logit(p) + rng.uniform(-noise, noise)) for p in truth]
    return tuple(p / sum(odds) for p in odds)


def market(count, noise=0.05):
    return {f"book-{i:02}": book(noise, seed=i) for i in range(count)}


@pytest.mark.parametrize("count", [1, 2, 3, 11, 30])
def test_books_that_agree_are_all_used(count):
    found = consensus(market(count))
    assert found.probabilities == pytest.approx(TRUE, abs=0.015)
    assert sum(found.probabilities) == pytest.approx(1)
    assert len(found.used) == count
    assert not found.dropped
    assert all(s >= 0.02 for s in found.spread)


def test_one_book_is_its_own_consensus_with_the_least_spread():
    found = consensus({"only": TRUE})
    assert found.probabilities == pytest.approx(TRUE)
    assert found.spread == (0.02, 0.02, 0.02)


def test_two_books_meet_half_way_in_log_odds_however_far_apart():
    found = consensus({"a": (0.9, 0.1), "b": (0.5, 0.5)}, behind={"b": 2.2})
    assert found.probabilities[0] == pytest.approx(expit(logit(0.9) / 2))
    assert found.used == ("a", "b")
    assert found.spread[0] > 1


@pytest.mark.parametrize("count", [3, 11, 30])
def test_a_book_far_from_the_others_is_outlying(count):
    quotes = market(count, noise=0.02)
    plain = consensus(quotes)
    quotes["book-00"] = (0.7, 0.17, 0.13)
    found = consensus(quotes)
    assert found.dropped == {"book-00": Dropped.OUTLYING}
    assert found.probabilities == pytest.approx(plain.probabilities, abs=0.01)


def test_a_wide_market_forgives_what_a_tight_one_does_not():
    stray = book(truth=(0.57, 0.235, 0.195))
    assert "stray" in consensus(market(11, noise=0.02) | {"stray": stray}).dropped
    assert "stray" in consensus(market(11, noise=0.4) | {"stray": stray}).used


def test_a_near_book_is_not_outlying_even_when_the_others_copy_one_another():
    quotes = {f"copy-{i}": TRUE for i in range(10)} | {"own-mind": book(truth=(0.53, 0.25, 0.22))}
    assert "own-mind" in consensus(quotes).used


def test_a_book_left_behind_by_the_others_is_stale():
    quotes = market(11) | {"frozen": (0.48, 0.28, 0.24)}
    found = consensus(quotes, behind={"frozen": -0.5, "book-03": 0.05})
    assert found.dropped == {"frozen": Dropped.STALE}


def test_stale_comes_before_outlying():
    found = consensus(market(5, 0.01) | {"frozen": (0.8, 0.12, 0.08)}, behind={"frozen": 1.0})
    assert found.dropped == {"frozen": Dropped.STALE}


def test_a_stale_majority_does_not_outvote_the_fresh():
    quotes = {f"frozen-{i}": TRUE for i in range(6)}
    quotes |= {f"moved-{i}": book(0.01, i, (0.7, 0.18, 0.12)) for i in range(5)}
    found = consensus(quotes, behind={f"frozen-{i}": 0.8 for i in range(6)})
    assert found.probabilities[0] == pytest.approx(0.7, abs=0.01)
    assert len(found.used) == 5


def test_all_books_behind_means_none_is():
    quotes = market(4)
    assert len(consensus(quotes, behind=dict.fromkeys(quotes, 1.0)).used) == 4


def test_without_a_majority_nobody_is_outlying():
    strict = ConsensusSettings(outlying_spreads=0.5, outlying_floor=0.0, spread_floor=0.001)
    quotes = {f"b{i}": book(0.8, i) for i in range(5)}
    found = consensus(quotes, settings=strict)
    assert len(found.used) == 5
    assert found.spread[0] > 0.1


@given(st.integers(1, 30), st.floats(0, 2), st.integers(0, 1000))
def test_the_order_of_the_books_does_not_matter(count, noise, seed):
    rng = random.Random(seed)
    quotes = market(count, noise)
    behind = {name: rng.uniform(0, 0.2) for name in quotes}
    shuffled = list(quotes.items())
    rng.shuffle(shuffled)
    assert consensus(dict(shuffled), behind=behind) == consensus(quotes, behind=behind)


@given(st.lists(st.lists(st.floats(0.001, 1), min_size=3, max_size=3), min_size=1, max_size=12))
def test_any_books_give_probabilities_and_lose_no_book(rows):
    quotes = {str(i): tuple(x / (sum(row) + 1e-9) for x in row) for i, row in enumerate(rows)}
    found = consensus(quotes)
    assert sum(found.probabilities) == pytest.approx(1)
    assert all(0 < p < 1 for p in found.probabilities)
    assert sorted([*found.used, *found.dropped]) == sorted(quotes)
    assert 2 * len(found.used) >= len(quotes)


def test_the_result_cannot_be_changed():
    with pytest.raises(AttributeError):
        consensus({"only": TRUE}).spread = ()


@pytest.mark.parametrize(
    ("quotes", "message"),
    [
        ({}, "no book"),
        ({"a": (0.5, 0.5), "b": TRUE}, "book 'b': 3 selections where others have 2"),
        ({"a": (1.0, 0.0)}, "book 'a'"),
        ({"a": (1.2, -0.2)}, "book 'a'"),
        ({"a": ()}, "book 'a': 0 selections"),
    ],
)
def test_what_is_no_market_is_refused_with_the_book(quotes, message):
    with pytest.raises(ValueError, match=message):
        consensus(quotes)


def test_settings_refuse_what_makes_no_sense():
    with pytest.raises(ValidationError):
        ConsensusSettings(stale_behind=0)
    assert all(f.description for f in ConsensusSettings.model_fields.values())
