"""What was found when the pipeline was looked at from outside, in one line each."""

from collections.abc import Sequence
from dataclasses import dataclass

from kafka import TopicPartition


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a report."""

    text: str
    well: bool = False


def shown(finding: Finding) -> str:
    """Lay out a finding.

    >>> shown(Finding("group watch: nobody reads"))
    'FAIL  group watch: nobody reads'
    """
    return f"{'ok' if finding.well else 'FAIL':<4}  {finding.text}"


def named(places: Sequence[TopicPartition]) -> str:
    """Name partitions, the first three of many.

    >>> named([TopicPartition("alerts", number) for number in range(5)])
    'alerts/0, alerts/1, alerts/2 and 2 more'
    """
    names = [f"{place.topic}/{place.partition}" for place in places]
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + rest
