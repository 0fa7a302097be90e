"""The alert: a stable JSON contract that officers, subscribers and tables build on."""

import hashlib
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Level = Literal["green", "amber", "red"]
Status = Literal["open", "explained", "acknowledged", "escalated", "closed"]
Marking = Literal["TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"]
RANKS: dict[Level, int] = {"green": 0, "amber": 1, "red": 2}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AlertFixture(_Part):
    """The match that an alert is about, as far as it is known."""

    sport: str
    competition: str
    tier: int
    home: str
    away: str
    start: datetime | None


class AlertEvidence(_Part):
    """What one detector saw and what it expected; figures in `unit`, the window in seconds.

    `score` is 1 - the share of clean matches that ever show as much.
    """

    detector: str
    version: int
    score: float
    observed: float
    expected: float
    unit: str
    raw: float
    raw_unit: str
    at: datetime
    window_s: float
    market: str
    line: float | None
    selection: str
    phase: str
    books: tuple[str, ...]
    values: dict[str, float]
    sentence: str


class AlertContext(_Part):
    """An event of the match within the window."""

    at: datetime
    event: str
    team: str | None
    clock: float | None


class Provenance(_Part):
    """Where the records lie that the alert rests on, and the configuration that judged them."""

    topic: str
    partition: int
    first_offset: int
    last_offset: int
    config_hash: str


class Alert(_Part):
    """One alert. A pattern is not proof: it says how unusual a match looks, and why.

    `score` is the share of clean matches that never look as unusual.
    """

    alert_id: str
    match: str
    fixture: AlertFixture
    typology: str
    level: Level
    score: float
    opened_at: datetime
    peak_at: datetime
    last_at: datetime
    status: Status
    market: str
    line: float | None
    selection: str
    headline: str
    evidence: tuple[AlertEvidence, ...]
    context: tuple[AlertContext, ...] = ()
    feed_health: dict[str, str] = Field(default_factory=dict)
    innocent_explanations: tuple[str, ...] = ()
    provenance: Provenance
    marking: Marking = "TLP:AMBER"

    def to_json(self) -> bytes:
        """Encode as one line of JSON; equal alerts give equal bytes."""
        return self.model_dump_json().encode()


def alert_id(match: str, typology: str, detector: str, version: int, opened_at: datetime) -> str:
    """Identify an alert by what it is, so that a replay of the same records gives the same id.

    >>> from datetime import UTC
    >>> alert_id("a-v-b", "steam-move", "steam-move", 1, datetime(2026, 6, 11, 18, tzinfo=UTC))
    'a-167de4394b32767f'
    """
    parts = (match, typology, detector, str(version), opened_at.isoformat())
    return "a-" + hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
