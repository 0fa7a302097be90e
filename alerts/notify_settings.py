"""Settings of notify: keys, links, metrics, and those of its senders."""

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from alerts.addresses import Host
from alerts.delivery.settings import CourierSettings
from alerts.mail.settings import SmtpSettings
from alerts.webhook.settings import WebhookSettings

_SHORTEST_KEY = 32


class NotifySettings(BaseModel):
    """How alerts reach their subscribers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: SecretStr | None = Field(
        None, description="secret from which those of webhooks and links follow; 32 characters up"
    )
    previous_key: SecretStr | None = Field(
        None, description="the key before it, valid beside it while receivers change over"
    )
    api_token: SecretStr | None = Field(
        None, description="bearer token of the subscriptions API; none: the API refuses everything"
    )
    public_url: str = Field(
        "http://127.0.0.1:8420",
        pattern=r"^https?://[^\s?#]+$",
        description="address of the board as readers reach it, for links",
    )
    metrics_host: Host = Field("127.0.0.1", description="address on which metrics are served")
    metrics_port: int | None = Field(
        9108, ge=0, le=65535, description="port of the metrics; 0: any free one"
    )
    delivery: CourierSettings = Field(default_factory=CourierSettings)
    smtp: SmtpSettings = Field(default_factory=SmtpSettings)
    webhook: WebhookSettings = Field(default_factory=WebhookSettings)

    @field_validator("key", "previous_key", "api_token")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None and len(key.get_secret_value()) < _SHORTEST_KEY:
            raise ValueError(f"at least {_SHORTEST_KEY} characters are wanted")
        return key
