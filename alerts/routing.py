"""Routing: which subscriptions an alert is for, by a list of stages that each say why not."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from alerts.alert import Alert
from alerts.subscribing.subscription import Subscription


class Passed(StrEnum):
    """Why an alert is not for a subscription; also the label of its metric."""

    ENDED = "ended"
    UNCONFIRMED = "unconfirmed"
    OTHER_STEP = "other_step"
    FILTER = "filter"
    MARKING = "marking"
    SNOOZED = "snoozed"


class Told(NamedTuple):
    """What is to be told: an alert, at which step of escalation, and whether a snooze holds it."""

    alert: Alert
    step: int = 0
    snoozed: bool = False


Stage = Callable[[Told, Subscription], Passed | None]


def _ended(_: Told, subscription: Subscription) -> Passed | None:
    return Passed.ENDED if subscription.ended_at is not None else None


def _unconfirmed(_: Told, subscription: Subscription) -> Passed | None:
    return Passed.UNCONFIRMED if subscription.confirmed_at is None else None


def _other_step(told: Told, subscription: Subscription) -> Passed | None:
    return Passed.OTHER_STEP if told.step != subscription.step else None


def _filter(told: Told, subscription: Subscription) -> Passed | None:
    return None if subscription.filter.matches(told.alert) else Passed.FILTER


def _marking(told: Told, subscription: Subscription) -> Passed | None:
    return None if subscription.allowed(told.alert.marking) else Passed.MARKING


def _snoozed(told: Told, _: Subscription) -> Passed | None:
    return Passed.SNOOZED if told.snoozed else None


STAGES: tuple[Stage, ...] = (_ended, _unconfirmed, _other_step, _filter, _marking, _snoozed)


def passed(told: Told, subscription: Subscription) -> Passed | None:
    """Why a subscription is passed over, by the first stage that says so; None when it is told."""
    reasons = (stage(told, subscription) for stage in STAGES)
    return next((reason for reason in reasons if reason is not None), None)


def recipients(told: Told, subscriptions: Iterable[Subscription]) -> list[Subscription]:
    """Subscriptions that an alert is for."""
    return [one for one in subscriptions if passed(told, one) is None]
