"""Cases as they stand now, folded from the topics, and word to those who wait for a change."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from datetime import datetime

from alerts.action import Action, Kind, Role
from alerts.alert import Alert
from alerts.case import Case
from alerts.cases import Cases
from alerts.deadlines import LifecycleSettings
from alerts.request import Refusal, Request
from alerts.snooze import Snooze


class LiveCases:
    """All cases, fed by one thread and read by the board.

    `version` grows with every change. `read` says whether everything that the topics held at the
    start has been taken in.
    """

    def __init__(self, settings: LifecycleSettings | None = None) -> None:
        self._cases = Cases(settings)
        self._now: dict[str, Case] = {}
        self._actions: dict[str, Action] = {}
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.version = 0
        self.read = False

    def take(
        self,
        alerts: Iterable[tuple[Alert, datetime | None]] = (),
        actions: Iterable[Action] = (),
    ) -> None:
        """Take in what the topics hold, in any order, and tell those who wait."""
        with self._lock:
            changed = [self._cases.take_alert(alert, arrived) for alert, arrived in alerts]
            for action in actions:
                changed += self._take_action(action)
            for case in changed:
                if case is not None:
                    self._now[case.case_id] = case
        self._tell()

    def _take_action(self, action: Action) -> list[Case]:
        self._actions[action.action_id] = action
        cases = list(self._cases.take_action(action))
        # A snooze defers deadlines of cases that it is not about.
        snoozing = action.kind in (Kind.SNOOZE, Kind.UNSNOOZE)
        return self._cases.all() if snoozing else cases

    def caught_up(self) -> None:
        """Say that all that was there at the start has been taken in."""
        self.read = True
        self._tell()

    def all(self) -> list[Case]:
        """Every case."""
        with self._lock:
            return list(self._now.values())

    def find(self, name: str) -> Case | None:
        """A case by its id, its match or one of its alerts."""
        with self._lock:
            return self._now.get(name) or self._cases.find(name)

    def actions(self, *kinds: Kind) -> list[Action]:
        """Actions of these kinds, newest first."""
        with self._lock:
            found = [action for action in self._actions.values() if action.kind in kinds]
        return sorted(found, key=lambda action: action.order, reverse=True)

    def snoozes(self, now: datetime) -> list[Snooze]:
        """Snoozes that hold at this moment."""
        with self._lock:
            return self._cases.snoozes(now)

    def decide(self, request: Request, *, at: datetime, actor: str, role: Role) -> Action | Refusal:
        """Make the action that does what is asked, or say why it cannot be."""
        with self._lock:
            return self._cases.decide(request, at=at, actor=actor, role=role)

    def has(self, action_id: str) -> bool:
        """Whether an action has come back from the topic."""
        return action_id in self._actions

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds, looking at each change; False when it takes longer."""
        mine = (asyncio.get_running_loop(), asyncio.Event())
        self._waiting.add(mine)
        try:
            async with asyncio.timeout(seconds):
                while not holds():
                    await mine[1].wait()
                    mine[1].clear()
        except TimeoutError:
            return holds()
        finally:
            self._waiting.discard(mine)
        return True

    def wake(self) -> None:
        """Let all who wait look again, as when the board is to stop."""
        for loop, event in list(self._waiting):
            loop.call_soon_threadsafe(event.set)

    def _tell(self) -> None:
        self.version += 1
        self.wake()
