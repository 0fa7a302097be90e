"""Holding: what must wait although it could be sent: quiet hours, digests, rate limits."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from alerts.alert import Level
from alerts.subscribing.subscription import Digest, Subscription

_GATHERING = timedelta(seconds=2)


class Held(StrEnum):
    """Why a delivery waits; also the label of its metric."""

    QUIET = "quiet_hours"
    DIGEST = "digest"
    RATE = "rate_limit"


class Hold(NamedTuple):
    """A delivery waits until then, and is told together with what else waits."""

    until: datetime
    why: Held


class Ready(NamedTuple):
    """A delivery that could be sent: its level, when its notice came, what was sent before it.

    `sent` are the times at which single messages were sent to the subscription, oldest first.
    """

    level: Level
    since: datetime
    sent: Sequence[datetime] = ()


Stage = Callable[[Ready, Subscription, datetime], Hold | None]


def _quiet(ready: Ready, subscription: Subscription, now: datetime) -> Hold | None:
    quiet = subscription.quiet
    if quiet is None or (ready.level == "red" and quiet.red_breaks):
        return None
    local = subscription.local(now)
    if not _within(local.time(), quiet.start, quiet.end):
        return None
    return Hold(_next(local, quiet.end), Held.QUIET)


def _within(moment: time, start: time, end: time) -> bool:
    if start < end:
        return start <= moment < end
    return moment >= start or moment < end


def _next(local: datetime, clock: time) -> datetime:
    """When a clock in the reader's zone next shows a time, after the given moment."""
    at = datetime.combine(local.date(), clock, local.tzinfo)
    # Compared in UTC: on the day of a change two local times may be out of order.
    while at.timestamp() <= local.timestamp():
        at += timedelta(days=1)
    return at


def _digest(ready: Ready, subscription: Subscription, now: datetime) -> Hold | None:
    if subscription.digest is None:
        return None
    due = closing(subscription.digest, subscription, ready.since)
    # What a worker finds after a standstill is collected as well, not poured out one by one.
    return Hold(max(due, now + _GATHERING), Held.DIGEST)


def closing(digest: Digest, subscription: Subscription, since: datetime) -> datetime:
    """When the digest closes that a notice of this moment belongs to."""
    if digest.every_min is not None:
        step = digest.every_min * 60
        seconds = (int(since.timestamp()) // step + 1) * step
        return datetime.fromtimestamp(seconds, since.tzinfo)
    local = subscription.local(since)
    return min(_next(local, clock) for clock in digest.at)


def _rate(ready: Ready, subscription: Subscription, now: datetime) -> Hold | None:
    rate = subscription.rate
    within = timedelta(minutes=rate.within_min)
    first = bisect_right(ready.sent, now - within)
    room = rate.most if ready.level == "red" else rate.most - rate.most // 5
    if len(ready.sent) - first < room:
        return None
    return Hold(ready.sent[first] + within, Held.RATE)


# Of a limit the last fifth is kept for red ones, so that a flood of ambers cannot hide one.
STAGES: tuple[Stage, ...] = (_quiet, _digest, _rate)


def hold(ready: Ready, subscription: Subscription, now: datetime) -> Hold | None:
    """Whether a delivery must wait, by the first stage that says so; None when it may be sent."""
    holds = (stage(ready, subscription, now) for stage in STAGES)
    return next((found for found in holds if found is not None), None)
