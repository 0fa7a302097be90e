"""The runner of live feeds: frames, checkpoints, restarts; and a feed made by the recipe."""

import importlib
import json
import re
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from typer.testing import CliRunner

import streams.feeds
from markets.records import Fixture, Gap, Heartbeat, Price, Record
from streams import live
from streams.broker import BrokerSettings
from streams.cli import app
from streams.feeds import live_feeds
from streams.feeds.feed import Refusal
from streams.feeds.live import PAUSE, Checkpoint, Start, Told
from streams.frames import Framer, decode
from streams.publish import publisher
from streams.topics import MATCH_FEED, client_settings, create_topics

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
HERE = Path(__file__).parent


class Kept:
    """A sink that remembers in which order it was called."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def add(self, record: Record) -> None:
        self.calls.append(record)

    def refuse(self, refusal: Refusal) -> None:
        self.calls.append(refusal)

    def push(self) -> None:
        self.calls.append("push")

    def flush(self) -> None:
        self.calls.append("flush")

    def homes(self) -> Mapping[str, Iterable[int]]:
        return {"s": {3, 1}}

    def remember(self, homes: Mapping[str, Iterable[int]]) -> None:
        self.calls.append(("homes", dict(homes)))


def price(second: float, *, match: str = "m") -> Price:
    at = NOON + timedelta(seconds=second)
    return Price(at=at, match=match, market="1x2", selection="home", book="b", price=2.0)


def run(told: list[Told], sink: Any, state: live.KeptState) -> None:
    live.run(told, sink, state, now=lambda: NOON)


def test_what_waits_is_sent_before_a_pause_and_kept_before_a_checkpoint(tmp_path: Path) -> None:
    """price, pause -> push; checkpoint -> flush, state on disk, and only then done."""
    sink, path = Kept(), tmp_path / "feed.json"
    on_disk: list[object] = []
    done = Checkpoint({"clk": "c1"}, lambda: on_disk.append(json.loads(path.read_text())))
    run([price(0), PAUSE, price(1), done], sink, live.KeptState(path))
    calls = [call for call in sink.calls if not isinstance(call, tuple)]
    assert calls == [price(0), "push", price(1), "flush", "flush"]
    assert on_disk == [{"resume": {"clk": "c1"}, "homes": {"s": [1, 3]}}]


def test_a_feed_that_is_started_again_tells_a_gap_where_it_was_heard(tmp_path: Path) -> None:
    path = tmp_path / "feed.json"
    run([Checkpoint({"clk": "c1"})], Kept(), live.KeptState(path))
    state, sink = live.KeptState.read(path), Kept()
    run([price(0)], sink, state)
    assert state.resume == {"clk": "c1"}
    assert sink.calls[0] == ("homes", {"s": [1, 3]})
    assert sink.calls[1] == Gap(at=NOON, source="s", reason=live.RESTARTED)


def test_a_record_ahead_of_the_clock_is_refused() -> None:
    sink = Kept()
    ahead = price(3600)
    coming = Fixture(
        at=NOON + timedelta(hours=1), match="m", source="s", sport="f", competition="c",
        home="a", away="b", start=NOON + timedelta(days=1),
    )  # fmt: skip
    run([ahead, coming, price(60)], sink, live.KeptState())
    kinds = [type(call) for call in sink.calls if not isinstance(call, str | tuple)]
    assert kinds == [Refusal, Fixture, Price]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"resume": {}}',
        '{"resume": 5, "homes": {}}',
        '{"resume": {}, "homes": {"a": ["z"]}}',
        "[" * 5000,
    ],
)
def test_a_damaged_state_is_told(text: str, tmp_path: Path) -> None:
    (tmp_path / "feed.json").write_text(text, encoding="utf-8")
    with pytest.raises(live.StateUnreadable, match="remove it"):
        live.KeptState.read(tmp_path / "feed.json")


def test_a_state_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    state = live.KeptState(tmp_path / "file" / "feed.json")
    with pytest.raises(live.StateUnreadable, match=r"feeds\.directory"):
        state.write({}, {})


# A feed by the recipe of docs/internals.md


@contextmanager
def ticker(lines: list[bytes]) -> Iterator[tuple[str, int]]:
    """A TCP server of the ticker's protocol: each connection ends within the fourth line."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=_serve, args=(listening, lines), daemon=True).start()
        yield listening.getsockname()


def _serve(listening: socket.socket, lines: list[bytes]) -> None:
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            return
        with connection, connection.makefile("rb") as read:
            number = int(read.readline())
            connection.sendall(b"".join(lines[number : number + 3]))
            connection.sendall(lines[number + 3][:20] if number + 3 < len(lines) else b"")


@pytest.fixture
def ticker_feed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The file put where the recipe says, found as the recipe says."""
    source = HERE / "ticker_feed.py"
    assert len(source.read_text(encoding="utf-8").splitlines()) <= 60
    (tmp_path / "ticker_live.py").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(streams.feeds, "__path__", [*streams.feeds.__path__, str(tmp_path)])
    importlib.invalidate_caches()
    (found,) = [feed for feed in live_feeds._discovered() if feed.name == "ticker"]
    return found


def test_a_feed_of_sixty_lines_loses_nothing(
    ticker_feed: Any, kafka: str, prefix: str, tmp_path: Path
) -> None:
    """10 prices over lines that are cut each time, stopped and started once, into match-feed."""
    told = [
        {"at": (NOON + timedelta(seconds=n)).isoformat(), "match": "m",
         "market": "1x2", "selection": "home", "price": 2.0 + n / 10}
        for n in range(10)
    ]  # fmt: skip
    lines = [json.dumps(one).encode() + b"\n" for one in told]
    lines[2:2] = [b"5\n", b"{\n", b'{"at": "soon", "price": 2}\n']
    broker = BrokerSettings(bootstrap=kafka)
    create_topics(broker, prefix)
    with ticker(lines) as address:
        for wanted in (5, 13):
            state = live.KeptState.read(tmp_path / "ticker.json")
            start = Start(
                settings=address, now=lambda: NOON, wait=lambda _: None, resume=state.resume
            )
            reached = partial(has_reached, state, wanted)
            with closing(ticker_feed.run(start)) as feed, publisher(broker, prefix) as sink:
                live.run(feed, sink, state, now=lambda: NOON, until=reached)
    records = published(broker, prefix)
    prices = [record.price for record in records if isinstance(record, Price)]
    assert prices == [2.0 + n / 10 for n in range(10)]


def has_reached(state: live.KeptState, wanted: int) -> bool:
    return bool(state.resume.get("number", 0) >= wanted)


def published(broker: BrokerSettings, prefix: str) -> list[Record]:
    places = [TopicPartition(prefix + MATCH_FEED.name, p) for p in range(MATCH_FEED.count(broker))]
    with KafkaConsumer(
        **client_settings(broker), auto_offset_reset="earliest", enable_auto_commit=False
    ) as consumer:
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        records: list[Record] = []
        empty = 0
        while empty < 3:
            polled = consumer.poll(timeout_ms=500)
            empty = 0 if polled else empty + 1
            for batch in polled.values():
                for one in batch:
                    records += decode(one.value)[0]
        return records


# The command


def test_a_look_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOGAWATCH_FEEDS__DIRECTORY", str(tmp_path / "state"))
    monkeypatch.setenv("SOGAWATCH_FEEDS__WAGERS__KEY_FILE", str(tmp_path / "key"))
    (tmp_path / "m.yml").write_text(
        "{kind: wagers, source: opr, fields: {at: at, match: m, market: k, selection: s,"
        " price: p, stake: q, wager: w, account: a}}"
    )
    row = {"at": NOON.isoformat(), "m": "x", "k": "1x2", "s": "home", "p": 2, "q": 5, "w": 1}
    rows = [row | {"a": 1}, row | {"a": 2, "w": 2, "p": "secret"}]
    (tmp_path / "b.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    runner = CliRunner()
    assert runner.invoke(app, ["pseudonym-key", str(tmp_path / "key")]).exit_code == 0
    feed = ["feed", "wagers", str(tmp_path / "b.jsonl"), "--mapping", str(tmp_path / "m.yml")]
    looked = runner.invoke(app, [*feed, "--check"])
    assert looked.exit_code == 0, looked.output
    assert re.search(r"2 records in .*: 1 heartbeat, 1 wager", looked.stdout)
    assert "markets: 1x2 1" in looked.stdout
    assert "1 x price: is not a number (first at b.jsonl:2)" in looked.stdout
    assert not (tmp_path / "state").exists()
    written = runner.invoke(app, [*feed, "--out", str(tmp_path / "out.jsonl")])
    assert written.exit_code == 0, written.output
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds == ["wager", "heartbeat"]


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nothing"], 2, "is no live feed"),
        (["betfair", "--check"], 1, "feeds.betfair.app_key"),
        (["wagers", "--check"], 2, "name the files"),
        (["odds-api"], 1, "feeds.odds_api.api_key"),
        (["kafka", "--check"], 2, "feeds.kafka.bootstrap"),
        (["uof", "--check"], 1, "feeds.uof.access_token"),
        (["wagers", "x", "--mapping", "nowhere.yml", "--check"], 2, "cannot be read"),
        (["wagers", "--out", "no/such/folder"], 2, "cannot be written"),
        (["wagers", "--out", "."], 2, "cannot be written"),
    ],
)
def test_wrong_use_is_told(
    arguments: list[str], status: int, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOGAWATCH_BROKER__BOOTSTRAP", "127.0.0.1:9")
    extra = [] if "--check" in arguments or status == 2 else ["--out", str(tmp_path / "o")]
    ran = CliRunner().invoke(app, ["feed", *arguments, *extra])
    assert (ran.exit_code, "Traceback" in ran.output) == (status, False), ran.output
    assert message in ran.stderr


def test_heartbeats_reach_the_partitions_that_were_told_before() -> None:
    """homes of an earlier run are taken up by the publisher's framer."""
    framer = Framer(12)
    framer.remember({"s": [2, 5]})
    list(framer.add(Heartbeat(at=NOON, source="s")))
    assert [partition for partition, _ in framer.flush()] == [2, 5]
