from datetime import UTC, datetime, timedelta

import pytest

from alerts.alert import Alert, AlertFixture, Level, Provenance, Status
from streams.quality import Case, judged
from streams.simulator.match_day import Label

KICK_OFF = datetime(2026, 7, 4, 15, tzinfo=UTC)
FULL_TIME = KICK_OFF + timedelta(minutes=115)
MINUTE = timedelta(minutes=1)
MATCH = "a-v-b"


def case(since: datetime | None, visible_at: datetime | None = None) -> Case:
    """A match that is clean, or fixed from `since` on."""
    label = None
    if since is not None:
        until = since + 20 * MINUTE
        label = Label(
            MATCH, "late-drift", "1x2", "home", since, until, "", 0.1, visible_at=visible_at
        )
    return Case(MATCH, KICK_OFF, FULL_TIME, label)


def alert(
    opened: datetime, level: Level, *, typology: str = "late-drift", status: Status = "open",
    last: datetime | None = None, match: str = MATCH, score: float = 0.99,
) -> Alert:  # fmt: skip
    last = last or opened
    return Alert(
        alert_id=f"a-{opened.isoformat()}", match=match,
        fixture=AlertFixture(sport="football", competition="Cup", tier=1, home="A", away="B",
                             start=KICK_OFF),
        typology=typology, level=level, score=score, opened_at=opened, peak_at=last, last_at=last,
        status=status, market="1x2", line=None, selection="home", headline="", evidence=(),
        provenance=Provenance(topic="match-feed", partition=0, first_offset=0, last_offset=0,
                              config_hash="x"),
    )  # fmt: skip


# How the gravest alert of a fix before its match is read from what was told, and when.
#
#   3 h before: fix begins ................................ kick-off ........ full time
#   B(efore)                    D(uring)                             A(fter)
BEGINS = KICK_OFF - timedelta(hours=3)
WHEN = {"B": BEGINS - 10 * MINUTE, "D": BEGINS + 30 * MINUTE, "A": KICK_OFF + MINUTE}
BEFORE_KICK_OFF = {
    "nothing is told": ([], "nothing", "", ""),
    "red during": ([("D", "D", "red", "open")], "red", "", ""),
    "amber during": ([("D", "D", "amber", "open")], "amber", "", ""),
    "green is recorded, not raised": ([("D", "D", "green", "open")], "green", "", ""),
    "explained is not raised": ([("D", "D", "green", "explained")], "explained", "", ""),
    "red before the fix is false": ([("B", "B", "red", "open")], "nothing", "false", ""),
    "green before is not false": ([("B", "B", "green", "open")], "nothing", "", ""),
    "opened before, risen during": ([("B", "D", "red", "open")], "nothing", "", ""),
    "red after kick-off is too late": ([("A", "A", "red", "open")], "nothing", "", "late"),
    "explained after kick-off": ([("A", "A", "green", "explained")], "nothing", "", ""),
    "amber during, red only after kick-off": (
        [("D", "D", "amber", "open"), ("D", "A", "red", "open")], "amber", "", "",
    ),
    "explained first, then red": (
        [("D", "D", "green", "explained"), ("D", "D", "red", "open")], "red", "", "",
    ),
    "false first, then found anew": (
        [("B", "B", "amber", "open"), ("D", "D", "red", "open")], "red", "false", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BEFORE_KICK_OFF)
def test_what_counts_before_kick_off(name):
    told, outcome, false, late = BEFORE_KICK_OFF[name]
    updates = [
        alert(WHEN[opened], level, status=status, last=WHEN[last])
        for opened, last, level, status in told
    ]

    found = judged(case(BEGINS), updates)

    assert (found.outcome, bool(found.false), found.late) == (outcome, bool(false), bool(late))
    assert bool(found.raised) == (outcome in ("amber", "red"))
    assert found.nab == -1.0 or found.raised


def test_lead_and_delay_are_told_from_the_first_amber():
    opened = BEGINS + 10 * MINUTE
    updates = [
        alert(opened, "green"),
        alert(opened, "amber", last=opened + 5 * MINUTE),
        alert(opened, "red", last=opened + 9 * MINUTE),
    ]

    found = judged(case(BEGINS), updates)

    assert found.delay_s == 15 * 60
    assert found.lead_s == (3 * 60 - 15) * 60
    assert found.seen_s is None


def test_kick_off_itself_is_too_late():
    at_kick_off = judged(case(BEGINS), [alert(KICK_OFF, "red")])
    a_second_before = judged(case(BEGINS), [alert(KICK_OFF - timedelta(seconds=1), "red")])

    assert (at_kick_off.outcome, at_kick_off.late) == ("nothing", True)
    assert (a_second_before.outcome, a_second_before.late) == ("red", False)


def test_in_play_alerts_count_until_full_time():
    since = KICK_OFF + 30 * MINUTE
    fixed = case(since, visible_at=since + 2 * MINUTE)

    in_time = judged(fixed, [alert(since + 5 * MINUTE, "red")])
    late = judged(fixed, [alert(FULL_TIME + MINUTE, "red")])
    before = judged(fixed, [alert(KICK_OFF - MINUTE, "red")])

    assert (in_time.outcome, in_time.lead_s, in_time.seen_s) == ("red", None, 180.0)
    assert (late.outcome, late.late) == ("nothing", True)
    assert (before.outcome, before.false) == ("nothing", ("late-drift",))


def test_the_numenta_reward_falls_with_time():
    early, late = (
        judged(case(BEGINS), [alert(BEGINS + after * MINUTE, "amber")]).nab for after in (5, 170)
    )

    assert 1.0 >= early > 0.95 > late > 0.0


@pytest.mark.parametrize("since", [None, BEGINS])
def test_alerts_of_other_matches_do_not_count(since):
    found = judged(case(since), [alert(BEGINS + MINUTE, "red", match="c-v-d")])

    assert (found.outcome, found.score) == ("nothing", 0.0)


@pytest.mark.parametrize("at", [BEGINS, KICK_OFF + 30 * MINUTE, FULL_TIME + MINUTE])
def test_every_open_amber_or_red_on_a_clean_match_is_false_whenever_it_comes(at):
    false = judged(case(None), [alert(at, "amber", typology="steam-move")])

    assert (false.typology, false.outcome, false.raised) == (None, "amber", ("steam-move",))


def test_an_explained_alert_lends_a_clean_match_no_score():
    updates = [
        alert(BEGINS, "green", status="explained", score=0.999),
        alert(BEGINS, "green", typology="book-divergence", score=0.9),
    ]

    assert judged(case(None), updates).score == 0.9
