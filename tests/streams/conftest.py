from datetime import UTC, datetime
from pathlib import Path

import pytest

from streams import replay
from streams.configuration import load
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.tally import Tally

FIXES = (
    Fix(0, "steam-move", "1x2"), Fix(1, "two-sided-transfer", "1x2"),
    Fix(2, "account-cluster", "1x2"),
)  # fmt: skip


@pytest.fixture(scope="session")
def watched(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tally]:
    """A day of three fixed matches, watched and archived: the store's folder, what was raised."""
    folder, tally = tmp_path_factory.mktemp("watched") / "store", Tally()
    day = match_day(3, matches=3, books=6, fixes=FIXES, start=datetime(2026, 7, 4, 12, tzinfo=UTC))
    replay.replay_direct(day.records, load(), tally, tally.raised, store=folder)
    return folder, tally
