from dataclasses import replace

import pytest

from detectors.unexplained_in_play import FEWEST_BOOKS, UnexplainedInPlay, expected_band, outside
from markets.goals import outcome_probabilities
from tests.detectors.scene import RATES, Scene, level, moment

FAIR = dict(zip(("home", "draw", "away"), outcome_probabilities(RATES), strict=True))


class Match:
    """A match that kicked off at 0-0, whose books follow the goal model unless told otherwise."""

    def __init__(self, books=8, slack_s=60.0):
        self.scene = Scene(books, {s: 1.0 / (p * 1.05) for s, p in FAIR.items()}, slack_s=slack_s)
        self.scene.event(0, "kick_off")
        self.detector = UnexplainedInPlay()
        self.levels = {}
        self.found = None
        self.score, self.reds = (0, 0), (0, 0)

    def play(self, minutes, off=0.0):
        """Let it run; the books' chance of home is the model's plus `off`."""
        for minute in minutes:
            clock = self.scene.book.clock.minutes(moment(minute).timestamp())
            chances = list(outcome_probabilities(RATES, self.score, clock, self.reds))
            chances = [chances[0] + off, *[c * (1 - off / (1 - chances[0])) for c in chances[1:]]]
            self.scene.price(minute, dict(zip(("home", "draw", "away"), chances, strict=True)))
            self.found = self.scene.watch(self.detector, minute + 0.1)
            features = self.scene.look(minute + 0.1)
            self.levels[minute] = level(self.detector, features, self.found)
        return [self.levels[m] for m in minutes]

    def goal(self, minute, score, told):
        """A goal that the books see at once and the data feed tells later, with its own time."""
        self.score = score
        self.scene.event(told, "goal", score=score, clock=minute)


def test_a_clean_match_says_nothing():
    assert set(Match().play(range(1, 44))) == {None}


def test_the_draw_that_decays_late_at_nil_nil_is_explained_by_the_clock():
    match = Match()
    match.play(range(1, 44))
    match.scene.event(46, "period_end")
    match.scene.event(61, "kick_off", clock=45)
    prices = match.play(range(62, 105))
    draw = match.scene.look(104.5).by_selection()["draw"]
    assert set(prices) == {None}
    assert draw > FAIR["draw"] + 0.4


def test_a_market_that_runs_away_from_the_match_is_raised():
    match = Match()
    match.play(range(1, 30))
    assert match.play(range(30, 33), off=0.25)[-1] == "red"
    assert match.found.selection == "home"
    assert match.found.observed > match.found.expected + 0.2
    assert "Mexico at" in match.found.sentence
    assert "where score and clock explain" in match.found.sentence
    assert "in minute 33" in match.found.sentence


def test_a_move_that_does_not_hold_a_minute_and_a_half_is_not_raised():
    match = Match()
    match.play(range(1, 30))
    assert match.play([30, 31], off=0.25) == [None, None]
    assert set(match.play(range(32, 40))) == {None}


@pytest.mark.parametrize(
    "told_after_s", [-30, 0, 45], ids=["told before", "told at once", "told late"]
)
def test_a_goal_explains_the_jump_when_told_within_the_slack(told_after_s):
    match = Match()
    match.play(range(1, 30))
    match.goal(30, (1, 0), told=30 + told_after_s / 60)
    match.play(range(30, 44))
    assert set(match.levels.values()) == {None}
    assert match.scene.look(43.5).by_selection()["home"] > FAIR["home"] + 0.2


def test_a_goal_told_five_minutes_late_does_not_explain_it():
    match = Match()
    match.play(range(1, 30))
    match.score = (1, 0)
    assert "red" in match.play(range(30, 35))


def test_a_red_card_explains_its_move():
    match = Match()
    match.play(range(1, 20))
    match.scene.event(20, "red_card", team="away")
    match.reds = (0, 1)
    assert set(match.play(range(20, 44))) == {None}


def test_a_slow_bias_of_the_market_is_learned_and_a_jump_on_top_is_still_seen():
    used_to, new = Match(), Match()
    assert set(used_to.play(range(1, 30), off=0.03)) == {None}
    new.play(range(1, 30))
    bias = used_to.detector.state()["bias"]["home"]
    assert bias > 0.01
    for match in (used_to, new):
        assert match.play(range(30, 34), off=0.28)[-1] == "red"
    assert new.found.raw - used_to.found.raw == pytest.approx(bias, rel=0.3)


def test_without_a_score_feed_it_is_blind_and_says_nothing():
    match = Match()
    match.play(range(1, 30))
    match.play(range(30, 34), off=0.28)
    assert match.detector.find(match.scene.look(33.2)) is not None
    assert match.detector.find(replace(match.scene.look(33.2), play=None)) is None


def test_too_few_books_are_no_consensus():
    match = Match(books=FEWEST_BOOKS - 1)
    match.play(range(1, 30))
    assert set(match.play(range(30, 40), off=0.3)) == {None}


def test_books_that_froze_at_kick_off_are_left_out():
    match = Match(books=8)
    scene = match.scene
    match.goal(2, (1, 0), told=2)
    match.play([2])
    for minute in range(3, 20):
        scene.names = scene.names[:5]
        match.play([minute])
    assert {name for name, _ in scene.look(19.5).offered} == set(scene.names)


def test_the_band_covers_every_state_that_may_have_held():
    match = Match(slack_s=120.0)
    match.play(range(1, 30))
    match.goal(30, (1, 0), told=30)
    play = match.scene.look(30.5).play
    low, high = expected_band(play)["home"]
    assert low <= outcome_probabilities(RATES, (0, 0), 29)[0] <= high
    assert low <= outcome_probabilities(RATES, (1, 0), 31)[0] <= high


@pytest.mark.parametrize(
    ("p", "band"), [(0.97, (0.99, 1.0)), (0.02, (0.0, 0.01)), (0.3, (0.2, 0.4))]
)
def test_near_certainty_and_inside_the_band_nothing_is_unexplained(p, band):
    assert outside(p, band) == 0.0


def test_outside_is_signed():
    assert outside(0.6, (0.3, 0.5)) > 0.0 > outside(0.2, (0.3, 0.5))
