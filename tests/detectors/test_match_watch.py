"""Who is looked at when, in which order, and what must not bring the watch down."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

import detectors.match_watch
from detectors.calibration import Calibration, Prior, shipped_priors
from detectors.detector import MarketDetector, MatchDetector
from detectors.evidence import Finding
from detectors.health import FeedHealth
from detectors.levels import AlertBudget
from detectors.match_watch import MatchWatch
from detectors.steam_move import SteamMove
from detectors.verdict import Verdict
from markets.records import Event, Heartbeat, Price
from markets.rows import KeptRows
from tests.detectors.scene import MATCH, RATES, Scene, fixture, moment


def calibration():
    """The shipped one; in play the tails of clean matches are those measured when this was new."""
    shipped = shipped_priors()
    other = [c for c in shipped.cells if c.detector != "unexplained-in-play"]
    own = [
        Prior("unexplained-in-play", "1x2", "in_play", 4.4, 0.9, 0.5, "simulated", feed=feed)
        for feed in ("fast", "slow")
    ]
    return Calibration(replace(shipped, cells=[*other, *own]))


CALIBRATION = calibration()


class Run:
    """A watch that is fed records and looks at each minute asked for."""

    def __init__(self, every_s=1.0):
        self.watch = MatchWatch(MATCH, CALIBRATION, Verdict(AlertBudget()))
        self.health = FeedHealth()
        for beat in range(10):
            at = moment(-1300) + timedelta(seconds=beat * every_s)
            self.health.apply(Heartbeat(at=at, source="odds"))

    def tell(self, *records):
        for record in records:
            self.watch.apply(record)

    def look(self, *minutes, frozen=False):
        """Judgements at some minutes, as {minute: {detector: level}}."""
        return {
            minute: {
                judged.evidence.detector: judged.level
                for judged in self.watch.look(
                    moment(minute).timestamp(), self.health, frozen=frozen
                )
            }
            for minute in minutes
        }


def steam(minute=-40):
    """All books cut a fifth off the home price at once."""
    scene = Scene()
    scene.move(minute, "home", 0.8)
    return scene.told


def board(minute, chances, market="1x2", line=None, books=8, **more):
    return [
        Price(at=moment(minute), match=MATCH, market=market, line=line, book=f"book-{n}",
              selection=selection, price=max(1.01, 0.95 / p), **more)
        for n in range(books)
        for selection, p in chances.items()
    ]  # fmt: skip


@pytest.fixture
def spied(monkeypatch):
    """The watch with one detector, that writes down what is asked of it."""
    asked = []

    class Spy(MarketDetector):
        name, version, family, unit = "steam-move", 1, "move", "x"
        markets = frozenset({"1x2"})

        def find(self, features):
            asked.append("find")
            return Finding(9.9, "home", 0.5, 0.4, features.at, features.at, (), {}, "spied")

        def remember_one(self, _):
            asked.append("remember")

        def learn_one(self, _):
            asked.append("learn")

    monkeypatch.setattr(detectors.match_watch, "market_detectors", lambda _: (Spy,))
    return asked


def test_a_detector_scores_then_remembers_then_learns(spied):
    run = Run()
    run.tell(*Scene().told)
    run.look(-60)
    assert spied == ["find", "remember", "learn"]


def test_learning_is_frozen_when_told_so_and_the_rest_goes_on(spied):
    run = Run()
    run.tell(*Scene().told)
    run.look(-60, frozen=True)
    assert spied == ["find", "remember"]


def test_what_did_not_change_is_looked_at_once_more_and_then_left(spied):
    run = Run()
    run.tell(*Scene().told)
    times = len([m for m in range(-60, 0) for _ in run.look(m)[m]])
    assert times == 2
    assert not run.watch.waits(moment(0).timestamp())


def test_what_a_look_works_out_for_itself_is_not_kept_till_the_next():
    run = Run()
    run.tell(*Scene().told)
    run.look(-60)
    kept = [watched.latest for watched in run.watch._watched.values()]
    assert kept
    assert all(features and features.moves == {} for features in kept)


def test_what_can_be_made_anew_is_let_go_of_once_nothing_is_due():
    run = Run()
    run.tell(*Scene().told)
    run.look(-60)
    [watched] = run.watch._watched.values()
    before = watched.latest
    assert not isinstance(before.offered, KeptRows)
    run.look(*range(-59, -30))
    assert run.watch.wakes_at() == float("inf")
    assert isinstance(watched.latest.offered, KeptRows)
    assert list(watched.latest.offered) == list(before.offered)


def test_a_match_wakes_when_its_next_market_is_free():
    run = Run()
    run.tell(*Scene().told)
    assert run.watch.wakes_at() == float("-inf")
    run.look(-60)
    at = moment(-60).timestamp()
    assert at < run.watch.wakes_at() <= at + detectors.match_watch.RELOOK_S


def test_a_finding_of_a_fast_feed_is_held_for_a_minute_for_news_to_explain_it():
    """
    minute   -40 move   -39.5 held   -39 judged
    """
    run = Run(every_s=1.0)
    run.tell(*steam())
    assert run.look(-40, -39.5, -39) == {-40: {}, -39.5: {}, -39: {"steam-move": "red"}}


def test_a_finding_of_a_slow_feed_is_judged_at_once():
    run = Run(every_s=900.0)
    run.tell(*steam())
    assert run.look(-40)[-40] == {"steam-move": "amber"}


@pytest.fixture
def spied_match(monkeypatch):
    """A watch with one detector of the whole match, which writes down when it is asked."""
    asked = []

    class Spy(MatchDetector):
        name, version, family, unit = "account-cluster", 1, "accounts", "x"
        phases = frozenset({"late", "in_play"})

        def find(self, features):
            asked.append((features.at - moment(0).timestamp()) / 60.0)
            return Finding(99.9, "home", 8.0, 1.0, features.at, features.at, (), {}, "spied")

    monkeypatch.setattr(detectors.match_watch, "match_detectors", lambda: (Spy,))
    return asked


def test_what_no_news_explains_is_not_held_for_news(spied_match):
    run = Run(every_s=1.0)
    run.tell(*Scene().told)
    assert run.look(-40)[-40] == {"account-cluster": "red"}


def test_a_decided_incident_is_looked_at_when_told_not_when_the_next_look_is_due(spied_match):
    """
    minute   30 look   30.5 too soon   30.75 goal told and looked at   31 too soon
    """
    run = in_play_run(first=[KICK_OFF])
    run.look(30)
    run.tell(*board(30.5, LEVEL, in_play=True))
    run.look(30.5)
    run.tell(Event(at=moment(30.75), match=MATCH, event="goal", team="home", score=(1, 0)))
    run.look(30.75)
    run.tell(*board(31, LEVEL, in_play=True))
    run.look(31)
    assert [minute for minute in spied_match if minute > 0] == [30.0, 30.75]


def test_the_context_of_a_judgement_is_the_news_around_the_turn_of_its_move():
    run = Run()
    news = Event(at=moment(-39), match=MATCH, event="news")
    run.tell(*steam(), news, Event(at=moment(-200), match=MATCH, event="line_up"))
    run.look(-40)
    [judged] = run.watch.look(moment(-39).timestamp(), run.health, frozen=False)
    assert run.watch.context(judged.evidence) == [news]


def in_play_run(first=(), every_s=1.0):
    """A match in its 30th minute; `first` is told before anything else."""
    run = Run(every_s)
    opening = board(-60, {"home": 0.5, "draw": 0.27, "away": 0.23})
    run.tell(*first, *opening)
    run.look(-59)
    return run


def played(run, minutes, chances, in_play=True):
    """Levels over some minutes of play, prices set each minute."""
    found = []
    for minute in minutes:
        run.tell(*board(minute, chances, in_play=in_play))
        found.append(run.look(minute)[minute].get("unexplained-in-play"))
    return found


KICK_OFF = Event(at=moment(0), match=MATCH, event="kick_off")
RUN_AWAY = {"home": 0.9, "draw": 0.06, "away": 0.04}


LEVEL = {"home": 0.47, "draw": 0.295, "away": 0.235}
BOUGHT = {"home": 0.66, "draw": 0.20, "away": 0.14}


def ramp(run, since, until, apart=0.25):
    """Looks while a price climbs from LEVEL to BOUGHT between two minutes, and stays a while."""
    levels = {}
    for n in range(int((until - since + 1) / apart)):
        minute = since + n * apart
        part = min(1.0, n * apart / (until - since))
        chances = {s: LEVEL[s] + part * (BOUGHT[s] - LEVEL[s]) for s in LEVEL}
        run.tell(*board(minute, chances, in_play=True))
        levels[minute] = run.look(minute)[minute].get("unexplained-in-play")
    return levels


def test_money_at_a_fast_feed_is_judged_at_once_while_it_comes():
    """
    minute  10 quiet   20 ---- ramp ---- 24 stays
    """
    run = in_play_run([fixture()])
    run.tell(KICK_OFF)
    assert set(played(run, range(5, 20), LEVEL)) == {None}
    levels = ramp(run, 20, 24)
    assert min(m for m, level in levels.items() if level in ("amber", "red")) < 23.5
    assert "red" in levels.values()


def test_after_a_stoppage_looks_wait_for_the_data_feed():
    """
    minute  20 books suspend ... 21 open again, far away ... 21.6 the goal is told
    """
    run = in_play_run([fixture()])
    run.tell(KICK_OFF)
    assert set(played(run, range(5, 20), LEVEL)) == {None}
    run.tell(*board(20, LEVEL, in_play=True, status="suspended"))
    run.look(20.1)
    ahead = {"home": 0.78, "draw": 0.15, "away": 0.07}
    for minute in (21.0, 21.25, 21.5):
        run.tell(*board(minute, ahead, in_play=True))
        assert run.look(minute)[minute] == {}
    run.tell(Event(at=moment(21.6), match=MATCH, event="goal", score=(1, 0), clock=20))
    assert set(played(run, range(22, 34), ahead)) == {None}


def test_a_run_away_market_in_play_is_judged_after_the_slack():
    run = in_play_run([fixture()])
    run.tell(KICK_OFF)
    found = played(run, range(20, 26), RUN_AWAY)
    assert found[:2] == [None] * 2  # a leap: a minute for the data feed to tell, and it must hold
    assert "red" in found[2:]


def test_a_goal_told_after_the_look_but_within_the_slack_explains_it():
    run = in_play_run([fixture()])
    run.tell(KICK_OFF)
    level = {"home": 0.44, "draw": 0.32, "away": 0.24}
    assert set(played(run, range(10, 20), level)) == {None}
    ahead = {"home": 0.80, "draw": 0.14, "away": 0.06}
    run.tell(*board(20, ahead, in_play=True))
    run.look(20)
    run.tell(Event(at=moment(20.7), match=MATCH, event="goal", score=(1, 0), clock=21))
    assert set(played(run, range(21, 30), ahead)) == {None}


def test_a_fixture_that_comes_after_the_first_look_still_makes_it_football():
    late, early = in_play_run(), in_play_run([fixture()])
    late.look(-58)
    late.tell(fixture())
    late.tell(*board(-57, {"home": 0.5, "draw": 0.27, "away": 0.23}))
    late.look(-57, -46)
    for run in (late, early):
        run.tell(KICK_OFF)
        assert "red" in played(run, range(20, 26), RUN_AWAY)


def test_another_sport_is_not_judged_by_a_football_model():
    run = in_play_run([fixture(sport="handball")])
    run.tell(KICK_OFF)
    assert set(played(run, range(20, 40), RUN_AWAY)) == {None}


def test_nothing_is_looked_at_after_full_time():
    run = in_play_run([fixture()])
    run.tell(KICK_OFF, Event(at=moment(19), match=MATCH, event="full_time"))
    assert set(played(run, range(20, 40), RUN_AWAY)) == {None}


@pytest.mark.parametrize(
    "more",
    [
        board(-60, {"yes": 0.5, "no": 0.5}, market="total", line=2.5),
        board(-60, {"over": 0.5, "under": 0.5}, market="total", line=2.3),
        board(-60, {"over": 0.5, "under": 0.5}, market="total", line=-1.0),
        board(-60, {"over": 0.5, "under": 0.5}, market="total"),
        board(-60, {"over": 0.5, "under": 0.5}, market="total", line=1e9),
        board(-60, {"over": 0.5, "under": 0.5, "exact": 0.1}, market="total", line=3.0),
        board(-60, {"over": 0.999, "under": 0.9999}, market="total", line=0.0),
    ],
)
def test_odd_totals_do_not_bring_down_the_goal_model(more):
    run = in_play_run([fixture(), *more])
    run.tell(KICK_OFF)
    assert "red" in played(run, range(20, 26), RUN_AWAY)


@pytest.mark.parametrize(
    "opening",
    [
        {"Mexico": 0.5, "Draw": 0.27, "South Africa": 0.23},
        {"home": 0.6, "away": 0.4},
        {"home": 0.5, "draw": 0.2, "away": 0.2, "void": 0.1},
    ],
)
def test_odd_selections_make_it_blind_in_play_and_no_more(opening):
    run = Run()
    run.tell(fixture(), *board(-60, opening))
    run.look(-59)
    run.tell(KICK_OFF)
    assert set(played(run, range(20, 40), opening)) == {None}


def test_a_selection_that_comes_in_play_is_no_trouble():
    run = in_play_run([fixture()])
    run.tell(KICK_OFF)
    played(run, range(20, 24), RUN_AWAY)
    played(run, range(24, 40), RUN_AWAY | {"void": 0.02})


def test_without_prices_before_the_match_the_goal_model_has_nothing_to_go_by():
    run = Run()
    run.tell(fixture(), KICK_OFF)
    assert set(played(run, range(20, 40), RUN_AWAY)) == {None}
    assert RATES.home > RATES.away


def test_one_market_is_watched_by_the_detectors_that_understand_it():
    run = Run(every_s=900.0)
    run.tell(fixture(), *board(-60, {"2-0": 0.1, "1-0": 0.1, "0-0": 0.1}, market="correct_score"))
    assert run.look(-59, -40) == {-59: {}, -40: {}}
    assert "correct_score" not in SteamMove.markets
