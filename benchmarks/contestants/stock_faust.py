"""Faust as its manual shows it: an agent that gets one record after another."""

import sys
import tempfile
from typing import Any

import faust

from benchmarks.contestants.jobs import Job, Stopwatch, group, job, place


def main() -> None:
    broker, topic = place()
    work = scored() if sys.argv[1] == "pydantic-river" else job(sys.argv[1])
    watch = Stopwatch(work, int(sys.argv[4]))
    app = faust.App(
        group(), broker=f"kafka://{broker}", store="memory://", web_enabled=False,
        datadir=tempfile.mkdtemp(), broker_rebalance_timeout=3.0, broker_session_timeout=10.0,
        topic_allow_declare=False, topic_disable_leader=True, consumer_auto_offset_reset="earliest",
    )  # fmt: skip
    source = app.topic(topic, value_type=bytes, value_serializer="raw")

    async def stock_(stream: Any) -> None:
        async for event in stream.events():
            watch.take(event.message.partition, event.message.offset, event.value)

    app.agent(source)(stock_)
    sys.argv = ["faust", "worker", "--without-web", "--loglevel", "error"]
    app.main()


def scored() -> Job:
    """What one would write first: pydantic validates, river scores each price."""
    from benchmarks.peers import PriceScorers

    scorers = PriceScorers()

    def work(_partition: int, _offset: int, value: bytes) -> int:
        scorers.take(value)
        return 1

    return work


if __name__ == "__main__":
    main()
