"""The courier, with a clock moved by hand. Times in minutes after noon."""

import asyncio
from collections import Counter
from datetime import time, timedelta

import pytest

from alerts.delivery.holding import Held
from alerts.delivery.outbox import Outbox, Status, encode_notice
from alerts.delivery.outcome import Answer, Outcome, Reason
from alerts.delivery.parcel import bundle
from alerts.delivery.retrying import RetrySettings
from alerts.subscribing.subscription import Digest, QuietHours, Rate
from tests.alerts.delivery.scene import ACCEPTED, NOON, Scene, notice, reader

BROKEN = Answer(Outcome.RETRY, Reason.SERVER_ERROR, 500)
GONE = Answer(Outcome.GAVE_UP, Reason.REFUSED, 410)


def test_an_alert_is_delivered_once_however_often_it_is_told():
    async def story():
        desk = reader()
        scene = Scene(desk)
        await scene.tell(notice(1, desk), notice(1, desk))
        await scene.tell(notice(1, desk))
        assert [parcel.id for _, parcel in scene.sent] == [
            notice(1, desk).delivery(desk.subscription)
        ]
        assert scene.outbox.counts[Status.DELIVERED] == 1

    asyncio.run(story())


def test_it_is_tried_again_for_at_least_a_day_then_it_is_a_dead_letter():
    async def story():
        desk = reader()
        scene = Scene(desk, answers=lambda _: BROKEN, retry=RetrySettings(give_up_h=24))
        await scene.tell(notice(1, desk))
        await scene.wait(24 * 3600 - 60, step=120)
        assert scene.outbox.counts[Status.PENDING] == 1
        gaps = [b - a for a, b in zip(scene.minutes(), scene.minutes()[1:], strict=False)]
        assert max(gaps) <= 31
        assert len(scene.sent) > 24
        await scene.wait(3600)
        assert scene.outbox.counts[Status.DEAD] == 1
        assert scene.log[-1].reason is Reason.EXPIRED
        tries = len(scene.sent)
        await scene.wait(7200, step=300)
        assert len(scene.sent) == tries

    asyncio.run(story())


def test_a_final_refusal_ends_it_at_once_and_it_can_be_sent_again():
    async def story():
        desk = reader()
        scene = Scene(desk, answers=lambda _: GONE)
        (entry,) = await scene.tell(notice(1, desk))
        await scene.wait(3600)
        assert len(scene.sent) == 1
        assert entry.standing.status is Status.DEAD
        scene.answers = lambda _: ACCEPTED
        again = scene.outbox.resend(entry.id, scene.clock.now().timestamp())
        scene.courier.admit([again])
        await scene.settle()
        assert entry.standing.status is Status.DELIVERED
        assert {parcel.id for _, parcel in scene.sent} == {scene.sent[0][1].id}
        assert scene.outbox.resend(scene.sent[0][1].id, 0.0) is None

    asyncio.run(story())


def test_retry_after_is_honoured_for_the_whole_endpoint():
    """first 429 with Retry-After 600 |--------- nothing for ten minutes ---------| the rest"""

    async def story():
        desk, busy = reader(), [Answer(Outcome.RETRY, Reason.BUSY, 429, 600.0)]
        scene = Scene(desk, answers=lambda _: busy.pop() if busy else ACCEPTED)
        await scene.tell(notice(1, desk))
        await scene.tell(notice(2, desk))
        await scene.wait(590, step=10)
        assert len(scene.sent) == 1
        await scene.wait(30, step=10)
        assert scene.outbox.counts[Status.DELIVERED] == 2

    asyncio.run(story())


def test_a_dead_endpoint_is_left_alone_and_others_are_not():
    async def story():
        much = Rate(most=10_000)
        dead, well = reader(1, rate=much), reader(2, rate=much)
        scene = Scene(
            dead, well,
            answers=lambda p: BROKEN if p.subscription == dead.subscription else ACCEPTED,
        )  # fmt: skip
        await scene.tell(*(notice(n, dead, well) for n in range(300)))
        await scene.wait(600)
        tries = Counter(parcel.subscription for _, parcel in scene.sent)
        assert tries[well.subscription] == 300
        assert tries[dead.subscription] < 40  # not hundreds, and not none
        scene.answers = lambda _: ACCEPTED
        await scene.wait(3600)
        assert scene.outbox.counts == {Status.DELIVERED: 600, Status.PENDING: 0}

    asyncio.run(story())


def test_a_flood_gives_the_limit_and_one_summary_that_names_what_was_held():
    """5,000 ambers within a minute to one who wants 30 an hour"""

    async def story():
        desk = reader(rate=Rate(most=30, within_min=60))
        scene = Scene(desk)
        for second in range(60):
            first = second * 84
            batch = [
                notice(n, desk, at=scene.clock.now()) for n in range(first, min(first + 84, 5000))
            ]
            await scene.tell(*batch)
            scene.clock.move(1)
        assert scene.courier.held()[Held.RATE] == 5000 - len(scene.sent)
        await scene.wait(59 * 60 - 1)
        within_the_hour = len(scene.sent)
        assert within_the_hour <= 30
        assert all(not parcel.bundled for _, parcel in scene.sent)
        await scene.wait(10 * 60)
        summaries = [parcel for _, parcel in scene.sent if parcel.bundled]
        assert [parcel.why for parcel in summaries] == [Held.RATE]
        assert len(scene.sent) == within_the_hour + 1
        assert len(summaries[0].entries) == 5000 - within_the_hour
        assert scene.outbox.counts[Status.DELIVERED] == 5000
        told = {entry.slot.key for _, parcel in scene.sent for entry in parcel.entries}
        assert told == {f"a-{n}/amber" for n in range(5000)}

    asyncio.run(story())


def test_a_red_alert_gets_through_a_flood_of_ambers():
    async def story():
        desk = reader(rate=Rate(most=30, within_min=60))
        scene = Scene(desk)
        await scene.tell(*(notice(n, desk) for n in range(500)))
        await scene.tell(notice(501, desk, level="red"))
        assert scene.sent[-1][1].entries[0].notice.level == "red"
        assert len(scene.sent) == 25

    asyncio.run(story())


def test_a_digest_comes_every_so_many_minutes():
    """12:00 a  12:10 b        12:30 [a b]      12:40 c       13:00 [c]"""

    async def story():
        desk = reader(digest=Digest(every_min=30))
        scene = Scene(desk)
        await scene.tell(notice(1, desk))
        await scene.wait(600)
        await scene.tell(notice(2, desk, at=scene.clock.now()))
        await scene.wait(29 * 60)
        await scene.tell(notice(3, desk, at=scene.clock.now()))
        await scene.wait(30 * 60)
        assert [len(parcel.entries) for _, parcel in scene.sent] == [2, 1]
        assert scene.minutes() == [30, 60]

    asyncio.run(story())


def test_a_digest_by_shift_closes_when_the_shift_ends_where_the_reader_is():
    async def story():
        desk = reader(digest=Digest(at=(time(6), time(14), time(22))), timezone="Europe/Athens")
        scene = Scene(desk)  # noon in UTC is 15:00 in Athens in summer
        await scene.tell(notice(1, desk))
        await scene.wait(7 * 3600 - 60, step=600)
        assert scene.sent == []
        await scene.wait(120)
        assert scene.minutes() == [7 * 60]

    asyncio.run(story())


@pytest.mark.parametrize(("level", "expected"), [("amber", 480), ("red", 0)])
def test_quiet_hours_hold_all_but_red(level, expected):
    async def story():
        desk = reader(quiet=QuietHours(start=time(11), end=time(20)))
        scene = Scene(desk)
        await scene.tell(notice(1, desk, level=level))
        await scene.wait(9 * 3600, step=600)
        assert scene.minutes() == [expected]
        assert not scene.sent[0][1].bundled

    asyncio.run(story())


def test_what_came_in_quiet_hours_comes_together():
    async def story():
        desk = reader(quiet=QuietHours(start=time(11), end=time(20), red_breaks=False))
        scene = Scene(desk)
        await scene.tell(notice(1, desk), notice(2, desk, level="red"))
        await scene.wait(9 * 3600, step=600)
        assert [(p.why, len(p.entries)) for _, p in scene.sent] == [(Held.QUIET, 2)]

    asyncio.run(story())


def test_nothing_is_sent_to_one_who_has_left_or_was_never_confirmed():
    async def story():
        gone, silent = reader(1, ended_at=NOON), reader(2, confirmed_at=None)
        scene = Scene(gone, silent)
        await scene.tell(notice(1, gone, silent))
        assert scene.sent == []
        assert scene.outbox.counts[Status.DROPPED] == 2

    asyncio.run(story())


def test_a_subscription_that_is_not_known_yet_is_waited_for():
    async def story():
        desk = reader()
        scene = Scene()
        await scene.tell(notice(1, desk))
        await scene.wait(60)
        assert scene.outbox.counts[Status.PENDING] == 1
        scene.readers[desk.subscription] = desk
        await scene.wait(60)
        assert scene.outbox.counts[Status.DELIVERED] == 1

    asyncio.run(story())


def test_a_worker_that_takes_over_goes_on_where_the_other_was():
    """The limit that was used up, the digest that failed, the dead letter: all are known again."""

    async def story():
        desk = reader(rate=Rate(most=10, within_min=60))
        first = Scene(desk)
        notices = [notice(n, desk) for n in range(20)]
        await first.tell(*notices)
        assert len(first.sent) == 8
        records = dict(first.outbox.changes())
        kept = dict(encode_notice(one) for one in notices) | records
        second = Scene(desk, at=first.clock.now())
        second.outbox = Outbox.load(kept.items())
        second.courier.open(second.outbox)
        await second.settle()
        assert second.sent == []
        await second.wait(3700)
        assert [len(parcel.entries) for _, parcel in second.sent] == [12]

    asyncio.run(story())


def test_a_bundle_is_known_by_what_it_holds():
    async def story():
        desk = reader(digest=Digest(every_min=30))
        scene = Scene(desk)
        entries = await scene.tell(notice(1, desk), notice(2, desk))
        both = bundle(desk.subscription, entries, Held.DIGEST)
        assert both.id == bundle(desk.subscription, entries[::-1], Held.DIGEST).id
        assert both.id != bundle(desk.subscription, entries[:1], Held.DIGEST).id

    asyncio.run(story())


def test_a_digest_that_fails_is_tried_again_under_the_same_id():
    async def story():
        answers = [BROKEN]
        desk = reader(digest=Digest(every_min=30))
        scene = Scene(desk, answers=lambda _: answers.pop() if answers else ACCEPTED)
        await scene.tell(notice(1, desk), notice(2, desk))
        await scene.wait(timedelta(minutes=40).total_seconds())
        assert len({parcel.id for _, parcel in scene.sent}) == 1
        assert len(scene.sent) == 2
        assert scene.outbox.counts[Status.DELIVERED] == 2

    asyncio.run(story())


def test_a_worker_that_was_thought_dead_learns_what_was_done_meanwhile():
    async def story():
        desk = reader()
        scene = Scene(desk, answers=lambda _: BROKEN)
        await scene.tell(notice(1, desk))
        told = [encode_notice(notice(n, desk)) for n in (1, 2, 3)]
        other = Outbox.load(told)
        first, second, _ = other.pending()
        for entry in (first, second):
            other.settle(entry, Status.DELIVERED, Reason.ACCEPTED, NOON.timestamp())
        scene.answers = lambda _: ACCEPTED
        scene.sent.clear()
        scene.courier.admit(scene.outbox.catch_up([*told, *other.changes()]))
        await scene.wait(3600)
        assert [parcel.id for _, parcel in scene.sent] == [
            notice(3, desk).delivery(desk.subscription)
        ]
        assert scene.outbox.counts == {Status.DELIVERED: 3, Status.PENDING: 0}
        assert scene.outbox.catch_up([*told, *other.changes()]) == []

    asyncio.run(story())


def test_a_courier_that_pauses_lets_arrive_what_is_on_its_way_and_sends_no_more():
    async def story():
        desk = reader()
        scene = Scene(desk)
        scene.courier.admit(scene.outbox.take(notice(1, desk)))
        await scene.courier.pause(1.0)
        assert scene.outbox.counts[Status.DELIVERED] == 1
        await scene.tell(notice(2, desk))
        assert len(scene.sent) == 1
        scene.courier.resume()
        await scene.settle()
        assert scene.outbox.counts[Status.DELIVERED] == 2

    asyncio.run(story())


def test_what_a_worker_thought_dead_settles_is_not_sent_again():
    first, other = notice(1, reader(1), reader(2)), notice(2, reader(1))
    ours, theirs = Outbox(), Outbox()
    entries = [*ours.take(first), *ours.take(other)]
    refused, *_ = theirs.take(first)
    theirs.settle(refused, Status.DEAD, Reason.REFUSED, NOON.timestamp() + 1)
    [(key, value)] = theirs.changes()
    ours.learn(key, value)
    told = [entry.standing.status for entry in entries]
    assert told == [Status.DEAD, Status.PENDING, Status.PENDING]
    assert ours.counts == {Status.PENDING: 2, Status.DEAD: 1}

    ours.resend(entries[0].id, NOON.timestamp() + 2)
    ours.learn(key, value)
    assert entries[0].pending, "what was asked for again is not undone by what was before"
