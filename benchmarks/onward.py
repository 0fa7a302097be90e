"""How long an alert takes to those who wait for it: a subscriber's webhook, and the store.

The clock begins as in `latency`, in the same workload, with an archive and a notifier beside the
watch. A webhook is there when its server, a process of its own, has the request; an alert is stored
when the archive has committed that it wrote it, which is asked every few milliseconds.
"""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event
from pathlib import Path
from socket import create_server, socket
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from aiohttp import web
from kafka import KafkaConsumer, TopicPartition

from alerts.subscribing.subscription import Filter, Rate, Subscription, Webhook
from benchmarks.contestants.jobs import SEED, WATCHED
from benchmarks.latency import (
    Arrival,
    Latency,
    arrival,
    arrivals,
    carried,
    followed,
    judged,
    pace,
    steaming,
    tell,
    wait,
    watched,
)
from benchmarks.workload import BEAT_S, Workload
from streams.broker import BrokerSettings
from streams.following import GroupProgress
from streams.subscribers import Desk
from streams.topics import ALERTS, client_settings

LOAD = 0.5
ROUNDS = 3
IN_TOPIC, RECEIVED, STORED = "the topic of alerts", "a webhook", "the store"
_UPDATES = 300_000
_EVENT_S = 300.0
_WITHIN_S = 30.0
_ASKED_EVERY_S = 0.01
_ENVIRONMENT = {
    "SOGAWATCH_NOTIFY__KEY": "of no use to anybody else, and long enough",
    "SOGAWATCH_NOTIFY__METRICS_PORT": "0",
    "SOGAWATCH_NOTIFY__WEBHOOK__ALLOWED_HOSTS": '["127.0.0.1"]',
}


def onward(on_round: Callable[[int, int], None]) -> dict[str, list[Latency]]:
    """Measure until an alert is in its topic, at a webhook and in the store; of each its rounds."""
    found: dict[str, list[Latency]] = {IN_TOPIC: [], RECEIVED: [], STORED: []}
    for done in range(ROUNDS):
        for where, delays in _round().items():
            found[where].append(delays)
        on_round(done + 1, ROUNDS)
    return found


def _round() -> dict[str, Latency]:
    workload, groups = Workload(SEED, WATCHED), ("watch", "archive")
    with (
        TemporaryDirectory() as home,
        create_server(("127.0.0.1", 0)) as server,
        watched(_others(home), _ENVIRONMENT) as (broker, sending, progress),
        arrivals(followed, broker) as in_topic,
        arrivals(received, server) as at_webhook,
        arrivals(stored, broker) as in_store,
    ):
        Desk(broker).save(_subscription(server))
        tell(workload.warm_up(), sending, progress, groups)
        records = list(workload.updates(_UPDATES))
        per_s = LOAD * carried(records, float("inf"), sending, progress, groups)
        since = records[-1].at + timedelta(seconds=BEAT_S)
        records = list(steaming(workload, round(WATCHED.per_s * _EVENT_S), since))
        sent = pace(records, per_s, sending)
        wait(progress, groups)
        ways = {IN_TOPIC: in_topic, RECEIVED: at_webhook, STORED: in_store}
        told = _all_told(ways)
    return {where: judged(LOAD, per_s, sent, each) for where, each in told.items()}


def _others(home: str) -> dict[str, list[str]]:
    return {
        "archive": ["archive", "--embedded", "--store", str(Path(home) / "store")],
        "notify": ["notify", "--embedded"],
    }


def _subscription(server: socket) -> Subscription:
    now = datetime.now(UTC)
    return Subscription(
        name="benchmark", channel=Webhook(url=f"http://127.0.0.1:{server.getsockname()[1]}/"),
        filter=Filter(levels=("green", "amber", "red")), rate=Rate(most=100_000, within_min=1440),
        subscription=f"s-{SEED:016x}", created_at=now, created_by="benchmark", confirmed_at=now,
    )  # fmt: skip


def _all_told(ways: dict[str, Callable[[], list[Arrival]]]) -> dict[str, list[Arrival]]:
    """Wait until what is in the topic has come everywhere; a level is told to a webhook once."""
    told: dict[str, list[Arrival]] = {where: [] for where in ways}
    until = time.monotonic() + _WITHIN_S
    while time.monotonic() < until:
        time.sleep(0.5)
        news = {where: arrived() for where, arrived in ways.items()}
        for where, arrived in news.items():
            told[where] += arrived
        alerts = [{one.alert for one in arrived} for arrived in told.values()]
        everywhere = alerts == [alerts[0]] * len(alerts)
        if not any(news.values()) and everywhere and len(told[STORED]) == len(told[IN_TOPIC]):
            return told
    counts = ", ".join(f"{where} {len(arrived)}" for where, arrived in told.items())
    raise TimeoutError(f"alerts have not come everywhere within {_WITHIN_S:.0f} s: {counts}")


def received(server: socket, found: "Queue[Arrival]", stopped: Event) -> None:
    """Note alerts as a subscriber's server has them."""
    asyncio.run(_serve(server, found, stopped))


async def _serve(server: socket, found: "Queue[Arrival]", stopped: Event) -> None:
    async def take(request: web.Request) -> web.Response:
        now = time.perf_counter()
        found.put(arrival(msgspec.json.decode(await request.read())["alert"], now))
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.SockSite(runner, server).start()
    await asyncio.to_thread(stopped.wait)
    await runner.cleanup()


def stored(broker: BrokerSettings, found: "Queue[Arrival]", stopped: Event) -> None:
    """Note alerts as the archive commits that it has written them."""
    waiting: list[tuple[TopicPartition, int, Any]] = []
    consumer = KafkaConsumer(
        ALERTS.name, **client_settings(broker), enable_auto_commit=False,
        auto_offset_reset="earliest",
    )  # fmt: skip
    with GroupProgress(broker, "") as progress:
        while not stopped.is_set():
            for place, messages in consumer.poll(timeout_ms=0).items():
                waiting += [(place, m.offset, msgspec.json.decode(m.value)) for m in messages]
            committed = progress.committed("archive") if waiting else {}
            now = time.perf_counter()
            for _, _, alert in [w for w in waiting if w[1] < committed.get(w[0], 0)]:
                found.put(arrival(alert, now))
            waiting = [w for w in waiting if w[1] >= committed.get(w[0], 0)]
            time.sleep(_ASKED_EVERY_S)
    consumer.close()
