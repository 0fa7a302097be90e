"""The pages of e-mails, as HTML and as plain text from the same facts."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from alerts.alert import RANKS, Alert
from alerts.case import case_id
from alerts.delivery.holding import Held
from alerts.mail.words import headline, moment, one_line, shortened, tally
from alerts.notice import Notice
from alerts.subscribing.subscription import Subscription
from alerts.webhook.payload import Brief

_MOST_ROWS = 60
_SAID = {
    "opened": "A new alert.",
    "raised": "This alert has risen to a higher level.",
    "reopened": "The case of this match had been closed; it is open again.",
    "deadline_missed": "Nobody has acknowledged this alert in time.",
}
_WHY = {
    Held.DIGEST: "The alerts of your digest.",
    Held.QUIET: "These alerts came in your quiet hours.",
    Held.RATE: "More alerts came than your limit allows; these were held back.",
}
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=lambda name: name is not None and name.endswith(".html"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Links:
    """Addresses of the board that stand in e-mails."""

    def __init__(self, public_url: str) -> None:
        self._base = public_url.rstrip("/")

    def case(self, match: str) -> str:
        """The case of a match."""
        return f"{self._base}/cases/{case_id(match)}"

    def confirm(self, token: str) -> str:
        """Where an address is confirmed."""
        return f"{self._base}/subscriptions/confirm?token={token}"

    def unsubscribe(self, token: str) -> str:
        """Where a subscription is ended."""
        return f"{self._base}/subscriptions/unsubscribe?token={token}"


def render(name: str, facts: dict[str, Any]) -> tuple[str, str]:
    """Render a page as plain text and as HTML."""
    text = _templates.get_template(f"{name}.txt").render(facts)
    return text, _templates.get_template(f"{name}.html").render(facts)


def alert_facts(
    notice: Notice, alert: Alert, subscription: Subscription, links: Links
) -> dict[str, Any]:
    """What the page of one alert says."""
    fixture = alert.fixture
    line = "" if alert.line is None else f" {alert.line:g}"
    rows = [
        ("Match", f"{fixture.home} v {fixture.away}"),
        ("Competition", f"{fixture.competition} ({fixture.sport}, tier {fixture.tier})"),
        ("Kick-off", moment(fixture.start, subscription)),
        ("Pattern", f"{alert.typology}, in {alert.market}{line}, {alert.selection}"),
        ("Opened", moment(alert.opened_at, subscription)),
        ("Strongest", moment(alert.peak_at, subscription)),
        ("As unusual", rarity(alert.score)),
    ]
    sick = {name: state for name, state in alert.feed_health.items() if state != "live"}
    return {
        "level": alert.level,
        "headline": headline(alert),
        "said": _SAID.get(notice.what, ""),
        "rows": [(name, one_line(value)) for name, value in rows],
        "evidence": [(one.detector, one_line(one.sentence)) for one in alert.evidence],
        "context": [
            f"{moment(event.at, subscription)}: {one_line(event.event.replace('_', ' '))}"
            f"{f' ({one_line(event.team)})' if event.team else ''}"
            for event in alert.context
        ],
        "innocent": [one_line(text) for text in alert.innocent_explanations],
        "sick": [f"{one_line(name)}: {one_line(state)}" for name, state in sick.items()],
        "marking": alert.marking,
        "case": links.case(alert.match),
        "name": one_line(subscription.name),
    }


def rarity(score: float) -> str:
    """Say how rare a score is among clean matches.

    >>> rarity(0.99), rarity(0.5)
    ('about 1 clean match in 100', 'about 1 clean match in 2')
    """
    tail = max(1.0 - score, 1e-6)
    return f"about 1 clean match in {round(1.0 / tail):,}"


def many_facts(
    why: Held, briefs: Sequence[Brief], subscription: Subscription, links: Links
) -> dict[str, Any]:
    """What the page of a digest or a summary says."""
    ranked = sorted(briefs, key=lambda b: (-_rank(b.level), b.opened_at))
    shown = ranked[:_MOST_ROWS]
    return {
        "level": ranked[0].level if ranked else "green",
        "said": _WHY[why],
        "counts": tally(briefs),
        "rows": [
            {
                "level": brief.level,
                "at": moment(brief.opened_at, subscription),
                "typology": one_line(brief.typology),
                "headline": shortened(brief.headline, 240),
                "case": links.case(brief.match),
            }
            for brief in shown
        ],
        "more": len(ranked) - len(shown),
        "matches": len({brief.match for brief in briefs}),
        "name": one_line(subscription.name),
    }


def _rank(level: str) -> int:
    return {str(name): rank for name, rank in RANKS.items()}.get(level, -1)


def levels(briefs: Sequence[Brief]) -> Counter[str]:
    """How many alerts of each level."""
    return Counter(brief.level for brief in briefs)
