"""Back-tests: nothing differs with the same settings; a larger budget only adds."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from forensics.backtests import keep, matches_of
from forensics.store import StoreSettings, open_store
from streams.backtest import backtest, compare
from streams.cli import app
from streams.configuration import load
from streams.partition_watch import WatchSettings
from streams.tally import Tally

SINCE, UNTIL = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
BUDGET = load().watch.budget


def with_budget(times: float) -> WatchSettings:
    changed = {
        name: getattr(BUDGET, name) * times
        for name in ("red_per_100", "amber_per_100", "green_per_100")
    }
    return load().watch.model_copy(update={"budget": BUDGET.model_copy(update=changed)})


def changes_with(folder: Path, settings: WatchSettings) -> list[str]:
    with open_store(StoreSettings(directory=folder)) as store:
        return [row.change for row in backtest(store, SINCE, UNTIL, settings)]


def test_unchanged_settings_give_no_difference(watched: tuple[Path, Tally]) -> None:
    folder, tally = watched
    assert changes_with(folder, load().watch) == ["same"] * len(tally.alerts)


def test_a_doubled_budget_only_adds_opens_earlier_and_raises_levels(
    watched: tuple[Path, Tally],
) -> None:
    changes = set(changes_with(watched[0], with_budget(2)))
    assert changes & {"new", "earlier", "higher"}
    assert not changes & {"gone", "later", "lower"}


def test_a_tenth_of_the_budget_takes_away(watched: tuple[Path, Tally]) -> None:
    assert set(changes_with(watched[0], with_budget(0.01))) & {"gone", "later", "lower"}


def test_alerts_are_paired_by_family_and_order(watched: tuple[Path, Tally]) -> None:
    """
    raised    steam-move 12:00 amber
    again     steam-move 11:58 red, account-cluster 12:00
    """
    alert = next(a for a in watched[1].alerts.values() if a.typology == "steam-move")
    other = next(a for a in watched[1].alerts.values() if a.typology == "two-sided-transfer")
    sooner = alert.model_copy(
        update={"opened_at": alert.opened_at - timedelta(minutes=2), "alert_id": "a-2"}
    )
    amber = alert.model_copy(update={"level": "amber"})
    rows = list(compare("m", [amber], [sooner, other]))
    assert sorted(row.change for row in rows) == ["earlier", "higher", "new"]
    assert sorted(row.change for row in compare("m", [sooner, other], [alert])) == [
        "gone", "later",
    ]  # fmt: skip
    changed = alert.model_copy(update={"headline": "another"})
    assert [row.change for row in compare("m", [alert], [changed])] == ["other"]


def test_only_matches_of_the_period_are_watched(watched: tuple[Path, Tally]) -> None:
    with open_store(StoreSettings(directory=watched[0])) as store:
        assert len(matches_of(store, SINCE, UNTIL)) == 3
        assert matches_of(store, UNTIL, UNTIL + timedelta(days=9)) == []


def test_what_is_kept_has_its_label_and_leaves_the_alerts_alone(
    watched: tuple[Path, Tally],
) -> None:
    with open_store(StoreSettings(directory=watched[0])) as store:
        before = store.rows("SELECT count() AS n FROM alerts")
        rows = list(backtest(store, SINCE, UNTIL, with_budget(2)))
        keep(store, "doubled", UNTIL, "hash", rows)
        kept = store.rows("SELECT label, change FROM backtest_alerts")
        assert {row["label"] for row in kept} == {"doubled"}
        assert sorted(row["change"] for row in kept) == sorted(row.change for row in rows)
        assert store.rows("SELECT count() AS n FROM alerts") == before


def test_the_command_says_that_nothing_differs(
    watched: tuple[Path, Tally], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "rows.jsonl"
    ran = CliRunner().invoke(
        app,
        ["backtest", "--from", "2026-07-01", "--to", "2026-08-01", "--store", str(watched[0]),
         "--out", str(out)],
    )  # fmt: skip
    assert ran.exit_code == 0, ran.output
    assert "no difference to what was raised" in ran.output
    assert {json.loads(line)["change"] for line in out.read_text().splitlines()} == {"same"}
