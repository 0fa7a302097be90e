"""Score of the Numenta Anomaly Benchmark: early finds count more, false alarms cost.

Lavin and Ahmad 2015 (ICMLA): the first alarm inside an anomaly's window earns up to 1, less the
later it comes; an anomaly that is missed costs 1; a false alarm costs 0.11 (their standard
profile). The total is put on a scale on which doing nothing is 0 and perfection 100.
"""

import math
from collections.abc import Sequence
from datetime import datetime

_STEEP = 5.0
FALSE_ALARM = 0.11


def reward(first: datetime | None, since: datetime, until: datetime) -> float:
    """Reward of the first alarm of one anomaly, -1 when there is none.

    The window runs from the beginning of the fix to the moment when an alarm is of no use any
    more.

    >>> from datetime import UTC, timedelta
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> hour = timedelta(hours=1)
    >>> round(reward(noon, noon, noon + hour), 2), reward(None, noon, noon + hour)
    (1.0, -1.0)
    >>> round(reward(noon + 0.9 * hour, noon, noon + hour), 2)
    0.25
    """
    if first is None:
        return -1.0
    length = (until - since).total_seconds()
    place = ((first - until).total_seconds()) / length if length > 0 else 0.0
    return (2.0 / (1.0 + math.exp(_STEEP * min(place, 0.0))) - 1.0) / _PERFECT


_PERFECT = 2.0 / (1.0 + math.exp(-_STEEP)) - 1.0


def normalised(rewards: Sequence[float], false_alarms: int) -> float | None:
    """Put the sum of rewards on NAB's scale; None without an anomaly.

    >>> normalised([1.0, 1.0], false_alarms=0), normalised([-1.0], false_alarms=0)
    (100.0, 0.0)
    >>> normalised([1.0, -1.0], false_alarms=1)
    47.2
    """
    if not rewards:
        return None
    total = sum(rewards) - FALSE_ALARM * false_alarms
    return round(100.0 * (total + len(rewards)) / (2 * len(rewards)), 1)
