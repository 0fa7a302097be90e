"""How often the watch is saved, and how long a start may take."""

from pydantic import BaseModel, ConfigDict, Field


class RecoverySettings(BaseModel):
    """Snapshots of the watch and the way back from them.

    None of it decides what is raised, only how soon a worker is back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    every_records: int = Field(
        20_000, ge=1, le=10**9, description="records of a partition after which its watch is saved"
    )
    every_s: float = Field(
        60.0, ge=0.1, le=86_400, description="seconds after which a watch that changed is saved"
    )
    share: float = Field(
        0.05, gt=0, le=1, description="part of the worker's time that saving may take"
    )
    rewarm_days: float = Field(
        30.0, gt=0, le=3650, description="days of match-feed to read again without a snapshot"
    )
    within_s: float = Field(
        900.0, gt=0, le=86_400, description="seconds in which a worker must have caught up"
    )
