"""Which fixtures of which sources are one match: kept in a file that all feeds of a machine share.

The first source to announce a match names it. A later one joins it if it is surely the same
(`same_fixture`), waits for an officer if it may be, and otherwise begins a match of its own. What
waits goes by its own name until it is settled; what is settled counts from the next record on.

Feeds that run on several machines need a file system that they share, with locks.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from alerts.complaint import Complaint
from markets.records import Fixture
from streams.feeds.same_fixture import MOVED, Judgement, judge

_SCHEMA = """
CREATE TABLE IF NOT EXISTS announced (
    source TEXT NOT NULL, own TEXT NOT NULL, match TEXT NOT NULL, swapped INTEGER NOT NULL,
    sport TEXT NOT NULL, start REAL NOT NULL, fixture BLOB NOT NULL,
    settled_by TEXT, settled_at TEXT, PRIMARY KEY (source, own)
);
CREATE INDEX IF NOT EXISTS by_start ON announced (sport, start);
CREATE INDEX IF NOT EXISTS by_match ON announced (match);
CREATE TABLE IF NOT EXISTS waiting (
    source TEXT NOT NULL, own TEXT NOT NULL, match TEXT NOT NULL, swapped INTEGER NOT NULL,
    PRIMARY KEY (source, own, match)
);
"""
_PATIENCE_S = 30.0
_Judged = tuple[str, Judgement]


class RegisterUnusable(Complaint):
    """The file of fixtures cannot be used, or what was asked of it is not there."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The match that a fixture belongs to, and who named it."""

    match: str
    swapped: bool
    named_by: Fixture


@dataclass(frozen=True, slots=True)
class Waiting:
    """A fixture that may be one of several matches, for an officer to settle."""

    fixture: Fixture
    candidates: tuple[Fixture, ...]


class FixtureRegister:
    """Announced fixtures and their matches; `:memory:` keeps them for this process alone.

    Examples
    --------
    >>> from datetime import UTC
    >>> at = datetime(2026, 8, 1, 15, tzinfo=UTC)
    >>> def told(source: str, home: str) -> Fixture:
    ...     return Fixture(at=at, match=f"{source}-1", source=source, sport="football",
    ...                    competition="EPL", home=home, away="Everton", start=at)
    >>> with closing(FixtureRegister()) as register:
    ...     first, second = (register.announce(told(*one)).match
    ...                      for one in (("odds", "Manchester United"), ("betfair", "Man Utd")))
    >>> first, second
    ('odds-1', 'odds-1')
    """

    def __init__(self, path: Path | None = None) -> None:
        try:
            if path is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._held = sqlite3.connect(
                path or ":memory:", timeout=_PATIENCE_S, isolation_level=None
            )
            self._held.execute("PRAGMA journal_mode=WAL")
            self._held.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise RegisterUnusable(f"{path}: cannot be used: {error}") from None

    def close(self) -> None:
        """Close the file."""
        self._held.close()

    def version(self) -> int:
        """A number that changes when another process has changed the file."""
        return int(self._held.execute("PRAGMA data_version").fetchone()[0])

    def announce(self, fixture: Fixture) -> Joined:
        """Find the match of a fixture, or begin one."""
        with self._changing():
            known = self._held.execute(
                "SELECT match, swapped FROM announced WHERE source = ? AND own = ?",
                (fixture.source, fixture.match),
            ).fetchone()
            match, swapped = known or self._placed(fixture)
            self._keep(fixture, match, swapped=bool(swapped))
            return Joined(match, bool(swapped), self._named_by(match) or fixture)

    def waiting(self) -> list[Waiting]:
        """Fixtures that wait for an officer, next to start first."""
        rows = self._held.execute(
            "SELECT a.fixture, group_concat(w.match, char(0)) FROM waiting w"
            " JOIN announced a USING (source, own) GROUP BY source, own ORDER BY a.start, own"
        ).fetchall()
        return [
            Waiting(_decoded(held), tuple(filter(None, map(self._named_by, names.split("\0")))))
            for held, names in rows
        ]

    def joined(self) -> list[tuple[str, list[Fixture]]]:
        """Matches of more than one source, each with its fixtures."""
        rows = self._held.execute(
            "SELECT match, fixture FROM announced WHERE match IN (SELECT match FROM announced"
            " GROUP BY match HAVING count(*) > 1) ORDER BY start, match, rowid"
        ).fetchall()
        found: dict[str, list[Fixture]] = {}
        for match, held in rows:
            found.setdefault(match, []).append(_decoded(held))
        return list(found.items())

    def settle(self, source: str, own: str, match: str | None, by: str, at: datetime) -> None:
        """Settle a fixture: it is that match, or with None one of its own.

        Raises
        ------
        RegisterUnusable
            When there is no such fixture, or no such match.
        """
        with self._changing():
            row = self._held.execute(
                "SELECT fixture FROM announced WHERE source = ? AND own = ?", (source, own)
            ).fetchone()
            if row is None:
                raise RegisterUnusable(f"{source}:{own}: no such fixture was announced")
            named = self._named_by(match) if match is not None else None
            if match is not None and (named is None or match == own):
                raise RegisterUnusable(f"{match}: no such match was announced by another source")
            swapped = named is not None and judge(_decoded(row[0]), named) is Judgement.SWAPPED
            crossed = self._held.execute(
                "SELECT swapped FROM waiting WHERE source = ? AND own = ? AND match = ?",
                (source, own, match),
            ).fetchone()
            swapped = bool(crossed[0]) if crossed else swapped
            self._held.execute(
                "UPDATE announced SET match = ?, swapped = ?, settled_by = ?, settled_at = ?"
                " WHERE source = ? AND own = ?",
                (match or own, swapped, by, at.isoformat(), source, own),
            )
            self._held.execute("DELETE FROM waiting WHERE source = ? AND own = ?", (source, own))

    def _placed(self, fixture: Fixture) -> tuple[str, bool]:
        judged = self._judged(fixture)
        sure = {(m, j) for m, j in judged if j in (Judgement.SAME, Judgement.SWAPPED)}
        unsure = {m for m, j in judged if j is Judgement.UNSURE}
        if len(sure) == 1 and not unsure - {m for m, _ in sure}:
            ((match, judgement),) = sure
            return match, judgement is Judgement.SWAPPED
        swapped = {m for m, j in judged if j is Judgement.SWAPPED}
        for match in sorted({m for m, _ in judged}):
            crossed = match in swapped or self._crossed(fixture, match)
            self._held.execute(
                "INSERT OR IGNORE INTO waiting VALUES (?, ?, ?, ?)",
                (fixture.source, fixture.match, match, crossed),
            )
        return self._free_name(fixture), False

    def _judged(self, fixture: Fixture) -> set[_Judged]:
        """Judge against what other sources announced, leaving out matches that ours has already."""
        at, reach = fixture.start.timestamp(), MOVED.total_seconds()
        rows = self._held.execute(
            "SELECT match, fixture, swapped FROM announced WHERE sport = ? AND start BETWEEN ? AND"
            " ? AND source != ? AND match NOT IN (SELECT match FROM announced WHERE source = ?)",
            (fixture.sport, at - reach, at + reach, fixture.source, fixture.source),
        ).fetchall()
        judged = {(match, _through(judge(fixture, _decoded(held)), swapped=bool(swapped)))
                  for match, held, swapped in rows}  # fmt: skip
        return {(match, found) for match, found in judged if found is not Judgement.DIFFERENT}

    def _crossed(self, fixture: Fixture, match: str) -> bool:
        """Whether a match that may be the same has its sides the other way round."""
        named = self._named_by(match)
        if named is None:
            return False
        turned = msgspec.structs.replace(fixture, home=fixture.away, away=fixture.home)
        return judge(fixture, named) is not Judgement.SAME and judge(turned, named) in (
            Judgement.SAME,
            Judgement.UNSURE,
        )

    def _free_name(self, fixture: Fixture) -> str:
        """Give a match its own name, or one with its source where another match has that."""
        taken = self._named_by(fixture.match)
        if taken is None or taken.source == fixture.source:
            return fixture.match
        return f"{fixture.match[:150]}-{fixture.source}"[:200]

    def _named_by(self, match: str) -> Fixture | None:
        row = self._held.execute(
            "SELECT fixture FROM announced WHERE match = ? ORDER BY rowid LIMIT 1", (match,)
        ).fetchone()
        return None if row is None else _decoded(row[0])

    def _keep(self, fixture: Fixture, match: str, *, swapped: bool) -> None:
        self._held.execute(
            "INSERT INTO announced (source, own, match, swapped, sport, start, fixture) VALUES"
            " (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, own) DO UPDATE SET start ="
            " excluded.start, fixture = excluded.fixture",
            (
                fixture.source, fixture.match, match, swapped, fixture.sport,
                fixture.start.timestamp(), msgspec.json.encode(fixture),
            ),
        )  # fmt: skip

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Change the file alone: two feeds that meet a match at once must not both begin it."""
        try:
            self._held.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise RegisterUnusable(f"the register of fixtures cannot be used: {error}") from None
        try:
            yield
        except BaseException:
            self._held.execute("ROLLBACK")
            raise
        self._held.execute("COMMIT")


def _decoded(held: bytes) -> Fixture:
    return msgspec.json.decode(held, type=Fixture)


def _through(found: Judgement, *, swapped: bool) -> Judgement:
    """Judge by way of a fixture that is itself swapped against the match's name."""
    if not swapped:
        return found
    turned = {Judgement.SAME: Judgement.SWAPPED, Judgement.SWAPPED: Judgement.SAME}
    return turned.get(found, found)


@contextmanager
def open_register(path: Path | None = None) -> Iterator[FixtureRegister]:
    """Open a register for the length of a block."""
    with closing(FixtureRegister(path)) as register:
        yield register
