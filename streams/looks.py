"""Looks at the consumer groups from outside, kept in the store: how far behind, and who reads.

The archive looks for all groups, itself included. When it stops, the looks stop, and the alert on
their silence says so.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from forensics.archive import Archive
from forensics.failures import StoreUnavailable
from forensics.groups import Lag, Member
from streams.app import App
from streams.broker import BrokerSettings
from streams.topics import client_settings, end_offsets

log = logging.getLogger(__name__)

GROUPS = ("watch", "archive", "notify")
EVERY_S = 15
_ANSWER_WITHIN_S = 10.0


class Looks:
    """Asks the broker about groups; one that nobody ever joined is passed over.

    Good at: lag of every partition that a group has committed on. Bad at: a group that reads and
    never commits anything; the doctor finds that. The embedded broker does not tell who reads.
    """

    def __init__(self, broker: BrokerSettings, prefix: str) -> None:
        self._client = client_settings(
            broker.model_copy(update={"request_timeout_s": _ANSWER_WITHIN_S})
        )
        self._prefix = prefix

    def look(self, at: datetime) -> tuple[list[Lag], list[Member]]:
        """Lags and members of all groups at a moment; raises KafkaError or OSError."""
        with ExitStack() as stack:
            admin = stack.enter_context(KafkaAdminClient(**self._client))
            consumer = stack.enter_context(KafkaConsumer(**self._client, enable_auto_commit=False))
            lags = [lag for group in GROUPS for lag in self._lags(admin, consumer, group, at)]
            members = [one for group in GROUPS for one in self._members(admin, group, at)]
        return lags, members

    def _lags(
        self, admin: KafkaAdminClient, consumer: KafkaConsumer, group: str, at: datetime
    ) -> Iterable[Lag]:
        name = self._prefix + group
        try:
            told = admin.list_group_offsets([name]).get(name, {})
        except KafkaError as error:
            if not error.retriable:
                raise
            return  # a group nobody ever joined has no coordinator
        committed = {place: found.offset for place, found in told.items() if found.offset >= 0}
        ends = end_offsets(consumer, list(committed))
        for place, offset in committed.items():
            topic = self._own_name(place)
            yield Lag(at, group, topic, place.partition, offset, max(ends[place], offset))

    def _members(self, admin: KafkaAdminClient, group: str, at: datetime) -> Iterable[Member]:
        name = self._prefix + group
        try:
            members = admin.describe_groups([name])[name]["members"]
        except ValueError:
            return  # kafka-python cannot read what the embedded broker says about groups
        except KafkaError as error:
            if not error.retriable:
                raise
            return
        for member in members:
            assigned = member["member_assignment"]
            held = assigned["assigned_partitions"] if isinstance(assigned, dict) else []
            count = sum(len(part["partitions"]) for part in held)
            host = str(member["client_host"]).lstrip("/")
            yield Member(at, group, str(member["member_id"]), host, count)

    def _own_name(self, place: TopicPartition) -> str:
        return str(place.topic).removeprefix(self._prefix)


def keep_looking(
    app: App,
    looks: Looks,
    archive: Archive,
    *,
    every_s: float = EVERY_S,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> None:
    """Let the app look now and then for as long as it runs; what fails is looked at next time."""

    async def look_() -> None:
        try:
            await asyncio.to_thread(partial(_keep, looks, archive, moment(now(), every_s)))
        except (KafkaError, StoreUnavailable, OSError) as error:
            log.warning("no look at the groups: %s", error)

    app.timer(every_s)(look_)


def moment(at: datetime, every_s: float) -> datetime:
    """Cut a time to whole intervals, so that several archives write the same rows.

    >>> moment(datetime(2026, 7, 4, 12, 0, 44, tzinfo=UTC), 15).second
    30
    """
    return datetime.fromtimestamp(at.timestamp() // every_s * every_s, UTC)


def _keep(looks: Looks, archive: Archive, at: datetime) -> None:
    archive.write_lags(*looks.look(at))
