"""The public's wagers against the figures measured on one big exchange market, and their form."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from statistics import mean, median, quantiles

import pytest

from markets.records import Account, Record, Wager
from streams.simulator import accounts, prices
from streams.simulator.match import SimulatedMatch
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Bet, Fix

# docs of the domain: 23,691 transactions of 2,523 accounts on one exchange market.
MEASURED = {
    "stake median": 154, "stake p90": 3_900, "stake p99": 22_000, "rows of an account": 2,
    "money in play": 2 / 3, "back to lay": 2.9, "cancelled": 0.25,
}  # fmt: skip
WITHIN = {
    "stake median": (100, 230), "stake p90": (2_200, 6_000), "stake p99": (14_000, 45_000),
    "rows of an account": (2, 3), "money in play": (0.5, 0.8), "back to lay": (2.3, 3.5),
    "cancelled": (0.2, 0.3),
}  # fmt: skip


@pytest.fixture(scope="module")
def matches(start: datetime) -> list[SimulatedMatch]:
    return list(match_day(11, matches=90, fixes=(), start=start).matches)


@pytest.fixture(scope="module")
def told(matches: list[SimulatedMatch]) -> dict[str, list[Wager | Account]]:
    return {match.fixture.match: wagering_of(match) for match in matches}


def wagering_of(match: SimulatedMatch) -> list[Wager | Account]:
    """Only what the operators tell; nobody quotes a price."""
    wagering, course = match._wagering(), match.course
    before = prices.before(course.opening, course.steps, course.line)
    return [*wagering.before(before), *wagering.during(match._truths_in_play())]


def wagers(records: list[Record]) -> list[Wager]:
    return [r for r in records if isinstance(r, Wager)]


def test_the_exchange_of_a_big_match_has_the_marginals_that_were_measured(matches, told) -> None:
    rows = {
        m.fixture.match: [w for w in wagers(told[m.fixture.match]) if w.book == "exchange"]
        for m in matches
        if m.fixture.tier == 1
    }
    found = _marginals(rows, {m.fixture.match: m.fixture.start for m in matches})
    print()
    for figure, expected in MEASURED.items():
        print(f"{figure:<20} measured {expected:>9,.2f} simulated {found[figure]:>9,.2f}")
    for figure, (least, most) in WITHIN.items():
        assert least <= found[figure] <= most, figure


def _marginals(rows: dict[str, list[Wager]], starts: dict[str, datetime]) -> dict[str, float]:
    every = [w for own in rows.values() for w in own]
    stakes = quantiles((w.stake for w in every), n=100)
    of_account = [n for own in rows.values() for n in Counter(w.account for w in own).values()]
    matched = [w for w in every if w.status == "accepted"]
    late = sum(w.stake for w in matched if w.at > starts[w.match] + timedelta(seconds=240))
    sides = Counter(w.side for w in every)
    return {
        "stake median": stakes[49], "stake p90": stakes[89], "stake p99": stakes[98],
        "rows of an account": median(of_account),
        "money in play": late / sum(w.stake for w in matched),
        "back to lay": sides["back"] / sides["lay"],
        "cancelled": sum(w.status == "cancelled" for w in every) / len(every),
    }  # fmt: skip


def test_customers_of_books_stake_less_and_round(told) -> None:
    soft = [w.stake for own in told.values() for w in wagers(own) if w.book != "exchange"]
    assert 10 <= median(soft) <= 22
    assert sum(stake in (5, 10, 20, 25, 50, 100) for stake in soft) > 0.4 * len(soft)


def test_big_matches_have_more_wagers(matches, told) -> None:
    count = defaultdict(list)
    for match in matches:
        count[match.fixture.tier].append(len(wagers(told[match.fixture.match])))
    middle = {tier: mean(found) for tier, found in count.items()}
    assert 480 < middle[1] < 760
    assert 190 < middle[3] < 330
    assert 80 < middle[4] < 170


def test_an_account_is_told_of_before_its_first_wager_and_once_at_each_book(told) -> None:
    for own in told.values():
        known: set[tuple[str, str]] = set()
        for record in own:
            if isinstance(record, Account):
                assert (record.book, record.account) not in known
                known.add((record.book, record.account))
            else:
                assert (record.book, record.account) in known


def test_an_account_tells_the_same_story_in_every_match(told) -> None:
    opened: dict[str, set[str | None]] = defaultdict(set)
    for own in told.values():
        for wager in wagers(own):
            opened[wager.account].add(wager.opened)
    assert sum(len(days) > 1 for days in opened.values()) == 0
    assert len(opened) > 5_000


def test_history_makes_sense(told) -> None:
    for own in told.values():
        for known in (r for r in own if isinstance(r, Account)):
            assert (known.last is None) == (known.wagers == 0) == (known.median_stake is None)
            assert known.opened is not None
            if known.last is not None:
                assert date.fromisoformat(known.opened) <= known.last.date() <= known.at.date()


def test_innocent_look_alikes_are_there(told) -> None:
    """New accounts, devices of several accounts, bursts on one selection, stakes at the limit."""
    bursts, shared, at_limit, new = 0, 0, 0, 0
    for own in told.values():
        limits = {r.account: r.limit for r in own if isinstance(r, Account) and r.limit}
        by_device: dict[str | None, set[str]] = defaultdict(set)
        by_tenth: Counter[tuple[int, str]] = Counter()
        for wager in wagers(own):
            by_device[wager.device].add(wager.account)
            by_tenth[int(wager.at.timestamp()) // 600, wager.selection] += 1
            at_limit += wager.stake == limits.get(wager.account)
            new += (wager.at.date() - date.fromisoformat(wager.opened or "")).days <= 30
        shared += sum(len(found) > 1 for found in by_device.values())
        bursts += max(by_tenth.values()) >= 12
    every = sum(len(wagers(own)) for own in told.values())
    assert bursts > 10
    assert shared > 90
    assert at_limit > 100
    assert 0.04 < new / every < 0.2


def test_nobody_bets_in_the_minute_after_a_goal(matches, told) -> None:
    """The goal at x, wagers at w:   w  w   w x ------- w w ww  w"""
    for match in matches:
        goals = [i.second for i in match.course.incidents if i.what == "goal"]
        for wager in wagers(told[match.fixture.match]):
            second = (wager.at - match.fixture.start).total_seconds()
            assert not any(goal <= second < goal + 30 for goal in goals)


def test_prices_leave_the_book_its_margin(told) -> None:
    prices_of = defaultdict(list)
    for own in told.values():
        for wager in wagers(own):
            if wager.market == "total" and wager.book != "exchange":
                prices_of[wager.match, wager.at.timestamp() // 300].append(wager)
    both = [
        {w.selection: w.price for w in group}
        for group in prices_of.values()
        if len({w.selection for w in group}) == 2 and len({w.book for w in group}) == 1
    ]
    assert len(both) > 30
    assert 1.01 < median(1 / pair["over"] + 1 / pair["under"] for pair in both) < 1.2


def test_fills_of_one_bet_are_split_over_counterparties(told) -> None:
    fills: Counter[tuple[str, str, datetime]] = Counter()
    for own in told.values():
        for wager in wagers(own):
            if wager.book == "exchange" and wager.status == "accepted":
                assert wager.counterparty
                fills[wager.match, wager.account, wager.at] += 1
            elif wager.book != "exchange":
                assert wager.counterparty is None
    assert max(fills.values()) > 5
    assert median(fills.values()) == 1


@pytest.mark.parametrize("typology", ["account-cluster", "stake-out-of-character"])
def test_wagers_of_a_fix_have_the_same_form(typology: str, start: datetime) -> None:
    day = match_day(4, matches=1, fixes=(Fix(0, typology, "1x2"),), start=start)
    match, label = day.matches[0], day.truth[0]
    told = wagering_of(match)
    clean = wagering_of(match_day(4, matches=1, fixes=(), start=start).matches[0])
    theirs = {(w.account, w.at, w.selection) for w in wagers(clean)}
    added = [w for w in wagers(told) if (w.account, w.at, w.selection) not in theirs]
    assert {w.selection for w in added if label.start <= w.at <= label.end} == {label.selection}
    lengths = {len(w.account) for w in wagers(clean)}
    assert {len(w.account) for w in added} == lengths == {11}
    assert {len(w.device or "") for w in added} == {11}
    assert {w.book for w in added} <= {w.book for w in wagers(clean)}


def test_what_a_fix_leaves_open_is_drawn_as_for_anybody() -> None:
    bet = accounts.completed(3, 1, Bet(-60.0, "1x2", "home", "mule", 4_000.0, book="elm"))
    assert bet.opened_days is not None
    assert bet.country is not None
    assert bet.device
    assert bet.limit is not None
    assert bet.limit >= 4_000.0
    kept = accounts.completed(3, 1, bet._replace(opened_days=2, wagers=0))
    assert (kept.opened_days, kept.wagers, kept.idle_days) == (2, 0, None)
