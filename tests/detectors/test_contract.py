"""Every detector keeps the contract, and the contract's checks can fail."""

import random

import pytest

from detectors.catalogue import catalogue
from detectors.detector import MarketDetector, State
from detectors.evidence import Finding
from detectors.features import Features
from tests.detectors import contract

PHASES = frozenset({"late"})


MARKET_DETECTORS = [kind for kind in catalogue() if issubclass(kind, MarketDetector)]


@pytest.mark.parametrize("kind", MARKET_DETECTORS, ids=lambda kind: kind.name)
@pytest.mark.parametrize("check", contract.CONTRACT, ids=lambda check: check.__name__)
def test_every_detector_keeps_the_contract(check, kind):
    check(kind)


@pytest.mark.parametrize("kind", catalogue(), ids=lambda kind: kind.name)
def test_every_detector_has_a_prior_wherever_it_looks(kind):
    contract.has_a_prior_wherever_it_looks(kind)


def test_names_are_unique():
    names = [kind.name for kind in catalogue()]
    assert len(set(names)) == len(names) >= 5


class Good(MarketDetector):
    """The price of the first selection at the median book, against the mean of what it was."""

    name = "test-contract"
    version = 1
    family = "test"
    unit = "price"
    markets = frozenset({"1x2"})
    phases = PHASES

    def __init__(self) -> None:
        self.mean = 0.0

    def find(self, features: Features) -> Finding | None:
        if len(features.offered) < 3:
            return None
        raw = abs(self.figure(features) - self.mean)
        return Finding(raw, "home", 0.0, 0.0, 0.0, 0.0, (), {}, "")

    def figure(self, features: Features) -> float:
        prices = sorted(row.quote(0).price for row in features.offered)
        return prices[len(prices) // 2]

    def learn_one(self, features: Features) -> None:
        self.mean += 0.1 * (self.figure(features) - self.mean)

    def state(self) -> State:
        return {"mean": self.mean}

    def restore(self, state: State) -> None:
        self.mean = state["mean"]


class Misnamed(Good):
    name = "somebody-else"


class Deaf(Good):
    def score_one(self, _):
        return 0.0


class LearnsWhileScoring(Good):
    def score_one(self, features):
        self.learn_one(features)
        return super().score_one(features)


class CountsItsScores(Good):
    """Its state and its next score do not show it; the score after that does."""

    asked = 0

    def score_one(self, features):
        self.asked += 1
        return super().score_one(features) + (self.asked > 100)


class Random(Good):
    def figure(self, _):
        return random.random()


class NeedsToHaveLearned(Good):
    def __init__(self):
        self.mean = None

    def learn_one(self, features):
        self.mean = self.mean or 0.0
        super().learn_one(features)


class TakesTheBookToldFirst(Good):
    """Of several that were told of at once, the order of the records decides which that is."""

    def figure(self, features):
        return next(iter(features.market.books.values())).quote("home").price


class Forgets(Good):
    def state(self):
        return {}

    def restore(self, state):
        pass


class RoundsItsState(Good):
    def state(self):
        return {"mean": round(self.mean, 2)}


class Hoards(Good):
    def __init__(self):
        super().__init__()
        self.seen = []

    def remember_one(self, features):
        self.seen.append(features.at)


class Rash(Good):
    def find(self, _):
        return Finding(1.0, "home", 0.0, 0.0, 0.0, 0.0, (), {}, "")


class Fragile(Good):
    markets = frozenset({"winner"})

    def figure(self, features):
        return dict(zip(features.selections, (1.0, 2.0, 3.0), strict=True))["home"]


class GivesNoNumber(Good):
    def figure(self, features):
        price = super().figure(features)
        return float("nan") if price > 1000 else price


class GoesBelowZero(Good):
    def score_one(self, features):
        return super().score_one(features) - 0.5


def test_a_good_detector_passes_every_check():
    for check in contract.CONTRACT:
        check(Good)


@pytest.mark.parametrize(
    ("bad", "check", "error"),
    [
        (Misnamed, contract.is_named_like_its_file, AssertionError),
        (Good, contract.has_a_prior_wherever_it_looks, AssertionError),
        (Deaf, contract.has_something_to_say, AssertionError),
        (LearnsWhileScoring, contract.scores_without_changing, AssertionError),
        (CountsItsScores, contract.scores_without_changing, AssertionError),
        (Random, contract.scores_without_changing, AssertionError),
        (NeedsToHaveLearned, contract.scores_before_it_has_learned, TypeError),
        (
            TakesTheBookToldFirst,
            contract.does_not_care_for_the_order_within_an_instant,
            AssertionError,
        ),
        (Forgets, contract.comes_back_from_its_state, AssertionError),
        (RoundsItsState, contract.comes_back_from_its_state, AssertionError),
        (Hoards, contract.keeps_its_memory_bounded, AssertionError),
        (Rash, contract.is_silent_with_two_books, AssertionError),
        (Fragile, contract.stands_extremes, (KeyError, ValueError)),
        (GivesNoNumber, contract.stands_extremes, AssertionError),
        (GoesBelowZero, contract.stands_extremes, AssertionError),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_bad_detector_is_found_out(bad, check, error):
    with pytest.raises(error):
        check(bad)
