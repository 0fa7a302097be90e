"""Nobody is named behind the door: a full run over a wager file, searched byte by byte."""

import os
import subprocess
import sys
import time
from pathlib import Path

from kafka import KafkaConsumer, TopicPartition

from forensics.store import StoreSettings, open_store
from streams import workers
from streams.broker import BrokerSettings, embedded_broker
from streams.following import GroupProgress
from streams.topics import ALERTS, DEAD_LETTERS, MATCH_FEED, TOPICS, client_settings, create_topics
from tests.streams.made_up_wagers import MAPPING, marks, rows, write_csv


def test_no_identity_is_in_any_topic_table_log_or_message(tmp_path: Path) -> None:
    """feed -> broker -> watch and archive -> tables; then everything is searched."""
    write_csv(tmp_path / "bets.csv", rows())
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    key, store = tmp_path / "pseudonyms.key", tmp_path / "store"
    with embedded_broker() as address:
        broker = BrokerSettings(bootstrap=address)
        environment = {
            "SOGAWATCH_BROKER__BOOTSTRAP": address,
            "SOGAWATCH_FEEDS__WAGERS__KEY_FILE": str(key),
            "SOGAWATCH_FEEDS__DIRECTORY": str(tmp_path / "state"),
        }
        said = command("pseudonym-key", str(key), environment=environment)
        create_topics(broker)
        commands = {
            "watch": ["watch", "--embedded"],
            "archive": ["archive", "--embedded", "--store", str(store)],
        }
        with workers.running(commands, environment) as running:
            feed = ("feed", "wagers", str(tmp_path / "bets.csv"), "--mapping")
            said += command(*feed, str(tmp_path / "mapping.yml"), environment=environment)
            wait_for_all(broker, running)
            logs = b"".join(os.pread(w.log.fileno(), 10**7, 0) for w in running)
        topics = records_of_all_topics(broker)
    searched = {"messages": said, "logs": logs, **topics, **tables(store)}
    searched |= {f"state {p.name}": p.read_bytes() for p in (tmp_path / "state").rglob("*.json")}
    searched |= {f"store {p.name}": p.read_bytes() for p in store.rglob("*") if p.is_file()}
    found = {
        name: mark for name, held in searched.items() for mark in marks() if mark.encode() in held
    }
    assert found == {}
    assert b'"p-' in topics["topic match-feed"]
    assert topics["topic dead-letters"].count(b'"reason"') == 12
    assert tables(store)["table wagers"].count(b"p-") > 288


def command(*arguments: str, environment: dict[str, str]) -> bytes:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "streams.cli", *arguments],
        env=os.environ | environment, capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def wait_for_all(broker: BrokerSettings, running: list[workers.Worker]) -> None:
    deadline = time.monotonic() + 180
    with GroupProgress(broker, "") as progress:
        for group, topics in (
            ("watch", [MATCH_FEED]),
            ("archive", [MATCH_FEED, ALERTS, DEAD_LETTERS]),
        ):
            while progress.lag(group, topics) > 0:
                assert time.monotonic() < deadline
                for worker in running:
                    worker.check()
                time.sleep(0.2)


def records_of_all_topics(broker: BrokerSettings) -> dict[str, bytes]:
    """Keys and values of each topic, one after the other."""
    held = {}
    with KafkaConsumer(
        **client_settings(broker), auto_offset_reset="earliest", enable_auto_commit=False
    ) as consumer:
        for topic in TOPICS:
            places = [TopicPartition(topic.name, p) for p in range(topic.count(broker))]
            consumer.assign(places)
            consumer.seek_to_beginning(*places)
            read = bytearray()
            empty = 0
            while empty < 2:
                polled = consumer.poll(timeout_ms=500)
                empty = 0 if polled else empty + 1
                for records in polled.values():
                    for record in records:
                        read += (record.key or b"") + b" " + (record.value or b"") + b"\n"
            held[f"topic {topic.name}"] = bytes(read)
    return held


def tables(store: Path) -> dict[str, bytes]:
    """Every row of every table as text; on disk they are compressed."""
    with open_store(StoreSettings(directory=store)) as opened:
        names = opened.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")
        return {
            f"table {one['name']}": repr(opened.rows(f"SELECT * FROM {one['name']}")).encode()
            for one in names
        }
