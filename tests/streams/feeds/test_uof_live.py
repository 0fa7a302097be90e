"""The Unified Odds Feed live: RabbitMQ over TLS, and an HTTP API for fixtures and recoveries."""

import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from markets.records import Event, Fixture, Gap, Heartbeat, Price, Record
from streams.feeds import uof
from streams.feeds.feed import Refusal
from streams.feeds.live import Checkpoint, FeedRefused, Pause, Start
from streams.feeds.settings import UofSettings
from streams.feeds.uof_live import EXCHANGE, run
from tests.certificate import make_certificate
from tests.rabbitmq import RabbitMQ, Wire, absent, rabbitmq
from tests.streams.made_up_uof import NOON, alive, day, fixture, ms, snapshot_complete

pytestmark = pytest.mark.services
TOKEN, PASSWORD = "t0ken-of-the-feed", "p4ss-of-the-queue"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def queue(
    certificate: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RabbitMQ]:
    if reason := absent():
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("rabbitmq")
    with rabbitmq(folder, certificate, "/unifiedfeed/7", TOKEN, PASSWORD) as running:
        with running.channel() as channel:
            channel.exchange_declare(EXCHANGE, "topic", durable=True)
        yield running


@dataclass
class Sportradar:
    """What the other side does: publishes a day, answers for fixtures and recoveries."""

    queue: RabbitMQ
    recoveries: list[dict[str, str]] = field(default_factory=list)
    fixtures: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    sent: list[bytes] = field(default_factory=list)
    refuse: list[int] = field(default_factory=list)
    url: str = ""

    def publish(self, *messages: bytes) -> None:
        with self.queue.channel() as channel:
            for message in messages:
                channel.basic_publish(EXCHANGE, "hi.-.live.odds_change.1.sr:match.1.-", message)

    def send(self, *messages: bytes) -> None:
        """Publish, and remember for recoveries."""
        self.sent += messages
        self.publish(*messages)

    def recover(self, asked: dict[str, str]) -> int:
        """Tell again what was sent since the moment asked for, as Sportradar does."""
        if self.refuse:
            return self.refuse.pop(0)
        self.recoveries.append(asked)
        since, request = int(asked.get("after", 0)), asked["request_id"]
        again = [one for one in self.sent if _time(one) >= since]
        last = max(map(_time, self.sent), default=ms(NOON))
        at = NOON + timedelta(milliseconds=last - ms(NOON))
        self.publish(*again, snapshot_complete(at, request))
        return 202


def _time(message: bytes) -> int:
    return int(message.split(b'timestamp="')[1].split(b'"')[0])


@contextmanager
def sportradar(queue: RabbitMQ) -> Iterator[Sportradar]:
    other = Sportradar(queue)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            event = self.path.split("/")[5]
            other.fixtures.append(event)
            self._answer(200, fixture(event))

        def do_POST(self) -> None:
            asked = {name: v[0] for name, v in parse_qs(urlsplit(self.path).query).items()}
            self._answer(other.recover(asked), b"<response/>")

        def _answer(self, status: int, body: bytes) -> None:
            other.tokens.add(self.headers["x-access-token"])
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other.url = f"http://127.0.0.1:{http.server_address[1]}"
    serving = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield other
    finally:
        http.shutdown()
        serving.join()
        http.server_close()


def settings(
    other: Sportradar, port: int, certificate: tuple[Path, Path], **more: Any
) -> UofSettings:
    given = {
        "access_token": TOKEN, "queue_password": PASSWORD, "bookmaker": "7", "host": "127.0.0.1",
        "port": port, "ssl_cafile": certificate[0], "api_url": other.url,
        "products": {"1": "liveodds"}, "silence_s": 60.0,
    }  # fmt: skip
    return UofSettings.model_validate(given | more)


def live(
    held: UofSettings,
    steps: list[Callable[[list[Record | Refusal]], bool]],
    *,
    resume: dict[str, str] | None = None,
) -> list[Record | Refusal]:
    """Read; at each pause the next step is tried, which says whether it is done."""
    told: list[Record | Refusal] = []
    waiting, deadline = list(steps), time.monotonic() + 240
    start = Start(
        settings=held, now=lambda: datetime.now(NOON.tzinfo), wait=lambda _: time.sleep(0.05),
        resume=resume or {},
    )  # fmt: skip
    with closing(run(start)) as feed:
        for one in feed:
            if isinstance(one, Pause):
                assert time.monotonic() < deadline, told[-5:]
                if waiting and waiting[0](told):
                    waiting.pop(0)
                if not waiting:
                    break
            elif not isinstance(one, Checkpoint):
                told.append(one)
    return told


def recorded(messages: list[bytes]) -> list[Record | Refusal]:
    lines = [fixture("sr:match:1"), fixture("sr:match:2"), *messages]
    return of_matches(list(uof.read(io.BytesIO(b"\n".join(lines)), "f")))


def of_matches(told: list[Record | Refusal]) -> list[Record | Refusal]:
    return [one for one in told if isinstance(one, Price | Event)]


def after(*acts: Callable[[], object], when: Callable[[list[Record | Refusal]], bool]) -> Any:
    """A step that acts once its condition holds."""

    def step(told: list[Record | Refusal]) -> bool:
        if not when(told):
            return False
        for act in acts:
            act()
        return True

    return step


def beats(count: int) -> Callable[[list[Record | Refusal]], bool]:
    return lambda told: sum(isinstance(one, Heartbeat) for one in told) >= count


def gaps(told: list[Record | Refusal]) -> list[str]:
    return [one.reason for one in told if isinstance(one, Gap)]


def test_an_undisturbed_day_equals_the_recording(
    queue: RabbitMQ, certificate: tuple[Path, Path]
) -> None:
    messages = day()
    with sportradar(queue) as other:
        end = alive(NOON + timedelta(seconds=41))
        steps = [
            after(lambda: other.send(*messages, end), when=beats(1)),
            lambda told: beats(2)(told),
        ]
        told = live(settings(other, queue.secure, certificate), steps)
        assert other.fixtures == ["sr:match:1", "sr:match:2"]
        assert other.tokens == {TOKEN}
    assert of_matches(told) == recorded(messages)
    assert sum(isinstance(one, Fixture) for one in told) == 2
    assert gaps(told) == []


def test_what_is_sent_while_the_wire_is_cut_is_recovered(
    queue: RabbitMQ, certificate: tuple[Path, Path]
) -> None:
    """15 messages, the wire is cut, 15 are lost, it is mended: a gap, a recovery, all is there."""
    messages, wire = day(), Wire(queue.secure)
    with sportradar(queue) as other, closing(wire):
        first = (*messages[:15], alive(NOON + timedelta(seconds=14)))
        lost = messages[15:30]
        rest = (*messages[30:], alive(NOON + timedelta(seconds=41)))
        steps = [
            after(lambda: other.send(*first), when=beats(1)),
            after(wire.cut, lambda: other.send(*lost), wire.mend, when=beats(2)),
            after(lambda: other.send(*rest), when=beats(3)),
            lambda told: beats(4)(told),
        ]
        told = live(settings(other, wire.port, certificate), steps)
        asked = [request.get("after") for request in other.recoveries]
    assert of_matches(told) == recorded(messages)
    assert asked == [None, str(ms(NOON + timedelta(seconds=14)))]
    assert len(gaps(told)) == 1
    assert gaps(told)[0].startswith("connection lost")
    # No heartbeat between the gap and the end of the recovery.
    kinds = [type(one) for one in told if isinstance(one, Gap | Heartbeat | Price)]
    gap = kinds.index(Gap)
    assert kinds[gap + 1 :].index(Heartbeat) >= 15 * 3 - 5


def test_a_producer_that_lost_us_is_recovered(
    queue: RabbitMQ, certificate: tuple[Path, Path]
) -> None:
    messages = day()
    with sportradar(queue) as other:
        first = (*messages[:10], alive(NOON + timedelta(seconds=9)))

        def lose() -> None:
            other.sent += messages[10:20]  # made, and never sent to us
            other.publish(alive(NOON + timedelta(seconds=20), subscribed=0))

        steps = [
            after(lambda: other.send(*first), when=beats(1)),
            after(lose, when=beats(2)),
            lambda told: beats(3)(told),
        ]
        told = live(settings(other, queue.secure, certificate), steps)
    assert of_matches(told) == recorded(messages[:20])
    assert gaps(told) == ["product 1: not subscribed"]


def test_a_recovery_that_is_not_taken_is_asked_for_again(
    queue: RabbitMQ, certificate: tuple[Path, Path]
) -> None:
    with sportradar(queue) as other:
        other.refuse = [503, 400]
        told = live(settings(other, queue.secure, certificate, recovery_s=1.0), [beats(1)])
        assert len(other.recoveries) == 1
    reasons = [one.reason for one in told if isinstance(one, Refusal)]
    assert [reason[-3:] for reason in reasons] == ["503", "400"]


def test_a_restarted_feed_asks_since_its_checkpoint(
    queue: RabbitMQ, certificate: tuple[Path, Path]
) -> None:
    with sportradar(queue) as other:
        resume = {"sound": NOON.isoformat()}
        live(settings(other, queue.secure, certificate), [beats(1)], resume=resume)
        assert other.recoveries[0]["after"] == str(ms(NOON))


def test_a_silent_queue_is_left_and_joined_again(
    queue: RabbitMQ, certificate: tuple[Path, Path]
) -> None:
    with sportradar(queue) as other:
        held = settings(other, queue.secure, certificate, silence_s=2.0)
        told = live(held, [beats(1), lambda told: bool(gaps(told)), beats(2)])
    assert gaps(told)[0].startswith("silent for")


def test_a_wrong_token_ends_the_feed(queue: RabbitMQ, certificate: tuple[Path, Path]) -> None:
    with sportradar(queue) as other:
        held = settings(other, queue.secure, certificate, access_token="wr0ng-token")
        with pytest.raises(FeedRefused, match="refuses the token") as refused:
            live(held, [beats(1)])
        other.refuse = [403]
        with pytest.raises(FeedRefused, match="403") as again:
            live(settings(other, queue.secure, certificate), [beats(1)])
    told = f"{refused.value}{again.value}"
    assert not [s for s in ("wr0ng-token", TOKEN, PASSWORD) if s in told]


def test_an_unknown_authority_is_not_trusted(
    queue: RabbitMQ, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    other_certificate = make_certificate(tmp_path)
    with sportradar(queue) as other:
        held = settings(other, queue.secure, other_certificate)
        with pytest.raises(FeedRefused, match="not trusted"):
            live(held, [beats(1)])


def test_garbage_in_the_queue_is_refused(queue: RabbitMQ, certificate: tuple[Path, Path]) -> None:
    with sportradar(queue) as other:
        end = alive(NOON + timedelta(seconds=1))
        steps = [
            after(lambda: other.publish(b"<odds_change", b"\xff", end), when=beats(1)),
            beats(2),
        ]
        told = live(settings(other, queue.secure, certificate), steps)
    assert sum(isinstance(one, Refusal) for one in told) == 2
