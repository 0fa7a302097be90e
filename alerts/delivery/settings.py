"""Settings of delivery."""

from pydantic import BaseModel, ConfigDict, Field

from alerts.delivery.retrying import RetrySettings


class CourierSettings(BaseModel):
    """How delivery is paced, and how failures are tried again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_once: int = Field(8, ge=1, le=1000, description="messages on their way to one endpoint")
    retry: RetrySettings = Field(default_factory=RetrySettings)
