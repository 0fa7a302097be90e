"""Outcomes: what an attempt came to, by the answer; and the one table that says what follows."""

import math
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum

LONGEST_RETRY_AFTER_S = 24 * 3600.0
_RETRIED = frozenset({408, 425, 429})


class Outcome(StrEnum):
    """What an attempt came to."""

    DELIVERED = "delivered"
    RETRY = "retry"
    GAVE_UP = "gave_up"


class Reason(StrEnum):
    """Why; also the label of the metric and what stands in the attempt log."""

    ACCEPTED = "accepted"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    TLS = "tls"
    DNS = "dns"
    BUSY = "busy"
    SERVER_ERROR = "server_error"
    REFUSED = "refused"
    REDIRECT = "redirect"
    NOT_FINAL = "not_final"
    FORBIDDEN_TARGET = "forbidden_target"
    LOGIN = "login"
    EXPIRED = "expired"
    ENDED = "ended"
    UNCONFIRMED = "unconfirmed"
    UNSENDABLE = "unsendable"
    NO_SERVER = "no_server"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: outcome, reason, the status code if there was one.

    `retry_after_s` is how long the other side asked to be left alone.
    """

    outcome: Outcome
    reason: Reason
    status: int = 0
    retry_after_s: float | None = None


def judge(status: int, retry_after_s: float | None = None) -> Answer:
    """What follows from an HTTP status.

    2xx is taken as delivered whatever the body; 408, 425, 429 and 5xx are tried again; 3xx is given
    up, for a redirect may lead anywhere; other 4xx mean that the request will never be right. What
    is below 200 or above 599 is no answer of HTTP and is tried again.

    >>> judge(204).outcome.value, judge(429).reason.value, judge(404).outcome.value
    ('delivered', 'busy', 'gave_up')
    """
    if 200 <= status < 300:
        return Answer(Outcome.DELIVERED, Reason.ACCEPTED, status)
    if 300 <= status < 400:
        return Answer(Outcome.GAVE_UP, Reason.REDIRECT, status)
    if status in _RETRIED:
        return Answer(Outcome.RETRY, Reason.BUSY, status, retry_after_s)
    if 400 <= status < 500:
        return Answer(Outcome.GAVE_UP, Reason.REFUSED, status)
    if 500 <= status < 600:
        return Answer(Outcome.RETRY, Reason.SERVER_ERROR, status, retry_after_s)
    return Answer(Outcome.RETRY, Reason.NOT_FINAL, status)


def retry_after(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for, at most a day; None when it cannot be read.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> retry_after("120", noon), retry_after("Thu, 11 Jun 2026 12:01:00 GMT", noon)
    (120.0, 60.0)
    """
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:12]), LONGEST_RETRY_AFTER_S)
    try:
        seconds = (parsedate_to_datetime(text) - now).total_seconds()
    except (TypeError, ValueError, OverflowError):
        return None
    return min(max(0.0, seconds), LONGEST_RETRY_AFTER_S) if math.isfinite(seconds) else None
