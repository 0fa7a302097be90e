"""Who announces a match, what is told of teams' pasts, and matches that are called off."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from markets.records import Event, Fixture, Heartbeat, Ladder, Matched, Past, Price
from streams.simulator.match import SOURCE, SimulatedMatch
from streams.simulator.match_day import match_day
from streams.simulator.pasts import HIGH, pasts
from streams.simulator.postponement import until_called_off
from streams.simulator.register import COVERED, EVERY, OBSCURE, REGISTER, announcements
from streams.simulator.scheme import Fix
from streams.simulator.seeds import stream
from streams.simulator.teams import COMPETITIONS

MANY = 3000


@pytest.fixture(scope="module")
def clean(start: datetime) -> SimulatedMatch:
    return match_day(11, matches=1, fixes=(), start=start).matches[0]


@pytest.fixture(scope="module")
def known(start: datetime) -> Fixture:
    return Fixture(
        at=start - timedelta(days=1), match="m", source=SOURCE, sport="football",
        competition="Highland Division", tier=3, home="A", away="B", start=start,
    )  # fmt: skip


def test_the_register_covers_all_but_a_few_competitions() -> None:
    assert 0 < len(set(COMPETITIONS) - set(COVERED)) < len(COMPETITIONS) / 3
    assert set(OBSCURE) < set(COVERED)


def told_by_register(known: Fixture) -> list[list[Fixture]]:
    every = [announcements(stream(3, n, "register"), known) for n in range(MANY)]
    return [[f for f in told if f.source == REGISTER] for told in every]


def test_the_register_announces_every_match_it_covers(known: Fixture) -> None:
    for told in told_by_register(known):
        assert told[-1].start == known.start
        assert known.at <= told[0].at < known.start
        assert (told[-1].tier, told[-1].match) == (known.tier, known.match)


def test_some_are_announced_late_and_few_in_the_last_hours(known: Fixture) -> None:
    first = [told[0].at for told in told_by_register(known)]
    hours = [(known.start - at).total_seconds() / 3600 for at in first]
    assert sum(h < 24 for h in hours) / MANY == pytest.approx(0.04, abs=0.012)
    assert sum(h < 6 for h in hours) / MANY < 0.007


def test_a_kick_off_is_corrected_now_and_then(known: Fixture) -> None:
    corrected = [told for told in told_by_register(known) if len(told) > 1]
    assert len(corrected) / MANY == pytest.approx(0.03, abs=0.01)
    assert all(told[0].start != known.start for told in corrected)


def test_nobody_vouches_for_reserves(known: Fixture) -> None:
    friendly = Fixture(**{f: getattr(known, f) for f in known.__struct_fields__} | {
        "competition": "Reserve Friendlies"
    })  # fmt: skip
    told = [f for n in range(100) for f in announcements(stream(3, n, "register"), friendly)]
    assert told
    assert REGISTER not in {f.source for f in told}


def test_a_ghost_is_told_by_odds_sources_alone(known: Fixture) -> None:
    told = [f for n in range(100) for f in announcements(stream(3, n, "r"), known, ghost=True)]
    assert REGISTER not in {f.source for f in told}


def test_the_register_is_heard_every_ten_minutes_and_last_of_its_moment(start: datetime) -> None:
    records = list(match_day(11, matches=2, fixes=(), start=start).records)
    beats = [r for r in records if isinstance(r, Heartbeat) and r.source == REGISTER]
    assert all(b.at - a.at == EVERY for a, b in pairwise(beats))
    assert {beat.covers for beat in beats} == {tuple(c.name for c in COVERED)}
    for one, two in pairwise(records):
        if isinstance(one, Heartbeat) and one.at == two.at:
            assert (one.source, two.source) == (REGISTER, SOURCE)


def test_a_match_tells_both_pasts_hours_before(clean: SimulatedMatch) -> None:
    told = [r for r in clean.records() if isinstance(r, Past)]
    assert {(p.role, p.subject) for p in told} == {
        ("home", clean.fixture.home), ("away", clean.fixture.away),
    }  # fmt: skip
    for past in told:
        assert timedelta(hours=6) <= clean.fixture.start - past.at <= timedelta(hours=20)
        assert 10 <= len(past.played) <= 60
        assert all(p.start < past.at for p in past.played)


def test_clean_pasts_move_as_measured_and_stay_calibrated(known: Fixture) -> None:
    played = [
        match
        for n in range(600)
        for past in pasts(stream(5, n, "pasts"), known, None, None)
        for match in past.played
    ]
    high = [m for m in played if m.closed - m.opened >= HIGH]
    assert len(high) / len(played) == pytest.approx(0.014, abs=0.003)
    lost = sum(m.happened for m in played) / len(played)
    assert lost == pytest.approx(sum(m.closed for m in played) / len(played), abs=0.01)
    as_said = sum(m.closed for m in high) / len(high)
    assert sum(m.happened for m in high) / len(high) == pytest.approx(as_said, abs=0.06)


@pytest.mark.parametrize("seed", range(4))
def test_a_suspicious_past_is_told_of_the_home_team_and_labelled_from_then(
    seed: int, start: datetime
) -> None:
    day = match_day(seed, matches=1, fixes=(Fix(0, "repeat-pattern"),), start=start)
    told = {p.role: p for p in day.matches[0].records() if isinstance(p, Past)}
    [label] = day.truth
    home = told["home"]
    high = [m for m in home.played if m.closed - m.opened >= HIGH]
    assert (home.at, label.selection) == (label.start, "away")
    assert 20 <= len(home.played) <= 60
    assert 4 <= len(high) <= 14
    assert sum(m.happened for m in high) > 0.6 * len(high)


def gone(match: SimulatedMatch, book: str, start: datetime) -> bool:
    quotes = [
        r for r in match.records()
        if isinstance(r, Price) and r.book == book and r.market == "1x2" and r.at < start
    ]  # fmt: skip
    return quotes[-1].status == "withdrawn"


@pytest.mark.parametrize("seed", range(4))
def test_books_leave_one_after_another_and_stay_away(seed: int, start: datetime) -> None:
    day = match_day(seed, matches=1, fixes=(Fix(0, "market-withdrawal"),), start=start)
    match, [label] = day.matches[0], day.truth
    breaks = match.course.scheme.breaks
    left = sorted(pause.since for (pause,) in breaks.values())
    assert label.strength >= 0.3
    assert left[0] == match.course.scheme.since
    assert left[-1] <= -1799.9
    assert left[-1] - left[0] <= 3600
    assert all(gone(match, book, match.fixture.start) for book in breaks)


@pytest.mark.parametrize("seed", range(4))
def test_a_ghost_is_priced_by_few_books_and_never_played(seed: int, start: datetime) -> None:
    day = match_day(seed, matches=1, fixes=(Fix(0, "ghost-match"),), start=start)
    match, [label] = day.matches[0], day.truth
    records = list(match.records())
    books = {r.book for r in records if isinstance(r, Price)}
    assert 3 <= len(books) <= 5
    assert (label.market, label.selection, label.strength) == ("match", "match", len(books))
    assert not any(isinstance(r, Event | Matched | Ladder) for r in records)
    assert any(isinstance(r, Price) and r.in_play for r in records)
    assert REGISTER not in {r.source for r in records if isinstance(r, Fixture)}
    assert match.fixture.competition in {c.name for c in OBSCURE}


def test_a_match_that_is_called_off_ends_with_a_new_start(clean: SimulatedMatch) -> None:
    """
    time    ......... called off | books leave   new start told |
    """
    moment = clean.fixture.start - timedelta(hours=3)
    rng = stream(1, 1, "off")
    told = list(until_called_off(clean.records(), moment, rng, clean.fixture, [REGISTER, SOURCE]))
    assert [r.at for r in told] == sorted(r.at for r in told)
    assert told[-1].at <= moment + timedelta(minutes=9)
    moved = [r for r in told if isinstance(r, Fixture) and r.start != clean.fixture.start]
    assert {r.source for r in moved if r.at > moment} == {REGISTER, SOURCE}
    last = {}
    for record in told:
        if isinstance(record, Price):
            last[record.book, record.market, record.line, record.selection] = record.status
    assert "open" not in last.values()


def test_few_matches_are_called_off(start: datetime) -> None:
    played = match_day(1, matches=400, fixes=(), start=start).matches
    assert 0 < sum(match.called_off is not None for match in played) < 10
