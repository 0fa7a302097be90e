import random

import pytest

from detectors.courtsiding import Courtsiding
from detectors.features import MatchFeatures
from detectors.incidents import moments, suspensions
from markets.book import MatchBook
from markets.records import Event, Price, Record, Wager
from tests.detectors.scene import MATCH, fixture, moment

BOOKS = {"exchange": 2.0, "elm": 5.0, "fir": 8.0, "yew": 10.0}
"""Seconds by which each book suspends after an incident."""
GOALS = (12.0, 31.0, 55.0, 80.0)
OPEN = {"home": 2.0, "draw": 3.5, "away": 4.0}


def at(minute: float, seconds: float = 0.0) -> float:
    return minute + seconds / 60


def priced(minute: float, status: str = "open", books=BOOKS, **prices: float) -> list[Record]:
    return [
        Price(at=moment(minute), match=MATCH, market="1x2", selection=s, book=b, price=p,
              status=status, in_play=True)
        for b in books
        for s, p in (OPEN | prices).items()
    ]  # fmt: skip


def incident(minute: float, *, goal: bool = True, told: bool = True) -> list[Record]:
    """All books suspend within seconds and come back a minute later; a goal makes home shorter."""
    stops = [r for b, s in BOOKS.items() for r in priced(at(minute, s), "suspended", {b: s})]
    prices = {"home": 1.6, "draw": 4.5, "away": 6.0} if goal else {}
    events = [Event(at=moment(at(minute, 40)), match=MATCH, event="goal", team="home",
                    score=(1, 0), clock=minute)]  # fmt: skip
    back = priced(minute + 1.2, **prices)
    return [*stops, *back, *(events if told and goal else []), *priced(minute + 6)]


def wager(number: int, minute: float, account: str, **more: object) -> Wager:
    known: dict[str, object] = {"market": "1x2", "selection": "home", "book": "fir", "price": 2.0}
    return Wager(
        **(known | more), match=MATCH, at=moment(minute), wager=f"w{number}", account=account,
        stake=100.0,
    )  # fmt: skip


def public() -> list[Record]:
    """Accounts that bet one to five times while the match is played."""
    rng = random.Random(6)
    return [
        wager(n, rng.uniform(1, 85), f"p{rng.randrange(60)}", selection=rng.choice(tuple(OPEN)))
        for n in range(150)
    ]


def in_time(minutes=GOALS, account: str = "c", seconds: float = 3.0, **more) -> list[Record]:
    return [
        wager(1000 + n + 100 * ord(account[-1]), at(m, seconds), account, **more)
        for n, m in enumerate(minutes)
    ]


def match(incidents=None) -> list[Record]:
    kick_off = Event(at=moment(0), match=MATCH, event="kick_off", score=(0, 0), clock=0.0)
    told = [r for m in GOALS for r in incident(m)] if incidents is None else incidents
    return [fixture(), *priced(-30), kick_off, *told]


def look(*told: Record, minute: float = 84.0) -> MatchFeatures:
    book = MatchBook(MATCH)
    for record in sorted(told, key=lambda r: r.at):
        if record.at <= moment(minute):
            book.apply(record)
    now = moment(minute).timestamp()
    return MatchFeatures(now, book, "in_play", -60 * minute, float("-inf"), 10.0, {})


def test_bets_just_before_the_books_knew_stand_out() -> None:
    """goal        |          |            |            |
    books stop   ..|-         |-           |-           |-
    bets of c      x          x            x            x"""
    found = Courtsiding().find(look(*match(), *public(), *in_time()))
    assert found is not None
    assert found.raw > 4
    assert (found.observed, found.values["bets"], found.values["accounts"]) == (4, 4, 1)
    assert found.values["seconds_before"] == pytest.approx(5.0)
    assert found.expected < 0.3
    assert "account c bet on what gained a median of 5 s before" in found.sentence


def test_it_is_seen_within_a_minute_of_the_third() -> None:
    told = (*match(), *public(), *in_time())
    assert Courtsiding().find(look(*told, minute=at(55, 35))) is None
    assert Courtsiding().find(look(*told, minute=at(55, 45))).observed == 3


def test_the_public_knows_nothing() -> None:
    assert Courtsiding().find(look(*match(), *public())) is None


@pytest.mark.parametrize(
    ("why", "changed"),
    [
        ("too early", {"seconds": -30.0}),
        ("after the book stopped", {"seconds": 20.0}),
        ("on what lost", {"selection": "away"}),
        ("laid", {"side": "lay"}),
    ],
)
def test_other_bets_are_nothing(why: str, changed: dict[str, object]) -> None:
    assert Courtsiding().find(look(*match(), *public(), *in_time(**changed))) is None, why


def test_a_false_alarm_is_no_incident() -> None:
    alarms = [r for m in GOALS for r in incident(m, goal=False)]
    assert Courtsiding().find(look(*match(alarms), *public(), *in_time())) is None


def test_who_bets_all_the_time_hits_now_and_then() -> None:
    always = [wager(5000 + n, n / 2, "c") for n in range(168)]
    rare = Courtsiding().score_one(look(*match(), *public(), *in_time()))
    often = Courtsiding().score_one(look(*match(), *public(), *in_time(), *always))
    assert often < rare - 2


def test_accounts_that_know_the_same_count_together() -> None:
    alone = Courtsiding().find(look(*match(), *public(), *in_time()))
    crew = look(*match(), *public(), *in_time(), *in_time(account="d"))
    together = Courtsiding().find(crew)
    assert together.raw > alone.raw + 2
    assert together.sentence.startswith("2 accounts bet")


def test_accounts_that_take_turns_on_one_device_are_one() -> None:
    turns = [*in_time(GOALS[:2], device="d1"), *in_time(GOALS[2:], account="d", device="d1")]
    found = Courtsiding().find(look(*match(), *public(), *turns))
    assert found is not None
    assert found.sentence.startswith("2 accounts on a device")
    apart = [*in_time(GOALS[:2]), *in_time(GOALS[2:], account="d")]
    assert Courtsiding().find(look(*match(), *public(), *apart)) is None


def test_a_crowd_that_backs_attacks_explains_it() -> None:
    crowd = [
        wager(7000 + 50 * n + k, at(m, 3), f"f{n}-{k}") for n, m in enumerate(GOALS)
        for k in range(15)
    ]  # fmt: skip
    told = Courtsiding().score_one(look(*match(), *public(), *in_time()))
    assert Courtsiding().score_one(look(*match(), *public(), *crowd, *in_time())) < told - 1


def test_books_that_tell_of_no_suspension_leave_the_events() -> None:
    silent = [r for r in match() if getattr(r, "status", "open") != "suspended"]
    found = Courtsiding().find(look(*silent, *public(), *in_time()))
    assert found is not None
    assert 0 < found.raw < Courtsiding().score_one(look(*match(), *public(), *in_time()))


def test_moments_are_those_of_which_something_gained() -> None:
    told = [*incident(12.0), *incident(31.0, goal=False), *incident(55.0, told=False)]
    book = look(*match(told), minute=70.0).book
    clusters = suspensions(book, book.start, book.at)
    found = moments(book, clusters, book.match_events[1:], book.at)
    assert len(clusters) == 3
    assert [round((m.first - book.start) / 60) for m in found] == [12, 55]
    assert found[0].gained == {("1x2", None, "home")}
    assert found[1].stops == {b: at(55, s) * 60 + book.start for b, s in BOOKS.items()}


def test_order_within_an_instant_does_not_matter() -> None:
    told = [*match(), *public(), *in_time()]
    shuffled = told.copy()
    random.Random(3).shuffle(shuffled)
    detector, features = Courtsiding(), look(*told)
    assert detector.find(features) == detector.find(features) == detector.find(look(*shuffled))
    assert detector.state() == {}
