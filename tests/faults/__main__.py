"""`make faults SEED=… BROKER=embedded|apache`: seeds, one after the other, in one table."""

import argparse
import sys
import tempfile
from pathlib import Path

from kafka.errors import KafkaError

from tests.apache_kafka import absent
from tests.faults.away import away
from tests.faults.crew import crew
from tests.faults.run import HEAD, run
from tests.faults.surroundings import broker


def main() -> int:
    asked = _arguments().parse_args()
    if asked.broker == "apache" and (reason := absent()):
        sys.exit(reason)
    if asked.fleet and asked.broker == "embedded":
        sys.exit(
            "--fleet needs BROKER=apache: the embedded broker may wait for a dead leader for ever"
        )
    if asked.fleet or asked.away:
        return max([_watched(seed, asked) for seed in asked.seed])
    print(f"broker: {asked.broker}\n{HEAD}", flush=True)
    return max([_one(seed, asked) for seed in asked.seed])


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seed", type=int, nargs="+", default=[1], help="seeds to run")
    parser.add_argument("--broker", choices=("embedded", "apache"), default="embedded")
    parser.add_argument("--kills", type=int, default=10, help="kill -9 a seed")
    parser.add_argument(
        "--fleet", action="store_true", help="four watches, one of them killed every 5 s"
    )
    parser.add_argument(
        "--away", type=float, help="nothing else, but the store away for so many seconds"
    )
    parser.add_argument(
        "--nameless", action="store_true", help="with --fleet: workers that keep no name"
    )
    parser.add_argument("--gap", type=float, help="seconds between faults, on average")
    parser.add_argument("--matches", type=int, default=5, help="matches of the day")
    parser.add_argument("--days", type=int, default=4, help="with --away: days of five matches")
    parser.add_argument(
        "--direct", action="store_true", help="watch the undisturbed day without the broker"
    )
    return parser


def _watched(seed: int, asked: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as name, broker(asked.broker) as standing:
        folder, gap_s = Path(name), asked.gap or 5.0
        if asked.away:
            told, differences = away(seed, standing, folder, away_s=asked.away, days=asked.days)
        else:
            told, differences = crew(seed, standing, folder, gap_s=gap_s, named=not asked.nameless)
    print("\n".join([f"seed {seed}: {told}", *differences[:20]]), flush=True)
    return 1 if differences else 0


def _one(seed: int, asked: argparse.Namespace) -> int:
    try:
        with tempfile.TemporaryDirectory() as folder, broker(asked.broker) as standing:
            result = run(
                seed, standing, Path(folder), kills=asked.kills, gap_s=asked.gap,
                matches=asked.matches, direct=asked.direct,
            )  # fmt: skip
    except (TimeoutError, RuntimeError, KafkaError) as error:
        print(f"{seed:6} not equal: {error}", flush=True)
        return 1
    print(result.line())
    for line in [*result.differences[:20], *result.ended[:3]]:
        print(f"       {line}")
    sys.stdout.flush()
    return 1 if result.differences else 0


if __name__ == "__main__":
    sys.exit(main())
