"""Retrying: how long until the next try, and when an endpoint is left alone altogether."""

import hashlib
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

_LARGEST_POWER = 40


class RetrySettings(BaseModel):
    """How failed deliveries are tried again."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    first_s: float = Field(5.0, gt=0, le=86_400, description="seconds before the second try, about")
    longest_s: float = Field(
        1800.0, gt=0, le=86_400, description="seconds between tries at most, about"
    )
    give_up_h: float = Field(
        72.0,
        ge=24,
        le=8760,
        description="hours until a delivery that still fails becomes a dead letter",
    )
    breaker_failures: int = Field(
        5, ge=1, description="failures in a row after which an endpoint is left alone"
    )
    breaker_s: float = Field(
        30.0,
        gt=0,
        le=86_400,
        description="seconds an endpoint is left alone at first; doubles to longest_s",
    )

    def wait_s(self, delivery: str, attempts: int) -> float:
        """Seconds from a failed try to the next: doubling, less up to half by the id.

        The jitter is a hash, so a delivery waits as long wherever it is worked out, and many that
        failed together do not come back together.

        >>> [round(RetrySettings().wait_s("d-1", attempts)) for attempts in (1, 2, 3, 20)]
        [3, 8, 19, 1415]
        """
        full = min(self.first_s * 2.0 ** min(attempts - 1, _LARGEST_POWER), self.longest_s)
        digest = hashlib.sha256(f"{delivery}\n{attempts}".encode()).digest()
        return full * (1.0 - 0.5 * int.from_bytes(digest[:4]) / 2**32)


@dataclass(slots=True)
class Breaker:
    """Leaves an endpoint alone that fails again and again; then lets one try through.

    Times are epoch seconds. Good at: not spending the attempts of ten thousand deliveries on one
    outage. Bad at: an endpoint that fails every second request; it never fails often enough in a
    row.
    """

    settings: RetrySettings
    failures: int = 0
    closed_until: float = 0.0
    _openings: int = 0

    def succeeded(self) -> None:
        """Forget the failures."""
        self.failures = self._openings = 0

    def failed(self, now: float) -> None:
        """Count a failure; too many in a row, or one while tried out, close the way."""
        self.failures += 1
        if self.failures >= self.settings.breaker_failures and now >= self.closed_until:
            wait = self.settings.breaker_s * 2.0 ** min(self._openings, _LARGEST_POWER)
            self._openings += 1
            self.closed_until = now + min(wait, self.settings.longest_s)

    def asked_to_wait(self, until: float) -> None:
        """Leave it alone as long as it asked for."""
        self.closed_until = max(self.closed_until, until)

    @property
    def trying_out(self) -> bool:
        """Whether only one try at a time may go through, till one succeeds."""
        return self.failures >= self.settings.breaker_failures
