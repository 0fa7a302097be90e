"""A canary is no record: nothing that looks at matches sees it, and nothing is changed by it."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from alerts.alert import Alert
from forensics.archive import Archive
from forensics.canaries_table import Answer, answered
from forensics.migrate import migrate
from forensics.store import StoreSettings, open_store
from forensics.stored_feed import run_of
from markets.records import Record
from streams.answering import answer
from streams.canaries import Canary, canary_of, encode
from streams.configuration import Settings, config_hash
from streams.frames import decode, framed
from streams.frames import encode as frame_of
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.watches import Watches

AT = datetime(2026, 7, 4, 12, tzinfo=UTC)
CANARY = encode(Canary(id="r1", sent=AT))
Fed = list[tuple[int, int, bytes]]


def test_it_is_a_frame_that_holds_nothing():
    assert canary_of(CANARY) == Canary(id="r1", sent=AT)
    assert decode(CANARY) == ([], [])


@pytest.mark.parametrize(
    "frame",
    [
        b'{"kind":"canary"}',
        b'{"kind":"canary","id":"","sent":"2026-07-04T12:00:00Z"}',
        b'{"kind":"canary","id":"r","sent":"2026-07-04T12:00:00"}',
        b'{"kind":"canary","id":"r","sent":"2026-07-04T12:00:00+02:00"}',
        b'{"kind":"canary","id":"r","sent":"2300-07-04T12:00:00Z"}',
        b'{"kind":"canary","id":"r","sent":"2026-07-04T12:00:00Z","match":"a-v-b"}',
        b'{"kind":"canary","id":"r","sent":"2026-07-04T12:00:00Z"',
        b"[" + CANARY + b"]",
    ],
)
def test_what_is_none_is_refused_with_a_reason(frame):
    records, reasons = decode(frame)
    assert (records, len(reasons)) == ([], 1)
    assert canary_of(frame) is None


def test_the_answer_copies_and_asks_no_clock():
    told = answer(Canary(id="r1", sent=AT), 3, 71, 1_783_166_400_250, AT.timestamp())
    assert told == answered(encode(told))
    assert told == Answer(
        id="r1", partition=3, offset=71, sent=AT,
        fed=datetime(2026, 7, 4, 12, 0, 0, 250_000, tzinfo=UTC), reached=AT,
    )  # fmt: skip
    assert answer(Canary(id="r1", sent=AT), 3, 71, 0, float("-inf")).reached is None


@pytest.fixture(scope="module")
def day() -> list[Record]:
    fixes = Fix(0, "steam-move", "1x2"), Fix(1, "account-cluster", "1x2")
    return list(match_day(7, matches=2, books=6, fixes=fixes, start=AT).records)


def fed(records: Sequence[Record], *, canaries: bool) -> Fed:
    """The day as it lies in the topic, with a canary before each frame or without."""
    found: Fed = []
    offsets: dict[int, int] = {}
    for partition, _, told in framed(records, 12):
        for body in [CANARY, frame_of(told)] if canaries else [frame_of(told)]:
            found.append((partition, offsets.get(partition, 0), body))
            offsets[partition] = offsets.get(partition, 0) + 1
    return found


def raised(frames: Fed) -> Iterator[Alert]:
    settings = Settings()
    watches = Watches(settings.watch, config_hash(settings.watch))
    for partition, offset, body in frames:
        yield from watches.apply(partition, offset, decode(body)[0])


def comparable(alert: Alert) -> object:
    """An alert without the offsets of its frames, which canaries shift."""
    body = json.loads(alert.to_json())
    for name in ("first_offset", "last_offset"):
        body["provenance"].pop(name)
    return body


def test_a_day_with_canaries_gives_the_alerts_and_evidence_of_one_without(day):
    without = [comparable(alert) for alert in raised(fed(day, canaries=False))]
    within = [comparable(alert) for alert in raised(fed(day, canaries=True))]
    assert len(without) > 2
    assert within == without


def test_the_watch_of_a_partition_is_the_same_after_a_canary(day):
    watches = Watches(Settings().watch, "x")
    for partition, offset, body in fed(day, canaries=False)[:40]:
        watches.apply(partition, offset, decode(body)[0])
    for number in watches.partitions:
        watch = watches.of(number)
        clock, changed = repr(watch.clock()), set(watch.changed)
        assert watches.apply(number, 10_000, decode(CANARY)[0]) == []
        assert (repr(watch.clock()), watch.changed) == (clock, changed)


def test_the_store_holds_the_same_feed(day, tmp_path):
    """Rows of the feed are those of a day without canaries, but for offsets."""
    tables = ("prices", "wagers", "fixtures", "events", "heartbeats")
    counted = []
    for canaries in (False, True):
        where = StoreSettings(directory=tmp_path / str(canaries))
        with open_store(where) as store:
            migrate(store)
            frames = [(p, o, AT, decode(body)[0]) for p, o, body in fed(day, canaries=canaries)]
            Archive(store).write(frames)
            counted.append(
                {
                    table: store.rows(
                        f"SELECT groupBitXor(cityHash64(* EXCEPT (offset, arrived))) AS sum, "
                        f"count() AS n FROM {table} FINAL"
                    )
                    for table in tables
                }
            )
            assert run_of(store, next(r.match for r in day if hasattr(r, "match"))) is not None
            assert store.rows("SELECT count() AS n FROM dead_letters") == [{"n": 0}]
    assert counted[0] == counted[1]
    assert counted[0]["prices"][0]["n"] > 1000
