"""The waiting room: entries that could be sent but must wait, and how much of a limit is used."""

from bisect import insort
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from alerts.delivery.clock import Clock
from alerts.delivery.holding import Held, Hold, Ready, hold
from alerts.delivery.outbox import Entry, Outbox
from alerts.delivery.parcel import Parcel, bundle, single, why_bundled
from alerts.delivery.timers import Timers
from alerts.subscribing.subscription import Subscription

_NEVER_HELD = ("confirm", "test")


class Waiting:
    """Lets entries through, or keeps them and lets them go together.

    `send` takes parcels that may be sent; `find` gives a subscription as it stands.
    """

    def __init__(
        self,
        clock: Clock,
        timers: Timers,
        find: Callable[[str], Subscription | None],
        send: Callable[[Parcel], None],
    ) -> None:
        self._clock = clock
        self._timers = timers
        self._find = find
        self._send = send
        self._sent: dict[str, list[datetime]] = defaultdict(list)
        self._summed_at: dict[str, datetime] = {}
        self._kept: dict[str, list[tuple[Entry, Hold]]] = defaultdict(list)
        self._timed: set[tuple[str, datetime]] = set()

    def remember(self, outbox: Outbox) -> None:
        """Learn from what was delivered before how much of each limit is used up."""
        for entry in outbox.settled():
            at = datetime.fromtimestamp(entry.standing.settled_at, UTC)
            if not entry.standing.via:
                insort(self._sent[entry.subscription], at)
            elif why_bundled(entry.standing.via) is Held.RATE:
                latest = self._summed_at.get(entry.subscription, at)
                self._summed_at[entry.subscription] = max(at, latest)

    def admit(self, entry: Entry, subscription: Subscription) -> None:
        """Let an entry through, or keep it."""
        found = self._hold(entry, subscription)
        if found is not None:
            self._keep(entry, self._one_summary_at_a_time(found, subscription))
            return
        self._count(subscription)
        self._send(single(entry))

    def keep(self, entry: Entry, until: float, why: Held) -> None:
        """Keep an entry of a bundle that has failed, till it is tried again with the others."""
        self._keep(entry, Hold(datetime.fromtimestamp(until, UTC), why))

    def held(self) -> dict[Held, int]:
        """How many entries wait, by why."""
        counts = dict.fromkeys(Held, 0)
        for kept in self._kept.values():
            for entry, found in kept:
                counts[found.why] += entry.pending
        return counts

    def _hold(self, entry: Entry, subscription: Subscription) -> Hold | None:
        if entry.notice.what in _NEVER_HELD:
            return None
        since = datetime.fromtimestamp(entry.standing.since, UTC)
        ready = Ready(entry.notice.level, since, self._sent[entry.subscription])
        return hold(ready, subscription, self._clock.now())

    def _one_summary_at_a_time(self, found: Hold, subscription: Subscription) -> Hold:
        summed = self._summed_at.get(subscription.subscription)
        if found.why is not Held.RATE or summed is None:
            return found
        within = timedelta(minutes=subscription.rate.within_min)
        return found._replace(until=max(found.until, summed + within))

    def _count(self, subscription: Subscription) -> None:
        times = self._sent[subscription.subscription]
        insort(times, self._clock.now())
        if len(times) > 2 * subscription.rate.most:
            del times[: -subscription.rate.most]

    def _keep(self, entry: Entry, found: Hold) -> None:
        name = entry.subscription
        self._kept[name].append((entry, found))
        if (name, found.until) not in self._timed:
            self._timed.add((name, found.until))
            self._timers.at(found.until.timestamp(), lambda: self._release(name, found.until))

    def _release(self, name: str, until: datetime) -> None:
        """Let go what need not wait any more, all of one reason together."""
        self._timed.discard((name, until))
        subscription = self._find(name)
        due = [(entry, why) for entry, (end, why) in self._kept[name] if end <= until]
        self._kept[name] = [kept for kept in self._kept[name] if kept[1].until > until]
        together: dict[Held, list[Entry]] = defaultdict(list)
        for entry, why in due:
            again = self._quiet(entry, subscription)
            if again is not None:
                self._keep(entry, again)
            elif entry.pending:
                together[why].append(entry)
        for why, entries in together.items():
            self._let_go(name, why, entries)

    def _quiet(self, entry: Entry, subscription: Subscription | None) -> Hold | None:
        if subscription is None or not entry.pending:
            return None
        found = self._hold(entry, subscription)
        return found if found is not None and found.why is Held.QUIET else None

    def _let_go(self, name: str, why: Held, entries: list[Entry]) -> None:
        if why is Held.QUIET and len(entries) == 1:
            self._send(single(entries[0]))
            return
        if why is Held.RATE:
            self._summed_at[name] = self._clock.now()
        self._send(bundle(name, entries, why))
