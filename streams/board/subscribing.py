"""Subscriptions over HTTP, beside the board."""

from datetime import UTC, datetime

from starlette.routing import BaseRoute

from alerts.notice import Notice
from alerts.secrets import Secrets
from alerts.subscribing.http import routes
from alerts.subscribing.service import SubscriptionService
from alerts.subscribing.subscription import Subscription
from streams.broker import BrokerSettings
from streams.configuration import Settings
from streams.subscribers import Desk, read_subscribers


class _FreshShelf:
    """Subscriptions as the topic has them now, for others change them too; asked rarely."""

    def __init__(self, broker: BrokerSettings, prefix: str) -> None:
        self._broker = broker
        self._prefix = prefix
        self._desk = Desk(broker, prefix)

    def find(self, subscription: str) -> Subscription | None:
        return read_subscribers(self._broker, self._prefix).find(subscription)

    def all(self) -> list[Subscription]:
        return read_subscribers(self._broker, self._prefix).all()

    def save(self, subscription: Subscription, notice: Notice | None = None) -> None:
        self._desk.save(subscription, notice)


def subscription_routes(settings: Settings, prefix: str) -> list[BaseRoute]:
    """Routes of the subscriptions; none without `notify.key`, from which their secrets follow."""
    notify = settings.notify
    if notify.key is None:
        return []
    service = SubscriptionService(
        _FreshShelf(settings.broker, prefix),
        Secrets(notify.key, notify.previous_key),
        notify.smtp,
        notify.webhook,
        lambda: datetime.now(UTC),
    )
    return [*routes(service, notify.api_token)]
