from dataclasses import replace

import pytest

from detectors.wrong_way_decay import FEWEST_BOOKS, WrongWayDecay, decayed
from markets.goals import over_probability
from tests.detectors.scene import RATES, Scene, moment

LINE = 2.5
OVER = over_probability(RATES, LINE)
# Far beyond what any clean simulated match reaches (nats).
RAISED = 12.0


class Match:
    """A match at 0-0 whose total follows the goal model unless told otherwise."""

    def __init__(self, books=8, slack_s=0.0, spacing_s=1.0):
        opening = {"over": 1.0 / (OVER * 1.05), "under": 1.0 / ((1 - OVER) * 1.05)}
        self.scene = Scene(books, opening, "total", slack_s=slack_s, spacing_s=spacing_s)
        self.scene.event(0, "kick_off")
        self.detector = WrongWayDecay()
        self.found = None
        self.score = (0, 0)

    def fair(self, minute):
        clock = self.scene.book.clock.minutes(moment(minute).timestamp())
        return over_probability(RATES, LINE, self.score, clock)

    def play(self, minutes, over=None):
        """Let it run; `over` gives the books' chance of over, the model's when left out."""
        raws = []
        for minute in minutes:
            p = over(minute) if over else self.fair(minute)
            self.scene.price(minute, {"over": p, "under": 1.0 - p})
            found = self.scene.watch(self.detector, minute + 0.05)
            self.found = found or self.found
            raws.append(found.raw if found else 0.0)
        return raws


def each(first, last, apart_s=15.0):
    """Minutes from one to another, so many seconds apart."""
    return [first + n * apart_s / 60 for n in range(int((last - first) * 60 / apart_s))]


def test_natural_decay_says_nothing():
    match = Match()
    assert max(match.play(each(1, 45))) < 1.0
    assert match.fair(45) < OVER - 0.15


def test_an_over_that_shortens_while_the_clock_runs_is_seen():
    """
    minute  1 ... decays ... 30 ... half a point a minute up ... 42
    """
    match = Match()
    match.play(each(1, 30))
    stood = match.fair(30)
    raws = match.play(each(30, 42), over=lambda m: stood + 0.005 * (m - 30))
    assert max(raws) > RAISED
    assert match.found.selection == "over"
    assert match.found.observed == pytest.approx(stood + 0.06, abs=0.02)
    assert match.found.expected < stood - 0.02
    assert "over 2.5 at" in match.found.sentence


def test_an_over_that_merely_stands_shows_more_with_every_minute():
    match = Match()
    match.play(each(1, 30))
    stood = match.fair(30)
    raws = match.play(each(30, 44), over=lambda m: stood + 0.002 * (int(4 * m) % 2))
    assert max(raws[:8]) < 1.0
    assert max(raws[-8:]) > 3.0


def test_under_bought_is_seen_too():
    match = Match()
    match.play(each(1, 30))
    match.play(each(30, 40), over=lambda m: match.fair(m) - 0.015 * min(10, m - 30))
    assert match.found.raw > RAISED
    assert match.found.selection == "under"
    assert match.found.observed > match.found.expected + 0.08


def test_tempo_that_lifts_over_a_little_is_no_surprise():
    match = Match()
    match.play(each(1, 20))
    raws = match.play(each(20, 40), over=lambda m: match.fair(m) + 0.001 * (m - 20))
    assert max(raws) < 0.5 * RAISED


def test_a_goal_lifts_over_and_explains_it():
    match = Match()
    match.play(each(1, 20))
    match.score = (1, 0)
    match.scene.event(20, "goal", score=(1, 0), clock=20)
    assert max(match.play(each(20, 40))) < 1.0
    assert match.fair(21) > OVER


def test_at_a_slow_feed_it_must_hold_for_two_looks():
    match = Match(slack_s=60.0, spacing_s=900.0)
    match.play([5, 20])
    lifted = [match.play([m], over=lambda m: match.fair(m) + 0.3)[0] for m in (30, 40)]
    assert lifted[0] < 1.0 < lifted[1]


@pytest.mark.parametrize("score", [(3, 0), (2, 1)])
def test_a_decided_line_is_not_looked_at(score):
    match = Match()
    match.play(each(1, 10))
    match.scene.event(10, "goal", score=score, clock=10)
    assert set(match.play(each(10, 14), over=lambda _: 0.6)) == {0.0}


def test_blind_without_a_score_feed_or_with_two_books():
    match = Match()
    match.play(each(1, 10))
    match.play(each(10, 16), over=lambda _: 0.8)
    assert match.detector.find(match.scene.look(15.9)) is not None
    assert match.detector.find(replace(match.scene.look(15.9), play=None)) is None
    few = Match(books=FEWEST_BOOKS - 1)
    few.play(each(1, 10))
    assert set(few.play(each(10, 16), over=lambda _: 0.8)) == {0.0}


def test_every_state_that_leaves_the_line_open_is_an_explanation():
    match = Match()
    match.play([19])
    play = match.scene.look(20).play
    both = replace(play, states=(((0, 0), (0, 0)), ((2, 0), (0, 0)), ((3, 0), (0, 0))))
    level, ahead = decayed(both, LINE)
    assert ahead[0] > level[0] + 0.3
    assert min(level[2], ahead[2]) > 0.0
