"""A simulated tournament: each of its alerts is derived again from the store, equal in every field.

Four matches by default; SOGAWATCH_TOURNAMENT names another number. `make tournament` plays as many
as give a hundred alerts, and prints how many of each level were derived again.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest

from alerts.alert import Alert
from forensics.store import Store, StoreSettings, open_store
from forensics.stored_feed import run_of, tables_of, told
from streams import replay
from streams.configuration import load
from streams.rederive import derived
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix, NoRoom
from streams.simulator.typologies import TYPOLOGIES
from streams.tally import Tally

MATCHES = int(os.environ.get("SOGAWATCH_TOURNAMENT", "4"))
FULL = 120
SEED, BOOKS, START = 41, 8, datetime(2026, 7, 4, 12, tzinfo=UTC)
TOLD = ("alert_id", "level", "score", "evidence")


def fixes() -> Iterator[Fix]:
    """A fix in two of three matches, each typology in turn where the match has room for it."""
    turn = cycle(TYPOLOGIES)
    for match in range(MATCHES):
        if match % 3:
            yield next(fix for typology in turn if has_room(fix := Fix(match, typology)))


def has_room(fix: Fix) -> bool:
    with suppress(NoRoom):
        return SimulatedMatch(SEED, fix.match, START, BOOKS, fix).course is not None
    return False


@pytest.fixture(scope="module")
def tournament(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tally]:
    """The store's folder, and what was raised."""
    folder, tally = tmp_path_factory.mktemp("tournament") / "store", Tally()
    day = match_day(SEED, matches=MATCHES, books=BOOKS, fixes=tuple(fixes()), start=START)
    replay.replay_direct(day.records, load(), tally, tally.raised, store=folder)
    return folder, tally


def again(store: Store, match: str) -> dict[str, Alert]:
    run = run_of(store, match)
    return derived(told(tables_of(store, run, [match])), run.partition, load().watch)


def test_every_alert_of_a_tournament_is_derived_again(tournament: tuple[Path, Tally]) -> None:
    folder, tally = tournament
    equal, counts = 0, Counter(alert.level for alert in tally.alerts.values())
    with open_store(StoreSettings(directory=folder)) as store:
        for match in sorted(tally.matches):
            raised = {a.alert_id: a for a in tally.alerts.values() if a.match == match}
            found = again(store, match)
            assert found.keys() == raised.keys()
            for name, alert in raised.items():
                for field in TOLD:
                    assert getattr(found[name], field) == getattr(alert, field), (name, field)
                assert found[name].to_json() == alert.to_json()
                equal += 1
    print(f"{equal} of {len(tally.alerts)} alerts derived again, equal: {dict(counts)}")
    assert equal == len(tally.alerts) >= MATCHES // 2
    if MATCHES >= FULL:
        assert equal >= 100
        assert set(counts) == {"green", "amber", "red"}
