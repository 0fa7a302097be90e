"""All cases: alerts and actions folded together, and the one way in which actions come to be."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from alerts.action import Action, Kind, Role, SeenAlert
from alerts.alert import Alert
from alerts.case import Case, Reason, case_id
from alerts.case_log import CaseLog, Deadline
from alerts.changes import changes, snooze_values
from alerts.deadlines import LifecycleSettings
from alerts.request import Refusal, Request
from alerts.rules import State, refused
from alerts.snooze import Snooze
from alerts.snoozing import Snoozes

_TICK = timedelta(microseconds=1)


class Cases:
    """Folds the topics `alerts` and `actions` into cases.

    Good at: any order. Taking something twice, or the two topics interleaved in another way, makes
    the same cases, for actions are gone through in the order of their own times and say what
    their authors had seen. Bad at: forgetting; it keeps all that it took, some kilobytes a case.

    Examples
    --------
    >>> from datetime import UTC
    >>> cases = Cases()
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> miss = Request(
    ...     kind=Kind.REPORT_MISS, case="a-v-b", typology="late-drift", when=noon, comment="a call"
    ... )
    >>> done = cases.decide(miss, at=noon, actor="ana", role="officer")
    >>> [case.status for case in cases.take_action(done)]
    ['open']
    >>> cases.decide(miss, at=noon, actor="bo", role="viewer").sentence
    'your role may not do this: report miss'
    """

    def __init__(self, settings: LifecycleSettings | None = None) -> None:
        self._settings = settings or LifecycleSettings()
        self._logs: dict[str, CaseLog] = {}
        self._matches: dict[str, str] = {}
        self._snoozing: dict[str, Action] = {}
        self._snoozes = Snoozes()
        self._made: dict[str, tuple[Case | None, Deadline | None]] = {}

    def take_alert(self, alert: Alert, arrived: datetime | None = None) -> Case | None:
        """Take in an alert; return its case if anything is new.

        `arrived` is when the topic got it, from which its deadline counts; when left out, the time
        it speaks of.
        """
        self._matches[alert.alert_id] = alert.match
        log = self._log(alert.match)
        if not log.take_alert(alert, arrived or alert.last_at):
            return None
        self._made.pop(alert.match, None)
        return self._case(log)

    def take_action(self, action: Action) -> tuple[Case, ...]:
        """Take in an action; return the cases that it is about, none if it is known.

        A snooze is about no case but that of its match; others that it holds say so all the same.
        """
        if action.kind in (Kind.SNOOZE, Kind.UNSNOOZE) and action.action_id not in self._snoozing:
            self._snoozing[action.action_id] = action
            self._snoozes = Snoozes.of(self._snoozing.values())
            self._made.clear()
        changed = []
        for match in matches_of(action):
            log = self._log(match)
            if action.action_id not in log.actions:
                log.actions[action.action_id] = action
                self._made.pop(match, None)
                changed.append(self._case(log))
        return tuple(case for case in changed if case is not None)

    def all(self) -> list[Case]:
        """Every case, in the order of its match."""
        found = (self._case(log) for _, log in sorted(self._logs.items()))
        return [case for case in found if case is not None]

    def find(self, name: str) -> Case | None:
        """Find a case by its match, its own id or the id of an alert."""
        log = self._logs.get(self._matches.get(name, name))
        return self._case(log) if log is not None else None

    def snoozes(self, now: datetime) -> list[Snooze]:
        """Snoozes that hold at this moment, the one that ends first at the front."""
        return self._snoozes.active(now)

    def held_by(self, alert: Alert, arrived: datetime) -> Snooze | None:
        """The snooze that holds an alert which arrives at this moment; None when it is to be told.

        The case tells of what was held, in `held`.
        """
        return self._snoozes.holding(alert, alert.level, arrived)

    def due(self, now: datetime) -> list[Action]:
        """Deadlines that passed without anybody acknowledging, each as an action of the system.

        Nothing changes till these are taken in; then they are not given again. Whoever asks twice
        before that, or after a crash, gets the same actions with the same ids. The time of each is
        its deadline.
        """
        found = (self._missed(log, now) for _, log in sorted(self._logs.items()))
        return [action for action in found if action is not None]

    def decide(self, request: Request, *, at: datetime, actor: str, role: Role) -> Action | Refusal:
        """Make the action that does what is asked, or say why it cannot be.

        Pure: take the action in to see its effect. It is dated after all that its actor can have
        seen of the case, however wrong the clock is.
        """
        actor = actor.strip()
        if not actor:
            return Refusal(Reason.INCOMPLETE, "say who you are")
        who: dict[str, Any] = {"actor": actor, "role": role, "comment": request.comment}
        if request.kind in (Kind.SNOOZE, Kind.UNSNOOZE):
            return self._decide_snooze(request, at, who)
        if request.kind is Kind.HAND_OVER:
            return self._decide_hand_over(request, at, who)
        case = self.find(request.case)
        if case is not None:
            return self._decide_case(request, case, self._logs[case.match], at, who)
        if request.kind is Kind.REPORT_MISS and request.case:
            return self._decide_case(request, None, CaseLog(request.case), at, who)
        return Refusal.of(Reason.UNKNOWN_CASE, request)

    def _decide_case(
        self, request: Request, case: Case | None, log: CaseLog, at: datetime, who: dict[str, Any]
    ) -> Action | Refusal:
        state = log.state()
        old, new = changes(request, state, case, who["actor"])
        action = Action.of(
            request.kind,
            at=_after(at, log.actions.values()),
            match=log.match,
            case_id=case_id(log.match),
            alert_id=request.case if case and request.case in log.sightings else None,
            old=old,
            new=new,
            seen=log.seen(),
            **who,
        )
        reason = refused(state, action)
        return action if reason is None else Refusal.of(reason, request, case)

    def _decide_hand_over(
        self, request: Request, at: datetime, who: dict[str, Any]
    ) -> Action | Refusal:
        giver = request.giver or who["actor"]
        logs = [log for _, log in sorted(self._logs.items()) if self._in_hands(log, giver)]
        action = Action.of(
            request.kind,
            at=_after(at, (action for log in logs for action in log.actions.values())),
            old={"assignee": giver, "matches": [log.match for log in logs]},
            new={"assignee": request.to},
            seen={name: seen for log in logs for name, seen in log.seen().items()},
            **who,
        )
        # Whether it may be at all is told first, or a stranger would learn whose cases there are.
        reason = refused(State(assignee=giver), action) or (None if logs else Reason.NOT_THEIRS)
        return action if reason is None else Refusal.of(reason, request)

    def _decide_snooze(
        self, request: Request, at: datetime, who: dict[str, Any]
    ) -> Action | Refusal:
        lifted = self._snoozes.known.get(request.snooze_id)
        scope = lifted.scope if lifted else request.scope
        value = lifted.value if lifted else request.value
        case = self.find(value) if scope == "match" else None
        match = (case.match if case else value) if scope == "match" else None
        action = Action.of(
            request.kind,
            at=_after(at, [self._snoozing[lifted.snooze_id]] if lifted else []),
            match=match,
            case_id=case_id(match) if match else None,
            old={"until": lifted.until.isoformat()} if lifted else {},
            new=snooze_values(request, case),
            reason=request.comment,
            **who,
        )
        longest = timedelta(hours=self._settings.longest_snooze_h)
        reason = self._snoozes.refuses(action, longest)
        return action if reason is None else Refusal.of(reason, request)

    def _missed(self, log: CaseLog, now: datetime) -> Action | None:
        _, deadline = self._outcome(log)
        if deadline is None or deadline.at > now:
            return None
        update = deadline.update
        return Action.of(
            Kind.MISS_DEADLINE,
            at=deadline.at,
            actor="sogawatch",
            role="system",
            match=log.match,
            case_id=case_id(log.match),
            alert_id=update.alert_id,
            new={"level": update.level},
            seen={update.alert_id: SeenAlert(level=update.level, score=update.score)},
        )

    def _log(self, match: str) -> CaseLog:
        self._matches[case_id(match)] = match
        return self._logs.setdefault(match, CaseLog(match))

    def _case(self, log: CaseLog) -> Case | None:
        return self._outcome(log)[0]

    def _outcome(self, log: CaseLog) -> tuple[Case | None, Deadline | None]:
        """What a log makes, worked out once: deadlines are asked for every second."""
        if log.match not in self._made:
            case = log.case(self._settings, self._snoozes)
            self._made[log.match] = case, log.deadline(self._settings, self._snoozes)
        return self._made[log.match]

    def _in_hands(self, log: CaseLog, officer: str) -> bool:
        case = self._case(log)
        return case is not None and case.assignee == officer and case.status != "closed"


def _after(at: datetime, actions: Iterable[Action]) -> datetime:
    """The moment, or just after the latest of the actions where the clock is behind it."""
    return max((at, *(action.at + _TICK for action in actions)))


def matches_of(action: Action) -> list[str]:
    """Names of the matches that an action is about."""
    if action.match is not None:
        return [action.match]
    matches = action.old.get("matches")
    return [m for m in matches if isinstance(m, str)] if isinstance(matches, list) else []
