"""Bars: what they say, and that they are the same however a feed is cut and written again."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from forensics.archive import Archive
from forensics.store import Store, StoreRefused
from markets.consensus import consensus
from markets.goal_fit import fit_rates
from markets.goals import outcome_probabilities, over_probability
from markets.implied import multiplicative
from markets.joined_prices import joined
from markets.records import Event, Fixture, Price, Record
from tests.faults.day import frames

SEVEN = datetime(2026, 7, 4, 19, tzinfo=UTC)
ARRIVED = datetime.now(UTC).replace(microsecond=0)
ODDS = {"home": 2.0, "draw": 3.4, "away": 4.2}
TOTAL = {"over": 1.9, "under": 2.0}
BARS = "SELECT * EXCEPT (partition, offset) FROM bars FINAL ORDER BY ALL"


def moment(minutes: float) -> datetime:
    return SEVEN + timedelta(minutes=minutes)


def quotes(minutes: float, book: str, odds=None, *, factor: float = 1.0, line=None, **more):
    odds = odds or ODDS
    market = "total" if "over" in odds else "1x2"
    return [
        Price(at=moment(minutes), match="a-v-b", market=market, line=line, selection=name,
              book=book, price=price * factor, **more)
        for name, price in odds.items()
    ]  # fmt: skip


def feed() -> list[list[Record]]:
    """Frames of a match: two books before it, a goal in it, prices after."""
    fixture = Fixture(at=moment(-90), match="a-v-b", source="s", sport="football",
                      competition="Cup", home="A", away="B", start=SEVEN)  # fmt: skip
    goal = Event(at=moment(20.2), match="a-v-b", event="goal", team="home", score=(1, 0), clock=20)
    return [
        [fixture, *quotes(-60, "b1"), *quotes(-59.5, "b2", factor=1.05)],
        [*quotes(-30, "b1", TOTAL, line=2.5)],
        [Event(at=SEVEN, match="a-v-b", event="kick_off")],
        [*quotes(10.1, "b1", in_play=True), *quotes(10.9, "b2", factor=1.1, in_play=True)],
        [goal, *quotes(20.5, "b1", {"home": 1.5, "draw": 4.0, "away": 7.0}, in_play=True)],
        [*quotes(20.8, "b1", {"over": 1.6, "under": 2.4}, line=2.5, in_play=True)],
    ]


def write(store: Store, *cuts: int, again: bool = False) -> None:
    """Write the frames in batches that end after the given frames, each by an archive anew."""
    frames = [(0, n, ARRIVED, records) for n, records in enumerate(feed())]
    for begin, end in zip((0, *cuts), (*cuts, len(frames)), strict=True):
        for _ in range(2 if again else 1):
            Archive(store).write(frames[begin:end])


def bars(store: Store, at: float, market: str = "1x2") -> dict[str, dict]:
    sql = f"{BARS.split(' ORDER')[0]} WHERE minute = {{at:DateTime}} AND market = {{market:String}}"
    minute = moment(at).replace(second=0)
    rows = store.rows(sql, {"at": minute, "market": market})
    return {row["selection"]: row for row in rows}


def test_the_consensus_is_that_of_the_books_as_they_stand_at_the_end_of_the_minute(store):
    write(store)
    found = bars(store, 10)
    fair = {"b1": multiplicative(list(_sorted(ODDS))), "b2": multiplicative(list(_sorted(ODDS)))}
    wanted = dict(zip(sorted(ODDS), consensus(fair).probabilities, strict=True))
    assert {name: row["consensus"] for name, row in found.items()} == pytest.approx(wanted)
    assert found["home"]["books"] == ["b1", "b2"]
    assert found["home"]["chances"] == pytest.approx([wanted["home"]] * 2)
    assert found["home"]["in_play"]


def _sorted(odds):
    return (odds[name] for name in sorted(odds))


def test_the_expectation_is_the_goal_model_s_from_the_prices_before(store):
    write(store)
    away, draw, home = multiplicative(list(_sorted(ODDS)))
    over, _ = multiplicative(list(_sorted(TOTAL)))
    rates = fit_rates(home, draw, away, [(2.5, over)])
    after = bars(store, 20)
    clock = 20 + 0.8  # the goal was told at 20.2, as minute 20; the bar's minute ends at 21
    wanted = dict(zip(("home", "draw", "away"), outcome_probabilities(rates, (1, 0), clock),
                      strict=True))  # fmt: skip
    got = {name: row["expected"] for name, row in after.items()}
    assert got == pytest.approx(wanted, abs=2e-3)
    total = bars(store, 20, "total")
    assert total["over"]["line"] == "2.5"
    assert total["over"]["expected"] == pytest.approx(
        over_probability(rates, 2.5, (1, 0), clock), abs=5e-3
    )
    assert total["under"]["expected"] == pytest.approx(1 - total["over"]["expected"])


def test_before_the_match_nothing_is_expected(store):
    write(store)
    assert bars(store, -60)["home"]["expected"] is None
    assert not bars(store, -60)["home"]["in_play"]


@pytest.mark.parametrize("cuts", [(), (1,), (2, 4), (1, 2, 3, 4, 5)])
@pytest.mark.parametrize("again", [False, True])
def test_bars_do_not_depend_on_how_the_feed_was_cut_or_how_often_written(store, cuts, again):
    write(store, *cuts, again=again)
    found = store.rows(BARS)
    store.command("TRUNCATE TABLE bars")
    store.command("TRUNCATE TABLE prices")
    store.command("TRUNCATE TABLE events")
    store.command("TRUNCATE TABLE fixtures")
    write(store)
    assert found == store.rows(BARS)
    assert len(found) == 18


@pytest.mark.parametrize("cuts", [(4, 5), (5,), (1, 2, 3, 4, 5)])
def test_a_minute_that_an_archive_begins_in_goes_on_as_if_there_were_no_break(store, cuts):
    """The goal of minute 20 and its 1X2 prices are written before the cut, a total after it."""
    told = "SELECT market, selection, offset FROM bars FINAL ORDER BY minute, market, selection"
    write(store, *cuts)
    found = store.rows(told)
    assert [row["offset"] for row in found[-5:]] == [4, 4, 4, 5, 5]
    for table in ("bars", "prices", "events", "fixtures"):
        store.command(f"TRUNCATE TABLE {table}")
    write(store)
    assert found == store.rows(told)


def test_one_archive_that_goes_on_needs_no_look_back(store):
    archive = Archive(store)
    for n, records in enumerate(feed()):
        archive.write([(0, n, ARRIVED, records)])
    found = store.rows(BARS)
    store.command("TRUNCATE TABLE bars")
    write(store, 3)
    assert [row["expected"] for row in found] == [row["expected"] for row in store.rows(BARS)]


def test_a_batch_that_is_written_again_as_the_store_was_away_is_not_read_back_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive, batches = Archive(store), [[(0, n, ARRIVED, told)] for n, told in enumerate(feed())]
    for batch in batches[:3]:
        archive.write(batch)
    store.command("RENAME TABLE prices TO prices_away")
    with pytest.raises(StoreRefused):
        archive.write(batches[3])
    store.command("RENAME TABLE prices_away TO prices")
    with monkeypatch.context() as patched:
        patched.setattr(store, "rows", lambda *_: pytest.fail("read from the store"))
        archive.write(batches[3])
    for batch in batches[4:]:
        archive.write(batch)
    found = store.rows(BARS)
    store.command("TRUNCATE TABLE bars")
    write(store)
    assert found == store.rows(BARS)


def test_markets_without_a_whole_offer_have_no_bars(store):
    half = quotes(0, "b1")[:1]
    counts = Archive(store).write([(0, 0, ARRIVED, half)])
    assert counts["prices"] == 1


def test_a_match_of_which_nothing_is_told_for_long_is_put_away_and_comes_back(store: Store) -> None:
    """A postponed one: its quotes are read from the store when something is told of it again."""
    other = [replace(price, match="c-v-d") for price in quotes(0, "b1")]
    later = [replace(price, match="e-v-f") for price in quotes(13 * 60, "b1")]
    back = [quotes(14 * 60, "b2", factor=1.02)]
    told = [*feed()[:2], other, later, *back]
    frames = [(0, n, ARRIVED, records) for n, records in enumerate(told)]
    archive = Archive(store)
    for frame in frames[:4]:
        archive.write([frame])
    assert {match for _, match in archive._bars._desks} == {"e-v-f"}
    archive.write(frames[4:])
    assert bars(store, 14 * 60)["home"]["books"] == ["b1", "b2"]


def stopped() -> list[list[Record]]:
    """Two books in a minute of play; the goal, and both stop; one is told late; a minute after.

    20:00 ──b1──b2──goal──b1 stops──b2 stops──(b2's total of 19:59)── 21:10 b1
    """
    kick_off = Event(at=SEVEN, match="a-v-b", event="kick_off")
    goal = Event(at=moment(20.3), match="a-v-b", event="goal", team="home", score=(1, 0), clock=20)
    return [
        [*quotes(-60, "b1"), *quotes(-60, "b1", TOTAL, line=2.5), kick_off],
        [*quotes(20.0, "b1", in_play=True), *quotes(20.1, "b2", factor=1.1, in_play=True)],
        [goal],
        [*quotes(20.4, "b1", status="suspended", in_play=True)],
        [*quotes(20.5, "b2", status="suspended", in_play=True)],
        [*quotes(19.9, "b2", TOTAL, line=2.5, in_play=True)],
        [*quotes(21.2, "b1", {"home": 1.5, "draw": 4.0, "away": 7.0}, in_play=True)],
    ]


WHOLE = "SELECT * FROM bars FINAL ORDER BY ALL"


def told_in_batches(store: Store, told: list, rng: random.Random) -> list[dict]:
    """Rows of frames cut anywhere, by one archive or by many, some batches written twice.

    Of some frames prices are told together, of others one by one.
    """
    told = [(*place, rng.choice((list, joined))(records)) for *place, records in told]
    for table in ("bars", "prices", "events", "fixtures", "frames"):
        store.command(f"TRUNCATE TABLE {table}")
    archive, begin = Archive(store), 0
    while begin < len(told):
        end = begin + rng.randint(1, max(2, len(told) // 6))
        for _ in range(rng.choice((1, 1, 2))):
            archive = archive if rng.random() < 0.7 else Archive(store)
            archive.write(told[begin:end])
        begin = end
    return store.rows(WHOLE)


def test_a_market_that_is_stopped_is_shown_as_it_was_last_offered_in_the_minute(store):
    told = [(0, n, ARRIVED, records) for n, records in enumerate(stopped())]
    Archive(store).write(told)
    shown = bars(store, 20)["home"]
    assert shown["books"] == ["b2"]
    assert shown["in_play"]
    assert bars(store, 20, "total")["over"]["books"] == ["b1", "b2"]
    whole = store.rows(WHOLE)
    for seed in range(8):
        assert told_in_batches(store, told, random.Random(seed)) == whole


def test_a_day_cut_at_random_leaves_the_same_bars_in_every_column(store):
    told: list = []
    for partition, records in frames(5, matches=2):
        told.append(
            (partition, sum(1 for frame in told if frame[0] == partition), ARRIVED, records)
        )
    Archive(store).write(told)
    whole = store.rows(WHOLE)
    assert len(whole) > 1000
    for seed in range(2):
        assert told_in_batches(store, told, random.Random(seed)) == whole


def test_offsets_within_a_batch_may_have_gaps_as_after_a_transaction(store):
    told = [(0, n, ARRIVED, records) for n, records in enumerate(feed())]
    Archive(store).write(told)
    whole = store.rows(BARS)
    for table in ("bars", "prices", "events", "fixtures", "frames"):
        store.command(f"TRUNCATE TABLE {table}")
    Archive(store).write([(0, 2 * n, ARRIVED, records) for _, n, _, records in told])
    assert store.rows(BARS) == whole
