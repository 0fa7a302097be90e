"""A worker for the tests: appends every record it reads to a file, then commits.

Prints `assigned N` whenever partitions change hands and `ready` once records flow.
"""

import argparse
import asyncio
import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace

from faust.transport.drivers import aiokafka

from streams.app import App, create_app, run_app
from streams.broker import BrokerSettings
from streams.chunked_transport import Chunk, ChunkedConsumer, LeanThread
from streams.liveness import kept_alive
from streams.liveness_settings import LivenessSettings


async def one_by_one(self, timeout):  # noqa: ASYNC109 (Faust's signature)
    """Hand over what stock Faust does, each record as a chunk of its own."""
    async for tp, message in aiokafka.Consumer.getmany(self, timeout):
        record = SimpleNamespace(
            **{name: getattr(message, name) for name in ("topic", "partition", "offset", "value")},
            timestamp=message.timestamp * 1000.0,
            timestamp_type=message.timestamp_type,
        )
        yield tp, Chunk(tp, [record], message.generation_id)


async def fail(app: App, given: argparse.Namespace, values: list[bytes]) -> None:
    """Do what was asked for on one of these values."""
    if given.raise_on in values:
        raise RuntimeError("told to")
    if given.cancel_on in values:
        gone = asyncio.get_running_loop().create_future()
        gone.cancel()
        await gone
    if given.block_on in values:
        time.sleep(600)  # noqa: ASYNC251 (that is the fault)
    if given.forget_on in values:
        with app.excuses.during("match-feed", given.excused_s):
            await asyncio.Event().wait()


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("settings", type=BrokerSettings.model_validate_json)
    arguments.add_argument("seen", type=Path)
    arguments.add_argument("--prefix", default="")
    arguments.add_argument("--embedded", action="store_true")
    arguments.add_argument("--die-on", type=str.encode, help="kill -9 between effect and commit")
    arguments.add_argument("--raise-on", type=str.encode, help="raise before the effect")
    arguments.add_argument("--cancel-on", type=str.encode, help="await what was cancelled")
    arguments.add_argument(
        "--slow-s", type=float, default=0, help="seconds between effect and commit"
    )
    arguments.add_argument("--block-on", type=str.encode, help="block the event loop for good")
    arguments.add_argument("--forget-on", type=str.encode, help="await what never comes")
    arguments.add_argument("--alive-s", type=float, help="seconds without progress to its end")
    arguments.add_argument("--asks", help="the broker that is asked for progress, if another")
    arguments.add_argument("--excused-s", type=float, default=0, help="excused for so long")
    arguments.add_argument("--stock", action="store_true", help="Faust's own getmany")
    given = arguments.parse_args()
    if given.stock:
        ChunkedConsumer.getmany = one_by_one
        LeanThread.on_start = aiokafka.AIOKafkaConsumerThread.on_start
    app = create_app(
        "echo",
        given.settings,
        data_dir=given.seen.with_suffix(".data"),
        prefix=given.prefix,
        embedded=given.embedded,
    )

    @app.on_partitions_assigned.connect
    async def tell(_app, assigned, **_options):
        print("assigned", len(assigned), flush=True)

    @app.agent(app.source("match-feed"))
    async def echo_(stream):
        async for batch in app.batches(stream, most=100, within=0.05):
            values = [record.value for chunk in batch for record in chunk.records]
            await fail(app, given, values)
            with given.seen.open("ab") as seen:
                seen.writelines(value + b"\n" for value in values)
            if given.die_on in values:
                os.kill(os.getpid(), signal.SIGKILL)
            await asyncio.sleep(given.slow_s)
            await app.commit_through(batch)

    with ExitStack() as stack:
        if given.alive_s:
            alive = LivenessSettings(within_s=given.alive_s)
            asks = {"bootstrap": given.asks or given.settings.bootstrap}
            broker = given.settings.model_copy(update=asks)
            stack.enter_context(kept_alive(app, broker, alive))
        run_app(app, on_ready=lambda: print("ready", flush=True))


if __name__ == "__main__":
    main()
