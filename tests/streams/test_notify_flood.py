"""Nothing is lost: many alerts, many subscribers, endpoints that misbehave, workers killed.

`make deliveries` runs it in full size, 10,000 alerts to 50 subscribers.
"""

import json
import multiprocessing
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from kafka import KafkaProducer

from alerts.delivery.outbox import Outbox, Status
from alerts.delivery.outcome import Outcome
from alerts.delivery.parcel import Attempt
from alerts.notice import delivery_id
from alerts.subscribing.subscription import Email, Rate, Subscription, Webhook
from streams.broker import BrokerSettings, embedded_broker
from streams.compacted import read_all
from streams.configuration import Settings
from streams.subscribers import Desk
from streams.topics import ALERTS, DELIVERIES, DELIVERY_ATTEMPTS, client_settings, create_topics
from tests.streams.alerts_made import made
from tests.streams.misbehaving import (
    BEHAVIOURS,
    MailBox,
    Seen,
    endpoints,
    mail_server,
    some,
)
from tests.streams.notify_worker import FastClock, work

ALERTS_COUNT, SUBSCRIBERS = (
    int(n) for n in os.environ.get("SOGAWATCH_DELIVERIES", "100x20").split("x")
)
KILLS, WORKERS, RATE = 10, 3, 60.0
WITHIN_S = float(os.environ.get("SOGAWATCH_DELIVERIES_WITHIN_S", "300"))
FORKED = multiprocessing.get_context("forkserver")


def subscription(number: int, channel: Email | Webhook) -> Subscription:
    now = datetime.now(UTC)
    return Subscription(
        name=f"reader {number}", channel=channel, subscription=f"s-{number:016x}",
        created_at=now, created_by="test", confirmed_at=now,
        rate=Rate(most=100_000, within_min=1440),
    )  # fmt: skip


def is_mail(number: int) -> bool:
    return number % 20 == 19


class Crew:
    """Workers of one group, some of which are killed."""

    def __init__(self, folder: Path, *arguments: object) -> None:
        self._folder = folder
        FORKED.set_forkserver_preload(["tests.streams.notify_worker"])
        self._arguments = (*arguments[:2], str(folder), *arguments[2:])
        self._workers: list = []
        self.killed = 0

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.kill()
            worker.join()

    def start(self) -> None:
        worker = FORKED.Process(target=work, args=self._arguments, daemon=True)
        worker.start()
        self._workers.append(worker)

    def kill_one(self, chance: random.Random) -> None:
        worker = self._workers.pop(chance.randrange(len(self._workers)))
        assert worker.exitcode is None, self.log_of(worker)
        worker.kill()
        worker.join()
        assert worker.exitcode == -9
        self.killed += 1
        self.start()

    def log_of(self, worker) -> str:
        """Why a worker ended by itself."""
        lines = (self._folder / f"{worker.pid}.log").read_text().splitlines()
        return f"a worker ended with {worker.exitcode}:\n" + "\n".join(lines[-60:])

    def stop(self) -> list[int]:
        for worker in self._workers:
            worker.terminate()
        for worker in self._workers:
            worker.join(60)
        return [worker.exitcode for worker in self._workers]


@contextmanager
def publishing(broker: BrokerSettings) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(**client_settings(broker), acks="all", linger_ms=20)
    yield producer
    producer.flush()
    producer.close()


# Connections of workers that were killed are left open in the servers of this test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_every_alert_reaches_every_subscriber_once(tmp_path):
    seen, chance = Seen(), random.Random(7)
    clock = FastClock(time.time(), RATE)
    began = time.monotonic()
    with (
        embedded_broker() as address,
        endpoints(clock, SUBSCRIBERS, seen) as ports,
        mail_server(MailBox(seen), tmp_path) as (smtp_port, cafile),
    ):
        broker = BrokerSettings(bootstrap=address)
        create_topics(broker)
        desk = Desk(broker)
        for number in range(SUBSCRIBERS):
            channel = (
                Email(address=f"reader{number}@example.com")
                if is_mail(number)
                else Webhook(url=f"http://127.0.0.1:{ports[number]}/hook/{number}")
            )
            desk.save(subscription(number, channel))
        settings = Settings.model_validate(
            {
                "broker": {"bootstrap": address},
                "lifecycle": {"acknowledge_red_min": 10_080, "acknowledge_amber_min": 10_080},
                "notify": {
                    "key": "k" * 40,
                    "metrics_port": None,
                    "webhook": {"allowed_hosts": ["127.0.0.1"], "timeout_s": 2.0},
                    "smtp": {
                        "host": "127.0.0.1", "port": smtp_port, "cafile": str(cafile),
                        "username": "ana", "password": "opensesame",
                    },
                },
            }
        )  # fmt: skip
        with Crew(tmp_path / "faust", with_secrets(settings), "", clock._since, RATE) as crew:
            for _ in range(WORKERS):
                crew.start()
            publish(broker, ALERTS_COUNT)
            kill_as_it_goes(crew, chance, seen, ALERTS_COUNT * SUBSCRIBERS)
            outcomes = until_settled(broker, ALERTS_COUNT * SUBSCRIBERS)
            assert crew.stop() == [0] * WORKERS
        attempts = logged(broker)
    report(seen, crew, outcomes, attempts, time.monotonic() - began)
    assert crew.killed == KILLS
    check(seen, outcomes)
    check_that_refusals_are_final(attempts)


def with_secrets(settings: Settings) -> str:
    notify = settings.notify
    plain = json.loads(settings.model_dump_json())
    plain["notify"]["key"] = notify.key.get_secret_value()
    plain["notify"]["smtp"]["password"] = notify.smtp.password.get_secret_value()
    return json.dumps(plain)


def publish(broker: BrokerSettings, count: int) -> None:
    with publishing(broker) as producer:
        for number in range(count):
            alert = made(f"a-{number}", match=f"m-{number}", level="red" if number % 9 else "amber")
            producer.send(ALERTS.name, alert.to_json(), alert.match.encode())


def kill_as_it_goes(crew: Crew, chance: random.Random, seen: Seen, expected: int) -> None:
    """Kill one whenever another part of the work is done, or after a while."""
    deadline = time.monotonic() + WITHIN_S
    for kill in range(KILLS):
        part = expected * (kill + 1) / (KILLS + 4)
        patience = time.monotonic() + (15.0 if expected < 50_000 else 60.0)
        while seen.total() < part and time.monotonic() < min(patience, deadline):
            time.sleep(0.05)
        time.sleep(chance.random())
        crew.kill_one(chance)


def until_settled(broker: BrokerSettings, expected: int) -> dict[str, Status]:
    """How each delivery stands once none is pending."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        boxes = [loaded(broker, partition) for partition in range(3)]
        pending = sum(box.counts[Status.PENDING] for box in boxes)
        known = sum(sum(box.counts.values()) for box in boxes)
        if pending == 0 and known == expected:
            return {name: status for box in boxes for name, status in standing(box).items()}
        assert time.monotonic() < deadline, (
            f"{known} of {expected} known, {pending} pending: "
            f"{Counter(e.subscription for box in boxes for e in box.pending())}"
        )
        time.sleep(1.0 if expected < 50_000 else 20.0)


def loaded(broker: BrokerSettings, partition: int) -> Outbox:
    """The outbox of one partition; keys are the same in each, so they are not to be mixed."""
    records, _ = read_all(broker, DELIVERIES.name, [partition])
    return Outbox.load((record.key, record.value) for record in records)


def standing(outbox: Outbox) -> dict[str, Status]:
    return {
        delivery_id(key.partition("/")[0], name, key.partition("/")[2]): entry.standing.status
        for key, slot in outbox._slots.items()
        for name, entry in slot.entries.items()
    }


def logged(broker: BrokerSettings) -> list[Attempt]:
    """What the workers wrote down of their attempts, in the order of the clock."""
    frames, _ = read_all(broker, DELIVERY_ATTEMPTS.name, range(DELIVERY_ATTEMPTS.partitions))
    found = [
        one for frame in frames for one in msgspec.json.decode(frame.value, type=list[Attempt])
    ]
    return sorted(found, key=lambda attempt: attempt.at)


def check_that_refusals_are_final(attempts: list[Attempt]) -> None:
    """After a refusal that was written down nothing is asked again."""
    final: set[str] = set()
    for attempt in attempts:
        assert attempt.delivery not in final, attempt
        if attempt.outcome is Outcome.GAVE_UP:
            final.add(attempt.delivery)
    assert final


def check(seen: Seen, outcomes: dict[str, Status]) -> None:
    """Each pair was delivered once after copies are taken away, or refused for good."""
    for number in range(SUBSCRIBERS):
        expected = {
            delivery_id(f"a-{n}", f"s-{number:016x}", "red" if n % 9 else "amber")
            for n in range(ALERTS_COUNT)
        }
        kind = BEHAVIOURS[number % 10]
        refused = {
            d for d in expected
            if not is_mail(number)
            and (kind == "redirects" or (kind == "410 for some" and some(d, 5)))
        }  # fmt: skip
        if is_mail(number):
            to = f"> reader{number}@example.com"
            got = {m.partition("@")[0].strip("<") for m in seen.mails if m.endswith(to)}
        else:
            got = set(seen.accepted[number])
            assert set(seen.refused[number]) == refused
        assert got == expected - refused, f"{number}, {kind}"
        assert all(outcomes[d] is Status.DELIVERED for d in expected - refused)
        assert all(outcomes[d] is Status.DEAD for d in refused)


def report(
    seen: Seen, crew: Crew, outcomes: dict[str, Status], attempts: list[Attempt], seconds: float
) -> None:
    copies = Counter()
    for ids in seen.accepted.values():
        copies["webhooks"] += sum(ids.values()) - len(ids)
    for ids in seen.refused.values():
        copies["refused"] += sum(ids.values()) - len(ids)
    copies["e-mails"] = sum(seen.mails.values()) - len(seen.mails)
    print(
        f"\n{ALERTS_COUNT:,} alerts to {SUBSCRIBERS} subscribers in {seconds:.0f} s, "
        f"{crew.killed} workers killed: {dict(Counter(s.value for s in outcomes.values()))}; "
        f"tries {sum(seen.tried.values()):,}; copies with the same id {dict(copies)}; "
        f"answers {dict(seen.answers)}; {len(attempts):,} attempts logged"
    )
