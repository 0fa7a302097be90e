"""How canaries are sent; apart from what sends them, for that imports clients of the broker."""

from pydantic import BaseModel, ConfigDict, Field

from alerts.addresses import Host


class CanarySettings(BaseModel):
    """How often canaries are sent, how long they may take, where their metrics are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_s: float = Field(10.0, ge=0.1, le=3600, description="seconds between rounds of canaries")
    within_s: float = Field(
        30.0, ge=0.1, le=3600, description="seconds after which one that is not through is missing"
    )
    metrics_host: Host = Field("127.0.0.1", description="address on which metrics are served")
    metrics_port: int = Field(
        9109, ge=0, le=65_535, description="port of the metrics; 0: any free one"
    )
