"""The floor: what needs an officer now, live, and how the feeds stand."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from starlette.responses import Response

from alerts.alert import Level
from alerts.case import Case
from dashboards.board import questions
from dashboards.board.ranking import TITLES, Need, calling, need, ranked
from dashboards.board.settings import BoardSettings
from dashboards.board.visit import Sources, Visit
from forensics.failures import StoreRefused, StoreUnavailable

_FRESH_S = 5.0
_SHOWN: dict[str, frozenset[Need]] = {
    "open": frozenset({Need.CALLS, Need.ESCALATED, Need.IN_HAND}),
    "recorded": frozenset({Need.RECORDED, Need.EXPLAINED}),
    "closed": frozenset({Need.CLOSED}),
    "all": frozenset(Need),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the cases is to be seen; empty means everything."""

    show: str = "open"
    level: str = ""
    competition: str = ""
    typology: str = ""
    who: str = ""

    @classmethod
    def of(cls, visit: Visit) -> "Filters":
        """Read them from the address."""
        show = visit.field("show")
        rest = (visit.field(name) for name in ("level", "competition", "typology", "who"))
        return cls(show if show in _SHOWN else "open", *rest)

    def passes(self, case: Case) -> bool:
        """Whether a case is to be seen."""
        competition = case.fixture.competition if case.fixture else ""
        return (
            need(case) in _SHOWN[self.show]
            and self.level in ("", calling(case))
            and self.competition in ("", competition)
            and (not self.typology or self.typology in case.typologies)
            and self.who in ("", case.assignee or "nobody")
        )

    @property
    def narrow(self) -> bool:
        """Whether any but the first is set."""
        return bool(self.level or self.competition or self.typology or self.who)


class Feeds:
    """How the feeds stand, asked from the store at most every few seconds."""

    def __init__(self, sources: Sources, settings: BoardSettings) -> None:
        self._sources = sources
        self._quiet_after = timedelta(minutes=settings.stale_after_min)
        self._asked_at = float("-inf")
        self._turn = asyncio.Lock()
        self._state: dict[str, Any] = {"known": False, "why": "not asked yet"}

    async def state(self, now: datetime) -> dict[str, Any]:
        """Books with their last price, gaps of a day, and matches about now."""
        async with self._turn:
            if time.monotonic() - self._asked_at > _FRESH_S:
                self._state = await asyncio.to_thread(self._ask, now)
                self._asked_at = time.monotonic()
        return self._state

    def _ask(self, now: datetime) -> dict[str, Any]:
        if self._sources.store is None:
            return {"known": False, "why": "no store is at hand"}
        try:
            told = questions.feed(self._sources.store, now)
        except (StoreUnavailable, StoreRefused) as error:
            return {"known": False, "why": str(error)}
        last = max((row["last"] for row in told["books"]), default=None)
        quiet = [r for r in told["books"] if last and last - r["last"] > self._quiet_after]
        return told | {"known": True, "last": last, "quiet": quiet}


async def floor(visit: Visit, feeds: Feeds) -> Response:
    """Show the floor, or with `part` its list alone, for the page to renew itself."""
    live = visit.sources.live
    cases, filters = live.all(), Filters.of(visit)
    shown = [case for case in cases if filters.passes(case)]
    name = "_floor.html" if visit.field("part") else "floor.html"
    return visit.page(
        name,
        groups=list(_groups(ranked(shown))),
        filters=filters,
        choices=_choices(cases),
        counts=counts(cases),
        version=live.version,
        caught_up=live.read,
        total=len(cases),
        hidden=sum(filters.narrow and need(c) in _SHOWN[filters.show] for c in cases) - len(shown),
        feeds=await feeds.state(visit.now),
        snoozes=live.snoozes(visit.now),
    )


def counts(cases: Sequence[Case]) -> dict[str, int]:
    """How many cases call, by level, and how many of them nobody took up in time."""
    calls = [case for case in cases if need(case) is Need.CALLS]
    levels: tuple[Level, ...] = ("red", "amber")
    return {
        **{level: sum(calling(case) == level for case in calls) for level in levels},
        "late": sum(bool(case.missed) for case in calls),
        "escalated": sum(need(case) is Need.ESCALATED for case in cases),
        "in_hand": sum(need(case) is Need.IN_HAND for case in cases),
        "recorded": sum(need(case) in _SHOWN["recorded"] for case in cases),
        "closed": sum(need(case) is Need.CLOSED for case in cases),
    }


def _groups(cases: Sequence[Case]) -> Iterator[tuple[str, list[Case]]]:
    for kind, members in groupby(cases, need):
        yield TITLES[kind], list(members)


def _choices(cases: Sequence[Case]) -> dict[str, list[str]]:
    return {
        "competition": sorted({case.fixture.competition for case in cases if case.fixture}),
        "typology": sorted({name for case in cases for name in case.typologies}),
        "who": sorted({case.assignee for case in cases if case.assignee}),
    }
