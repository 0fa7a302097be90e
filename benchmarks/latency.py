"""How long an alert takes: from producing what lets it be seen to its record in `alerts`.

A move before the match is held for a minute of event time, in which news may explain it; a
heartbeat ends that. So the clock runs from the moment at which that heartbeat is handed to the
producer until a consumer of `alerts` has the alert. Worker and consumer are processes of their own.

A load is a part of what the worker carries in frames as a live feed cuts them, every 20 ms: those
are shorter than the frames of a replay, and cost more each update. What it carries is measured anew
before each load, over as long as it takes until all of every match was looked at: an update costs a
third more in one minute than in another. All is run several times, each with workers of its own:
one pause of the machine makes the worst of a round's figures.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from queue import Empty
from statistics import quantiles
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec
from kafka import KafkaConsumer

from benchmarks.contestants.jobs import SEED, WATCHED
from benchmarks.workload import BEAT_S, NOON, SOURCE, Workload
from markets.records import Heartbeat, Record
from streams import workers
from streams.broker import BrokerSettings, running_broker
from streams.following import GroupProgress
from streams.publish import Publisher, publisher
from streams.topics import ALERTS, MATCH_FEED, client_settings, create_topics

WATCH = ("watch",)
LOADS = (0.5, 0.9)
ROUNDS = 5
_FIRST = 150_000
"""Updates that tell how long frames are at the pace that is carried."""
_FLAT_OUT = round(WATCHED.per_s * 600.0)
"""Updates by which is measured what is carried: a match of tomorrow is looked at whole in ten
minutes."""
_EVENT_S = 450.0
_PUSH_S = 0.02
_STEAMS = 4
_WITHIN_S = 120.0


class Latency(NamedTuple):
    """Of one load: milliseconds until half, 99 % and 99.9 % of so many alerts were there."""

    load: float
    per_s: float
    alerts: int
    p50: float
    p99: float
    p999: float


def latencies(on_load: Callable[[int, int], None]) -> list[list[Latency]]:
    """Measure what a worker carries flat out, then how long alerts take at parts of that.

    Of each load its rounds.
    """
    of = ROUNDS * len(LOADS)
    rounds = [_round(lambda number: on_load(number, of), done) for done in range(0, of, len(LOADS))]
    return [list(of_load) for of_load in zip(*rounds, strict=True)]


def _round(on_load: Callable[[int], None], before: int) -> list[Latency]:
    workload, found = Workload(SEED, WATCHED), []
    with watched() as (broker, sending, progress), arrivals(followed, broker) as arrived:
        tell(workload.warm_up(), sending, progress)
        records = list(workload.updates(_FIRST, NOON))
        carries = carried(records, float("inf"), sending, progress)
        for done, load in enumerate(LOADS, start=1):
            records = list(workload.updates(_FLAT_OUT, _after(records)))
            carries = carried(records, carries * _PUSH_S, sending, progress)
            records = list(steaming(workload, round(WATCHED.per_s * _EVENT_S), _after(records)))
            sent = pace(records, carries * load, sending)
            wait(progress)
            time.sleep(1.0)
            found.append(judged(load, carries * load, sent, arrived()))
            on_load(before + done)
    return found


def _after(records: Sequence[Record]) -> datetime:
    return records[-1].at + timedelta(seconds=BEAT_S)


@contextmanager
def watched(
    others: Mapping[str, Sequence[str]] = MappingProxyType({}),
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[BrokerSettings, Publisher, GroupProgress]]:
    """Run a broker, a watch and perhaps others, with a publisher that sends to them."""
    with running_broker(BrokerSettings()) as broker:
        create_topics(broker)
        found = {"SOGAWATCH_BROKER__BOOTSTRAP": str(broker.bootstrap), **environment}
        with (
            workers.running({"watch": ["watch", "--embedded"], **others}, found),
            publisher(broker) as sending,
            GroupProgress(broker, "") as progress,
        ):
            sending.remember({SOURCE: range(MATCH_FEED.count(broker))})
            yield broker, sending, progress


def tell(
    records: Iterator[Record],
    sending: Publisher,
    progress: GroupProgress,
    groups: Sequence[str] = WATCH,
) -> None:
    """Send records, and wait until they are taken in."""
    for record in records:
        sending.add(record)
    sending.flush()
    wait(progress, groups)


def carried(
    records: list[Record],
    at_once: float,
    sending: Publisher,
    progress: GroupProgress,
    groups: Sequence[str] = WATCH,
) -> float:
    """Updates a second that workers take in when all is sent at once, cut every so many."""
    began = time.perf_counter()
    for number, record in enumerate(records):
        sending.add(record)
        if number % at_once >= at_once - 1.0:
            sending.push()
    sending.flush()
    wait(progress, groups)
    return len(records) / (time.perf_counter() - began)


def wait(progress: GroupProgress, groups: Sequence[str] = WATCH) -> None:
    """Wait until groups of workers have taken the feed in."""
    until = time.monotonic() + _WITHIN_S
    while any(progress.lag(group, [MATCH_FEED]) for group in groups):
        if time.monotonic() > until:
            raise TimeoutError(f"{' and '.join(groups)} have not caught up")
        time.sleep(0.02)


def steaming(workload: Workload, count: int, since: datetime) -> Iterator[Record]:
    """Updates in which, with each heartbeat, the price of some matches is moved for no reason."""
    waiting = workload.waiting
    for record in workload.updates(count, since):
        yield record
        if isinstance(record, Heartbeat):
            for _ in range(min(_STEAMS, len(waiting))):
                yield from workload.steam(waiting.pop(), record.at)


def pace(records: list[Record], per_s: float, sending: Publisher) -> dict[datetime, float]:
    """Send at a pace; when each heartbeat was handed to the producer."""
    sent: dict[datetime, float] = {}
    begun, told = time.perf_counter(), 0
    while told < len(records):
        until = min(len(records), round((time.perf_counter() - begun) * per_s))
        for record in records[told:until]:
            sending.add(record)
        sending.push()
        now = time.perf_counter()
        sent |= {r.at: now for r in records[told:until] if isinstance(r, Heartbeat)}
        told = max(told, until)
        time.sleep(_PUSH_S)
    sending.flush()
    return sent


class Arrival(NamedTuple):
    """Which alert, the moment of event time that it was raised at, and when it was there."""

    alert: str
    raised: datetime
    there: float


def arrival(alert: Mapping[str, Any], there: float) -> Arrival:
    """Note an alert as it is told."""
    return Arrival(alert["alert_id"], datetime.fromisoformat(alert["last_at"]), there)


@contextmanager
def arrivals(follow: Callable[..., None], place: object) -> Iterator[Callable[[], list[Arrival]]]:
    """Let `follow` note arrivals at a place until it is told to stop.

    In a process of its own, as whoever waits for alerts is: a thread of the sender's would wait for
    Python. What the block gets returns those since it was asked last.
    """
    processes = get_context("spawn")
    found, stopped = processes.Queue(), processes.Event()
    following = processes.Process(target=follow, args=(place, found, stopped))
    following.start()
    try:
        yield lambda: [found.get() for _ in range(found.qsize())]
    finally:
        stopped.set()
        until = time.monotonic() + _WITHIN_S
        while following.is_alive() and time.monotonic() < until:
            with suppress(Empty):  # it ends when all that it found is read
                found.get(timeout=0.1)
        following.kill()
        following.join()
    if following.exitcode:
        raise RuntimeError(f"{follow.__name__} ended with status {following.exitcode}")


def followed(broker: BrokerSettings, found: "Queue[Arrival]", stopped: Event) -> None:
    """Note alerts as a consumer of their topic has them."""
    consumer = KafkaConsumer(
        ALERTS.name, **client_settings(broker), enable_auto_commit=False,
        auto_offset_reset="earliest", fetch_max_wait_ms=10,
    )  # fmt: skip
    while not stopped.is_set():
        for messages in consumer.poll(timeout_ms=10).values():
            now = time.perf_counter()  # the machine's clock, the same in all processes
            for message in messages:
                found.put(arrival(msgspec.json.decode(message.value), now))
    consumer.close()


def judged(
    load: float, per_s: float, sent: dict[datetime, float], arrived: list[Arrival]
) -> Latency:
    """How long those took that were raised at a heartbeat that was `sent`."""
    took = sorted(1e3 * (one.there - sent[one.raised]) for one in arrived if one.raised in sent)
    if len(took) < 2:
        raise RuntimeError(f"at load {load:.0%} there were {len(took)} alerts; nothing to judge")
    cuts = quantiles(took, n=1_000, method="inclusive")
    return Latency(load, per_s, len(took), cuts[499], cuts[989], cuts[998])
