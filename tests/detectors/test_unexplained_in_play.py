from dataclasses import replace

import pytest

from detectors.unexplained_in_play import (
    FEWEST_BOOKS,
    UnexplainedInPlay,
    expectations,
    nearest,
    outside,
    residuals_of,
)
from markets.goals import outcome_probabilities
from tests.detectors.scene import RATES, Scene, moment

FAIR = dict(zip(("home", "draw", "away"), outcome_probabilities(RATES), strict=True))
# Of clean simulated matches one in 500 and one in 3000 reach these (nats).
AMBER, RED = 7.9, 9.5


class Match:
    """A match that kicked off at 0-0, whose books follow the goal model unless told otherwise."""

    def __init__(self, books=8, slack_s=60.0, spacing_s=60.0):
        opening = {s: 1.0 / (p * 1.05) for s, p in FAIR.items()}
        self.scene = Scene(books, opening, slack_s=slack_s, spacing_s=spacing_s)
        self.scene.event(0, "kick_off")
        self.detector = UnexplainedInPlay()
        self.raws = {}
        self.found = None
        self.score, self.reds = (0, 0), (0, 0)

    def play(self, minutes, off=0.0):
        """Let it run; the books' chance of home is the model's plus `off` (of the minute)."""
        for minute in minutes:
            shift = off(minute) if callable(off) else off
            clock = self.scene.book.clock.minutes(moment(minute).timestamp())
            chances = list(outcome_probabilities(RATES, self.score, clock, self.reds))
            rest = 1 - shift / (1 - chances[0])
            chances = [chances[0] + shift, *[c * rest for c in chances[1:]]]
            self.scene.price(minute, dict(zip(("home", "draw", "away"), chances, strict=True)))
            found = self.scene.watch(self.detector, minute + 0.05)
            self.found = found or self.found
            self.raws[minute] = found.raw if found else 0.0
        return [self.raws[m] for m in minutes]

    def goal(self, minute, score, told):
        """A goal that the books see at once and the data feed tells later, with its own time."""
        self.score = score
        self.scene.event(told, "goal", score=score, clock=minute)


def fast():
    """A feed that tells each second, with looks judged at once."""
    return Match(slack_s=0.0, spacing_s=1.0)


def each(first, last, apart_s=15.0):
    """Minutes from one to another, so many seconds apart."""
    count = int((last - first) * 60 / apart_s)
    return [first + n * apart_s / 60 for n in range(count)]


def ramp(since, minutes, height):
    """Shift that climbs to a height within so many minutes, and stays."""
    return lambda minute: height * min(1.0, max(0.0, (minute - since) / minutes))


def test_a_clean_match_says_nothing():
    assert max(Match().play(range(1, 44))) < 1.0
    assert max(fast().play(each(1, 44))) < 1.0


def test_the_draw_that_decays_late_at_nil_nil_is_explained_by_the_clock():
    match = Match()
    match.play(range(1, 44))
    match.scene.event(46, "period_end")
    match.scene.event(61, "kick_off", clock=45)
    raws = match.play(range(62, 105))
    draw = match.scene.look(104.5).by_selection()["draw"]
    assert max(raws) < 1.0
    assert draw > FAIR["draw"] + 0.4


def test_a_ramp_of_money_at_a_fast_feed_is_seen_before_it_is_through():
    """
    minute  30 ............ 35 .......
    home     0 ---- ramp --- 20 pp stay
    """
    match = fast()
    match.play(each(1, 30))
    raws = match.play(each(30, 38), off=ramp(30, 5, 0.20))
    seen = each(30, 38)[next(i for i, raw in enumerate(raws) if raw > AMBER)]
    assert 31 < seen < 34
    assert max(raws) > 2 * RED
    assert match.found.selection == "home"
    assert match.found.observed > match.found.expected + 0.15
    assert "Mexico at" in match.found.sentence
    assert "where score and clock explain" in match.found.sentence
    assert "in minute 38" in match.found.sentence


@pytest.mark.parametrize("height", [0.03, -0.03])
def test_pressure_that_comes_and_goes_is_no_surprise(height):
    match = fast()
    match.play(each(1, 20))
    raws = match.play(each(20, 28), off=ramp(20, 5, height))
    assert max(raws + match.play(each(28, 40))) < 0.5 * AMBER


def test_a_mistake_of_one_look_is_not_raised():
    match = fast()
    match.play(each(1, 30))
    assert match.play([30.0], off=0.2)[0] < AMBER
    assert max(match.play(each(30.25, 40))) < AMBER


def test_a_jump_at_a_slow_feed_counts_when_it_holds_for_two_looks():
    match = Match()
    match.play(range(1, 30))
    first, second = match.play([30, 31], off=0.25)
    assert first < 1.0
    assert second > RED
    assert max(match.play(range(33, 40))) < 1.0


@pytest.mark.parametrize(
    "told_after_s", [-30, 0, 45], ids=["told before", "told at once", "told late"]
)
def test_a_goal_explains_the_jump_when_told_within_the_slack(told_after_s):
    match = Match()
    match.play(range(1, 30))
    match.goal(30, (1, 0), told=30 + told_after_s / 60)
    match.play(range(30, 44))
    assert max(match.raws.values()) < 1.0
    assert match.scene.look(43.5).by_selection()["home"] > FAIR["home"] + 0.2


def test_a_goal_told_five_minutes_late_does_not_explain_it():
    match = Match()
    match.play(range(1, 30))
    match.score = (1, 0)
    assert max(match.play(range(30, 35))) > RED


def test_a_fast_feed_between_two_states_says_nothing():
    match = Match(slack_s=60.0, spacing_s=1.0)
    match.play(each(1, 30))
    match.goal(30, (1, 0), told=30.5)
    assert match.play([30.1], off=0.2) == [0.0]


def test_a_red_card_explains_its_move():
    match = Match()
    match.play(range(1, 20))
    match.scene.event(20, "red_card", team="away")
    match.reds = (0, 1)
    assert max(match.play(range(20, 44))) < 1.0


def test_a_slow_bias_of_the_market_is_learned_and_a_jump_on_top_is_still_seen():
    used_to, new = Match(), Match()
    assert max(used_to.play(range(1, 30), off=0.03)) < AMBER
    new.play(range(1, 30))
    assert used_to.detector.state()["sway"]["bias"]["supremacy"] > 0.01
    for match in (used_to, new):
        assert match.play(range(30, 34), off=0.28)[-1] > RED
    assert new.found.raw > used_to.found.raw


def test_without_a_score_feed_it_is_blind_and_says_nothing():
    match = Match()
    match.play(range(1, 30))
    match.play(range(30, 34), off=0.28)
    assert match.detector.find(match.scene.look(33.2)) is not None
    assert match.detector.find(replace(match.scene.look(33.2), play=None)) is None


def test_too_few_books_are_no_consensus():
    match = Match(books=FEWEST_BOOKS - 1)
    match.play(range(1, 30))
    assert set(match.play(range(30, 40), off=0.3)) == {0.0}


def test_books_that_froze_at_kick_off_are_left_out():
    match = Match(books=8)
    scene = match.scene
    match.goal(2, (1, 0), told=2)
    match.play([2])
    for minute in range(3, 20):
        scene.names = scene.names[:5]
        match.play([minute])
    assert {row.book for row in scene.look(19.5).offered} == set(scene.names)


def test_of_several_states_the_one_that_fits_explains_and_nothing_in_between_does():
    match = Match(slack_s=120.0)
    match.play(range(1, 30))
    match.goal(30, (1, 0), told=30)
    play = match.scene.look(30.5).play
    before = outcome_probabilities(RATES, (0, 0), 30)
    after = outcome_probabilities(RATES, (1, 0), 30)
    between = tuple((x + y) / 2 for x, y in zip(before, after, strict=True))
    for state in (before, after):
        off = residuals_of(state, expectations(play))
        assert max(abs(one.value) for one in off.values()) < 0.01
        assert nearest(state, play) == pytest.approx(state, abs=0.03)
    assert abs(residuals_of(between, expectations(play))["supremacy"].value) > 0.1


def test_near_certainty_nothing_is_unexplained():
    match = Match()
    match.score = (3, 0)
    match.scene.event(1, "goal", score=(3, 0), clock=1)
    match.play(range(2, 44))
    play = match.scene.look(43.5).play
    for market in ((0.999, 0.0007, 0.0003), (0.97, 0.02, 0.01)):
        off = residuals_of(market, expectations(play))
        assert max(abs(one.value) for one in off.values()) < 0.02


def test_outside_is_signed():
    assert outside(0.6, [0.3, 0.5]) > 0.0 > outside(0.2, [0.5, 0.3])
