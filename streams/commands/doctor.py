"""`sogawatch doctor`: whether everything runs, seen from outside the workers.

A worker that has died silently still looks alive from inside, so nothing is asked of the workers:
what counts is what their group has committed on the broker.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer
from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from forensics.connection import place
from forensics.failures import StoreRefused, StoreUnavailable
from forensics.migrate import MigrationRefused, pending
from forensics.silence import SILENT_AFTER_MIN
from forensics.store import StoreSettings, open_store
from streams.broker import BrokerSettings
from streams.commands.canary import one_round
from streams.commands.options import (
    FAILED,
    Bootstrap,
    Config,
    StoreDir,
    complaints,
    with_bootstrap,
    with_store,
)
from streams.commands.topics import Prefix, require_bootstrap
from streams.configuration import load
from streams.feed_silence import on_feeds
from streams.findings import Finding, named, shown
from streams.screen import Screen
from streams.topics import (
    ACTIONS,
    ALERTS,
    CANARIES,
    DEAD_LETTERS,
    DELIVERIES,
    DELIVERY_ATTEMPTS,
    MATCH_FEED,
    TOPICS,
    Topic,
    client_settings,
    end_offsets,
)

_ANSWER_WITHIN_S = 10.0


class Group(StrEnum):
    """A consumer group; workers of one name share it."""

    WATCH = "watch"
    ARCHIVE = "archive"
    NOTIFY = "notify"


_READS: dict[Group, Sequence[Topic]] = {
    Group.WATCH: (MATCH_FEED,),
    Group.ARCHIVE: (MATCH_FEED, ALERTS, ACTIONS, DELIVERY_ATTEMPTS, DEAD_LETTERS, CANARIES),
    Group.NOTIFY: (ALERTS, ACTIONS, DELIVERIES),
}
# Notify runs only where somebody is to be told.
_ALWAYS = (Group.WATCH, Group.ARCHIVE)


def doctor_(
    group: Annotated[
        list[Group] | None,
        typer.Option(
            help="Look at this group; may be repeated. Watch, archive and the store if left out."
        ),
    ] = None,
    within: Annotated[
        float, typer.Option(min=0, help="Seconds in which a group that is behind must advance.")
    ] = 20.0,
    canary: Annotated[
        bool, typer.Option("--canary", help="Send a canary from feed to store as well.")
    ] = False,
    silent_after: Annotated[
        float, typer.Option(min=1, help="Minutes after which a feed counts as silent.")
    ] = SILENT_AFTER_MIN,
    prefix: Prefix = "",
    store: StoreDir = None,
    bootstrap: Bootstrap = None,
    config: Config = None,
) -> None:
    """Look whether broker, topics, workers and store do their work; exit status 0 or 1.

    A group is well when every partition has a reader and is either read to its end or advances.
    Which process is ill is not seen, only which group. The store is looked at with the archive.
    Feeds are looked at when no group is named: a source that told something within a day and then
    nothing for 45 minutes is silent, as for Grafana's alert; it is a fault when matches that it
    announced are open (from a day before their start to 4 hours after, or to full time).
    """
    screen, ill = Screen(), False
    groups = group or list(_ALWAYS)
    with complaints(screen):
        settings = with_store(with_bootstrap(load(config), bootstrap), store)
        require_bootstrap(settings)
        for finding in on_broker(settings.broker, prefix, groups, within):
            screen.say(shown(finding))
            ill |= not finding.well
        if Group.ARCHIVE in groups:
            finding = on_store(settings.store)
            screen.say(shown(finding))
            ill |= not finding.well
        if not group:
            after = timedelta(minutes=silent_after)
            for finding in on_feeds(settings.store, settings.broker, prefix, after, within):
                screen.say(shown(finding))
                ill |= not finding.well
        if canary:
            finding = one_round(settings.broker, prefix, settings.canary.within_s, screen)
            screen.say(shown(finding))
            ill |= not finding.well
    if ill:
        raise SystemExit(FAILED)


def on_broker(
    settings: BrokerSettings, prefix: str, groups: Sequence[Group], within: float
) -> Iterator[Finding]:
    """Look at the broker, the topics, and the groups where there are topics to read."""
    client = client_settings(settings.model_copy(update={"request_timeout_s": _ANSWER_WITHIN_S}))
    where = f"broker {settings.bootstrap}"
    try:
        with KafkaAdminClient(**client) as admin:
            faults = topic_faults(admin, settings, prefix)
            yield Finding(f"{where}: answers", well=True)
            told = "; ".join(faults) or f"all {len(TOPICS)} are there"
            yield Finding(f"topics: {told}", well=not faults)
            if faults:
                return
            with KafkaConsumer(**client, enable_auto_commit=False) as consumer:
                for group in groups:
                    places = places_of(group, settings, prefix)
                    yield _Ward(admin, consumer, prefix + group, places).look(within)
    except (KafkaError, OSError) as error:
        yield Finding(f"{where}: cannot be used: {error}")


def topic_faults(admin: KafkaAdminClient, settings: BrokerSettings, prefix: str) -> list[str]:
    """Name the topics that are missing or have other partitions than declared."""
    wanted = {prefix + topic.name: topic.count(settings) for topic in TOPICS}
    described = admin.describe_topics(list(wanted))
    has = {t["name"]: len(t["partitions"]) for t in described if t["error_code"] == 0}
    missing = [f"{name} is missing, run `sogawatch topics`" for name in wanted if name not in has]
    other = [
        f"{name} has {has[name]} partitions, wanted are {count}"
        for name, count in wanted.items()
        if has.get(name, count) != count
    ]
    return missing + other


def places_of(group: Group, settings: BrokerSettings, prefix: str) -> list[TopicPartition]:
    """List the partitions that a group reads."""
    return [
        TopicPartition(prefix + topic.name, number)
        for topic in _READS[group]
        for number in range(topic.count(settings))
    ]


@dataclass(frozen=True, slots=True)
class _Ward:
    """A group that is looked at."""

    admin: KafkaAdminClient
    consumer: KafkaConsumer
    group: str
    places: list[TopicPartition]

    def look(self, within: float) -> Finding:
        deadline = time.monotonic() + within
        while (unread := self._unread()) and time.monotonic() < deadline:
            time.sleep(0.5)  # partitions may be changing hands
        ends = end_offsets(self.consumer, self.places)
        begun = self._committed()
        behind = {place: begun[place] for place in self.places if begun[place] < ends[place]}
        lag = sum(ends[place] - at for place, at in behind.items())
        if unread:
            text = f"nobody reads {named(unread)}; {lag} records wait"
            return Finding(f"group {self.group}: {text}")
        if stuck := self._stuck(behind, time.monotonic() + within):
            text = f"no progress in {within:g} s on {named(stuck)}; {lag} records wait"
            return Finding(f"group {self.group}: {text}")
        known = "" if unread is not None else "; this broker does not tell who reads"
        text = f"advances, {lag} records behind" if lag else "read to the end"
        return Finding(f"group {self.group}: {text}{known}", well=True)

    def _stuck(self, behind: dict[TopicPartition, int], deadline: float) -> list[TopicPartition]:
        """Partitions that are behind and have not advanced by the deadline."""
        while stuck := [p for p, at in self._committed().items() if at <= behind.get(p, -1)]:
            if time.monotonic() > deadline:
                return stuck
            time.sleep(0.5)
        return []

    def _unread(self) -> list[TopicPartition] | None:
        """Partitions that no member of the group has; None where the broker does not tell."""
        try:
            members = self.admin.describe_groups([self.group])[self.group]["members"]
        except ValueError:
            # kafka-python 3.0.12 cannot read what the embedded broker says about groups.
            return None
        except KafkaError as error:
            if not error.retriable:
                raise
            return self.places  # a group nobody ever joined has no coordinator
        held = {
            TopicPartition(part["topic"], number)
            for member in members
            if isinstance(assigned := member["member_assignment"], dict)
            for part in assigned["assigned_partitions"]
            for number in part["partitions"]
        }
        return [place for place in self.places if place not in held]

    def _committed(self) -> dict[TopicPartition, int]:
        """Offset that the group goes on from, of each partition it reads."""
        try:
            told = self.admin.list_group_offsets([self.group]).get(self.group, {})
        except KafkaError as error:
            if not error.retriable:
                raise
            told = {}
        return {p: max(0, told[p].offset) if p in told else 0 for p in self.places}


def on_store(settings: StoreSettings) -> Finding:
    """Look whether the store answers and has this version's schema."""
    if settings.host is None and not settings.directory.is_dir():
        return Finding(f"{place(settings)}: is not there; run `sogawatch migrate`")
    try:
        with open_store(settings) as opened:
            waiting = pending(opened)
    except (StoreUnavailable, StoreRefused, MigrationRefused) as error:
        # Only one process may have the embedded engine: a running archive is a good sign.
        held = settings.host is None and "held by another process" in str(error)
        return Finding(f"{error}; not looked into" if held else str(error), well=held)
    if waiting:
        text = f"{len(waiting)} migrations are pending; run `sogawatch migrate`"
        return Finding(f"{place(settings)}: {text}")
    return Finding(f"{place(settings)}: answers, has the schema of this version", well=True)
