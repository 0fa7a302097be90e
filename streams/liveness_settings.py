"""When a worker is taken for stuck; apart from what uses it, for that imports Faust."""

from pydantic import BaseModel, ConfigDict, Field


class LivenessSettings(BaseModel):
    """How long a worker may do nothing while records wait for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    within_s: float = Field(
        120.0, ge=1, le=86_400, description="seconds without progress after which a worker ends"
    )
