"""Sends e-mail over connections that are kept; what the server answers decides what follows."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from email.message import EmailMessage

import aiosmtplib

from alerts.alert import Alert
from alerts.delivery.outcome import Answer, Outcome, Reason
from alerts.delivery.parcel import Parcel
from alerts.mail.chart import Market, draw
from alerts.mail.message import (
    Letterhead,
    alert_message,
    confirm_message,
    many_message,
    trial_message,
)
from alerts.mail.page import Links
from alerts.mail.settings import SmtpSettings
from alerts.secrets import Secrets
from alerts.subscribing.subscription import Subscription
from alerts.webhook.payload import brief

MarketOf = Callable[[Alert], Awaitable[Market | None]]
_QUITS_WITHIN_S = 2.0
_MOST_CHARTS = 256


class MailSender:
    """Sends parcels as e-mail.

    Good at: many messages over few connections. Bad at: knowing whether an e-mail was read, or
    bounced later; the server's acceptance is all it sees.

    Parameters
    ----------
    market_of
        Gives what is to be drawn of an alert's market, or None; it may fail and the e-mail goes out
        without a chart.
    """

    def __init__(
        self, settings: SmtpSettings, secrets: Secrets, links: Links, market_of: MarketOf
    ) -> None:
        self._settings = settings
        self._secrets = secrets
        self._links = links
        self._market_of = market_of
        self._idle: asyncio.LifoQueue[aiosmtplib.SMTP | None] = asyncio.LifoQueue()
        for _ in range(settings.connections):
            self._idle.put_nowait(None)
        self._charts: dict[tuple[str, str, datetime], asyncio.Future[bytes | None]] = {}

    def endpoint(self, _: Subscription) -> str:
        """One server takes all e-mail."""
        return f"smtp:{self._settings.host}:{self._settings.port}"

    def host(self, _: Subscription) -> str:
        """The server."""
        return self._settings.host or ""

    async def send(self, parcel: Parcel, subscription: Subscription, now: datetime) -> Answer:
        """Send a parcel once."""
        if self._settings.host is None:
            return Answer(Outcome.RETRY, Reason.NO_SERVER)
        message = await self._message(parcel, subscription, now)
        connection = await self._idle.get()
        try:
            connection, answer = await self._deliver(connection, message)
        finally:
            self._idle.put_nowait(connection)
        return answer

    async def _message(
        self, parcel: Parcel, subscription: Subscription, now: datetime
    ) -> EmailMessage:
        notice = parcel.entries[0].notice
        confirming = notice.what == "confirm"
        token = self._secrets.token("unsubscribe", subscription, now)
        unsubscribe = "" if confirming else self._links.unsubscribe(token)
        head = Letterhead(self._settings.sender, subscription, self._links, unsubscribe, now)
        if parcel.why is not None:
            return many_message(head, parcel.id, parcel.why, [brief(e) for e in parcel.entries])
        alert = notice.to_alert()
        if confirming:
            token = self._secrets.token("confirm", subscription, now)
            return confirm_message(head, parcel.id, token)
        if alert is None:
            return trial_message(head, parcel.id)
        return alert_message(head, parcel.id, notice, alert, await self._chart(alert))

    async def _chart(self, alert: Alert) -> bytes | None:
        """The chart of an alert, drawn once for all its readers."""
        key = alert.alert_id, alert.level, alert.last_at
        if key not in self._charts:
            self._charts[key] = asyncio.ensure_future(self._drawn(alert))
            if len(self._charts) > _MOST_CHARTS:
                self._charts.pop(next(iter(self._charts)))
        return await asyncio.shield(self._charts[key])

    async def _drawn(self, alert: Alert) -> bytes | None:
        market = await self._market_of(alert)
        return None if market is None else await asyncio.to_thread(draw, market)

    async def _deliver(
        self, connection: aiosmtplib.SMTP | None, message: EmailMessage
    ) -> tuple[aiosmtplib.SMTP | None, Answer]:
        """Send over a connection that is kept, or a new one when that one has gone stale."""
        using = connection or self._connection()
        try:
            if connection is None:
                await using.connect()
            return using, await self._over(using, message)
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            using.close()
            if connection is not None and isinstance(error, aiosmtplib.SMTPServerDisconnected):
                return await self._deliver(None, message)
            return None, _failure(error)

    async def _over(self, connection: aiosmtplib.SMTP, message: EmailMessage) -> Answer:
        try:
            await connection.sendmail(
                self._settings.sender, [message["To"].addresses[0].addr_spec], message.as_bytes()
            )
        except (aiosmtplib.SMTPResponseException, aiosmtplib.SMTPRecipientsRefused) as error:
            await _reset(connection)
            return _failure(error)
        return Answer(Outcome.DELIVERED, Reason.ACCEPTED, 250)

    def _connection(self) -> aiosmtplib.SMTP:
        given = self._settings
        return aiosmtplib.SMTP(
            hostname=given.host,
            port=given.port,
            username=given.username,
            password=None if given.password is None else given.password.get_secret_value(),
            use_tls=given.security == "tls",
            start_tls=given.security == "starttls",
            cert_bundle=None if given.cafile is None else str(given.cafile),
            timeout=given.timeout_s,
        )

    async def close(self) -> None:
        """Say goodbye on every idle connection."""
        while not self._idle.empty():
            connection = self._idle.get_nowait()
            if connection is not None and connection.is_connected:
                try:
                    await asyncio.wait_for(connection.quit(), _QUITS_WITHIN_S)
                except (aiosmtplib.SMTPException, OSError, TimeoutError):
                    connection.close()


async def _reset(connection: aiosmtplib.SMTP) -> None:
    try:
        await connection.rset()
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        connection.close()


def _failure(error: Exception) -> Answer:
    """What follows from a failure: 4xx and lost connections are tried again, 5xx is final.

    A refused login is not about this message, so it is tried again till somebody mends it.
    """
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return judge_reply(max(one.code for one in error.recipients))
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Answer(Outcome.RETRY, Reason.LOGIN, error.code)
    if isinstance(error, aiosmtplib.SMTPConnectResponseError | aiosmtplib.SMTPHeloError):
        return Answer(Outcome.RETRY, Reason.SERVER_ERROR, error.code)
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return judge_reply(error.code)
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Answer(Outcome.RETRY, Reason.TLS)
    if isinstance(error, TimeoutError):
        return Answer(Outcome.RETRY, Reason.TIMEOUT)
    return Answer(Outcome.RETRY, Reason.CONNECTION)


def judge_reply(code: int) -> Answer:
    """What follows from an SMTP reply.

    >>> judge_reply(451).outcome.value, judge_reply(550).outcome.value
    ('retry', 'gave_up')
    """
    if 200 <= code < 400:
        return Answer(Outcome.DELIVERED, Reason.ACCEPTED, code)
    if 400 <= code < 500:
        return Answer(Outcome.RETRY, Reason.BUSY, code)
    return Answer(Outcome.GAVE_UP, Reason.REFUSED, code)


@asynccontextmanager
async def mail_sender(
    settings: SmtpSettings, secrets: Secrets, links: Links, market_of: MarketOf
) -> AsyncIterator[MailSender]:
    """Open a sender for as long as the block lasts."""
    sender = MailSender(settings, secrets, links, market_of)
    try:
        yield sender
    finally:
        await sender.close()
