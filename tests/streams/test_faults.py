"""A short run of the harness, and the harness itself: what it would say of a loss."""

import subprocess
import sys
from collections import Counter

from tests.faults.day import frames, reordered
from tests.faults.outcome import Outcome, Row, differences
from tests.faults.schedule import schedule


def test_a_day_under_faults_leaves_what_the_undisturbed_day_leaves() -> None:
    """As a command, for kafka-python leaves sockets behind whose connection was refused."""
    command = [sys.executable, "-m", "tests.faults", "--seed", "4", "--kills", "3", "--direct"]
    done = subprocess.run(
        [*command, "--gap", "1.2", "--matches", "3"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "equal" in done.stdout
    for fault in ("3 kill", "2 broker outage", "2 store outage", "1 store kill"):
        assert fault in done.stdout


def test_a_seed_gives_the_same_schedule_and_the_same_order_again() -> None:
    once, again, other = (schedule(seed, session_s=6, gap_s=3) for seed in (1, 1, 2))
    assert once == again != other
    assert sum(step.begins == "kill" for step in once.steps) == 10
    cut = frames(1, matches=2)
    assert reordered(cut, 1) == reordered(cut, 1) != cut
    for partition in range(12):
        assert [f for f in reordered(cut, 1) if f[0] == partition] == [
            f for f in cut if f[0] == partition
        ]


def row(name: str, price: str) -> Row:
    return (("name", name), ("price", price))


def test_what_is_lost_doubled_or_made_up_is_told() -> None:
    before = Outcome({}, {"prices": Counter({row("a", "1"): 1, row("b", "2"): 1})})
    after = Outcome({}, {"prices": Counter({row("a", "1"): 2, row("b", "3"): 1})})
    assert differences(before, before) == []
    assert differences(before, after) == [
        "prices: 1 of 2 rows lost, such as b, 2 (price 2 for 3)",
        "prices: 1 of 2 rows doubled, such as a, 1 (name a for b; price 1 for 2)",
        "prices: 1 of 2 rows made up, such as b, 3 (price 3 for 2)",
    ]
