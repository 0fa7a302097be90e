"""Quix Streams, as its manual shows it: a function for each record, commits by itself."""

import tempfile
from typing import Any

from quixstreams import Application, message_context

from benchmarks.contestants.jobs import group, place, stopwatch


def main() -> None:
    watch, (broker, name) = stopwatch(), place()
    app = Application(
        broker_address=broker, consumer_group=group(), auto_offset_reset="earliest",
        auto_create_topics=False, state_dir=tempfile.mkdtemp(), loglevel="ERROR",
    )  # fmt: skip
    topic = app.topic(name, value_deserializer="bytes")

    def take(value: bytes) -> Any:
        context = message_context()
        watch.take(context.partition, context.offset, value)

    app.dataframe(topic).update(take)
    app.run()


if __name__ == "__main__":
    main()
