import sys
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec
import pytest

from detectors.calibration import Prior, Priors
from detectors.levels import AlertBudget
from markets.records import Gap, Heartbeat, Price, Record
from streams import calibrate
from streams.calibrate import POLL, Seen, calibrated, seen, thinned, written
from streams.evaluate import Job
from streams.simulator.match import SOURCE
from tests.streams.made_up_feed import KICK_OFF, price

EARLY = KICK_OFF - timedelta(hours=4)
CELL, SLOW_ONLY = ("late-drift", "1x2", "late"), ("book-split", "1x2", "day")


def after(minutes: float) -> datetime:
    return EARLY + timedelta(minutes=minutes)


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return list(Job(90_000, None).simulated().records)


def offers(told: list[Record]) -> dict[tuple, tuple]:
    """Newest price and status of every quote, as a book keeps them."""
    newest: dict[tuple, Price] = {}
    for record in told:
        if isinstance(record, Price):
            key = (record.market, record.line, record.book, record.selection)
            if key not in newest or record.at >= newest[key].at:
                newest[key] = record
    return {key: (p.price, p.status, p.in_play) for key, p in newest.items()}


def test_polls_end_with_the_prices_of_the_full_feed(records):
    told = list(thinned(records))

    assert offers(told) == offers(records)
    assert sum(isinstance(r, Price) for r in told) < sum(isinstance(r, Price) for r in records)


def test_at_each_poll_the_prices_are_those_of_the_full_feed_then(records):
    told = list(thinned(records))
    polls = [r.at for r in told if isinstance(r, Heartbeat) and r.source == SOURCE]

    for poll in polls[20::40]:
        known = [r for r in records if r.at < poll]
        assert offers([r for r in told if r.at <= poll]) == offers(known)


def test_heartbeats_come_each_quarter_of_an_hour_and_prices_with_them(records):
    told = list(thinned(records))
    polls = [r.at for r in told if isinstance(r, Heartbeat) and r.source == SOURCE]

    assert {later - earlier for earlier, later in pairwise(polls)} == {POLL}
    assert {r.at for r in told if isinstance(r, Price)} <= set(polls)


def test_all_else_is_told_as_it_was(records):
    def others(told: list[Record]) -> list[Record]:
        return [
            r for r in told
            if not isinstance(r, Price)
            and not (isinstance(r, Heartbeat | Gap) and r.source == SOURCE)
        ]  # fmt: skip

    assert others(list(thinned(records))) == others(records)


def test_a_price_that_went_and_came_back_between_polls_is_not_told():
    told = [
        price(after(0), "home", 2.0),
        price(after(20), "home", 1.5),
        price(after(25), "home", 2.0),
        price(after(50), "home", 1.8),
        Heartbeat(at=after(61), source=SOURCE),
    ]

    prices = [(r.at, r.price) for r in thinned(told) if isinstance(r, Price)]

    assert prices == [(after(15), 2.0), (after(60), 1.8)]


def test_a_price_that_comes_late_is_not_polled():
    told = [
        price(after(0), "home", 2.0),
        price(after(10), "home", 1.8),
        price(after(5), "home", 1.9),
        Heartbeat(at=after(16), source=SOURCE),
    ]

    assert [r.price for r in thinned(told) if isinstance(r, Price)] == [1.8]


def test_an_empty_feed_has_no_polls():
    assert list(thinned([])) == []


def test_a_clean_match_is_seen_at_both_paces_and_a_fixed_one_in_its_window():
    clean, fixed = seen(Job(90_000, None)), seen(Job(90_000, "late-drift"))

    assert (clean.typology, fixed.typology) == (None, "late-drift")
    assert clean.fast
    assert clean.slow
    assert fixed.slow is None
    # One that is done before kick-off is not judged by anything in play.
    assert "in_play" not in {cell[2] for cell, _ in fixed.fast}


def saw(typology: str | None, fast: float, slow: float = 0.0, tier: int = 1) -> Seen:
    return Seen(tier, typology, [(CELL, fast)], [(SLOW_ONLY, slow)] if slow else None)


def recorded(slow: float, typology: str | None = None) -> Seen:
    return Seen(1, typology, [], [(SLOW_ONLY, slow)])


def by_cell(priors: list[Prior]) -> dict[tuple, Prior]:
    return {((p.detector, p.market, p.phase), p.feed): p for p in priors}


def test_every_cell_that_was_seen_has_a_prior_for_its_pace():
    clean = [saw(None, 0.1 + n / 1000, 0.2) for n in range(100)]

    found = by_cell(calibrated(clean, [saw("late-drift", 5.0)] * 5, [], AlertBudget()))

    assert {(CELL, "fast"), (SLOW_ONLY, "slow")} <= found.keys()
    assert all(0.0 < prior.share <= 1.0 for prior in found.values())
    assert "100 simulated clean matches" in found[CELL, "fast"].source
    assert found[CELL, "fast"].share >= found[SLOW_ONLY, "slow"].share


def test_of_a_recorded_tournament_the_wilder_tail_is_taken():
    clean = [saw(None, 0.1, 0.2 + n / 1000) for n in range(100)]
    tame, wild = ([recorded(at + n / 1000) for n in range(50)] for at in (0.0, 3.0))

    without, with_tame, with_wild = (
        by_cell(calibrated(clean, [], told, AlertBudget()))[SLOW_ONLY, "slow"]
        for told in ([], tame, wild)
    )

    assert with_tame == without
    assert with_wild.knee > 3.0
    assert "50 recorded clean matches" in with_wild.source


def test_what_is_found_of_injected_fixes_gets_a_share_of_its_own_in_slow_feeds():
    clean = [saw(None, 0.1 + n / 1000, 0.2 + n / 1000) for n in range(100)]
    told = [recorded(0.2 + n / 1000) for n in range(50)]
    fixes = [recorded(0.33, "late-drift")] * 20

    without, with_fixes = (
        by_cell(calibrated(clean, [], each, AlertBudget()))[SLOW_ONLY, "slow"]
        for each in (told, told + fixes)
    )

    assert with_fixes.share > without.share
    assert with_fixes.knee == without.knee


def test_a_tail_is_not_wilder_for_being_of_fewer_matches():
    # One of a hundred simulated matches shows 5; in one of ten recorded ones 0.4 is reached.
    clean = [saw(None, 0.1, 5.0 if n < 3 else 0.0) for n in range(100)]
    told = [recorded(n / 100) for n in range(50)]

    found = by_cell(calibrated(clean, [], told, AlertBudget()))[SLOW_ONLY, "slow"]

    assert found.knee == 5.0


def test_priors_are_read_as_they_were_written(tmp_path):
    priors = [
        Prior(*CELL, 0.08, 0.03, 0.4, "of the test", "fast", 0.05, {"1": 1.0, "3": 1.7}),
        Prior(*SLOW_ONLY, 1.5, 0.2, 0.01, "of the test", "slow"),
    ]
    path = tmp_path / "priors.json"

    written(priors, path)

    assert msgspec.json.decode(path.read_bytes(), type=Priors).cells == priors
    lines = path.read_text().splitlines()
    assert [line.count('"detector"') for line in lines] == [0, 1, 1, 0], "a line for each cell"


def test_what_was_kept_is_fitted_again(tmp_path, monkeypatch, capsys):
    out, kept = tmp_path / "priors.json", tmp_path / "seen.json"
    shipped = calibrate.PRIORS.read_bytes()
    clean = [saw(None, 0.1 + n / 100, 0.2) for n in range(20)]
    kept.write_bytes(msgspec.json.encode([*clean, saw("late-drift", 5.0)]))
    monkeypatch.setattr(sys, "argv", ["calibrate", "--seen", str(kept), "--out", str(out)])

    calibrate.main()

    priors = msgspec.json.decode(out.read_bytes(), type=Priors)
    assert {p.feed for p in priors.cells} == {"fast", "slow"}
    assert capsys.readouterr().out == f"priors of 20 clean and 1 fixed matches in {out}\n"
    assert calibrate.PRIORS.read_bytes() == shipped


def test_a_small_calibration_from_end_to_end(tmp_path, monkeypatch):
    out, kept = tmp_path / "priors.json", tmp_path / "seen.json"
    given = ["--clean", "1", "--fixed", "0", "--seen", str(kept), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["calibrate", *given])

    calibrate.main()

    assert len(msgspec.json.decode(kept.read_bytes(), type=list[Seen])) == 1
    assert msgspec.json.decode(out.read_bytes(), type=Priors).cells


def test_seeds_of_other_matches_are_not_taken(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["calibrate", "--clean", "6001"])

    with pytest.raises(SystemExit):
        calibrate.main()

    assert "--clean 6001: 6000 at most" in capsys.readouterr().err
