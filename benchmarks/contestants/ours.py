"""Our Faust app: chunks of records, and a commit for each batch."""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.contestants.jobs import group, place, stopwatch
from streams.app import create_app, run_app
from streams.broker import BrokerSettings


def main() -> None:
    watch, (broker, topic) = stopwatch(), place()
    home = Path(tempfile.mkdtemp())
    settings = BrokerSettings(bootstrap=broker)
    app = create_app(group(), settings, data_dir=home, embedded=True)

    async def ours_(stream: Any) -> None:
        async for batch in app.batches(stream, most=20, within=0.003):
            for chunk in batch:
                for record in chunk.records:
                    watch.take(chunk.partition, record.offset, record.value)
            await app.commit_through(batch)

    app.agent(app.source(topic))(ours_)
    run_app(app)


if __name__ == "__main__":
    main()
