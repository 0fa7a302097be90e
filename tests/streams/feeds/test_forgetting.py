"""Live feeds that run for weeks let go of matches that are over."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.ageing import FORGOTTEN_AFTER, Ageing
from streams.feeds.betfair_markets import MarketChanges
from streams.feeds.betfair_message import Message
from streams.feeds.uof import Recording

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), max_size=200))
def test_what_is_looked_up_once_a_week_is_kept_and_the_rest_let_go(told):
    memory, last, day = Ageing(), {}, 0
    for key, days in told:
        day += days
        memory.now(NOON + timedelta(days=day))
        if key not in memory:
            assert key not in last or day - last[key] >= FORGOTTEN_AFTER.days
            memory[key] = key
        assert memory[key] == key
        last[key] = day
    assert len(memory) == len(list(memory)) == len(set(memory))
    assert set(memory) >= {key for key, seen in last.items() if day - seen < FORGOTTEN_AFTER.days}


def test_deletion_and_replacement_reach_both_generations():
    memory = Ageing()
    memory.now(NOON)
    memory["a"] = memory["b"] = 1
    memory.now(NOON + FORGOTTEN_AFTER)
    memory["a"] = 2
    del memory["b"]
    assert dict(memory) == {"a": 2}


def betfair(day, market, status="OPEN", event="1"):
    definition = {
        "eventId": event, "eventTypeId": "1", "eventName": "A v B", "marketType": "MATCH_ODDS",
        "bettingType": "ODDS", "status": status, "inPlay": False, "bspMarket": False,
        "openDate": "2026-07-04T19:00:00.000Z", "marketTime": "2026-07-04T19:00:00.000Z",
        "runners": [{"id": n, "status": "ACTIVE", "sortPriority": n} for n in (1, 2, 3)],
    }  # fmt: skip
    at = int((NOON + timedelta(days=day)).timestamp() * 1000)
    body = {
        "op": "mcm",
        "pt": at,
        "clk": "x",
        "mc": [{"id": market, "marketDefinition": definition}],
    }
    return Message(msgspec.json.encode(body), "test")


def test_betfair_keeps_what_is_open_however_long_and_lets_go_of_what_is_closed():
    changes = MarketChanges()
    for day in range(40):
        event = str(day // 2)
        list(changes.read(betfair(day, f"1.{day}", event=event)))
        if day % 10:
            list(changes.read(betfair(day, f"1.{day}", "CLOSED", event=event)))
    assert {f"1.{day}" for day in (0, 10, 20, 30)} <= set(changes.markets)
    assert len(changes.markets) <= 4 + FORGOTTEN_AFTER.days + 1
    assert {key[0] for key in changes._owners} == set(changes._matches)
    assert {market.event for market in changes.markets.values()} == set(changes._matches)


def test_a_market_that_opens_again_is_kept():
    changes = MarketChanges()
    for day, status in ((0, "OPEN"), (1, "CLOSED"), (2, "OPEN"), (20, "OPEN")):
        list(changes.read(betfair(day, "1.1", status)))
    assert set(changes.markets) == {"1.1"}


def test_uof_lets_go_of_events_that_are_over():
    recording = Recording()
    for day in range(40):
        at = int((NOON + timedelta(days=day)).timestamp() * 1000)
        line = f'<bet_stop product="1" event_id="sr:match:{day}" timestamp="{at}" groups="all"/>'
        list(recording.read(line.encode(), "test"))
    assert 0 < len(recording._matches) <= 2 * FORGOTTEN_AFTER.days
