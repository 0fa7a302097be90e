"""Settings of webhooks, and which addresses they let be subscribed with."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from alerts.webhook.forbidden import forbidden

if TYPE_CHECKING:
    from alerts.subscribing.subscription import Webhook


class WebhookSettings(BaseModel):
    """How webhooks are sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    timeout_s: float = Field(10.0, gt=0, le=60, description="seconds until an attempt is given up")
    allowed_hosts: tuple[str, ...] = Field(
        (), description="hosts, as they are written in addresses, that may be private or plain http"
    )

    def allows(self, host: str) -> bool:
        """Whether a host is allowed by name."""
        return host.casefold() in (name.casefold().strip("[]") for name in self.allowed_hosts)

    def objection(self, channel: "Webhook") -> str | None:
        """Why an address cannot be subscribed with, as far as it can be seen without asking."""
        parts = urlsplit(channel.url)
        if self.allows(channel.host):
            return None
        if parts.scheme != "https":
            return "https is wanted; plain http is for hosts in notify.webhook.allowed_hosts"
        if ("." not in channel.host and ":" not in channel.host) or _literal(channel.host):
            return "not a public address; an operator can allow it in notify.webhook.allowed_hosts"
        return None


def _literal(host: str) -> bool:
    """Whether it is a forbidden address, written as one."""
    looks = ":" in host or host.replace(".", "").isdigit() or host.casefold().startswith("0x")
    return looks and forbidden(host)
