"""`make fuzz`: each target in a process of its own, coverage-guided, for so many minutes of CPU."""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from tests.fuzz import corpus
from tests.fuzz.targets import TARGETS

_LIMITS = ["-timeout=10", "-rss_limit_mb=3000", "-max_len=16384", "-print_final_stats=0"]
_FINDS = Path("build/fuzz")
_SEED = "seed-"  # libFuzzer names what it adds by its hash


def main() -> int:
    asked = _arguments().parse_args()
    print(f"{'target':14} {'CPU s':>6} {'new inputs':>11}", flush=True)
    return max([_one(target, asked) for target in asked.target or TARGETS])


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("target", nargs="*", help=f"of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--minutes", type=float, default=1.0, help="of CPU for each target")
    parser.add_argument("--keep", action="store_true", help="keep what reached something new")
    return parser


def _one(target: str, asked: argparse.Namespace) -> int:
    """Fuzz until the CPU time is used up: what waits for a server or a busy machine goes on."""
    finds, before = _FINDS / target, _cpu_s()
    finds.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        held = Path(folder)
        for number, seed in enumerate(corpus.inputs(target)):
            (held / f"{_SEED}{number:05}").write_bytes(seed)
        status = 0
        while status == 0 and _cpu_s() - before < 60.0 * asked.minutes:
            left = max(5, round(60.0 * asked.minutes - (_cpu_s() - before)))
            status = _run(target, held, f"-max_total_time={left}", f"-artifact_prefix={finds}/")
        new = [path.read_bytes() for path in held.iterdir() if not path.name.startswith(_SEED)]
        kept = corpus.keep(target, new) if asked.keep else len(new)
    print(f"{target:14} {_cpu_s() - before:6.0f} {kept:11}", flush=True)
    if status:
        print(f"  found something: see {finds}", flush=True)
    return status and 1


def _run(target: str, held: Path, *options: str) -> int:
    log = _FINDS / f"{target}.log"
    with log.open("ab") as out:
        command = [sys.executable, "-m", "tests.fuzz.one", target, str(held), *_LIMITS, *options]
        return subprocess.run(command, stdout=out, stderr=out, check=False).returncode


def _cpu_s() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    begun = time.monotonic()
    result = main()
    print(f"in {time.monotonic() - begun:.0f} s")
    sys.exit(result)
