"""Every detector of whole matches keeps the contract, and the contract's checks can fail."""

import random

import pytest

from detectors.catalogue import match_detectors
from detectors.detector import MatchDetector, State
from detectors.evidence import Finding
from detectors.features import MatchFeatures
from tests.detectors import match_contract as contract


@pytest.mark.parametrize("kind", match_detectors(), ids=lambda kind: kind.name)
@pytest.mark.parametrize("check", contract.MATCH_CONTRACT, ids=lambda check: check.__name__)
def test_every_detector_of_a_match_keeps_the_contract(check, kind):
    check(kind)


class Good(MatchDetector):
    """The number of wagers of the last hours, against the mean of what it was."""

    name = "test-match-contract"
    typology = "account-cluster"
    version = 1
    family = "test"
    unit = "wagers"

    def __init__(self) -> None:
        self.mean = 0.0

    def find(self, features: MatchFeatures) -> Finding | None:
        raw = abs(self.figure(features) - self.mean)
        return Finding(raw, "home", 0.0, 0.0, 0.0, 0.0, (), {}, "", market="1x2")

    def figure(self, features: MatchFeatures) -> float:
        wagers = features.book.wagers.between(features.at - 7200.0, features.at)
        return float(sum(1 for _ in wagers))

    def learn_one(self, features: MatchFeatures) -> None:
        self.mean += 0.1 * (self.figure(features) - self.mean)

    def state(self) -> State:
        return {"mean": self.mean}

    def restore(self, state: State) -> None:
        self.mean = state["mean"]


class Misnamed(Good):
    name = "something-else"


class Deaf(Good):
    def find(self, _):
        return None


class LearnsWhileScoring(Good):
    def find(self, features):
        self.learn_one(features)
        return super().find(features)


class Random(Good):
    def find(self, features):
        found = super().find(features)
        return Finding(found.raw + random.random(), "home", 0.0, 0.0, 0.0, 0.0, (), {}, "")


class CountsAsTold(Good):
    """Heeds which selection each book priced first, which within an instant means nothing."""

    def figure(self, features):
        books = features.book.market("1x2", None).books.values()
        told = [
            place * ord(name[0]) for offer in books for place, name in enumerate(offer.selections)
        ]
        return float(sum(told))


class Forgetful(Good):
    def restore(self, state):
        self.mean = state["mean"] + 1.0


class Hoarding(Good):
    def __init__(self):
        super().__init__()
        self.all = []

    def learn_one(self, features):
        super().learn_one(features)
        self.all.append([0.0] * 500 + [features.at])


class Brittle(Good):
    def figure(self, features):
        return 1.0 / sum(w.stake for w in features.book.wagers.between(0.0, features.at))


class Negative(Good):
    def find(self, features):
        del features
        return Finding(-1.0, "home", 0.0, 0.0, 0.0, 0.0, (), {}, "")


BROKEN = [
    (contract.is_named_like_its_file, Misnamed),
    (contract.has_something_to_say, Deaf),
    (contract.scores_without_changing, LearnsWhileScoring),
    (contract.scores_without_changing, Random),
    (contract.scores_before_it_has_learned, Negative),
    (contract.does_not_care_for_the_order_within_an_instant, CountsAsTold),
    (contract.comes_back_from_its_state, Forgetful),
    (contract.keeps_its_memory_bounded, Hoarding),
]


@pytest.mark.parametrize(("check", "kind"), BROKEN, ids=lambda one: one.__name__)
def test_a_bad_detector_is_caught(check, kind):
    with pytest.raises(AssertionError):
        check(kind)


def test_a_brittle_detector_is_caught():
    with pytest.raises(ZeroDivisionError):
        contract.stands_extremes(Brittle)


@pytest.mark.parametrize(
    "check", [c for c in contract.MATCH_CONTRACT if c is not contract.is_named_like_its_file],
    ids=lambda check: check.__name__,
)  # fmt: skip
def test_a_good_detector_passes(check):
    check(Good)


def test_no_check_is_without_a_detector_that_fails_it():
    failed = {check for check, _ in BROKEN} | {contract.stands_extremes}
    assert failed == set(contract.MATCH_CONTRACT)
