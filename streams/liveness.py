"""A worker that looks at itself from outside, and ends when it is stuck, to be started anew.

It asks the broker, by a client and on a thread of its own, what its group has committed: an event
loop that hangs, a consumer that died without a word, an agent that waits for ever cannot keep it
quiet. Only its supervisor can help then, so the process ends at once, as by kill -9.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from typing import Any

from faust.types import TP
from kafka import TopicPartition
from kafka.errors import KafkaError

from streams.app import App
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.findings import named
from streams.following import GroupProgress
from streams.health import Standing, serving
from streams.liveness_settings import LivenessSettings
from streams.patience import Patience

log = logging.getLogger(__name__)

_ANSWER_WITHIN_S = 10.0
_LOOKS = 10
_SOON_S = 1.0


@contextmanager
def kept_alive(
    app: App, broker: BrokerSettings, settings: LivenessSettings, health: int | None = None
) -> Iterator[None]:
    """End this process when the app gets stuck while the block lasts; serve health on a port."""
    looking = Liveness(app, broker, settings.within_s, end)
    with nullcontext() if health is None else serving(health, lambda: looking.standing):
        looking.start()
        try:
            yield
        finally:
            looking.stop()


def end(reason: str) -> None:
    """End the process: what hangs could not be ended in order."""
    log.critical("%s", reason)
    logging.shutdown()
    os._exit(1)


class Liveness(threading.Thread):
    """Looks at the partitions of an app while it runs; tells `on_stuck` a reason.

    Good at: whatever keeps the worker from committing. Bad at: a worker that has no partitions, for
    there is nothing that it should do; one that was told to stop and does not; an extension in C
    that never gives the interpreter back.
    """

    def __init__(
        self, app: App, broker: BrokerSettings, within_s: float, on_stuck: Callable[[str], None]
    ) -> None:
        super().__init__(name="liveness", daemon=True)
        self._app = app
        self._broker = broker.model_copy(update={"request_timeout_s": _ANSWER_WITHIN_S})
        self._within_s = within_s
        self._on_stuck = on_stuck
        self._every_s = within_s / _LOOKS
        self._patience = Patience(within_s, 3 * self._every_s)
        self._told = threading.Event()
        self._own: frozenset[TopicPartition] = frozenset()
        self._judged = self._own
        self._away = False
        self.standing = Standing()
        app.on_partitions_assigned.connect(self._assigned, weak=False)  # type: ignore[arg-type]
        app.on_partitions_revoked.connect(self._revoked, weak=False)

    def stop(self) -> None:
        """Look no more."""
        self._told.set()

    def run(self) -> None:
        """Look until told to stop; while the broker does not answer nothing is judged."""
        while not self._told.wait(self._every_s):
            try:
                self._look_on()
            except (KafkaError, BrokerUnavailable, OSError) as error:
                if not self._away:
                    log.warning("whether this worker advances cannot be asked: %s", error)
                self._away = True
                self.standing = replace(self.standing, told=f"the broker cannot be asked: {error}")

    def _look_on(self) -> None:
        with GroupProgress(self._broker, self._app.prefix) as progress:
            while not self._told.is_set():
                self._look(progress)
                soon = min(_SOON_S, self._every_s)
                self._told.wait(self._every_s if self.standing.ready else soon)

    def _look(self, progress: GroupProgress) -> None:
        own = self._own
        told = progress.committed(self._app.conf.id.removeprefix(self._app.prefix))
        committed = {place: told.get(place, 0) for place in own}
        ends = progress.ends_of(own)
        if self._away:
            log.warning("the broker answers again")
            self._away = False
        changed_hands = own is not self._judged or own is not self._own
        if changed_hands or self._app.should_stop:
            self._patience.begin()
            self._judged, self.standing = own, Standing()
            return
        stuck = self._patience.look(time.monotonic(), committed, ends, self._excused)
        lag = sum(max(0, ends[place] - committed[place]) for place in own)
        self.standing = self._stands(lag)
        if stuck:
            waiting = sum(ends[place] - committed[place] for place in stuck)
            self._on_stuck(
                f"this worker ends, to be started anew: no progress in {self._within_s:g} s on "
                f"{named(sorted(stuck))}, {waiting} records wait"
            )

    def _stands(self, lag: int) -> Standing:
        """Ready is who has caught up once since the partitions came, and is not recovering."""
        recovering = any(self._excused(place.topic) for place in self._judged)
        caught_up = bool(self._judged) and lag == 0 and not recovering
        told = f"{len(self._judged)} partitions, {lag} records wait"
        return Standing(self.standing.ready or caught_up, self._patience.longest_s, told)

    def _excused(self, topic: str) -> bool:
        return self._app.excuses.holds(topic.removeprefix(self._app.prefix))

    def _assigned(self, _: Any, assigned: Collection[TP], **__: Any) -> None:
        self._own = frozenset(TopicPartition(tp.topic, tp.partition) for tp in assigned)

    def _revoked(self, *_: Any, **__: Any) -> None:
        self._own = frozenset()
