"""Alerts derived again from the store, match by match, equal those that were raised."""

from pathlib import Path

from alerts.alert import Alert
from forensics.store import StoreSettings, open_store
from forensics.stored_feed import run_of, tables_of, told
from streams.configuration import load
from streams.rederive import derived, differences
from streams.tally import Tally


def test_every_alert_is_derived_again_byte_for_byte(watched: tuple[Path, Tally]) -> None:
    folder, tally = watched
    assert len(tally.alerts) >= 3
    settings = load().watch
    with open_store(StoreSettings(directory=folder)) as store:
        for match in sorted({alert.match for alert in tally.alerts.values()}):
            run = run_of(store, match)
            again = derived(told(tables_of(store, run, [match])), run.partition, settings)
            raised = [alert for alert in tally.alerts.values() if alert.match == match]
            assert differences(raised, again) == []
            assert {a.to_json() for a in raised} == {a.to_json() for a in again.values()}


def test_a_record_less_is_seen(watched: tuple[Path, Tally]) -> None:
    """Without the prices of one book the alert is another, or none."""
    folder, tally = watched
    alert = next(a for a in tally.alerts.values() if a.typology == "steam-move")
    with open_store(StoreSettings(directory=folder)) as store:
        run = run_of(store, alert.match)
        tables = tables_of(store, run, [alert.match])
    kept = [
        one for one in told(tables) if getattr(one[2], "book", "") != alert.evidence[0].books[0]
    ]
    raised = [a for a in tally.alerts.values() if a.match == alert.match]
    found = differences(raised, derived(kept, run.partition, load().watch))
    assert found


def test_another_budget_is_seen(watched: tuple[Path, Tally]) -> None:
    folder, tally = watched
    alert: Alert = max(tally.alerts.values(), key=lambda a: a.score)
    strict = load().watch.model_copy(
        update={"budget": load().watch.budget.model_copy(update={"red_per_100": 0.01})}
    )
    with open_store(StoreSettings(directory=folder)) as store:
        run = run_of(store, alert.match)
        again = derived(told(tables_of(store, run, [alert.match])), run.partition, strict)
    fields = {each.field for each in differences([alert], again)}
    assert fields & {"provenance", "alert"}
