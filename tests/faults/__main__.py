"""`make faults SEED=… BROKER=embedded|apache`: seeds, one after the other, in one table."""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.broker import BrokerSettings, embedded_broker
from tests.apache_kafka import absent, apache_kafka
from tests.faults.run import HEAD, run


def main() -> int:
    asked = _arguments().parse_args()
    with _broker(asked.broker) as broker:
        print(f"broker: {asked.broker}\n{HEAD}", flush=True)
        return max([_one(seed, broker, asked) for seed in asked.seed])


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="seeds to run")
    parser.add_argument("--broker", choices=("embedded", "apache"), default="embedded")
    parser.add_argument("--kills", type=int, default=10, help="kill -9 a seed")
    parser.add_argument(
        "--direct", action="store_true", help="watch the undisturbed day without the broker"
    )
    return parser


@contextmanager
def _broker(kind: str) -> Iterator[BrokerSettings]:
    if kind == "embedded":
        with embedded_broker() as address:
            yield BrokerSettings(bootstrap=address)
    elif reason := absent():
        sys.exit(reason)
    else:
        with apache_kafka() as kafka:
            yield BrokerSettings(bootstrap=kafka.plain)


def _one(seed: int, broker: BrokerSettings, asked: argparse.Namespace) -> int:
    embedded = asked.broker == "embedded"
    try:
        with tempfile.TemporaryDirectory() as folder:
            result = run(
                seed, broker, Path(folder), embedded=embedded, kills=asked.kills,
                direct=asked.direct,
            )  # fmt: skip
    except TimeoutError as error:
        print(f"{seed:6} not equal: {error}", flush=True)
        return 1
    print(result.line())
    for line in [*result.differences[:20], *result.ended[:3]]:
        print(f"       {line}")
    sys.stdout.flush()
    return 1 if result.differences else 0


if __name__ == "__main__":
    sys.exit(main())
