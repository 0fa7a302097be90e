"""A season in the store, made inside ClickHouse, and what named questions cost on it.

`python -m benchmarks.season DIR` makes 380 matches, 50 million prices, 5 million wagers of 200,000
accounts with rings among them (some minutes, 4 GB), asks each question in a process of its own, and
prints its median and its peak. Marginals are those of a real season (heavy-tailed stakes and
accounts, popular selections, rushes after a tip); prices are waves with noise, which is all that
the cost of a question depends on.
"""

import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from benchmarks.season_cases import cases
from forensics.asking import Asker, ask
from forensics.migrate import migrate
from forensics.question import questions
from forensics.settings import AskSettings
from forensics.store import Store, StoreSettings, open_store

BOOKS, CHOICES, RING_MATCHES, RING_BETS = 11, 9, 2, 10
_PLACES = "toUInt16(m % 12) AS partition"
_START = "toDateTime64('2026-08-07 19:00:00', 6, 'UTC') + toIntervalDay(intDiv(m, 10) * 7)"
_MATCH = "concat('season-', leftPad(toString(m), 3, '0'))"
_CHOICE = (
    "arrayElement(['1x2', '1x2', '1x2', 'total', 'total', 'btts', 'btts', 'asian_handicap', "
    "'asian_handicap'], c + 1) AS market, "
    "if(c IN (3, 4), 2.5, if(c >= 7, -0.5, NULL)) AS line, "
    "arrayElement(['home', 'draw', 'away', 'over', 'under', 'yes', 'no', 'home', 'away'], c + 1) "
    "AS selection"
)


@dataclass(frozen=True, slots=True)
class Season:
    """How large a season is."""

    matches: int = 380
    prices: int = 131_580
    wagers: int = 13_158
    accounts: int = 200_000
    rings: int = 120
    seed: int = 0

    def make(self, store: Store) -> None:
        """Write the season; a migrated store that is empty is wanted."""
        told = (*self._played(), self._prices(), self._wagers(), self._rings())
        matches = (
            f"SELECT number AS m, {_MATCH} AS match, {_START} AS start, {_PLACES} "
            f"FROM numbers({self.matches})"
        )
        for statement in (*told, *cases(matches)):
            store.command(statement)

    def members(self, ring: int) -> list[str]:
        """Accounts of a ring."""
        first = self.accounts - 10 * (ring + 1)
        return [f"p-{first + k}" for k in range(4 + ring % 5)]

    def played(self, ring: int) -> list[str]:
        """Matches in which a ring bet."""
        return [f"season-{(ring * 7 + 31 * k) % self.matches:03}" for k in range(RING_MATCHES)]

    def pairs(self) -> set[tuple[str, str]]:
        """All pairs of accounts that belong to one ring, each in order."""
        return {
            (min(pair), max(pair))
            for ring in range(self.rings)
            for pair in combinations(self.members(ring), 2)
        }

    def _played(self) -> Iterator[str]:
        yield (
            "INSERT INTO fixtures SELECT start - toIntervalDay(2) AS at, match, 'register' AS "
            "source, 'football' AS sport, 'League' AS competition, 1 AS tier, "
            "concat('Team ', toString(intDiv(m, 19))) AS home, concat('Team ', "
            "toString(m % 19 + (m % 19 >= intDiv(m, 19)))) AS away, start, partition, m AS offset, "
            "0 AS idx, at AS arrived FROM "
            f"(SELECT number AS m, {_MATCH} AS match, {_START} AS start, {_PLACES} "
            f"FROM numbers({self.matches}))"
        )
        yield (
            "INSERT INTO events SELECT start + toIntervalMinute(arrayElement([0, 30, 70, 112], n)) "
            "AS at, match, arrayElement(['kick_off', 'goal', 'goal', 'full_time'], n) AS event, "
            "NULL AS team, if(n = 1, 0, h % 3) AS home_score, if(n = 1, 0, intDiv(h, 3) % 3) AS "
            "away_score, arrayElement([0, 30, 55, 95], n) AS clock, partition, "
            "2000000 + n AS offset, 0 AS idx, at AS arrived FROM "
            f"(SELECT number AS m, sipHash64(m) AS h, {_MATCH} AS match, {_START} AS start, "
            f"{_PLACES} FROM numbers({self.matches})) ARRAY JOIN [1, 2, 3, 4] AS n"
        )

    def _prices(self) -> str:
        steps = max(1, self.prices // (BOOKS * CHOICES))
        return (
            f"INSERT INTO prices SELECT at, match, {_CHOICE}, concat('book-', toString(b)) AS book,"
            " round(1 / least(0.97, greatest(0.03, (0.2 + (sipHash64(m, c) % 500) / 1000) * 1.05 "
            "+ 0.04 * sin(step / 60 + m) + 0.02 * sin(step / 500 + c) + (h % 100) / 10000)), 2) + "
            "0.01 AS price, NULL AS size, 'open' AS status, at >= start AS in_play, partition, "
            "intDiv(i, 500) AS offset, i % 500 AS idx, at AS arrived FROM (SELECT *, start - "
            f"toIntervalDay(1) + toIntervalMillisecond(step * {93_600_000 // steps} + h % 20000) "
            f"AS at FROM (SELECT intDiv(number, {self.prices}) AS m, number % {self.prices} AS i, "
            f"i % {BOOKS} AS b, intDiv(i, {BOOKS}) % {CHOICES} AS c, "
            f"intDiv(i, {BOOKS * CHOICES}) AS step, sipHash64(number) AS h, {_MATCH} AS match, "
            f"{_START} AS start, {_PLACES} FROM numbers({self.matches * self.prices})))"
        )

    def _wagers(self) -> str:
        """Bets of the crowd: two thirds in play, the rest towards kick-off, some after a tip."""
        return self._insert_wagers(
            "SELECT m, i, toUInt64(pow(u1, 2.5) * {a}) AS who, "
            "if(tip, 4, multiIf(u2 < .35, 0, u2 < .45, 1, u2 < .6, 2, u2 < .72, 3, u2 < .8, 4, "
            "u2 < .86, 5, u2 < .9, 6, u2 < .96, 7, 8)) AS c, "
            "toInt64(if(tip, -5400000 + u3 * 150000, "
            "if(u4 < .34, 3600000 * log(u3 + 0.0001), u3 * 6600000))) AS after, "
            "exp(4.5 + 1.3 * sqrt(-2 * log(u5 + 1e-9)) * cos(6.2832 * u6)) AS stake, NULL AS mate "
            "FROM (SELECT intDiv(number, {w}) AS m, number % {w} AS i, i % 40 = 0 AS tip, "
            "{us} FROM numbers({n}))".format(
                a=self.accounts,
                w=self.wagers,
                n=self.matches * self.wagers,
                us=", ".join(
                    f"sipHash64(number, {k}, {self.seed}) % 1000000 / 1e6 AS u{k}"
                    for k in range(1, 7)
                ),
            )
        )

    def _rings(self) -> str:
        """Bets of the rings: some occasions in two matches, within twenty seconds."""
        return self._insert_wagers(
            f"SELECT (r * 7 + 31 * g) % {self.matches} AS m, "
            f"900000 + r * 1000 + (g * {RING_BETS} + o) * 10 + k AS i, "
            f"{self.accounts} - 10 * (r + 1) + k AS who, "
            f"sipHash64({self.seed}, r, g, intDiv(o, 5)) % 9 AS c, "
            f"toInt64(sipHash64({self.seed}, r, g, o, 1) % 14000000) - 10800000 + "
            f"toInt64(sipHash64({self.seed}, r, g, o, k) % 20000) AS after, "
            f"300 + sipHash64({self.seed}, r, o, k, 2) % 500 AS stake, "
            f"if(r % 6 = 0 AND k > 0, {self.accounts} - 10 * (r + 1), NULL) AS mate "
            f"FROM (SELECT number AS r FROM numbers({self.rings})) "
            f"ARRAY JOIN range({RING_MATCHES}) AS g ARRAY JOIN range({RING_BETS}) AS o "
            f"ARRAY JOIN range(4 + r % 5) AS k WHERE sipHash64({self.seed}, r, g, o, k, 3) % 10 > 0"
        )

    @staticmethod
    def _insert_wagers(bets: str) -> str:
        return (
            f"INSERT INTO wagers SELECT {_START} + toIntervalMillisecond(after) AS at, {_MATCH} AS "
            f"match, {_CHOICE}, concat('opr-', toString(who % 7)) AS book, concat('w', toString(m),"
            " '-', toString(i)) AS wager, concat('p-', toString(who)) AS account, 'back' AS side, "
            "2.1 AS price, round(stake, 2) AS stake, 'EUR' AS currency, 'accepted' AS status, "
            "'GR' AS country, '2025-01-01' AS opened, concat('d-', toString(if(sipHash64(who) % 50 "
            "= 0, intDiv(who, 2), who + 10000000))) AS device, "
            "if(isNull(mate), NULL, concat('p-', toString(mate))) AS counterparty, "
            f"{_PLACES}, 1000000 + intDiv(i, 500) AS offset, i % 500 AS idx, at AS arrived "
            f"FROM ({bets})"
        )


def cost(store: Store, name: str, given: Mapping[str, str], times: int = 5) -> list[float]:
    """Seconds of a question, asked so many times within 1 GiB (it fails beyond)."""
    asked = questions()[name]
    asker = Asker("benchmark", "cost of questions", lambda: datetime.now(UTC))
    settings = AskSettings(most_memory_mb=1024)
    spent = []
    for _ in range(times):
        begun = time.perf_counter()
        ask(store, asked, asked.values(given), asker, settings)
        spent.append(time.perf_counter() - begun)
    return spent


def found(store: Store, matches: list[str]) -> set[tuple[str, str]]:
    """Pairs that bets-together finds, asked match by match."""
    asked = questions()["bets-together"]
    asker = Asker("benchmark", "quality of bets-together", lambda: datetime.now(UTC))
    pairs, patient = set(), AskSettings(longest_s=600)
    for match in matches:
        rows = ask(store, asked, asked.values({"match": match}), asker, patient).rows
        for one, two in zip(rows["first"].to_pylist(), rows["second"].to_pylist(), strict=True):
            pairs.add((min(one, two), max(one, two)))
    return pairs


def given(season: Season) -> dict[str, dict[str, str]]:
    """Values with which each question is asked."""
    match = {"match": season.played(0)[0]}
    home = match | {"selection": "home"}
    return {
        "alert-provenance": {"alert": f"a-1-{match['match']}"},
        "bets-together": match,
        "book-order": home,
        "compare-matches": match,
        "match-timeline": match,
        "money-flow": match,
        "operator-view": match,
        "price-path": home,
        "repeat-pattern": {"moved": "0.01"},
        "scorecards": {},
        "team-history": {"team": "Team 3"},
        "what-was-known-when": match | {"moment": "2027-01-01"},
        "who-bet": home,
    }


def main(directory: Path) -> None:
    """Make the season if the store is empty, ask everything, and print."""
    season = Season()
    with open_store(StoreSettings(directory=directory)) as store:
        migrate(store)
        if not _count(store, "wagers"):
            begun = time.perf_counter()
            season.make(store)
            print(f"made in {time.perf_counter() - begun:.0f} s", flush=True)
        counts = {table: _count(store, table) for table in ("fixtures", "prices", "wagers")}
        print(", ".join(f"{n:,} {table}" for table, n in counts.items()), flush=True)
    for name in given(season):
        # In a process of its own, so that its peak of memory is its own as well.
        subprocess.run([sys.executable, "-m", "benchmarks.season", directory, name], check=True)
    with open_store(StoreSettings(directory=directory)) as store:
        pairs = found(store, [f"season-{m:03}" for m in range(season.matches)])
    truth = season.pairs()
    right = len(pairs & truth)
    print(
        f"bets-together on all matches: {len(pairs)} pairs, {len(truth)} planted, "
        f"precision {right / max(1, len(pairs)):.3f}, recall {right / len(truth):.3f}"
    )


def measure(directory: Path, name: str) -> None:
    """Ask one question of a season that is there, and print what it cost."""
    with open_store(StoreSettings(directory=directory)) as store:
        opened = _peak_mb()
        spent = cost(store, name, given(Season())[name])
        print(
            f"{name:20} {statistics.median(spent):6.2f} s  (first {spent[0]:.2f} s), peak of the "
            f"process {_peak_mb():,.0f} MB, {opened:,.0f} MB of it to open the store",
            flush=True,
        )


def _count(store: Store, table: str) -> int:
    return int(store.rows(f"SELECT count() AS n FROM {table} SETTINGS final = 0")[0]["n"])


def _peak_mb() -> float:
    """Peak of this program. That of getrusage begins, on Linux, with what started it."""
    told = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", told)[1]) / 1024  # type: ignore[index]


if __name__ == "__main__":
    place = Path(sys.argv[1] if len(sys.argv) > 1 else "sogawatch-data/season")
    if len(sys.argv) > 2:
        measure(place, sys.argv[2])
    else:
        main(place)
