import math
import random
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from markets.records import Event, Heartbeat, Price, Record
from streams.beside import PEERS, PeerTrace, beside, highest, recall, threshold
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix

KICK_OFF = datetime(2026, 7, 4, 12, tzinfo=UTC)
MATCH = "a-v-b"
BOOKS = [f"book-{n}" for n in range(6)]
STEAM = Fix(0, "steam-move", "1x2", strength=0.15)
SCORES = st.lists(st.floats(0, 1e6) | st.sampled_from([0.0, 1.0]), min_size=1, max_size=80)


def moment(minute: float) -> float:
    """Epoch seconds of a moment, in minutes from kick-off."""
    return (KICK_OFF + timedelta(minutes=minute)).timestamp()


def prices(minute: float, over: float, *, in_play: bool = False, match: str = MATCH):
    """All books price the total at once, `over` being its probability, without a margin."""
    return [
        Price(
            at=KICK_OFF + timedelta(minutes=minute), match=match, market="total", line=2.5,
            selection=selection, book=book, price=1 / probability, in_play=in_play,
        )
        for book in BOOKS
        for selection, probability in (("over", over), ("under", 1 - over))
    ]  # fmt: skip


def event(minute: float, name: str) -> Event:
    return Event(at=KICK_OFF + timedelta(minutes=minute), match=MATCH, event=name)


def rounded(trace: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(at, round(score, 6)) for at, score in trace]


# minute   -99                -52  -50              -45
#           opens at 50 %   to 62 %  ^ look: 12 pp   ^ nothing changed, no look
def test_a_move_is_seen_at_the_end_of_its_five_minutes() -> None:
    traces = beside([*prices(-99, 0.5), *prices(-52, 0.62), *prices(-20, 0.55)])
    assert rounded(traces["ten-points"].before) == [(moment(-50), 12.0)]


def test_what_comes_and_goes_between_two_looks_is_not_seen() -> None:
    traces = beside([*prices(-99, 0.5), *prices(-53, 0.62), *prices(-52, 0.5), *prices(-3, 0.51)])
    assert rounded(traces["ten-points"].before) == [(moment(0), 1.0)]


def test_a_look_does_not_see_what_is_told_at_its_moment() -> None:
    traces = beside([*prices(-99, 0.5), *prices(-52, 0.53), *prices(-50, 0.62)])
    assert rounded(traces["ten-points"].before) == [(moment(-50), 3.0), (moment(-45), 12.0)]


def test_the_last_change_before_kick_off_is_seen_at_kick_off() -> None:
    records = [*prices(-99, 0.5), *prices(-2, 0.62), event(1, "kick_off"), *prices(2, 0.9)]
    trace = beside(records)["ten-points"]
    assert rounded(trace.before) == [(moment(0), 12.0)]
    assert trace.in_play == ()


def test_a_change_is_not_waited_for_when_play_begins() -> None:
    records = [*prices(-99, 0.5), *prices(1, 0.62), event(2, "kick_off"), *prices(2, 0.9)]
    assert rounded(beside(records)["ten-points"].before) == [(moment(2), 12.0)]


@pytest.mark.parametrize("begins", ["kick_off", "price"])
def test_in_play_the_peers_begin_anew_and_look_each_minute(begins: str) -> None:
    stirring = [0.5 + 0.001 * (minute % 3) for minute in range(20)]
    opened = [event(0.1, "kick_off")] if begins == "kick_off" else []
    before = [*prices(-400, 0.3), *prices(-300, 0.9)]
    during = [p for minute, over in enumerate(stirring) for p in prices(
        minute + 0.2, over, in_play=begins == "price")]  # fmt: skip
    goal = prices(30.5, 0.8, in_play=True)
    trace = beside([*before, *opened, *during, *goal])["rolling-z"]
    assert trace.before == ()
    at, score = trace.in_play[-1]
    assert at == moment(31)
    assert score > 50.0


def test_after_full_time_nobody_looks() -> None:
    quiet = [p for minute in range(1, 20) for p in prices(minute, 0.5, in_play=True)]
    settled = prices(100, 0.99, in_play=True)
    played = [*prices(-9, 0.5), event(0, "kick_off"), *quiet, event(95, "full_time"), *settled]
    assert beside(played)["rolling-z"].in_play == ()


def test_the_order_within_an_instant_does_not_matter() -> None:
    rng = random.Random(3)
    begins = [*prices(-40, 0.7), event(-40, "kick_off")]
    told = [prices(-300 + 5 * n, 0.5 + 0.01 * math.sin(n)) for n in range(52)] + [begins]
    told += [prices(-40 + n, 0.7 + 0.01 * math.sin(n), in_play=True) for n in range(1, 30)]
    shuffled = [rng.sample(burst, len(burst)) for burst in told]
    assert beside(chain(*told)) == beside(chain(*shuffled))


def test_one_match_at_a_time() -> None:
    with pytest.raises(ValueError, match="give those of one match"):
        beside([*prices(-9, 0.5), *prices(-8, 0.5, match="c-v-d")])


def test_of_no_price_there_is_no_trace() -> None:
    told: list[Record] = [Heartbeat(at=KICK_OFF, source="odds"), event(0, "kick_off")]
    assert beside(told) == {kind.name: PeerTrace() for kind in PEERS} == beside([])


@pytest.fixture(scope="module")
def moved() -> tuple[dict[str, PeerTrace], dict[str, PeerTrace], float, float]:
    """A simulated match clean, the same with a steam move, and from when to when that was."""
    clean = match_day(7, matches=1, fixes=(), start=KICK_OFF).matches[0]
    day = match_day(7, matches=1, fixes=(STEAM,), start=KICK_OFF)
    until = day.matches[0].fixture.start.timestamp()
    since = day.truth[0].start.timestamp()
    return beside(clean.records()), beside(day.matches[0].records()), since, until


def test_traces_of_a_simulated_match_rise_and_are_finite(moved: tuple) -> None:
    for trace in moved[0].values():
        for rises in (trace.before, trace.in_play):
            assert list(rises) == sorted(set(rises))
            assert all(math.isfinite(score) and score > 0.0 for _, score in rises)
            assert [s for _, s in rises] == sorted({s for _, s in rises})
    assert all(trace.in_play for name, trace in moved[0].items() if name != "ten-points")


def test_a_simulated_match_gives_the_same_traces_again(moved: tuple) -> None:
    again = match_day(7, matches=1, fixes=(), start=KICK_OFF).matches[0]
    assert beside(again.records()) == moved[0]


@pytest.mark.parametrize("name", ["ten-points", "rolling-z"])
def test_a_steam_move_is_higher_than_the_clean_match(moved: tuple, name: str) -> None:
    clean, fixed, since, until = moved
    assert highest(fixed[name].before, since, until) > 1.5 * highest(clean[name].before)


def test_highest_counts_rises_from_since_until_before_until() -> None:
    trace = [(0.0, 1.0), (60.0, 2.0), (90.0, 5.0)]
    assert highest(trace) == 5.0
    assert highest(trace, since=60.0) == 5.0
    assert highest(trace, since=61.0, until=90.0) == 0.0
    assert highest([]) == 0.0


@given(clean=SCORES, rate=st.floats(0, 1) | st.sampled_from([0.01, 0.05, 0.1, 0.29]))
def test_the_false_rate_is_kept_and_the_threshold_no_higher_than_needed(
    clean: list[float], rate: float
) -> None:
    found = threshold(clean, rate)
    assert sum(score > found for score in clean) / len(clean) <= rate
    if found > float("-inf"):
        assert sum(score >= found for score in clean) / len(clean) > rate


@given(clean=SCORES, rate=st.floats(0, 1))
def test_a_threshold_does_not_depend_on_the_order_of_matches(
    clean: list[float], rate: float
) -> None:
    assert threshold(clean, rate) == threshold(clean[::-1], rate)


@pytest.mark.parametrize(("clean", "rate"), [([], 0.1), ([1.0], -0.1), ([1.0], 1.1)])
def test_no_threshold_of_nothing(clean: list[float], rate: float) -> None:
    with pytest.raises(ValueError, match="no threshold"):
        threshold(clean, rate)


def test_recall_does_not_count_ties() -> None:
    assert recall([1.0, 1.0, 2.0, 0.5], 1.0) == 0.25
    with pytest.raises(ValueError, match="no fixed match"):
        recall([], 1.0)
