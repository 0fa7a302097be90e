"""What fuzzing kept, tried again in every run of the tests."""

import pytest

from tests.fuzz.corpus import SEEDS, inputs
from tests.fuzz.targets import TARGETS
from tests.mutations import bounded_memory


def test_every_target_has_seeds() -> None:
    assert SEEDS.keys() == TARGETS.keys()


@pytest.mark.parametrize("target", TARGETS)
def test_no_input_that_was_kept_breaks_anything(target: str) -> None:
    with TARGETS[target]() as tried, bounded_memory():
        for data in inputs(target):
            tried(data)
