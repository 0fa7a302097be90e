"""Words of an e-mail: subject lines a person can triage by, times in UTC and the reader's own."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from alerts.alert import Alert
from alerts.delivery.holding import Held
from alerts.notice import Notice
from alerts.subscribing.subscription import Subscription
from alerts.webhook.payload import Brief

_LONGEST_SUBJECT = 180
# They reorder what follows them, so that a name could read as something else.
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def one_line(text: str) -> str:
    r"""Make text fit for a header or a line: no control characters, no reordering, no surrogates.

    Nor encoded words (RFC 2047), which may hide a line's end: Python decodes them in headers that
    it writes, and writes what they hid.

    >>> one_line("Mexico\r\nBcc: all@example.org")
    'Mexico Bcc: all@example.org'
    >>> one_line("=?utf-8?q?=0ABcc:_all?=")
    '= ?utf-8?q?=0ABcc:_all?='
    """
    text = _BIDI.sub("", text)
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp", "Cs") else c for c in text)
    return " ".join("".join(kept).split()).replace("=?", "= ?")


def shortened(text: str, longest: int = _LONGEST_SUBJECT) -> str:
    """Cut a line at a word.

    >>> shortened("home price shortened", 12)
    'home price …'
    """
    text = one_line(text)
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0] + " …"


def subject(notice: Notice, alert: Alert) -> str:
    """The subject line of one alert."""
    label = alert.level.upper()
    if notice.what == "deadline_missed":
        label += ", NOT ACKNOWLEDGED"
    elif notice.what == "reopened":
        label += ", AGAIN"
    return shortened(f"[{label}] {headline(alert)}")


def headline(alert: Alert) -> str:
    """The headline, which names the match in any case."""
    teams = f"{alert.fixture.home} v {alert.fixture.away}"
    text = one_line(alert.headline)
    return text if text.startswith((one_line(teams), alert.match)) else one_line(f"{teams}: {text}")


def subject_of_many(why: Held, counts: Counter[str], subscription: Subscription) -> str:
    """The subject line of a digest or a summary."""
    levels = ", ".join(f"{counts[level]:,} {level.upper()}" for level in _levels(counts))
    number = sum(counts.values())
    alerts = "1 alert" if number == 1 else f"{number:,} alerts"
    rate = subscription.rate
    texts = {
        Held.DIGEST: f"digest of {alerts}",
        Held.QUIET: f"{alerts} came in your quiet hours",
        Held.RATE: f"{alerts} held by your limit of {rate.most} in {rate.within_min} min",
    }
    return shortened(f"[{levels}] {texts[why]}: {one_line(subscription.name)}")


def _levels(counts: Counter[str]) -> list[str]:
    return [level for level in ("red", "amber", "green") if counts[level]]


def moment(at: datetime | None, subscription: Subscription) -> str:
    """A moment in UTC, and in the reader's zone where that is another.

    >>> from alerts.subscribing.subscription import Webhook
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> reader = Subscription(
    ...     subscription="s-0123456789abcdef", name="desk", created_at=noon, created_by="ana",
    ...     channel=Webhook(url="https://example.org/"), timezone="Europe/Athens",
    ... )
    >>> moment(noon, reader)
    '2026-06-11 12:00 UTC (15:00 Europe/Athens)'
    """
    if at is None:
        return "not known"
    utc = at.astimezone(UTC)
    text = f"{utc:%Y-%m-%d %H:%M} UTC"
    local = subscription.local(at)
    if subscription.timezone == "UTC":
        return text
    other_day = "" if local.date() == utc.date() else f"{local:%Y-%m-%d} "
    return f"{text} ({other_day}{local:%H:%M} {subscription.timezone})"


def tally(briefs: Sequence[Brief]) -> list[str]:
    """What was held, by level and typology, the gravest first."""
    order = {"red": 0, "amber": 1, "green": 2}
    counts = Counter((brief.level, brief.typology) for brief in briefs)
    ranked = sorted(counts.items(), key=lambda item: (order.get(item[0][0], 3), -item[1]))
    return [f"{count:,} {level} {one_line(typology)}" for (level, typology), count in ranked]
