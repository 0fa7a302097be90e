"""The service of subscriptions: what may be asked of it, whether by HTTP or on a command line."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pydantic import ValidationError

from alerts.mail.settings import SmtpSettings
from alerts.notice import Notice
from alerts.secrets import Secrets
from alerts.subscribing.changes import accept, confirm, confirmation, end, rotate, trial
from alerts.subscribing.subscription import (
    Email,
    Problem,
    Subscription,
    Webhook,
    Wish,
    problems,
)
from alerts.webhook.settings import WebhookSettings


class Shelf(Protocol):
    """Where subscriptions are kept."""

    def find(self, subscription: str) -> Subscription | None:
        """Find one by its name."""
        ...

    def all(self) -> list[Subscription]:
        """All of them."""
        ...

    def save(self, subscription: Subscription, notice: Notice | None = None) -> None:
        """Write one, with what is to be told of it; when it returns both are safe."""
        ...


class Refused(NamedTuple):
    """What was asked cannot be: every field that does not hold, with the reason."""

    problems: tuple[Problem, ...]


class SubscriptionService:
    """Makes, changes and ends subscriptions. Whether somebody may ask is for the caller to see."""

    def __init__(
        self,
        shelf: Shelf,
        secrets: Secrets,
        smtp: SmtpSettings,
        webhook: WebhookSettings,
        now: Callable[[], datetime],
    ) -> None:
        self._shelf = shelf
        self._secrets = secrets
        self._smtp = smtp
        self._webhook = webhook
        self._now = now

    def subscribe(self, wish: Any, by: str) -> Subscription | Refused:
        """Take a wish (as JSON has it) and save it; an address is asked to confirm."""
        try:
            checked = Wish.model_validate(wish)
        except ValidationError as error:
            return Refused(tuple(problems(error)))
        if (problem := self._objection(checked)) is not None:
            return Refused((problem,))
        made = accept(checked, self._now(), by)
        self._shelf.save(made, confirmation(made, self._now()))
        return made

    def _objection(self, wish: Wish) -> Problem | None:
        if isinstance(wish.channel, Webhook):
            why = self._webhook.objection(wish.channel)
            return None if why is None else Problem("channel.url", why)
        if self._smtp.host is None:
            return Problem("channel.kind", "no e-mail is sent here: notify.smtp.host is not set")
        return None

    def all(self) -> list[Subscription]:
        """All that have not ended."""
        return [one for one in self._shelf.all() if one.ended_at is None]

    def find(self, name: str) -> Subscription | None:
        """One by its name, if it has not ended."""
        found = self._shelf.find(name)
        return found if found is not None and found.ended_at is None else None

    def secret(self, subscription: Subscription) -> str | None:
        """The present secret of a webhook; None of an e-mail."""
        if isinstance(subscription.channel, Email):
            return None
        return self._secrets.of_webhook(subscription, self._now())[0]

    def rotate(self, subscription: Subscription) -> Subscription:
        """Give a webhook a new secret; the old one stays valid for a day."""
        return self._saved(rotate(subscription, self._now()))

    def end(self, subscription: Subscription) -> Subscription:
        """End a subscription."""
        return self._saved(end(subscription, self._now()))

    def try_out(self, subscription: Subscription) -> Subscription:
        """Send a test message."""
        self._shelf.save(subscription, trial(subscription, self._now()))
        return subscription

    def ask_again(self, subscription: Subscription) -> Subscription:
        """Send the link to confirm once more."""
        self._shelf.save(subscription, confirmation(subscription, self._now()))
        return subscription

    def confirm(self, token: str) -> Subscription | None:
        """Confirm by the token of a link; None when it does not hold."""
        name = self._secrets.subscription_of("confirm", token, self._now())
        found = None if name is None else self.find(name)
        return None if found is None else self._saved(confirm(found, self._now()))

    def named_by(self, token: str) -> Subscription | None:
        """Whose link to unsubscribe this is; None when it does not hold."""
        name = self._secrets.subscription_of("unsubscribe", token, self._now())
        return None if name is None else self._shelf.find(name)

    def unsubscribe(self, token: str) -> Subscription | None:
        """End by the token of a link; doing it again changes nothing."""
        found = self.named_by(token)
        return None if found is None else self.end(found)

    def _saved(self, subscription: Subscription) -> Subscription:
        self._shelf.save(subscription)
        return subscription
