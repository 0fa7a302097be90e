from datetime import timedelta

import pytest

from detectors.catalogue import catalogue
from markets.records import Heartbeat, Record
from streams.peaks import peaks
from tests.streams.made_up_feed import KICK_OFF, fixture, price

OFF = KICK_OFF.timestamp()
MINUTE = timedelta(minutes=1)
PRICES = {"home": 2.3, "draw": 3.3, "away": 3.2}

#  12 h before ....... -90 min: home falls by a fifth ....... kick-off
#                      at all books within five minutes; at -10 min one draw by a hundredth
STEAM = -90


def steamed(factor: float = 0.8) -> list[Record]:
    told: list[Record] = [fixture("a-v-b", KICK_OFF - 720 * MINUTE)]
    for minute in range(-720, 0):
        at = KICK_OFF + minute * MINUTE
        for number in range(8):
            if minute == -720:
                told += [price(at, s, p, f"b{number}") for s, p in PRICES.items()]
            if minute == STEAM + number % 5:
                told.append(price(at, "home", 2.3 * factor, f"b{number}"))
        if minute == -10:
            told.append(price(at, "draw", 3.31, "b0"))
        told.append(Heartbeat(at=at, source="odds"))
    return told


def of_steam(found) -> float:
    return found.get(("steam-move", "1x2", "late"), 0.0)


def test_the_largest_score_of_each_cell_is_kept():
    weak, strong = peaks(steamed(0.9), "a-v-b"), peaks(steamed(0.8), "a-v-b")

    assert 0.0 < of_steam(weak) < of_steam(strong)
    assert {detector for detector, _, _ in strong} <= {d.name for d in catalogue()}
    assert {phase for _, _, phase in strong} <= {"early", "day", "late"}
    assert all(score >= 0.0 for score in strong.values())


@pytest.mark.parametrize(
    ("since", "until", "seen"),
    [
        (None, STEAM, False),
        (None, STEAM + 15, True),
        (STEAM, STEAM + 15, True),
        (-80, 0, True),
        (-20, 0, False),
    ],
)
def test_only_what_is_between_two_moments_counts(since, until, seen):
    begins = None if since is None else OFF + 60.0 * since
    found = peaks(steamed(), "a-v-b", since=begins, until=OFF + 60.0 * until)

    assert (of_steam(found) > 0.1) == seen


def test_what_came_before_is_known_but_does_not_count():
    late = peaks(steamed(), "a-v-b", since=OFF - 1200.0)

    assert ("late-drift", "1x2", "late") in late, "hours of prices are looked back upon"


def test_a_price_at_the_end_is_too_late():
    until = OFF + 60.0 * (STEAM + 15)
    records = [r for r in steamed() if r.at.timestamp() < until]

    assert peaks(steamed(), "a-v-b", until=until) == peaks(records, "a-v-b")


def test_nothing_told_is_nothing_seen():
    assert peaks([], "a-v-b") == {}
