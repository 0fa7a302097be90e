import re
from datetime import UTC, datetime, timedelta
from random import Random

import msgspec
import pytest

from alerts.alert import Alert
from forensics.alerts_table import PublishedAlert
from forensics.archive import Archive, DeadLetter
from forensics.columns import FEED_TABLES, by_table
from forensics.retention import retain
from forensics.settings import RetentionSettings
from forensics.store import StoreRefused
from markets.door import RECORDS
from markets.joined_prices import joined
from markets.records import (
    Account,
    Event,
    Fixture,
    Gap,
    Heartbeat,
    Ladder,
    Matched,
    Past,
    Played,
    Price,
    Wager,
)

KICK_OFF = datetime(2019, 8, 9, 19, 0, tzinfo=UTC)
ARRIVED = datetime.now(UTC).replace(microsecond=0)
ON_HOME = {"match": "a-v-b", "market": "1x2", "selection": "home"}


def at(seconds: float) -> datetime:
    return KICK_OFF + timedelta(seconds=seconds)


def price(seconds, value, **changes):
    return Price(**{"at": at(seconds), **ON_HOME, "book": "pinnacle", "price": value, **changes})


def level(seconds, value, size, side="back"):
    return Ladder(at=at(seconds), **ON_HOME, book="betfair", side=side, price=value, size=size)


ONE_OF_EACH = [
    Fixture(
        at=at(0), match="a-v-b", source="openfootball", sport="football", competition="Cup",
        tier=1, home="Côte d'Ivoire", away="B", start=KICK_OFF,
    ),
    price(0.123456, 2.1, size=50.0, status="suspended", in_play=True),
    price(1, 1.9, market="total", line=2.5, selection="over"),
    price(1, 1.95, market="asian_handicap", line=0.0),
    Matched(at=at(2), **ON_HOME, book="betfair", amount=12345.6, last=2.12),
    level(3, 2.1, 40.0),
    Wager(
        at=at(4), **ON_HOME, book="opr-7", wager="w1", account="a1", price=2.1, stake=50.0,
        country="GR", opened="2026-06-01", device="d9", counterparty="a2",
    ),
    Wager(at=at(5), **ON_HOME, book="opr-7", wager="w2", account="a1", price=2.1, stake=1.0),
    Account(
        at=at(5), match="a-v-b", book="opr-7", account="a1", opened="2026-06-01", wagers=12,
        median_stake=20.0, last=at(-86400), limit=500.0, country="GR",
    ),
    Account(at=at(5), match="a-v-b", book="opr-7", account="a2"),
    Past(
        at=at(5), match="a-v-b", source="history", subject="B", role="away",
        played=(
            Played(start=at(-864000), opened=0.4, closed=0.55, happened=True),
            Played(start=at(-432000), opened=0.25, closed=0.24, happened=False),
        ),
    ),
    Past(at=at(6), match="a-v-b", source="history", subject="R", role="referee", played=()),
    Event(at=at(6), match="a-v-b", event="goal", team="home", score=(1, 0), clock=23.0),
    Event(at=at(7), match="a-v-b", event="line_up"),
    Heartbeat(at=at(8), source="betfair"),
    Gap(at=at(9), source="betfair", reason="conflated"),
]  # fmt: skip


def read_back(store, kind):
    """Rows of a table as the records they were, in the order of the topic."""
    fields = {field.name for field in msgspec.structs.fields(kind)}
    for row in store.rows(
        f"SELECT * FROM {FEED_TABLES[kind].name} ORDER BY partition, offset, idx"
    ):
        if kind is Event:
            score = row["home_score"], row["away_score"]
            row["score"] = None if None in score else score
        if kind is Heartbeat:
            row["covers"] = tuple(row["covers"])
        if kind is Past:
            columns = [row[f"played.{name}"] for name in ("start", "opened", "closed", "happened")]
            row["played"] = tuple(
                Played(start=start, opened=opened, closed=closed, happened=happened)
                for start, opened, closed, happened in zip(*columns, strict=True)
            )
        yield kind(**{name: value for name, value in row.items() if name in fields})


def test_every_record_comes_back_as_it_went_in(store):
    counts = Archive(store).write([(3, 71, ARRIVED, ONE_OF_EACH)])
    assert counts == {
        "fixtures": 1, "prices": 3, "matched": 1, "ladders": 1, "wagers": 2, "accounts": 2,
        "pasts": 2, "events": 2, "health": 1, "heartbeats": 1, "frames": 1,
    }  # fmt: skip
    for kind in FEED_TABLES:
        assert list(read_back(store, kind)) == [r for r in ONE_OF_EACH if type(r) is kind]


def test_every_field_of_every_record_has_a_column():
    assert set(FEED_TABLES) == set(RECORDS.values())
    for kind, table in FEED_TABLES.items():
        fields = {field.name for field in msgspec.structs.fields(kind)}
        assert set(table.types) - set(table.derived) == fields - {"score", "played"}
    played = {f"played.{field.name}" for field in msgspec.structs.fields(Played)}
    assert played == set(FEED_TABLES[Past].derived)


def test_each_row_says_where_it_came_from(store):
    Archive(store).write([(3, 71, ARRIVED, ONE_OF_EACH), (65535, 2**40, ARRIVED, [price(1, 2.0)])])
    rows = store.rows("SELECT partition, offset, idx, arrived FROM prices ORDER BY partition, idx")
    where = [(row["partition"], row["offset"], row["idx"]) for row in rows]
    assert where == [(3, 71, 1), (3, 71, 2), (3, 71, 3), (65535, 2**40, 0)]
    assert {row["arrived"] for row in rows} == {ARRIVED}


def frames(count, seed=0):
    """Frames of two partitions with prices that repeat themselves within and across frames."""
    random = Random(seed)
    return [
        (number % 2, number // 2, ARRIVED + timedelta(seconds=number), [
            price(number, random.choice([2.0, 2.1]), book=random.choice("ab"))
            for _ in range(random.randint(0, 5))
        ])
        for number in range(count)
    ]  # fmt: skip


def test_prices_told_together_make_the_rows_of_prices_told_one_by_one():
    lay = [
        price(2, p, selection=s, market="total", line=2.5) for s, p in (("over", 2), ("under", 3))
    ]
    one_by_one = [
        (3, 71, ARRIVED, ONE_OF_EACH),
        (3, 72, ARRIVED, [*lay, price(3, 1.5), *lay[::-1]]),
        (4, 9, ARRIVED, lay),
    ]
    together = [(*place, joined(told)) for *place, told in one_by_one]
    assert len(together[1][3]) == 3
    wanted, found = by_table(one_by_one), by_table(together)
    assert found.keys() == wanted.keys()
    for name, table in wanted.items():
        order = [(column, "ascending") for column in ("partition", "offset", "idx")][
            : 2 if name == "frames" else 3
        ]
        assert found[name].sort_by(order).equals(table.sort_by(order)), name


def test_a_batch_written_three_times_is_there_once(store):
    batch = [*frames(50), (2, 0, ARRIVED, ONE_OF_EACH)]
    written = Archive(store).write(batch)
    before = everything(store)
    for _ in range(2):
        assert Archive(store).write(batch) == written
    assert everything(store) == before
    assert {name: len(rows) for name, rows in before.items()} == written


@pytest.mark.parametrize("seed", range(5))
def test_batches_cut_differently_leave_the_same_rows(store, seed):
    random = Random(seed)
    batch = frames(40, seed)
    while batch:
        cut = random.randint(1, 15)
        Archive(store).write(batch[:cut])
        # A crash: the batch was written and not acknowledged, and comes again cut elsewhere.
        batch = batch[random.choice([0, cut, max(cut - 3, 0)]) :]
    rows = everything(store)["prices"]
    assert len(rows) == by_table(frames(40, seed))["prices"].num_rows
    assert store.rows("SELECT count() AS n FROM prices FINAL SETTINGS final = 0") == [
        {"n": len(rows)}
    ]


def everything(store):
    rows = {
        table.name: store.rows(f"SELECT * FROM {table.name} ORDER BY partition, offset, idx")
        for table in FEED_TABLES.values()
    }
    return rows | {"frames": store.rows("SELECT * FROM frames ORDER BY partition, offset")}


@pytest.mark.parametrize("kind", [Wager, Account, Past])
def test_old_recordings_of_persons_stay_and_old_arrivals_go(store, kind):
    """The match was played years ago; what counts is when its records arrived."""
    long_ago = ARRIVED - timedelta(days=200)
    told = next(record for record in ONE_OF_EACH if isinstance(record, kind))
    Archive(store).write([(0, 0, ARRIVED, [told]), (0, 1, long_ago, [told])])
    table = FEED_TABLES[kind].name
    retain(store, RetentionSettings(), ARRIVED)
    assert [row["offset"] for row in store.rows(f"SELECT offset FROM {table}")] == [0]


def test_an_insert_that_fails_raises_and_can_be_repeated(store):
    batch = [(0, 0, ARRIVED, ONE_OF_EACH)]
    store.command("RENAME TABLE events TO events_away")
    with pytest.raises(StoreRefused, match="events"):
        Archive(store).write(batch)
    store.command("RENAME TABLE events_away TO events")
    counts = Archive(store).write(batch)
    assert {name: len(rows) for name, rows in everything(store).items()} == counts


def test_nothing_to_write_is_nothing_written(store):
    archive = Archive(store)
    assert archive.write([]) == {}
    assert archive.write_alerts([]) == {}
    assert archive.write_dead_letters([]) == {}


#   seconds   0     10    20          30    30 (later)  40    50
#   pinnacle  2.0   2.0   withdrawn   2.0   2.2         2.2   2.1
#   other           9.0
def test_price_changes_are_changes_of_the_price_alone(store):
    told = [
        price(0, 2.0), price(10, 2.0), price(10, 9.0, book="other"),
        price(20, 2.0, status="withdrawn"), price(30, 2.0), price(30, 2.2), price(40, 2.2),
        price(50, 2.1), price(60, 2.1, line=1.5), price(70, 2.1, market="total"),
    ]  # fmt: skip
    batch = [(0, offset, ARRIVED, [record]) for offset, record in enumerate(told)]
    for _ in range(2):
        Archive(store).write(batch)
    changes = store.rows("SELECT * FROM price_changes ORDER BY at SETTINGS final = 0")
    assert [(row["at"], row["previous_price"], row["price"]) for row in changes] == [
        (at(30), 2.0, 2.2),
        (at(50), 2.2, 2.1),
    ]
    assert changes[0]["previous_at"] == at(30)
    assert changes[0]["implied_change"] == pytest.approx(1 / 2.2 - 1 / 2.0)


def test_the_last_of_everything_is_the_last_in_event_time_then_in_the_topic(store):
    archive = Archive(store)
    archive.write([(0, 9, ARRIVED, [price(10, 2.5), price(10, 2.6), price(5, 2.4)])])
    archive.write([(0, 8, ARRIVED, [price(10, 2.3), level(1, 2.0, 5.0), level(2, 2.0, 0.0)])])
    archive.write([(0, 7, ARRIVED, [level(1, 2.02, 7.0, side="lay"), level(0, 2.02, 1.0, "lay")])])
    for amount, seconds in ((10.0, 1), (30.0, 2), (20.0, 3)):
        matched = Matched(at=at(seconds), **ON_HOME, book="betfair", amount=amount)
        archive.write([(0, int(amount), ARRIVED, [matched])])
    [last] = store.rows("SELECT * FROM last_prices SETTINGS final = 0")
    assert (last["price"], last["size"], last["line"], last["at"]) == (2.6, None, None, at(10))
    [ladder] = store.rows("SELECT side, price, size FROM current_ladders")
    assert ladder == {"side": "lay", "price": 2.02, "size": 7.0}
    [matched_now] = store.rows("SELECT amount FROM last_matched")
    assert matched_now == {"amount": 20.0}


def test_one_match_is_found_without_reading_the_others(store):
    others = [price(n, 2.0, match=f"m{n:05}") for n in range(50_000)]
    Archive(store).write([(0, 0, ARRIVED, others)])
    for view in ("last_prices", "price_changes"):
        plan = store.rows(f"EXPLAIN indexes = 1 SELECT * FROM {view} WHERE match = 'm00007'")
        granules = [row["explain"].split()[-1] for row in plan if "Granules: 1/" in row["explain"]]
        assert granules, f"{view} reads the whole table"


def test_a_gap_told_to_every_partition_is_one_gap(store):
    gap = ONE_OF_EACH[-1]
    Archive(store).write([(partition, 5, ARRIVED, [gap]) for partition in range(3)])
    assert store.rows("SELECT reason, partitions FROM gaps") == [
        {"reason": "conflated", "partitions": 3}
    ]


ALERT = {
    "alert_id": "a-1",
    "match": "a-v-b",
    "fixture": {
        "sport": "football", "competition": "Cup", "tier": 2, "home": "A", "away": "B",
        "start": "2019-08-09T19:00:00Z",
    },
    "typology": "steam-move",
    "level": "amber",
    "score": 0.9991,
    "opened_at": "2019-08-09T18:00:00Z",
    "peak_at": "2019-08-09T18:01:00.5Z",
    "last_at": "2019-08-09T18:02:00Z",
    "status": "open",
    "market": "total",
    "line": 2.5,
    "selection": "over",
    "headline": "Over 2.5 shortened from 2.10 to 1.70 at 6 of 8 books in 4 minutes",
    "evidence": [{"detector": "steam-move", "score": 0.9991, "books": ["é"]}],
    "context": [],
    "feed_health": {"s": "live"},
    "innocent_explanations": ["team news", "a wrong opening price"],
    "provenance": {
        "topic": "match-feed", "partition": 3, "first_offset": 10, "last_offset": 99,
        "config_hash": "c0ffee",
    },
    "marking": "TLP:AMBER",
    "a_field_of_a_later_version": 1,
}  # fmt: skip


def update(offset, **changes):
    body = msgspec.json.encode(ALERT | changes)
    return (1, offset, ARRIVED + timedelta(seconds=offset), body)


def test_an_alert_is_flat_where_asked_and_whole_beside_it(store):
    message = update(5)
    assert Archive(store).write_alerts([message]) == {
        "alert_updates": 1, "alerts": 1, "cases": 1,
    }  # fmt: skip
    [row] = store.rows("SELECT * FROM alerts")
    flat = {
        name: value for name, value in ALERT.items() if isinstance(value, str | float | list)
    } | ALERT["fixture"]
    for name in ("opened_at", "peak_at", "last_at", "start"):
        flat[name] = datetime.fromisoformat(flat[name])
    for name in ("evidence", "context", "feed_health"):
        assert msgspec.json.decode(row[name]) == ALERT[name]
        flat.pop(name, None)
    assert {name: row[name] for name in flat} == flat
    assert (row["feed_topic"], row["feed_partition"]) == ("match-feed", 3)
    assert (row["first_offset"], row["last_offset"]) == (10, 99)
    assert (row["config_hash"], row["partition"], row["offset"]) == ("c0ffee", 1, 5)
    assert row["body"].encode() == message[3]


def test_alerts_show_the_newest_update_in_any_order_of_arrival(store):
    archive = Archive(store)
    for message in (update(7, level="red"), update(5), update(9, status="closed"), update(7)):
        archive.write_alerts([message])
        archive.write_alerts([message])
    newest = store.rows("SELECT offset, status FROM alerts FINAL SETTINGS final = 0")
    assert newest == [{"offset": 9, "status": "closed"}]
    history = store.rows("SELECT offset FROM alert_updates ORDER BY offset")
    assert [row["offset"] for row in history] == [5, 7, 9]


def test_an_update_that_is_published_again_is_kept_once(store):
    """What a killed watch had sent, the next one sends again: opened, red | red, closed."""
    opened, red, closed = {}, {"level": "red"}, {"status": "closed"}
    Archive(store, generation=1).write_alerts([update(0, **opened), update(1, **red)])
    again = [update(2, **red), update(3, **red), update(4, **closed)]
    counts = Archive(store, generation=2).write_alerts(again)
    assert counts["alert_updates"] == 1
    history = store.rows("SELECT offset, level, status FROM alert_updates ORDER BY offset")
    assert [row["offset"] for row in history] == [0, 1, 4]
    assert store.rows("SELECT offset, status FROM alerts") == [{"offset": 4, "status": "closed"}]


def test_offsets_that_start_anew_come_with_a_higher_generation(store):
    Archive(store).write_alerts([update(900, status="closed")])
    Archive(store, generation=1).write_alerts([update(0)])
    assert store.rows("SELECT status FROM alerts") == [{"status": "open"}]
    assert store.rows("SELECT count() AS n FROM alert_updates") == [{"n": 2}]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe", "malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (msgspec.json.encode(ALERT | {"opened_at": "2019-08-09T18:00:00"}), "timezone"),
        (msgspec.json.encode(ALERT | {"score": None}), "score"),
        (msgspec.json.encode(ALERT).replace("é".encode(), b"\xe9"), "utf-8|UTF-8"),
    ],
)
def test_an_alert_that_cannot_be_read_becomes_a_dead_letter(store, body, reason):
    batch = [(0, 1, ARRIVED, body), update(2)]
    counts = Archive(store).write_alerts(batch)
    assert counts == {"dead_letters": 1, "alert_updates": 1, "alerts": 1, "cases": 1}
    [letter] = store.rows("SELECT *, hex(raw) AS bytes FROM dead_letters")
    assert bytes.fromhex(letter["bytes"]) == body
    assert letter["place"] == "alerts/0/1"
    assert re.search(reason, letter["reason"])


def test_what_is_read_of_an_alert_is_in_its_contract():
    read = {field.name for field in msgspec.structs.fields(PublishedAlert)}
    assert read == set(Alert.model_fields)


def test_dead_letters_of_one_place_are_kept_apart_and_repeated_ones_are_not(store):
    letter = DeadLetter("s", "f.jsonl:12", "price: missing", b"\x00\xff", "", 0, 0, ARRIVED)
    batch = [letter, letter._replace(raw=b"other"), letter._replace(reason="at: missing")]
    for _ in range(3):
        assert Archive(store).write_dead_letters(batch) == {"dead_letters": 3}
    assert store.rows("SELECT count() AS n FROM dead_letters") == [{"n": 3}]
    raws = store.rows("SELECT raw FROM dead_letters ORDER BY raw")
    assert [row["raw"] for row in raws] == ["\x00\N{REPLACEMENT CHARACTER}"] * 2 + ["other"]
