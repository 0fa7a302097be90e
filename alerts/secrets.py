"""Secrets of subscriptions, worked out from one key; none is kept anywhere.

The secret of a webhook and the tokens of links follow from `notify.key`, the subscription and the
number of rotations. So topics, tables and logs hold nothing that could leak, and each worker can
sign without being told.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer
from pydantic import SecretStr

from alerts.complaint import Misuse
from alerts.subscribing.subscription import Subscription

Purpose = Literal["confirm", "unsubscribe"]
CONFIRM_WITHIN = timedelta(days=7)
_FOR_EVER = 0


class KeyMissing(Misuse, ValueError):
    """There is no key to work secrets out from."""

    def __init__(self) -> None:
        super().__init__(
            "notify.key is not set: give at least 32 random characters, the same to every worker, "
            "as SOGAWATCH_NOTIFY__KEY (`openssl rand -base64 48` makes some)"
        )


class Secrets:
    """Works out secrets and tokens.

    Parameters
    ----------
    key
        The present key.
    previous
        The key before it, as long as what was made with it is to be valid.

    Raises
    ------
    KeyMissing
        When there is no key.
    """

    def __init__(self, key: SecretStr | None, previous: SecretStr | None = None) -> None:
        if key is None:
            raise KeyMissing
        self._keys = [k.get_secret_value().encode() for k in (key, previous) if k is not None]

    def of_webhook(self, subscription: Subscription, now: datetime) -> list[str]:
        """Secrets that are valid for a webhook, the newest first."""
        generations = [subscription.generation]
        if subscription.previous_until is not None and now < subscription.previous_until:
            generations.append(subscription.generation - 1)
        return [
            _secret(key, f"webhook\n{subscription.subscription}\n{generation}")
            for generation in generations
            for key in self._keys
        ]

    def token(self, purpose: Purpose, subscription: Subscription, now: datetime) -> str:
        """A token for a link. One to confirm holds for a week, one to unsubscribe for ever."""
        until = _FOR_EVER if purpose == "unsubscribe" else int((now + CONFIRM_WITHIN).timestamp())
        signed: str | bytes = self._serializer(purpose).dumps([subscription.subscription, until])
        return signed if isinstance(signed, str) else signed.decode()

    def subscription_of(self, purpose: Purpose, token: str, now: datetime) -> str | None:
        """Name the subscription that a token is for; None when it does not hold."""
        try:
            name, until = self._serializer(purpose).loads(token)
        except (BadSignature, ValueError, TypeError):
            return None
        return str(name) if until == _FOR_EVER or now.timestamp() < until else None

    def _serializer(self, purpose: Purpose) -> URLSafeSerializer:
        keys: Sequence[bytes] = self._keys[::-1]  # itsdangerous signs with the last
        return URLSafeSerializer(
            list(keys), salt=f"sogawatch.{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
        )


def _secret(key: bytes, purpose: str) -> str:
    digest = hmac.new(key, purpose.encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(digest).decode()
