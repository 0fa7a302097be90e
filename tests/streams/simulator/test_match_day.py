import hashlib
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import msgspec
import pytest

from markets.door import admit
from markets.records import (
    Account,
    Event,
    Fixture,
    Gap,
    Heartbeat,
    Matched,
    Past,
    Price,
    Record,
    Wager,
)
from streams.simulator.match_day import MatchDay, match_day
from streams.simulator.scheme import Fix

DIGEST = """
import hashlib, msgspec
from datetime import UTC, datetime
from streams.simulator.match_day import match_day
day = match_day(5, matches=2, start=datetime(2026, 9, 12, 11, tzinfo=UTC))
digest = hashlib.sha256()
for record in day.records:
    digest.update(msgspec.json.encode(record))
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def demo(start: datetime) -> MatchDay:
    return match_day(7, start=start)


@pytest.fixture(scope="module")
def records(demo: MatchDay) -> list[Record]:
    return list(demo.records)


def by_match(day: MatchDay) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for record in day.records:
        if not isinstance(record, Heartbeat | Gap):
            found.setdefault(record.match, []).append(msgspec.json.encode(record))
    return found


def test_the_same_seed_gives_the_same_bytes_in_another_process(start: datetime) -> None:
    digest = hashlib.sha256()
    for record in match_day(5, matches=2, start=start).records:
        digest.update(msgspec.json.encode(record))
    other = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True
    )
    assert other.stdout.strip() == digest.hexdigest()


def test_records_can_be_had_twice(start: datetime) -> None:
    day = match_day(5, matches=2, start=start)
    assert list(day.records) == list(day.records)


def test_another_seed_gives_another_day(start: datetime) -> None:
    one, two = (match_day(s, matches=1, fixes=(), start=start) for s in (1, 2))
    assert [r.at for r in islice(one.records, 50)] != [r.at for r in islice(two.records, 50)]


def prompt(records: list[Record]) -> list[Record]:
    """All but those that a fault of the feed delayed."""
    newest, found = records[0].at, []
    for record in records:
        if record.at >= newest:
            newest = record.at
            found.append(record)
    return found


def test_records_are_in_event_time_order_but_for_the_few_that_are_late(
    records: list[Record],
) -> None:
    assert len(prompt(records)) > 0.99 * len(records)
    clean = match_day(6, matches=1, fixes=(), start=datetime(2026, 9, 12, 11, tzinfo=UTC))
    once = list(clean.records)
    assert prompt(once) == once


def test_heartbeats_come_before_each_pause_of_five_seconds_and_each_quiet_minute(
    records: list[Record],
) -> None:
    for one, two in pairwise(prompt(records)):
        assert two.at - one.at <= timedelta(seconds=60)
        if two.at - one.at > timedelta(seconds=5):
            assert isinstance(one, Heartbeat)
    assert isinstance(records[-1], Heartbeat)
    beats = [(r.at, r.source) for r in records if isinstance(r, Heartbeat)]
    assert len(set(beats)) == len(beats)


def test_the_door_admits_every_kind_of_record_as_it_is(records: list[Record]) -> None:
    sample = [*records[::37], *(r for r in records if isinstance(r, Event | Fixture | Past | Gap))]
    kinds = {Account, Event, Fixture, Heartbeat, Matched, Past, Price, Wager}
    assert kinds <= {type(r) for r in sample} <= kinds | {Gap}
    for record in sample:
        assert admit(msgspec.to_builtins(record)) == record


def test_the_demo_has_a_fix_before_a_match_and_one_in_play(start: datetime) -> None:
    for seed in range(20):
        day = match_day(seed, start=start)
        early, late = sorted(day.truth, key=lambda label: label.typology)
        assert early.typology in ("late-drift", "steam-move")
        assert late.typology == "unexplained-in-play"
        assert early.match != late.match
        kick_offs = {m.fixture.match: m.fixture.start for m in day.matches}
        assert early.end < kick_offs[early.match]
        assert kick_offs[late.match] < late.start < late.end


def test_the_demo_has_a_plausible_size(records: list[Record]) -> None:
    kinds = Counter(type(r) for r in records)
    assert 45_000 < len(records) < 150_000
    assert len({r.match for r in records if isinstance(r, Fixture)}) == 12
    assert kinds[Price] > 0.5 * len(records)


def test_as_many_books_quote_a_match_as_its_competition_is_covered_by(start: datetime) -> None:
    day = match_day(13, matches=300, fixes=(), start=start)
    counts: dict[tuple[str, int], list[int]] = {}
    for match in day.matches:
        of = match.competition
        counts.setdefault((of.kind, of.tier), []).append(len(match.books))
    assert min(counts["tournament", 1]) >= 18
    assert max(counts["tournament", 1]) in range(26, 31)
    assert min(counts["league", 1]) >= 14
    assert max(counts["league", 1]) <= 24
    assert all(5 <= n <= 9 for n in (*counts["league", 5], *counts["friendly", 4]))
    assert {len(m.books) for m in match_day(13, books=11, fixes=(), start=start).matches} == {11}


def test_a_book_changes_its_prices_ten_to_forty_times_in_the_last_day(start: datetime) -> None:
    changes = {
        (r.book, r.match, r.at)
        for r in match_day(7, books=11, fixes=(), start=start).records
        if isinstance(r, Price) and not r.in_play and r.market in ("1x2", "total")
    }
    per_book = Counter(book for book, _, _ in changes)
    exchange = per_book.pop("exchange") / 12
    assert all(8 <= count / 12 <= 60 for count in per_book.values())
    assert exchange > max(per_book.values()) / 12


def test_a_fix_leaves_the_other_matches_alone(start: datetime) -> None:
    clean = by_match(match_day(3, matches=3, fixes=(), start=start))
    fixed = by_match(match_day(3, matches=3, fixes=(Fix(1, "steam-move"),), start=start))
    differ = {match for match in clean if clean[match] != fixed[match]}
    assert differ == {"sim-3-001"}


def test_more_matches_leave_the_first_ones_alone(start: datetime) -> None:
    few = by_match(match_day(3, matches=2, fixes=(), start=start))
    more = by_match(match_day(3, matches=4, fixes=(), start=start))
    assert all(more[match] == few[match] for match in few)
    assert len(more) == 4


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"fixes": (Fix(9, "steam-move"),)}, "match 9 is not played"),
        ({"fixes": (Fix(0, "steam-move"), Fix(0, "late-drift"))}, "match 0 is fixed twice"),
        ({"books": 1}, "books: 1"),
        ({"start": datetime(2026, 9, 12, 11)}, "no time zone"),  # noqa: DTZ001
    ],
)
def test_wrong_wishes_are_refused(start: datetime, wrong: dict[str, object], reason: str) -> None:
    wishes = {"matches": 2, "start": start} | wrong
    with pytest.raises(ValueError, match=reason):
        match_day(1, **wishes)  # type: ignore[arg-type]


def test_a_single_match_has_the_early_fix_alone(start: datetime) -> None:
    assert len(match_day(1, matches=1, start=start).truth) == 1
