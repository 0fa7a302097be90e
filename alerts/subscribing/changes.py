"""Changes of subscriptions: each makes a new one of the old, and says what is to be told of it."""

import secrets
from datetime import datetime, timedelta

from alerts.notice import Notice
from alerts.subscribing.subscription import Email, Subscription, Webhook, Wish

BOTH_VALID = timedelta(hours=24)


def accept(wish: Wish, now: datetime, by: str) -> Subscription:
    """Make a subscription of a wish. A webhook needs no confirmation: it can ignore what comes."""
    return Subscription(
        **dict(wish),
        subscription="s-" + secrets.token_hex(8),
        created_at=now,
        created_by=by,
        confirmed_at=now if isinstance(wish.channel, Webhook) else None,
    )


def confirm(subscription: Subscription, now: datetime) -> Subscription:
    """Let it be confirmed; once is enough."""
    if subscription.confirmed_at is not None:
        return subscription
    return subscription.model_copy(update={"confirmed_at": now})


def end(subscription: Subscription, now: datetime) -> Subscription:
    """End it. It is kept, so that nobody wonders; nothing is sent any more."""
    if subscription.ended_at is not None:
        return subscription
    return subscription.model_copy(update={"ended_at": now})


def rotate(subscription: Subscription, now: datetime) -> Subscription:
    """Give a webhook a new secret; the old one is valid beside it for a day."""
    generation = subscription.generation + 1
    return subscription.model_copy(
        update={"generation": generation, "previous_until": now + BOTH_VALID}
    )


def confirmation(subscription: Subscription, now: datetime) -> Notice | None:
    """What asks for confirmation; None where none is needed."""
    if not isinstance(subscription.channel, Email) or subscription.confirmed_at is not None:
        return None
    name = subscription.subscription
    return Notice(name, f"confirm-{int(now.timestamp())}", "confirm", now, (name,))


def trial(subscription: Subscription, now: datetime) -> Notice:
    """What shows that messages arrive."""
    name = subscription.subscription
    return Notice(name, f"test-{int(now.timestamp())}", "test", now, (name,))
