"""The workers of a run: started, and then killed, stopped and started again."""

import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, NoError
from kafka.structs import OffsetAndMetadata

from streams import workers
from streams.broker import BrokerSettings
from streams.following import GroupProgress
from streams.topics import MATCH_FEED, client_settings
from tests.faults.schedule import Step
from tests.faults.surroundings import Surroundings

_EMPTY_WITHIN_S = 30.0


class Fleet:
    """Workers by name; the part before a hyphen is their group.

    Like a supervisor it starts those again, after a moment, that were killed or ended by
    themselves; with `named`, each keeps its name in its group. `faults` counts what was done to
    workers that were there.
    """

    def __init__(self, surroundings: Surroundings, *, seed: int) -> None:
        self.surroundings = surroundings
        self._broker, self._prefix = surroundings.broker.direct, surroundings.prefix
        embedded = surroundings.broker.apache is None
        self._shared = ["--prefix", self._prefix, *(["--embedded"] if embedded else [])]
        self.named = False
        self._rng = random.Random(f"fleet/{seed}")
        self._running: dict[str, tuple[workers.Worker, ExitStack]] = {}
        self._down: dict[str, float] = {}
        self.ended: list[str] = []
        self.faults: Counter[str] = Counter()

    def __enter__(self) -> "Fleet":
        return self

    def __exit__(self, *_: object) -> None:
        for name in list(self._running):
            self.finish(name)

    def do(self, step: Step) -> None:
        """Do one step of a schedule; one that concerns a worker that is not there is void."""
        does = getattr(self, step.do, None) or getattr(self.surroundings, step.do)
        if does(step.who) and step.begins:
            self.faults[step.begins] += 1

    def start(self, name: str) -> bool:
        self._down.pop(name, None)
        if name in self._running:
            return False
        group, stack = name.partition("-")[0], ExitStack()
        command = {name: [group, *self._shared, *(["--name", name] if self.named else [])]}
        (worker,) = stack.enter_context(workers.running(command, self.surroundings.environment()))
        self._running[name] = worker, stack
        return True

    def kill(self, name: str) -> bool:
        """Kill a worker, or another one when it is not there."""
        if not self._running:
            self.start(name)
        name = name if name in self._running else self._rng.choice(sorted(self._running))
        worker, stack = self._running.pop(name)
        worker.process.send_signal(signal.SIGKILL)
        worker.process.wait()
        stack.close()
        self._down[name] = time.monotonic() + self._rng.choice((0.0, self._rng.uniform(0.1, 1.5)))
        return True

    def pause(self, name: str) -> bool:
        return self._signal(name, signal.SIGSTOP)

    def resume(self, name: str) -> bool:
        return self._signal(name, signal.SIGCONT)

    def finish(self, name: str) -> bool:
        """Ask a worker to end in good order, and wait for it."""
        there = name in self._running
        if there:
            self.resume(name)
            self._running.pop(name)[1].close()
        self._down.pop(name, None)
        return there

    def renew(self, name: str) -> bool:
        """End a worker in good order and start it again; one that is down begins anyway."""
        return name in self._running and self.finish(name) and self.start(name)

    def rewind(self, group: str) -> bool:
        """Let a group forget some of its progress, so that frames are delivered again.

        Kafka promises delivery at least once, not that committed offsets never go back.
        """
        names = [name for name in self._running if name.partition("-")[0] == group]
        for name in names:
            self.kill(name) if self._rng.random() < 0.5 else self.finish(name)
        try:
            return self._forget(group) > 0
        except KafkaError:  # the broker itself is away
            return False
        finally:
            for name in names:
                self.start(name)

    def there(self, names: Sequence[str]) -> list[str]:
        """Those of the names whose worker is running."""
        return [name for name in names if name in self._running]

    def supervise(self) -> None:
        """Start those again that are down, and note how they ended if nobody did it to them."""
        for name, (worker, stack) in list(self._running.items()):
            try:
                worker.check()
            except workers.WorkerFailed as failure:
                self.ended.append(str(failure))
                del self._running[name]
                stack.close()
                self._down[name] = time.monotonic() + 0.5
        for name, until in list(self._down.items()):
            if time.monotonic() >= until:
                self.start(name)

    def told(self, group: str) -> str:
        """What the workers of a group wrote last."""
        named = {n: w for n, (w, _) in self._running.items() if n.partition("-")[0] == group}
        return "\n".join(f"{name}: {worker._tail()}" for name, worker in named.items())

    def _signal(self, name: str, number: int) -> bool:
        there = name in self._running and self._running[name][0].process.poll() is None
        if there:
            self._running[name][0].process.send_signal(number)
        return there

    def _forget(self, group: str) -> int:
        with GroupProgress(self._broker, self._prefix) as progress:
            committed = progress.committed(group)
        back = {
            place: OffsetAndMetadata(max(0, offset - self._rng.randint(1, 30)), "", None)
            for place, offset in committed.items()
            if place.topic == self._prefix + MATCH_FEED.name
        }
        if back:
            _commit(self._broker, self._prefix + group, back)
        return sum(committed[place] - to.offset for place, to in back.items())


def _commit(
    broker: BrokerSettings, group: str, offsets: dict[TopicPartition, OffsetAndMetadata]
) -> None:
    """Commit for a group that nobody is in any more."""
    deadline = time.monotonic() + _EMPTY_WITHIN_S
    with KafkaAdminClient(**client_settings(broker)) as admin:
        while True:
            try:
                told = admin.alter_group_offsets(group, offsets)
            except KafkaError as error:  # members that were killed are still on its list
                told = {"group": type(error)}
            if all(error is NoError for error in told.values()):
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the offsets of {group} cannot be set: {told}")
            time.sleep(0.5)
