"""Foreign topics on both brokers: JSON and Avro, resumed, with SASL over TLS, wrong passwords."""

import io
import json
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fastavro
import pytest
from kafka import KafkaProducer

from markets.records import Fixture, Gap, Heartbeat, Price, Record, Wager
from streams.broker import BrokerSettings
from streams.feeds.feed import Refusal
from streams.feeds.foreign_kafka import run
from streams.feeds.live import Checkpoint, FeedRefused, Pause, Start
from streams.feeds.pseudonyms import make_key
from streams.feeds.settings import ForeignKafkaSettings
from streams.topics import Topic, client_settings, create_topics
from tests.apache_kafka import ApacheKafka
from tests.streams.made_up_wagers import MAPPING, marks, row

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
ODDS = """
kind: odds
source: feed-x
time: ms
odds: american
fields: {at: ts, home: event.home, away: event.away, start: event.start, market: type,
         selection: pick, price: price, book: bookmaker, competition: {value: EPL}}
markets: {ML: 1x2}
selections: {X: draw}
covers: [EPL]
"""
SCHEMA = {
    "type": "record", "name": "Odds", "fields": [
        {"name": "ts", "type": "long"}, {"name": "type", "type": "string"},
        {"name": "pick", "type": "string"}, {"name": "price", "type": "int"},
        {"name": "bookmaker", "type": "string"},
        {"name": "event", "type": {"type": "record", "name": "Event", "fields": [
            {"name": n, "type": "long" if n == "start" else "string"}
            for n in ("home", "away", "start")
        ]}},
    ],
}  # fmt: skip


def told(number: int) -> dict[str, Any]:
    at = NOON + timedelta(seconds=number)
    start = int((NOON + timedelta(hours=7)).timestamp() * 1000)
    return {
        "ts": int(at.timestamp() * 1000), "type": "ML",
        "pick": ("Arnhem", "X", "Breda")[number % 3], "price": 150 + number, "bookmaker": "bk1",
        "event": {"home": "Arnhem", "away": "Breda", "start": start},
    }  # fmt: skip


def as_json(held: dict[str, Any]) -> bytes:
    return json.dumps(held).encode()


def as_avro(held: dict[str, Any], number: int = 7) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(SCHEMA), held)
    return struct.pack(">bI", 0, number) + body.getvalue()


@contextmanager
def registry(failures: int = 0) -> Iterator[str]:
    """A schema registry that knows schema 7 and fails at first as often as wanted."""
    left = [failures]

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.path == "/schemas/ids/7"
            status = 503 if left[0] > 0 else 200 if known else 404
            left[0] -= 1
            body = json.dumps({"schema": json.dumps(SCHEMA)}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield f"http://127.0.0.1:{http.server_address[1]}"
    finally:
        http.shutdown()
        serving.join()
        http.server_close()


def publish(broker: BrokerSettings, topic: str, values: list[bytes]) -> None:
    with closing(KafkaProducer(**client_settings(broker), acks="all")) as producer:
        for number, value in enumerate(values):
            producer.send(topic, value, partition=number % 2)
        producer.flush()


def foreign(broker: BrokerSettings, prefix: str) -> str:
    create_topics(broker, prefix, [Topic("their-odds", 2, timedelta(days=1))])
    return f"{prefix}their-odds"


def settings(broker: BrokerSettings, topic: str | None, **more: Any) -> ForeignKafkaSettings:
    named = set(BrokerSettings.model_fields) & set(ForeignKafkaSettings.model_fields)
    given = {name: getattr(broker, name) for name in named} | {"topic": topic}
    return ForeignKafkaSettings.model_validate(given | more)


def live(
    held: ForeignKafkaSettings, mapping: Path, wanted: int, resume: dict[str, Any] | None = None
) -> tuple[list[Record | Refusal], dict[str, Any]]:
    """Read from the beginning, or on, until so much was told and kept."""
    found: list[Record | Refusal] = []
    state: dict[str, Any] = dict(resume or {})
    deadline, kept = time.monotonic() + 90, False
    start = Start(
        settings=held, now=lambda: datetime.now(UTC), wait=lambda _: time.sleep(0.05),
        resume=state, mapping=mapping, from_beginning=True,
    )  # fmt: skip
    with closing(run(start)) as feed:
        for one in feed:
            if isinstance(one, Checkpoint):
                one.done()
                state, kept = dict(one.state), True
            elif not isinstance(one, Pause):
                found.append(one)
            assert time.monotonic() < deadline, found
            if kept and sum(isinstance(r, Price | Wager | Refusal) for r in found) >= wanted:
                break
    return found, state


def prices(found: list[Record | Refusal]) -> list[float]:
    return sorted(one.price for one in found if isinstance(one, Price))


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    (tmp_path / "odds.yml").write_text(ODDS, encoding="utf-8")
    return tmp_path / "odds.yml"


@pytest.mark.parametrize("encoded", [as_json, as_avro], ids=["json", "avro"])
def test_a_foreign_topic_is_read_on_where_it_was_left(
    settings_of: BrokerSettings, prefix: str, mapping: Path, encoded: Any
) -> None:
    """20 messages, some of them damaged; stopped; 10 more: each is told once."""
    topic = foreign(settings_of, prefix)
    bad = [b"{", b"\0\0", struct.pack(">bI", 0, 7) + b"\xff", b"[" * 3000, struct.pack(">bI", 0, 9)]
    with registry() as url:
        held = settings(settings_of, topic, schema_registry=url, group=f"{prefix}g")
        publish(settings_of, topic, [*(encoded(told(n)) for n in range(20)), *bad])
        first, state = live(held, mapping, 25)
        publish(settings_of, topic, [encoded(told(n)) for n in range(20, 30)])
        more, _ = live(held, mapping, 10, json.loads(json.dumps(state)))
    assert prices(first) == pytest.approx([2.5 + n / 100 for n in range(20)])
    assert prices(more) == pytest.approx([2.7 + n / 100 for n in range(10)])
    assert sum(isinstance(one, Refusal) for one in first) == len(bad)
    fixture = next(one for one in first if isinstance(one, Fixture))
    assert (fixture.home, fixture.source) == ("Arnhem", "feed-x")
    beat = next(one for one in first if isinstance(one, Heartbeat))
    assert beat.covers == ("EPL",)


@pytest.fixture
def settings_of(kafka: str) -> BrokerSettings:
    return BrokerSettings(bootstrap=kafka)


def test_wagers_of_a_foreign_topic_are_pseudonymised(
    settings_of: BrokerSettings, prefix: str, tmp_path: Path
) -> None:
    topic = foreign(settings_of, prefix)
    (tmp_path / "wagers.yml").write_text(
        MAPPING.replace("join_fills_s: 30", f"join_fills_s: 0.1\ntopic: {topic}"), encoding="utf-8"
    )
    make_key(tmp_path / "key")
    held = [row(n, NOON + timedelta(seconds=n)) for n in range(20)]
    held[5]["odds"] = held[5]["email"]
    publish(settings_of, topic, [as_json(one) for one in held])
    found, _ = live(
        settings(settings_of, None, key_file=tmp_path / "key"), tmp_path / "wagers.yml", 20
    )
    assert sum(isinstance(one, Wager) for one in found) == 19
    assert [mark for mark in marks() if mark in repr(found)] == []


def test_a_silent_registry_loses_nothing(
    settings_of: BrokerSettings, prefix: str, mapping: Path
) -> None:
    topic = foreign(settings_of, prefix)
    publish(settings_of, topic, [as_avro(told(n)) for n in range(6)])
    with registry(failures=3) as url:
        found, _ = live(settings(settings_of, topic, schema_registry=url), mapping, 6)
    assert len(prices(found)) == 6
    assert [one.reason for one in found if isinstance(one, Gap)] == [
        "cannot be reached: RegistrySilent"
    ]


def test_an_unknown_topic_ends_the_feed(settings_of: BrokerSettings, mapping: Path) -> None:
    with pytest.raises(FeedRefused, match="no topic"):
        live(settings(settings_of, "nowhere-at-all"), mapping, 1)


@pytest.mark.services
def test_sasl_over_tls(apache: ApacheKafka, prefix: str, mapping: Path) -> None:
    topic = foreign(apache.secure, prefix)
    publish(apache.secure, topic, [as_json(told(n)) for n in range(6)])
    found, _ = live(settings(apache.secure, topic), mapping, 6)
    assert len(prices(found)) == 6


@pytest.mark.services
def test_a_wrong_password_is_refused_and_not_told(
    apache: ApacheKafka, prefix: str, mapping: Path
) -> None:
    held = settings(apache.secure, "t", sasl_password="wr0ng-password")
    with pytest.raises(FeedRefused, match="does not let us in") as refused:
        live(held, mapping, 1)
    assert "wr0ng-password" not in str(refused.value)


def test_brokers_that_are_away_are_a_gap(mapping: Path) -> None:
    held = ForeignKafkaSettings(bootstrap="127.0.0.1:9", topic="t")
    start = Start(settings=held, now=lambda: NOON, wait=lambda _: None, mapping=mapping)
    found: list[object] = []
    with closing(run(start)) as feed:
        for one in feed:
            found.append(one)
            if isinstance(one, Pause):
                break
    reasons = [one.reason for one in found if isinstance(one, Gap)]
    assert reasons == ["cannot be reached: ConnectionRefusedError"]
