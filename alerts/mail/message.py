"""The e-mail itself: headers that cannot be injected, text, HTML, and the market inline."""

from collections.abc import Sequence
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import NamedTuple

from alerts.alert import Alert
from alerts.case import case_id
from alerts.delivery.holding import Held
from alerts.mail.page import Links, alert_facts, levels, many_facts, render
from alerts.mail.words import one_line, shortened, subject, subject_of_many
from alerts.notice import Notice
from alerts.subscribing.subscription import Email, Subscription
from alerts.webhook.payload import Brief

_CHART = "chart"


class Letterhead(NamedTuple):
    """What all e-mails to one reader share.

    `sender` is the address that they come from; `unsubscribe` a link that ends the subscription.
    """

    sender: str
    subscription: Subscription
    links: Links
    unsubscribe: str
    now: datetime

    @property
    def domain(self) -> str:
        """The domain of message ids."""
        return self.sender.rpartition("@")[2]

    @property
    def address(self) -> str:
        """Where it goes."""
        channel = self.subscription.channel
        if not isinstance(channel, Email):
            raise TypeError(f"{self.subscription.subscription} is no e-mail")
        return channel.address


def alert_message(
    head: Letterhead, delivery: str, notice: Notice, alert: Alert, chart: bytes | None
) -> EmailMessage:
    """The e-mail that tells of one alert. All e-mails of a case are one thread."""
    facts = alert_facts(notice, alert, head.subscription, head.links) | {
        "title": subject(notice, alert),
        "selected": one_line(alert.selection),
        "chart": f"{_CHART}@{head.domain}" if chart else "",
        "unsubscribe": head.unsubscribe,
    }
    message = _message(head, delivery, str(facts["title"]), render("alert", facts))
    thread = f"<{case_id(alert.match)}.{head.subscription.subscription}@{head.domain}>"
    message["References"] = thread
    message["In-Reply-To"] = thread
    message["X-Marking"] = alert.marking
    if alert.level == "red":
        message["Importance"] = "high"
    if chart:
        _embed(message, chart, f"{_CHART}@{head.domain}")
    return message


def many_message(
    head: Letterhead, delivery: str, why: Held, briefs: Sequence[Brief]
) -> EmailMessage:
    """The e-mail of a digest, or of what was held back."""
    facts = many_facts(why, briefs, head.subscription, head.links) | {
        "title": subject_of_many(why, levels(briefs), head.subscription),
        "unsubscribe": head.unsubscribe,
    }
    return _message(head, delivery, str(facts["title"]), render("many", facts))


def confirm_message(head: Letterhead, delivery: str, token: str) -> EmailMessage:
    """The e-mail that asks whether the address may be used; nothing else is sent before."""
    facts = {
        "title": "[confirm] Alerts of sogawatch",
        "confirm": head.links.confirm(token),
        "by": one_line(head.subscription.created_by),
        "name": one_line(head.subscription.name),
        "unsubscribe": "",
    }
    return _message(head, delivery, facts["title"], render("confirm", facts))


def trial_message(head: Letterhead, delivery: str) -> EmailMessage:
    """The e-mail that shows that e-mails arrive."""
    name = shortened(head.subscription.name)
    text = f"This is a test of the subscription “{name}”. E-mails arrive."
    return _message(head, delivery, f"[test] sogawatch: {name}", (text, ""))


def _message(head: Letterhead, delivery: str, title: str, page: tuple[str, str]) -> EmailMessage:
    text, html = page
    message = EmailMessage(policy=SMTP)
    message["Subject"] = one_line(title)
    message["From"] = Address("sogawatch", addr_spec=head.sender)
    message["To"] = Address(addr_spec=head.address)
    message["Date"] = head.now
    message["Message-ID"] = f"<{delivery}@{head.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if head.unsubscribe:
        message["List-Unsubscribe"] = f"<{head.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_sendable(text))
    if html:
        message.add_alternative(_sendable(html), subtype="html")
    return message


def _sendable(text: str) -> str:
    """Text without lone surrogates, which cannot be encoded."""
    return text.encode(errors="replace").decode()


def _embed(message: EmailMessage, chart: bytes, name: str) -> None:
    html = message.get_body(("html",))
    if isinstance(html, EmailMessage):
        html.add_related(chart, "image", "png", cid=f"<{name}>", disposition="inline")
