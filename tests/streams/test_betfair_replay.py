"""A Betfair recording replayed into a store ends with the feed's own last values."""

import bz2
from pathlib import Path
from typing import Any

import pytest

from forensics.store import StoreSettings, open_store
from streams import recorded, replay
from streams.configuration import Settings
from streams.tally import Tally
from tests.streams.feeds.test_betfair_recordings import DATA, FILES, Naive

ALL = sorted(DATA.glob("*")) if DATA.is_dir() else []


@pytest.mark.parametrize("name", FILES)
def test_the_store_ends_with_the_last_values_of_the_feed(name: str, tmp_path: Path) -> None:
    if not (DATA / name).exists():
        pytest.skip(f"the recording {name} is not beside this checkout")
    naive, tally = Naive(), Tally()
    for line in bz2.decompress((DATA / name).read_bytes()).splitlines():
        naive.line(line)
    told = recorded.read([recorded.Source.parse(f"betfair:{DATA / name}")])
    replay.replay_direct(told, Settings(), tally, tally.raised, store=tmp_path)
    assert tally.refused == 0
    with open_store(StoreSettings(directory=tmp_path)) as store:
        ladders = store.rows("SELECT * FROM current_ladders")
        matched = store.rows("SELECT * FROM last_matched")
        prices = store.rows("SELECT * FROM last_prices")

    kept: dict[Any, dict[float, float]] = {}
    for row in ladders:
        kept.setdefault((*spot(row), row["side"]), {})[row["price"]] = row["size"]
    side = {"atb": "back", "atl": "lay"}
    wanted = {(*naive.address(*key[:3]), side[key[3]]): la for key, la in naive.ladders.items()}
    assert kept == {key: ladder for key, ladder in wanted.items() if ladder}

    last = {naive.address(*key): told[-1] for key, told in naive.amounts.items()}
    assert {spot(row) for row in matched} == set(last)
    for row in matched:
        amount, traded = last[spot(row)]
        assert row["amount"] == pytest.approx(amount, abs=0.011)
        assert row["last"] == traded
    assert {spot(row): row["price"] for row in prices} == {
        naive.address(*key): price for key, price in naive.price.items()
    }


@pytest.mark.skipif(not ALL, reason="needs the recordings in ../shared/data")
@pytest.mark.parametrize("path", ALL, ids=lambda path: path.name)
def test_every_file_ends_without_an_exception(path: Path) -> None:
    tally = Tally()
    told = recorded.read([recorded.Source.parse(f"betfair:{path}")])
    replay.replay_direct(told, Settings(), tally, tally.raised)
    assert sum(tally.records.values()) + tally.refused > 0


def spot(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["match"], row["market"], row["line"], row["selection"]
