"""The senders together: each subscription's channel goes to the sender that knows it."""

from collections.abc import Mapping
from datetime import datetime

from alerts.delivery.outcome import Answer
from alerts.delivery.parcel import Parcel, Sender
from alerts.subscribing.subscription import Subscription


class Senders:
    """One sender that chooses among others by the kind of channel."""

    def __init__(self, by_kind: Mapping[str, Sender]) -> None:
        self._by_kind = by_kind

    async def send(self, parcel: Parcel, subscription: Subscription, now: datetime) -> Answer:
        """Send a parcel."""
        return await self._of(subscription).send(parcel, subscription, now)

    def endpoint(self, subscription: Subscription) -> str:
        """What fails together."""
        return self._of(subscription).endpoint(subscription)

    def host(self, subscription: Subscription) -> str:
        """Where it goes, as it may be logged."""
        return self._of(subscription).host(subscription)

    def _of(self, subscription: Subscription) -> Sender:
        return self._by_kind[subscription.channel.kind]
