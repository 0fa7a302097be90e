"""Bytewax: its Kafka source, in batches of a thousand, and one step that gets whole batches."""

from collections.abc import Iterable
from typing import Any

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSource
from bytewax.connectors.stdio import StdOutSink
from bytewax.dataflow import Dataflow
from bytewax.testing import cluster_main

from benchmarks.contestants.jobs import place, stopwatch


def main() -> None:
    watch, (broker, topic) = stopwatch(), place()
    source = KafkaSource([broker], [topic], batch_size=1_000)
    flow = Dataflow("contestant")

    def take(batch: list[Any]) -> Iterable[str]:
        for record in batch:
            watch.take(record.partition, record.offset, record.value)
        return ()

    taken = op.flat_map_batch("take", op.input("read", flow, source), take)
    op.output("nothing", taken, StdOutSink())
    cluster_main(flow, [], 0)


if __name__ == "__main__":
    main()
