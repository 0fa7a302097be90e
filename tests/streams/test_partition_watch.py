"""Alerts of one partition: opened once, grown, explained, the same in every run."""

import random
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from msgspec.structs import replace
from pydantic import ValidationError

import detectors.match_watch
from alerts.alert import RANKS
from detectors.calibration import Calibration, shipped_priors
from detectors.detector import MarketDetector
from detectors.evidence import Finding
from markets.joined_prices import joined
from markets.offers import LOOK_BACK_S
from markets.records import Event, Gap, Heartbeat, Ladder, Matched, Price, Wager
from streams.frames import framed
from streams.partition_watch import FORGET_S, PartitionWatch, WatchSettings
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.watches import Watches
from tests.detectors.scene import MATCH, Scene, fixture, moment

AMBER, RED = 0.855, 0.79  # what all books multiply the home price by at once


def beats(first=-75, last=0, every=1, source="odds"):
    minutes = range(int(first), int(last) + 1, every)
    return [Heartbeat(at=moment(minute), source=source) for minute in minutes]


def steam(factor, minute=-40, match=MATCH):
    scene = Scene()
    scene.move(minute, "home", factor)
    return [replace(record, match=match) for record in scene.told]


def news(minute, event="line_up"):
    return Event(at=moment(minute), match=MATCH, event=event)


def in_time(*told):
    """Merge on event time; a heartbeat comes last in its instant."""
    flat = [record for part in told for record in (part if isinstance(part, list) else [part])]
    return sorted(flat, key=lambda r: (r.at, isinstance(r, Heartbeat)))


def partition_watch(**budget):
    calibration = Calibration(shipped_priors())
    return PartitionWatch(3, WatchSettings(budget=budget), calibration, "hash")


def watched(records, watch=None, frame=50, **budget):
    """Alerts as they come out, of records in frames of so many."""
    watch = watch or partition_watch(**budget)
    return [a for n, record in enumerate(records) for a in watch.apply(record, n // frame)]


def lines(alerts):
    return [alert.to_json() for alert in alerts]


def known_of(watched):
    """What is known of a match as far back as anybody asks, however its prices are kept."""
    watch = watched.watch
    since = watch.book.at - LOOK_BACK_S
    markets = {
        key: (market.in_play, market.changed_at, market.stops, [
            (row.book, row.moved_at, row.fair) for row in market.offered()
        ], {
            (book, name): (
                quote.as_of(since), [one for one in quote.changes() if one[0] > since],
                quote.price, quote.status, quote.left_at,
            )
            for book, offer in market.books.items()
            for name in offer.selections
            for quote in (offer.quote(name),)
        })
        for key, market in watch.book.markets.items()
    }  # fmt: skip
    learned = {
        (key, detector.name): detector.state()
        for key, one in watch._watched.items()
        for detector in one.detectors
    }
    of_match = [detector.state() for detector in watch._of_match]
    frames = watched.frames
    return markets, learned, of_match, len(frames), frames.newest, watch.wakes_at()


def test_joined_prices_are_watched_as_those_told_one_by_one():
    day = match_day(5, matches=2, start=datetime(2026, 7, 4, 12, tzinfo=UTC))
    one_by_one, at_once = partition_watch(), partition_watch()
    alerts, same = [], []
    for _, offset, frame in framed(day.records, partitions=1):
        alerts += one_by_one.apply_all(frame, offset)
        same += at_once.apply_all(joined(frame), offset)
        assert len(joined(frame)) < len(frame)
    assert lines(alerts) == lines(same) != []
    assert one_by_one.names == at_once.names != set()
    for match in at_once.names:
        assert known_of(one_by_one.match(match)) == known_of(at_once.match(match))


def test_a_quiet_match_raises_nothing():
    assert watched(in_time(Scene().told, beats())) == []


def test_an_alert_opens_once_and_not_again_at_every_look():
    [alert] = watched(in_time(steam(RED), beats()))
    assert (alert.typology, alert.level, alert.status) == ("steam-move", "red", "open")
    assert (alert.market, alert.selection) == ("1x2", "home")
    assert alert.opened_at == moment(-40)  # a feed of one beat a minute is not held back
    assert alert.headline.startswith("Mexico v South Africa: 8 of 8 books shortened Mexico")
    assert alert.headline.endswith("no news in the feed")
    assert alert.feed_health == {"odds": "warming"}


def test_an_alert_grows_and_never_sinks():
    """
    minute   -60   -55   -50   -45   -40   -35   -30   -25     then all the way back at -10
    factor   .965  .965  .965  .965  .965  .965  .965  .965
    """
    scene = Scene()
    for minute in range(-60, -24, 5):
        scene.move(minute, "home", 0.965)
    scene.move(-10, "home", 0.965**-8)
    seen = defaultdict(list)
    for alert in watched(in_time(scene.told, beats())):
        seen[alert.alert_id].append(alert)
    [steps] = seen.values()
    levels = [RANKS[alert.level] for alert in steps]
    assert levels == sorted(levels)
    assert levels[0] < levels[-1] == 2
    assert [alert.score for alert in steps] == sorted({alert.score for alert in steps})
    assert {alert.opened_at for alert in steps} == {steps[0].opened_at}


def test_of_two_runs_every_byte_is_equal():
    records = in_time(steam(AMBER), steam(RED, -20, "other"), beats(), news(-41))
    assert lines(watched(records)) == lines(watched(records)) != []


def test_the_frames_that_records_travel_in_change_nothing_but_the_offsets():
    records = in_time(steam(AMBER), steam(RED, -20, "other"), beats())
    one, other = watched(records, frame=1), watched(records, frame=500)
    assert lines(a.model_copy(update={"provenance": None}) for a in one) == lines(
        a.model_copy(update={"provenance": None}) for a in other
    )


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_records_of_one_instant_does_not_matter(seed):
    rng = random.Random(seed)
    scene = Scene()
    scene.move(-44, "away", 0.85, books=range(3))
    for minute in range(-40, -20):
        for book in range(8):
            scene.move(minute, "home", rng.choice((0.97, 0.99, 1.0)), books=[book])
    other = [replace(record, match="other") for record in scene.told]
    records = in_time(scene.told, other, news(-60), beats())
    shuffled = []
    for _, instant in groupby(records, key=lambda r: (r.at, isinstance(r, Heartbeat))):
        instant = list(instant)
        rng.shuffle(instant)
        shuffled += instant
    assert shuffled != records
    expected = lines(watched(records, frame=10**9))
    assert lines(watched(shuffled, frame=10**9)) == expected != []


@pytest.mark.parametrize("event", ["line_up", "news"])
def test_news_explains_an_amber(event):
    [alert] = watched(in_time(steam(AMBER), beats(), news(-45, event)))
    assert (alert.level, alert.status) == ("green", "explained")
    assert [context.event for context in alert.context] == [event]
    assert f"after {event.replace('_', ' ')}" in alert.headline


def test_without_news_the_same_is_an_open_amber():
    [alert] = watched(in_time(steam(AMBER), beats()))
    assert (alert.level, alert.status, alert.context) == ("amber", "open", ())


def test_news_does_not_explain_a_red_away_but_is_named():
    [alert] = watched(in_time(steam(0.55), beats(), news(-45)))
    assert (alert.level, alert.status) == ("red", "open")
    assert [context.event for context in alert.context] == ["line_up"]


def test_news_of_hours_ago_explains_nothing():
    [alert] = watched(in_time(steam(AMBER), beats(), news(-65)))
    assert alert.status == "open"


def test_a_move_across_a_gap_in_the_feed_is_no_steam():
    """
    minute    -75 ... -50    -40                -30       -29 ...
    feed      live    live   gap told, prices   again     live
    """
    live, back = beats(-75, -50), beats(-30, 0)
    gap = Gap(at=moment(-40), source="odds", reason="connection lost")
    assert [a.level for a in watched(in_time(steam(RED, -40), live, back))] == ["red"]
    assert watched(in_time(steam(RED, -40), live, gap, back)) == []
    assert watched(in_time(steam(RED, -35), live, gap, back)) == []


def test_steam_after_a_gap_is_seen_again():
    gap = Gap(at=moment(-50), source="odds", reason="connection lost")
    told = in_time(steam(RED, -30), beats(-75, -60), gap, beats(-49, 0))
    assert [alert.level for alert in watched(told)] == ["red"]


def test_a_gap_of_another_source_blinds_nobody():
    gap = Gap(at=moment(-40), source="somebody", reason="connection lost")
    assert [a.level for a in watched(in_time(steam(RED), beats(), gap))] == ["red"]


@pytest.mark.parametrize(("raw", "frozen"), [(9.0, True), (0.001, False)])
def test_learning_is_frozen_from_the_opening_of_an_alert_on(monkeypatch, raw, frozen):
    learned = []

    class Spy(MarketDetector):
        name, version, family, unit = "steam-move", 1, "move", "x"
        markets = frozenset({"1x2"})

        def find(self, features):
            if features.at < moment(-40).timestamp():
                return None
            at = features.at
            return Finding(raw, "home", 0.5, 0.4, at, at, (), {}, "spied")

        def learn_one(self, features):
            learned.append(features.at)

    monkeypatch.setattr(detectors.match_watch, "market_detectors", lambda _: (Spy,))
    scene = Scene()
    for minute in range(-60, -20):
        scene.move(minute, "home", 0.999)
    alerts = watched(in_time(scene.told, beats()))
    assert bool(alerts) is frozen
    after = [at for at in learned if at > moment(-40).timestamp()]
    assert bool(after) is not frozen
    assert len(learned) >= 20


def test_a_feed_without_heartbeats_is_looked_at_once_a_minute_of_event_time():
    scene = Scene()
    scene.move(-40, "home", RED)
    for n in range(90):
        scene.move(-39.9 + n / 20, "draw", 1.0, books=[0])
    alerts = watched(in_time(scene.told))
    assert [alert.level for alert in alerts] == ["red"]
    assert moment(-40) <= alerts[0].opened_at <= moment(-38)


def test_a_match_without_fixture_or_start_is_borne_with_and_watched_once_they_are_known():
    scene = Scene()
    scene.move(-100, "draw", 1.001)
    scene.move(-40, "home", RED)
    records = [r for r in in_time(scene.told, beats()) if not hasattr(r, "start")]
    assert watched(records) == []
    late = in_time([fixture(at=moment(-30))], records)
    assert [alert.level for alert in watched(late)] == ["red"]


def test_records_of_every_kind_are_borne_with_without_a_fixture():
    more = {"match": "m", "market": "1x2", "selection": "home", "book": "b"}
    records = [
        Matched(at=moment(-60), amount=5.0, **more),
        Ladder(at=moment(-60), side="back", price=2.0, size=1.0, **more),
        Wager(at=moment(-60), wager="w", account="a", price=2.0, stake=5.0, **more),
        Price(at=moment(-60), price=2.0, **more),
        Event(at=moment(-50), match="m", event="goal", score=(1, 0), clock=5),
        Event(at=moment(-49), match="m", event="full_time"),
        Event(at=moment(-48), match="m", event="kick_off"),
        Gap(at=moment(-47), source="nobody", reason="r"),
    ]
    assert watched(in_time(records, beats(-70, 60))) == []


def test_a_match_is_not_touched_by_a_fix_of_another():
    """The same records of `other`, beside a match that is fixed and beside the same one clean."""
    alerts = {
        factor: [
            alert
            for alert in watched(in_time(steam(AMBER, -30, "other"), steam(factor), beats()))
            if alert.match == "other"
        ]
        for factor in (RED, 0.999)
    }
    assert lines(alerts[RED]) == lines(alerts[0.999]) != []


def test_a_recorded_day_is_the_same_twice_and_a_fix_touches_its_own_match_only():
    def day(fixes):
        made = match_day(
            5, matches=2, books=6, fixes=fixes, start=datetime(2026, 7, 4, 12, tzinfo=UTC)
        )
        watches = Watches(WatchSettings(), "hash")
        return [alert for frame in framed(made.records, 1) for alert in watches.apply(*frame)]

    fix = (Fix(0, "steam-move", "1x2"),)
    clean, fixed = day(()), day(fix)
    assert lines(fixed) == lines(day(fix))

    def others(alerts):
        return [
            a.model_copy(update={"provenance": None})
            for a in alerts
            if not a.match.endswith("-000")
        ]

    assert others(clean) == others(fixed)
    assert {a.match for a in fixed if a.level != "green"} == {"sim-5-000"}


@pytest.mark.parametrize("every", [1, 15])
@pytest.mark.parametrize("told_end", [True, False])
def test_a_match_is_forgotten_half_a_day_after_it_was_played(every, told_end):
    played = [Event(at=moment(0), match=MATCH, event="kick_off")]
    if told_end:
        played.append(Event(at=moment(110), match=MATCH, event="full_time"))
    in_play = [replace(r, at=moment(5), in_play=True) for r in steam(1.0) if isinstance(r, Price)]
    watch = partition_watch()
    quiet = FORGET_S / 60 + 200
    watched(in_time(Scene().told, played, in_play, beats(-75, quiet, every)), watch)
    assert watch._matches == {}


def test_a_match_that_is_yet_to_be_played_is_not_forgotten():
    watch = partition_watch()
    watched(in_time(Scene().told, beats(-1190, -100, 15)), watch)
    assert set(watch._matches) == {MATCH}


def test_what_is_kept_of_where_records_came_from_is_bounded_and_reaches_back_far_enough():
    scene = Scene()
    for step in range(1100):
        scene.move(-1140 + step, "draw", (0.99, 1 / 0.99)[step % 2], books=[0])
    scene.move(-40, "home", RED)
    watch = partition_watch()
    records = in_time(scene.told, beats(-1190, 0))
    [alert] = [a for a in watched(records, watch, frame=1) if a.typology == "steam-move"]
    at = {n: record.at for n, record in enumerate(records)}
    since = alert.evidence[0].at - timedelta(seconds=alert.evidence[0].window_s)
    assert at[alert.provenance.first_offset] <= since < at[alert.provenance.first_offset + 3]
    assert at[alert.provenance.last_offset] <= alert.opened_at
    assert len(watch._matches[MATCH].frames) < 700


def test_the_budget_decides_what_is_red():
    records = in_time(steam(AMBER), beats())
    assert [a.level for a in watched(records)] == ["amber"]
    assert [a.level for a in watched(records, red_per_100=4.9)] == ["red"]
    assert watched(records, red_per_100=0.01, amber_per_100=0.02, green_per_100=0.03) == []


def test_a_budget_out_of_order_is_refused():
    with pytest.raises(ValidationError, match="red_per_100 <= amber_per_100"):
        WatchSettings(budget={"red_per_100": 50.0})


def test_partitions_are_watched_apart_and_can_be_given_up():
    watches = Watches(WatchSettings(), "hash")
    records = in_time(steam(RED), beats())
    assert [a.provenance.partition for a in watches.apply(0, 0, records)] == [0]
    assert [a.provenance.partition for a in watches.apply(7, 0, records)] == [7]
    assert watches.apply(0, 1, beats(1, 30)) == []
    watches.forget(0)
    assert len(watches.apply(0, 0, records)) == 1


@pytest.mark.parametrize("index", [5, 40, -2])
def test_one_wrong_clock_does_not_end_the_watch(index):
    told = in_time(steam(RED), beats())
    wrong = Heartbeat(at=moment(60 * 24 * 365 * 100), source="odds")
    disturbed = [*told[:index], wrong, *told[index:]]
    assert lines(watched(disturbed, frame=10**6)) == lines(watched(told, frame=10**6))


@pytest.mark.parametrize("join", [list, joined])
@pytest.mark.parametrize(("frames", "raised"), [((3,), 0), ((1, 2), 1), ((1, 1, 1), 1)])
def test_a_market_that_leaps_in_one_message_does_not_confirm_itself(join, frames, raised):
    """However the prices come, or a recording and the feed that it was made of would differ."""
    scene = Scene()
    scene.move(-40, "home", RED)
    last = max((r for r in scene.told if isinstance(r, Price)), key=lambda r: r.at)
    other = replace(last, match="c-v-d", at=last.at + timedelta(minutes=2))
    watch = partition_watch()
    assert watch.apply_all(join([*in_time(scene.told), other]), 0) == []
    names = iter(("home", "draw", "away"))
    later = [replace(other, at=last.at + timedelta(days=2), selection=name) for name in names]
    alerts = []
    for offset, count in enumerate(frames, 1):
        told = join([later.pop(0) for _ in range(count)])
        alerts += [a for one in told for a in watch.apply(one, offset)]
    assert len(alerts) == raised
    end = replace(last, match="c-v-d", at=last.at + timedelta(days=2), selection="over", market="t")
    assert len(watch.apply_all([end], 9)) == 1 - raised


def test_a_market_of_very_many_selections_that_leaps_takes_no_time_to_speak_of():
    """Work must not grow with the square of them, or one frame would hold up its partition."""
    watch, price = partition_watch(), Scene().told[-1]
    watch.apply_all([price], 0)
    later = replace(price, at=price.at + timedelta(days=2))
    many = [replace(later, selection=f"s{n}") for n in range(100_000)]
    begun = time.process_time()
    assert watch.apply_all(many, 1) == []
    assert time.process_time() - begun < 30
    watch.apply_all([replace(later, selection="s7")], 1)  # told again, so by another message
    assert watch.reached == later.at.timestamp()


def test_a_pause_of_days_is_no_wrong_clock():
    before = [replace(one, at=one.at - timedelta(days=3)) for one in beats(last=-70)]
    told = in_time(steam(RED), beats())
    assert [a.level for a in watched([*before, *told])] == [a.level for a in watched(told)]
