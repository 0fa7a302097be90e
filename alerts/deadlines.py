"""Deadlines: how soon somebody must have acknowledged that a case calls."""

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Level


class LifecycleSettings(BaseModel):
    """How long a case may wait, and how long one may be silenced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    acknowledge_red_min: float = Field(
        15.0,
        gt=0,
        le=10_080,
        description="minutes until somebody must have acknowledged a red case",
    )
    acknowledge_amber_min: float = Field(
        60.0,
        gt=0,
        le=10_080,
        description="minutes until somebody must have acknowledged an amber case",
    )
    longest_snooze_h: float = Field(
        168.0, gt=0, le=8760, description="hours that a snooze may last at most"
    )

    def allowance(self, level: Level) -> timedelta | None:
        """How long an alert of this level may wait; green ones may for ever.

        >>> LifecycleSettings().allowance("red")
        datetime.timedelta(seconds=900)
        """
        if level == "green":
            return None
        red = level == "red"
        return timedelta(minutes=self.acknowledge_red_min if red else self.acknowledge_amber_min)
