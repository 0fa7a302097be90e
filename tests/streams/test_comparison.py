from datetime import UTC, datetime, timedelta

import pytest

from streams.beside import PeerTrace
from streams.comparison import Highest, compared, scores
from streams.quality import Case, Judged
from streams.simulator.match_day import Label

KICK_OFF = datetime(2026, 7, 4, 15, tzinfo=UTC)
FULL_TIME = KICK_OFF + timedelta(minutes=115)
MINUTE = timedelta(minutes=1)


def case(since: datetime | None) -> Case:
    label = None
    if since is not None:
        label = Label("m", "late-drift", "1x2", "home", since, since + 5 * MINUTE, "", 0.1)
    return Case("m", KICK_OFF, FULL_TIME, label)


def trace(*rises: tuple[datetime, float]) -> PeerTrace:
    """A peer whose score rose at these moments, before kick-off and after."""
    told = [(at.timestamp(), score) for at, score in rises]
    middle = KICK_OFF.timestamp()
    return PeerTrace(
        tuple(rise for rise in told if rise[0] < middle),
        tuple(rise for rise in told if rise[0] >= middle),
    )


# score                               9
#                        5        |
#            3           |        |             7            8
#   ---------|--[ fix ...|........|........ kick-off ... full time
#                                           at the kick-off counts no more
BEGINS = KICK_OFF - 120 * MINUTE
RISES = trace(
    (BEGINS - MINUTE, 3.0),
    (BEGINS, 5.0),
    (KICK_OFF - MINUTE, 9.0),
    (KICK_OFF, 7.0),
    (FULL_TIME, 8.0),
)


def test_of_a_clean_match_the_highest_scores_count_wherever_they_are():
    assert scores(case(None), {"peer": RISES}) == {"peer": Highest(9.0, 8.0)}


def test_before_kick_off_a_peer_has_the_span_that_the_watch_has():
    assert scores(case(BEGINS), {"peer": RISES}) == {"peer": Highest(9.0, 0.0)}

    too_early_or_late = trace((BEGINS - MINUTE, 3.0), (KICK_OFF, 7.0))
    assert scores(case(BEGINS), {"peer": too_early_or_late}) == {"peer": Highest(0.0, 0.0)}


def test_in_play_a_peer_has_until_full_time():
    since = KICK_OFF + 20 * MINUTE
    found = trace((BEGINS, 9.0), (since - MINUTE, 4.0), (since, 5.0), (FULL_TIME, 8.0))

    assert scores(case(since), {"peer": found}) == {"peer": Highest(0.0, 5.0)}


def clean(raised: bool, before: float, in_play: float = 0.0):
    return Judged(None, "amber" if raised else "nothing", ("x",) * raised), {
        "peer": Highest(before, in_play)
    }


def fixed(raised: bool, before: float, in_play: float = 0.0, typology: str = "late-drift"):
    return Judged(typology, "red" if raised else "nothing", ("x",) * raised), {
        "peer": Highest(before, in_play)
    }


def test_a_peer_may_raise_as_many_clean_matches_as_the_watch_did():
    quarter = [clean(True, 1.0), clean(False, 2.0), clean(False, 3.0), clean(False, 4.0)]
    fixes = [fixed(True, 3.5), fixed(False, 2.5), fixed(False, 0.0), fixed(False, 3.0)]

    found = compared([*quarter, *fixes])

    assert found.false_per_100 == 25.0
    watch, peer = found.methods
    assert (watch.name, watch.found) == ("sogawatch", {"late-drift": 25.0})
    assert (peer.name, peer.found) == ("peer", {"late-drift": 25.0}), "only 3.5 is above 3"


def test_without_false_alerts_a_peer_must_exceed_all_clean_matches():
    cleans = [clean(False, 1.0), clean(False, 4.0)]

    _, peer = compared([*cleans, fixed(True, 4.0), fixed(True, 4.1)]).methods

    assert peer.found == {"late-drift": 50.0}


def test_before_and_in_play_have_limits_of_their_own():
    cleans = [clean(False, 1.0, 10.0)] * 4
    fixes = [fixed(True, 2.0), fixed(True, 0.0, 9.0), fixed(True, 0.0, 11.0)]

    _, peer = compared([*cleans, *fixes]).methods

    assert peer.found["late-drift"] == pytest.approx(66.7)


def test_the_mean_gives_each_typology_the_same_weight():
    many = [fixed(False, 0.0)] * 9
    found = compared([clean(False, 1.0), *many, fixed(True, 0.0, typology="steam-move")])

    assert found.methods[0].found == {"late-drift": 0.0, "steam-move": 100.0}
    assert found.methods[0].mean == 50.0


def test_without_clean_or_without_fixed_matches_there_is_nothing_to_compare():
    assert compared([clean(False, 1.0)]) is None
    assert compared([fixed(True, 1.0)]) is None
