"""Sends webhooks by the Standard Webhooks scheme, to public addresses, once and without detours."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import lru_cache

import aiohttp
from aiohttp.abc import AbstractResolver
from standardwebhooks import Webhook as Signer

from alerts.delivery.outcome import Answer, Outcome, Reason, judge, retry_after
from alerts.delivery.parcel import Parcel
from alerts.secrets import Secrets
from alerts.subscribing.subscription import Subscription, Webhook
from alerts.webhook.payload import body
from alerts.webhook.settings import WebhookSettings
from alerts.webhook.targets import GuardedResolver, guarded_socket, refused_by

_LARGEST_ANSWER = 64 * 1024
_HEADERS = {"content-type": "application/json", "user-agent": "sogawatch"}


class WebhookSender:
    """Sends parcels by HTTP POST; connections are kept and used again.

    Made by `webhook_sender`. It follows no redirect, takes no proxy and no cookie from anywhere,
    and reads at most 64 KiB of an answer: a status of 2xx is all it needs.
    """

    def __init__(
        self,
        guarded: aiohttp.ClientSession,
        trusted: aiohttp.ClientSession,
        settings: WebhookSettings,
        secrets: Secrets,
    ) -> None:
        self._guarded = guarded
        self._trusted = trusted
        self._settings = settings
        self._secrets = secrets

    def endpoint(self, subscription: Subscription) -> str:
        """Each address is an endpoint."""
        return _channel(subscription).url

    def host(self, subscription: Subscription) -> str:
        """The host alone: paths of webhooks may be secrets."""
        return _channel(subscription).host

    async def send(self, parcel: Parcel, subscription: Subscription, now: datetime) -> Answer:
        """Send a parcel once."""
        channel = _channel(subscription)
        if self._settings.objection(channel) is not None:
            return Answer(Outcome.GAVE_UP, Reason.FORBIDDEN_TARGET)
        content = body(parcel)
        headers = _HEADERS | signed(
            parcel.id, content, self._secrets.of_webhook(subscription, now), now
        )
        session = self._trusted if self._settings.allows(channel.host) else self._guarded
        try:
            async with session.post(
                channel.url, data=content, headers=headers, allow_redirects=False
            ) as response:
                answer = judge(
                    response.status, retry_after(response.headers.get("retry-after"), now)
                )
                await _taste(response)
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            return _failure(error)
        return answer


async def _taste(response: aiohttp.ClientResponse) -> None:
    """Read a short answer, so that its connection can be used again; break off a long one."""
    try:
        await response.content.readexactly(_LARGEST_ANSWER)
    except asyncio.IncompleteReadError:
        return
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass  # the status has come; what follows does not matter
    response.close()


def signed(message: str, content: bytes, secrets: list[str], now: datetime) -> dict[str, str]:
    """Headers of a message: its id, its time, and one signature for each valid secret."""
    text = content.decode()
    signatures = [_signer(secret).sign(message, now, text) for secret in secrets]
    return {
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


@lru_cache(maxsize=4096)
def _signer(secret: str) -> Signer:
    return Signer(secret)


def _failure(error: Exception) -> Answer:
    if refused_by(error):
        return Answer(Outcome.GAVE_UP, Reason.FORBIDDEN_TARGET)
    if isinstance(error, aiohttp.InvalidURL):
        return Answer(Outcome.GAVE_UP, Reason.UNSENDABLE)
    reason = Reason.CONNECTION
    if isinstance(error, TimeoutError):
        reason = Reason.TIMEOUT
    elif isinstance(error, aiohttp.ClientConnectorDNSError):
        reason = Reason.DNS
    elif isinstance(error, aiohttp.ClientSSLError):
        reason = Reason.TLS
    elif isinstance(error, aiohttp.ClientResponseError | ValueError):
        reason = Reason.NOT_FINAL
    return Answer(Outcome.RETRY, reason)


def _channel(subscription: Subscription) -> Webhook:
    if not isinstance(subscription.channel, Webhook):
        raise TypeError(f"{subscription.subscription} is no webhook")
    return subscription.channel


@asynccontextmanager
async def webhook_sender(
    settings: WebhookSettings, secrets: Secrets, resolver: AbstractResolver | None = None
) -> AsyncIterator[WebhookSender]:
    """Open a sender for as long as the block lasts.

    Parameters
    ----------
    resolver
        What resolves names; the system's when left out. Its answers are judged all the same.
    """
    inside = resolver or aiohttp.ThreadedResolver()
    guarded = aiohttp.TCPConnector(
        resolver=GuardedResolver(inside), socket_factory=guarded_socket, limit=0
    )
    trusted = aiohttp.TCPConnector(resolver=inside, limit=0)
    async with _session(guarded, settings) as judged, _session(trusted, settings) as free:
        yield WebhookSender(judged, free, settings, secrets)


def _session(connector: aiohttp.TCPConnector, settings: WebhookSettings) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        timeout=aiohttp.ClientTimeout(total=settings.timeout_s),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )
