"""The watches of all partitions that one process has."""

from collections.abc import Iterable

from alerts.alert import Alert
from detectors.calibration import Calibration, shipped_priors
from detectors.levels import AlertBudget
from streams.leap import Told
from streams.partition_watch import PartitionWatch, WatchSettings


class Watches:
    """The watches of all partitions that this process has."""

    def __init__(self, settings: WatchSettings, config_hash: str) -> None:
        self._settings = settings
        self._config_hash = config_hash
        self._calibration = Calibration(shipped_priors())
        self._watches: dict[int, PartitionWatch] = {}

    def apply(self, partition: int, offset: int, records: Iterable[Told]) -> list[Alert]:
        """Take a frame in; return the alerts that it opened, raised or explained."""
        watch = self._watches.get(partition) or self._begin(partition)
        return watch.apply_all(records, offset)

    def begin(self, partition: int) -> PartitionWatch:
        """Make a watch that knows nothing yet; it is not among ours before `take_over`."""
        return PartitionWatch(partition, self._settings, self._calibration, self._config_hash)

    def take_over(self, partition: int, watch: PartitionWatch) -> None:
        """Watch a partition from now on, as `watch` left off."""
        self._watches[partition] = watch

    @property
    def partitions(self) -> list[int]:
        """Numbers of the partitions that are watched."""
        return sorted(self._watches)

    def of(self, partition: int) -> PartitionWatch:
        """The watch of one partition."""
        return self._watches[partition]

    def forget(self, partition: int) -> None:
        """Drop a partition that another process watches now."""
        self._watches.pop(partition, None)

    @property
    def shared(self) -> tuple[Calibration, AlertBudget]:
        """What all matches hold and no snapshot need repeat."""
        return self._calibration, self._settings.budget

    def _begin(self, partition: int) -> PartitionWatch:
        return self._watches.setdefault(partition, self.begin(partition))
