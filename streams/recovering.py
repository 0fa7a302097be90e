"""From snapshots and the topic back to the watch of a partition, as if it had never stopped."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError

from alerts.complaint import Complaint
from streams.broker import BrokerSettings
from streams.frames import decode_joined
from streams.partition_watch import PartitionWatch
from streams.past import Past
from streams.snapshots.log import found
from streams.snapshots.plain import BadSnapshot
from streams.snapshots.saved import Found, Saver, restore
from streams.snapshots.settings import RecoverySettings
from streams.topics import MATCH_FEED, client_settings
from streams.watches import Watches

log = logging.getLogger(__name__)


class RecoveryTooSlow(Complaint):
    """A worker did not catch up within the time it was given; the message says what to do."""


class RecoveryStopped(Exception):
    """The worker was told to end while it caught up."""


class Deadline:
    """Ends recovery when its time is over or the worker is to stop."""

    def __init__(self, within_s: float, stopped: Callable[[], bool]) -> None:
        self._within_s = within_s
        self._ends = time.monotonic() + within_s
        self._stopped = stopped
        self.doing = "looking for snapshots"

    def check(self) -> None:
        """Raise when recovery is to end."""
        if self._stopped():
            raise RecoveryStopped
        if time.monotonic() > self._ends:
            raise RecoveryTooSlow(
                f"not caught up after {self._within_s:g} s, {self.doing}: raise recovery.within_s, "
                "or lower recovery.rewarm_days and accept that older matches begin in the middle"
            )


@dataclass(slots=True)
class Recovered:
    """The watch of a partition after the frame at `applied`, and how it is saved from there."""

    watch: PartitionWatch
    saver: Saver
    applied: int
    frame: bytes
    rewarmed: bool


class Recovery:
    """Brings back partitions, one call each; touches nothing of the worker but its `watches`."""

    def __init__(
        self,
        settings: RecoverySettings,
        broker: BrokerSettings,
        watches: Watches,
        schema: str,
        *,
        prefix: str,
        group: str,
    ) -> None:
        self._settings = settings
        self._broker = broker
        self._watches = watches
        self._schema = schema
        self._prefix = prefix
        self._group = group

    def of(self, partition: int, deadline: Deadline) -> Recovered:
        """Bring a partition to where its group has committed; the alerts till then are out."""
        begun, snapshots = (
            time.monotonic(),
            found(self._broker, self._prefix, partition, deadline.check),
        )
        until = self._committed(partition)
        topic = self._prefix + MATCH_FEED.name
        with Past(self._broker, topic, partition, deadline.check) as past:
            one = self._begin(partition, snapshots, past)
            since = one.applied + 1
            self.catch_up(one, past, until, deadline)
        if one.applied >= 0:
            how = "read again" if one.rewarmed else "from snapshots"
            log.info(
                "partition %d: %d matches %s, %d frames read from offset %d on; %.1f s",
                partition, len(one.watch.names), how, one.applied + 1 - since, since,
                time.monotonic() - begun,
            )  # fmt: skip
        return one

    def catch_up(self, one: Recovered, past: Past, until: int, deadline: Deadline) -> None:
        """Read on to just before an offset; what is raised on the way was sent before."""
        for offset, frame in past.frames(one.applied + 1, until):
            deadline.doing = f"at offset {offset:,} of {until:,}"
            deadline.check()
            one.watch.apply_all(decode_joined(frame)[0], offset)
            one.applied, one.frame = offset, frame

    def go_on(self, one: Recovered, partition: int, until: int, deadline: Deadline) -> None:
        """Take in what another worker has read meanwhile."""
        topic = self._prefix + MATCH_FEED.name
        with Past(self._broker, topic, partition, deadline.check) as past:
            self.catch_up(one, past, until, deadline)

    def _begin(self, partition: int, snapshots: Found, past: Past) -> Recovered:
        watch, shared = self._watches.begin(partition), self._watches.shared
        try:
            frame = _last_frame(snapshots, past)
            applied, saver = restore(snapshots, watch, self._schema, shared)
        except BadSnapshot as refused:
            since = self._rewarm_from(snapshots, past)
            if since < past.end:
                log.warning(
                    "partition %d: snapshots not used: %s; reading again from offset %d",
                    partition, refused, since,
                )  # fmt: skip
            return Recovered(watch, Saver(self._schema, shared), since - 1, b"", rewarmed=True)
        return Recovered(watch, saver, applied, frame, rewarmed=False)

    def _rewarm_from(self, snapshots: Found, past: Past) -> int:
        """Where to begin without snapshots: with the first frame of the oldest match that lives."""
        needed = past.first
        if snapshots.head is not None and snapshots.head.offset < past.end:
            needed = max(needed, snapshots.head.since)
        return max(needed, past.since(timedelta(days=self._settings.rewarm_days)))

    def _committed(self, partition: int) -> int:
        """Offset that the group goes on from."""
        place = TopicPartition(self._prefix + MATCH_FEED.name, partition)
        with KafkaAdminClient(**client_settings(self._broker)) as admin:
            try:
                told = admin.list_group_offsets([self._group]).get(self._group, {})
            except KafkaError as error:
                if not error.retriable:
                    raise
                told = {}  # a group that has just begun; its first frame will tell
        return int(max(0, told[place].offset)) if place in told else 0


def _last_frame(snapshots: Found, past: Past) -> bytes:
    """Frame at the head's offset, which shows that the topic is still the one that was saved."""
    head = snapshots.head
    if head is None or head.offset < past.first:
        return b""
    frame = next((value for _, value in past.frames(head.offset, head.offset + 1)), None)
    if frame is None or crc32(frame) != head.frame:
        raise BadSnapshot(f"the frame at offset {head.offset} is another one")
    return frame
