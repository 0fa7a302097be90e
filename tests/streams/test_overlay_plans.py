import random
import time
from datetime import timedelta
from itertools import pairwise

import pytest

from markets.book import MatchBook
from markets.records import Event, Heartbeat, Price
from streams.overlay_plans import OVERLAID, Recording, drawn, recording
from streams.price_history import PriceHistory
from streams.simulator.fixes import book_divergence, steam_move
from streams.simulator.scheme import NoRoom
from streams.simulator.seeds import stream
from tests.streams.made_up_feed import KICK_OFF, fixture, polled, price

OFF = KICK_OFF.timestamp()
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def played() -> Recording:
    found = recording("a-v-b", polled())
    assert found is not None
    return found


def test_a_recording_knows_its_span_and_when_prices_were_complete(played):
    assert played.kick_off == OFF
    assert played.full_time == OFF + 105 * 60
    assert played.goals == ()
    assert played.looks[:2] == (OFF - 12 * 3600, OFF - 12 * 3600 + 900)


def test_without_a_kick_off_or_without_prices_there_is_nothing_to_fix():
    assert recording("a-v-b", [r for r in polled() if isinstance(r, Price)]) is None
    assert recording("a-v-b", [fixture("a-v-b", KICK_OFF)]) is None


def test_without_a_final_whistle_a_match_lasts_two_hours():
    found = recording("a-v-b", [r for r in polled() if not isinstance(r, Event)])

    assert found.full_time == OFF + 2 * 3600


def test_goals_and_red_cards_are_known(played):
    goal = Event(at=KICK_OFF + 20 * MINUTE, match="a-v-b", event="goal", team="home", score=(1, 0))
    card = Event(at=KICK_OFF + 40 * MINUTE, match="a-v-b", event="red_card", team="away")

    found = recording("a-v-b", [*played.records, goal, card])

    assert found.goals == (OFF + 20 * 60, OFF + 40 * 60)


def test_heartbeats_of_results_are_no_looks_at_prices(played):
    minutely = [Heartbeat(at=KICK_OFF + n * 7 * MINUTE, source="results") for n in range(-60, 16)]
    both = sorted([*played.records, *minutely], key=lambda record: record.at)

    assert recording("a-v-b", both).looks == played.looks


def test_without_heartbeats_looks_are_a_minute_apart():
    every = [r for r in polled(every=timedelta(seconds=20)) if not isinstance(r, Heartbeat)]
    found = recording("a-v-b", every).looks

    assert all(b - a >= 60.0 for a, b in pairwise(found))
    assert len(found) > 800


def test_heartbeats_each_second_are_thinned(played):
    seconds = [Heartbeat(at=KICK_OFF + n * timedelta(seconds=1), source="odds") for n in range(99)]

    found = recording("a-v-b", [*played.records, *seconds]).looks

    assert min(b - a for a, b in pairwise(found)) >= 10.0


@pytest.mark.parametrize("typology", OVERLAID)
def test_a_fix_is_drawn_where_it_can_be_seen(played, typology):
    for seed in range(20):
        found = drawn(typology, played, random.Random(seed))
        useful_until = played.full_time if typology == "unexplained-in-play" else played.kick_off

        assert found.typology == typology
        assert found.since < found.until < found.gone <= useful_until
        assert (found.since >= played.kick_off) == (typology == "unexplained-in-play")
        assert len([at for at in played.looks if found.until < at < found.gone]) >= 2
        assert found.weights.keys() == found.delays.keys()
        assert found.selection in ("home", "away")
        assert found.shift > 0.0


def test_the_same_seed_draws_the_same_fix(played):
    def once(seed: int):
        return drawn("steam-move", played, stream(seed, 0, "steam-move/a-v-b"))

    assert once(1) == once(1)
    assert once(1) != once(2)


def test_strengths_are_those_of_the_simulator(played):
    steams = [drawn("steam-move", played, random.Random(n)) for n in range(30)]
    leaning = [drawn("book-divergence", played, random.Random(n)) for n in range(30)]

    low, high = steam_move.STRENGTHS
    assert all(low <= one.strength <= high for one in steams)
    assert max(s.strength for s in steams) - min(s.strength for s in steams) > (high - low) / 2
    low, high = book_divergence.STRENGTHS
    assert all(low <= one.strength <= high and len(one.weights) <= 2 for one in leaning)


def test_no_fix_in_play_is_laid_near_a_goal(played):
    goals = [
        Event(at=KICK_OFF + n * MINUTE, match="a-v-b", event="goal", team="home") for n in (5,)
    ]
    scored = recording("a-v-b", [*played.records, *goals])
    for seed in range(20):
        found = drawn("unexplained-in-play", scored, random.Random(seed))
        assert all(g < found.since - 300 or g > found.until + 300 for g in scored.goals)


def test_books_that_freeze_at_kick_off_are_not_moved_in_play():
    frozen = {"b4", "b5"}
    records = [
        r for r in polled()
        if not (isinstance(r, Price) and r.book in frozen and r.at >= KICK_OFF)
    ]  # fmt: skip
    found = recording("a-v-b", records)

    drawings = [drawn("unexplained-in-play", found, random.Random(n)) for n in range(20)]

    assert all(frozen.isdisjoint(one.weights) for one in drawings)


@pytest.mark.parametrize("typology", OVERLAID)
@pytest.mark.parametrize("want", ["books", "looks"])
def test_a_match_without_room_is_told(typology, want):
    records = polled(books=3) if want == "books" else polled(every=timedelta(hours=7))

    with pytest.raises(NoRoom, match=f"a-v-b: no room for {typology}"):
        drawn(typology, recording("a-v-b", records), random.Random(1))


def test_two_way_prices_leave_no_room_and_no_traceback():
    records = [r for r in polled() if not (isinstance(r, Price) and r.selection == "draw")]

    with pytest.raises(NoRoom):
        drawn("steam-move", recording("a-v-b", records), random.Random(1))


def test_history_is_what_the_book_of_the_match_says(played):
    rng = random.Random(3)
    status = ("open", "open", "open", "suspended", "withdrawn")
    told = [
        price(KICK_OFF - rng.randint(0, 999) * MINUTE, rng.choice(("home", "draw", "away")),
              rng.uniform(1.2, 9.0), f"b{rng.randint(0, 4)}", status=rng.choice(status))
        for _ in range(600)
    ]  # fmt: skip
    told.sort(key=lambda record: record.at)
    late = told[::50]
    records = [r for r in told if r not in late] + late
    book = MatchBook("a-v-b")
    for record in records:
        book.apply(record)

    known = {row.book: row.fair for row in book.market("1x2", None).offered()}
    assert PriceHistory(records).fair(OFF) == known
    assert PriceHistory([]).fair(OFF) == {}


def test_drawing_from_a_long_recording_takes_no_second():
    every = timedelta(seconds=20)
    told = recording("a-v-b", polled(books=25, every=every))
    assert len(told.records) > 90_000
    begun = time.process_time()

    for seed in range(5):
        drawn("late-drift", told, random.Random(seed))

    assert time.process_time() - begun < 1.0
