"""Words for people: times, chances, markets and actions as an officer says them."""

from datetime import datetime, timedelta

from alerts.action import Action, Kind
from alerts.alert import Alert, AlertEvidence, AlertFixture
from alerts.case import Case, Reason

_SUREST = 100_000
_MARKETS = {
    "1x2": "Match result",
    "winner": "Winner",
    "asian_handicap": "Asian handicap",
    "total": "Total goals",
    "btts": "Both teams score",
    "correct_score": "Correct score",
    "half_time": "Half time",
    "corners": "Corners",
    "cards": "Cards",
    "set_winner": "Set winner",
}
FINDINGS = {
    "manipulation_suspected": "Manipulation suspected",
    "manipulation_confirmed": "Manipulation confirmed",
    "innocent": "Innocent",
    "data_fault": "Fault of the data",
    "undecided": "Undecided",
}
_DONE: dict[Kind, str] = {
    Kind.ACKNOWLEDGE: "acknowledged",
    Kind.ASSIGN: "assigned",
    Kind.ESCALATE: "escalated",
    Kind.CLOSE: "closed",
    Kind.REOPEN: "reopened",
    Kind.CORRECT: "corrected the verdict",
    Kind.COMMENT: "commented",
    Kind.HAND_OVER: "handed over",
    Kind.SNOOZE: "snoozed",
    Kind.UNSNOOZE: "lifted a snooze",
    Kind.REPORT_MISS: "reported a miss",
    Kind.VIEW_ACCOUNTS: "looked at accounts",
    Kind.REIDENTIFY: "asked who accounts are",
    Kind.MISS_DEADLINE: "deadline passed",
}
_REFUSED: dict[Reason, str] = {
    Reason.ROLE: "the role may not",
    Reason.CLOSED: "the case was closed by then",
    Reason.NOT_CLOSED: "the case was not closed",
    Reason.ALREADY: "it already was so",
    Reason.NOT_DUE: "somebody had acted by then",
}


def age(span: timedelta) -> str:
    """Say how long.

    >>> age(timedelta(seconds=42)), age(timedelta(minutes=7)), age(timedelta(hours=6, minutes=5))
    ('42 s', '7 min', '6 h 05 min')
    >>> age(timedelta(days=3, hours=2))
    '3 d 2 h'
    """
    seconds = max(0, int(span.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
    return f"{seconds // 86400} d {seconds % 86400 // 3600} h"


def clock(at: datetime) -> str:
    """Time of day with its date, in UTC.

    >>> from datetime import UTC
    >>> clock(datetime(2026, 7, 4, 13, 20, 11, tzinfo=UTC))
    '4 Jul 13:20:11'
    """
    return f"{at.day} {at:%b %H:%M:%S}"


def minute(at: datetime) -> str:
    """As `clock`, to the minute."""
    return f"{at.day} {at:%b %H:%M}"


def rarity(score: float) -> str:
    """Say how rarely clean matches look like this.

    >>> rarity(0.975), rarity(0.99995), rarity(1.0)
    ('1 in 40 clean matches', '1 in 20,000 clean matches', 'fewer than 1 in 100,000 clean matches')
    """
    beyond = 1.0 - score
    if beyond * _SUREST < 1.0:
        return f"fewer than 1 in {_SUREST:,} clean matches"
    return f"1 in {_rounded(1.0 / beyond):,} clean matches"


def _rounded(value: float) -> int:
    """Two figures are as many as such a share is known to."""
    return int(float(f"{value:.2g}"))


def figure(value: float, one: AlertEvidence) -> str:
    """A figure of evidence; what is called a probability but cannot be one is an amount."""
    if one.unit == "probability" and 0 <= one.observed <= 1 and 0 <= one.expected <= 1:
        return f"{value:.1%}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}"


def market_name(market: str, line: float | None) -> str:
    """Name a market with its line.

    >>> market_name("total", 2.5), market_name("asian_handicap", -0.5), market_name("sets", None)
    ('Total goals 2.5', 'Asian handicap -0.5', 'sets')
    """
    name = _MARKETS.get(market, market)
    if line is None:
        return name
    return f"{name} {line:+g}" if market == "asian_handicap" else f"{name} {line:g}"


def selection_name(selection: str, fixture: AlertFixture | None) -> str:
    """Name a selection; home and away by their teams."""
    if fixture and selection in ("home", "away"):
        return fixture.home if selection == "home" else fixture.away
    return selection


def teams(case: Case) -> str:
    """Who plays; the match's own name where no fixture is known."""
    return f"{case.fixture.home} v {case.fixture.away}" if case.fixture else case.match


def told(alert: Alert) -> str:
    """The headline without the teams, which stand beside it."""
    prefix = f"{alert.fixture.home} v {alert.fixture.away}: "
    text = alert.headline.removeprefix(prefix)
    return text[:1].upper() + text[1:]


def typology_name(typology: str) -> str:
    """A typology without its hyphens.

    >>> typology_name("thin-market-surge")
    'thin market surge'
    """
    return typology.replace("-", " ")


def done(action: Action) -> str:
    """What an action did, in a few words."""
    words, new = _DONE[action.kind], action.new
    if action.kind in (Kind.ASSIGN, Kind.ESCALATE, Kind.HAND_OVER) and new.get("assignee"):
        return f"{words} to {new['assignee']}"
    if action.kind in (Kind.CLOSE, Kind.CORRECT):
        finding = FINDINGS.get(str(new.get("verdict")), str(new.get("verdict")))
        cause = f" ({new['cause']})" if new.get("cause") else ""
        return f"{words}: {finding}{cause}"
    if action.kind is Kind.SNOOZE:
        return f"{words} {new.get('scope')} {new.get('value')} until {new.get('until')}"
    if action.kind is Kind.MISS_DEADLINE:
        return f"{words} at {new.get('level')}"
    return words


def why_refused(reason: Reason) -> str:
    """Why an action in the history did not count."""
    return _REFUSED.get(reason, reason.value.replace("_", " "))
