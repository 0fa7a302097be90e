import random
from dataclasses import replace

import pytest

from detectors.features import MatchFeatures, phase_of
from detectors.ghost_match import GhostMatch, lateness
from detectors.health import FeedHealth
from markets.book import MatchBook
from markets.records import Event, Gap, Heartbeat, Price, Record
from tests.detectors.scene import KICK_OFF, MATCH, OPENED, fixture, moment

LEAGUE = "Highland Division"
REGISTER = ("register",)


def priced(books: int = 3, minute: float = OPENED, *, in_play: bool = False) -> list[Record]:
    return [
        Price(
            at=moment(minute), match=MATCH, market="1x2", selection=s, book=f"b{n}", price=3.0,
            in_play=in_play,
        )
        for n in range(books)
        for s in ("home", "draw", "away")
    ]  # fmt: skip


def look(records: list[Record], minute: float, registers=REGISTER) -> MatchFeatures:
    book = MatchBook(MATCH)
    for record in records:
        if record.at <= moment(minute):
            book.apply(record)
    at = moment(minute).timestamp()
    to_off = KICK_OFF.timestamp() - at
    phase = phase_of(to_off, in_play=False)
    return MatchFeatures(
        at, book, phase, to_off, float("-inf"), 60.0, {}, registers=registers
    )  # fmt: skip


def odds_only(books: int = 3, tier: int = 3) -> list[Record]:
    return [
        fixture(competition=LEAGUE, tier=tier),
        fixture(competition=LEAGUE, tier=tier, source="second-odds"),
        *priced(books),
    ]


def find(records, minute=-60.0, registers=REGISTER):
    return GhostMatch().find(look(records, minute, registers))


def test_a_match_that_no_register_knows_stands_out_before_it_begins():
    found = find(odds_only(), -20.0)
    assert found.raw > 3.9
    assert found.books == ("b0", "b1", "b2")
    assert (found.selection, found.market) == ("match", None)
    assert "3 books price the match" in found.sentence
    assert f"register, vouching for all fixtures of {LEAGUE}, has not announced" in found.sentence


def test_the_nearer_kick_off_the_less_a_register_is_just_late():
    raws = [find(odds_only(), -60.0 * hours).raw for hours in (20, 12, 6, 3, 1)]
    assert raws == sorted(raws)
    assert raws[0] < 2.1 < 3.5 < raws[-1]


def test_a_register_that_announces_late_ends_it():
    """
    hour    -20 ............ -5 ........
    told    odds             register
    """
    late = fixture(competition=LEAGUE, source="register", at=moment(-300))
    assert find([*odds_only(), late], -301.0) is not None
    assert find([*odds_only(), late], -300.0) is None


def test_a_register_that_moved_the_kick_off_knows_the_match():
    moved = fixture(competition=LEAGUE, source="register", start=moment(120), at=moment(OPENED))
    assert find([*odds_only(), moved]) is None


def test_without_a_register_that_vouches_it_is_silent():
    assert find(odds_only(), registers=()) is None


def test_one_register_that_knows_it_is_enough():
    known = fixture(competition=LEAGUE, source="cup-register", at=moment(OPENED))
    assert find([*odds_only(), known], registers=("cup-register", "register")) is None


def test_two_silent_registers_are_more_than_one():
    assert find(odds_only(), registers=("a", "b")).raw > find(odds_only()).raw


def test_few_books_for_the_tier_are_more_unusual():
    assert find(odds_only(3)).raw > find(odds_only(8)).raw == find(odds_only(12)).raw
    assert find(odds_only(3, tier=1)).raw > find(odds_only(3, tier=3)).raw


def test_nobody_who_prices_it_is_nobody_harmed():
    assert find(odds_only(0)) is None


def test_prices_in_play_without_a_play_are_more_unusual_still():
    """
    minute   -20        0         15
    prices   pre-match  announced in play
    events                        none
    """
    playing = [*odds_only(), *priced(minute=11.0, in_play=True)]
    before, after = find(playing, -1.0), find(playing, 15.0)
    assert after.raw == pytest.approx(before.raw + 1.0, abs=0.1)
    assert "no event was told since the announced kick-off" in after.sentence
    kick_off = Event(at=moment(1), match=MATCH, event="kick_off", score=(0, 0), clock=0.0)
    assert find([*playing, kick_off], 15.0).raw == pytest.approx(before.raw, abs=0.1)


def health(*records: Heartbeat | Gap) -> FeedHealth:
    found = FeedHealth()
    for record in records:
        found.apply(record)
    return found


def beats(*minutes: float, covers=(LEAGUE,)) -> list[Heartbeat]:
    return [Heartbeat(at=moment(m), source="register", covers=covers) for m in minutes]


def test_a_stale_register_and_an_uncovered_competition_have_no_say():
    """
    minute     -300, -290 ... -100        -60
    register   a heartbeat each ten       silent for four times as long
    """
    kept = health(*beats(*range(-300, -99, 10)))
    assert kept.registers(LEAGUE, moment(-95).timestamp()) == REGISTER
    assert kept.registers(LEAGUE, moment(-59).timestamp()) == ()
    assert kept.registers("Reserve Friendlies", moment(-95).timestamp()) == ()


def test_a_register_that_had_a_gap_has_no_say_until_it_is_back():
    gap = Gap(at=moment(-95), source="register", reason="connection lost")
    kept = health(*beats(*range(-300, -99, 10)), gap)
    assert kept.registers(LEAGUE, moment(-94).timestamp()) == ()


def test_the_lateness_of_registers_is_bounded():
    assert lateness(1e9) == lateness(24 * 3600.0)
    assert lateness(-1e9) == lateness(0.0) == pytest.approx(4.0)


def test_it_is_pure_and_blind_to_the_order_within_an_instant():
    detector = GhostMatch()
    expected = detector.find(look(odds_only(5), -60))
    for seed in range(5):
        records = odds_only(5)
        random.Random(seed).shuffle(records)
        features = look(records, -60)
        assert detector.find(features) == detector.find(features) == expected
    assert detector.find(replace(features, registers=())) is None
    assert detector.state() == {}
    assert len(detector.innocent(features)) == 3
