"""Levels of integrity practice, set by an alert budget instead of by thresholds."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Level = Literal["green", "amber", "red"]
LEVELS: tuple[Level, ...] = ("green", "amber", "red")


class AlertBudget(BaseModel):
    """How many clean matches of a hundred may be flagged at each level, or above it.

    Practice of the lotteries' monitoring (GLMS, first half of 2018: 37 red, 131 yellow, 132 green
    of 355 alerts) puts about 5 red to 20 amber to 60 green.

    Examples
    --------
    >>> AlertBudget().grade(0.004), AlertBudget().grade(0.03), AlertBudget().grade(0.5)
    ('red', 'amber', None)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    red_per_100: float = Field(
        1.0, gt=0, le=100, description="Clean matches of 100 that may be flagged red"
    )
    amber_per_100: float = Field(
        5.0, gt=0, le=100, description="Clean matches of 100 that may be flagged amber or red"
    )
    green_per_100: float = Field(
        15.0, gt=0, le=100, description="Clean matches of 100 that may be recorded at all"
    )

    @model_validator(mode="after")
    def _ordered(self) -> "AlertBudget":
        if not self.red_per_100 <= self.amber_per_100 <= self.green_per_100:
            raise ValueError("red_per_100 <= amber_per_100 <= green_per_100 does not hold")
        return self

    def grade(self, tail: float) -> Level | None:
        """Level of a match whose verdict has this tail probability; None is not recorded."""
        if tail <= self.red_per_100 / 100.0:
            return "red"
        if tail <= self.amber_per_100 / 100.0:
            return "amber"
        return "green" if tail <= self.green_per_100 / 100.0 else None
