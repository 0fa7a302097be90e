"""The peers of `make bench` read the same feed as we do, all of it."""

import pytest

from benchmarks import peers
from benchmarks.cases import Feed


@pytest.fixture(scope="module")
def feed() -> Feed:
    return Feed.simulated()


def test_pydantic_takes_every_record_by_itself_and_in_frames(feed: Feed) -> None:
    assert peers.validate_lines(feed.lines) == len(feed.records)
    assert peers.validate_frames(feed.encoded) == len(feed.records)


def test_river_scores_every_open_price(feed: Feed) -> None:
    assert peers.score_prices(feed.records) > 0.5 * feed.kinds["price"]
