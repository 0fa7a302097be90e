"""`sogawatch canary`: from feed to store every few seconds, seen from outside."""

import time
from contextlib import suppress
from typing import Annotated

import typer

from streams.broker import BrokerSettings
from streams.canary_metrics import CanaryMetrics
from streams.canary_rounds import Rounds
from streams.canary_settings import CanarySettings
from streams.commands.options import FAILED, Config, KafkaAt, complaints, with_bootstrap
from streams.commands.topics import Prefix, require_bootstrap
from streams.configuration import load
from streams.findings import Finding, shown
from streams.flock import Flock
from streams.screen import Screen
from streams.topics import MATCH_FEED

_WAIT_S = 0.05


def canary_(
    every: Annotated[
        float | None, typer.Option(min=0.1, max=3600, help="Seconds between rounds.")
    ] = None,
    within: Annotated[
        float | None,
        typer.Option(min=0.1, max=3600, help="Seconds after which one is missing."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="One round; exit status 1 when any is missing.")
    ] = False,
    prefix: Prefix = "",
    bootstrap: KafkaAt = None,
    config: Config = None,
) -> None:
    """Send a canary through every partition, and tell which do not come out of the store's end.

    A canary goes from match-feed through the watch to the topic canaries, and through the archive
    to the store; it is no record and no alert. Runs until it is told to stop, with a line whenever
    what it sees changes; metrics are served at canary.metrics_host and canary.metrics_port.
    """
    screen = Screen()
    with complaints(screen):
        settings = with_bootstrap(load(config), bootstrap)
        require_bootstrap(settings)
        given = {"every_s": every, "within_s": within}
        told = {name: value for name, value in given.items() if value is not None}
        timing = settings.canary.model_copy(update=told)
        if not once:
            with suppress(KeyboardInterrupt):  # to be told to stop is how it ends
                fly(settings.broker, timing, prefix, screen)
            return
        finding = one_round(settings.broker, prefix, timing.within_s, screen)
        screen.say(shown(finding))
    if not finding.well:
        raise SystemExit(FAILED)


def one_round(broker: BrokerSettings, prefix: str, within: float, screen: Screen) -> Finding:
    """Send one to each partition, and wait until all are through or overdue."""
    flock = Flock(range(MATCH_FEED.count(broker)), within)
    with Rounds(broker, prefix, flock) as rounds:
        rounds.send()
        while flock.flying:
            rounds.follow(_WAIT_S)
            screen.at("canaries", len(flock.passed), len(flock.partitions))
    found = flock.verdict(prefix + MATCH_FEED.name)
    assert found is not None  # each is through or missing
    return found


def fly(broker: BrokerSettings, timing: CanarySettings, prefix: str, screen: Screen) -> None:
    """Send round after round, and say what changes."""
    flock = Flock(range(MATCH_FEED.count(broker)), timing.within_s)
    metrics, before = CanaryMetrics(time.monotonic()), None
    with Rounds(broker, prefix, flock) as rounds:
        metrics.serve(timing.metrics_host, timing.metrics_port)
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                rounds.send()
                metrics.sent()
                due = max(due + timing.every_s, time.monotonic())
            rounds.follow(_WAIT_S if flock.flying else min(0.5, timing.every_s))
            metrics.look(flock, time.monotonic())
            found, now = flock.verdict(prefix + MATCH_FEED.name), dict(flock.missing)
            if found is not None and now != before:
                screen.say(shown(found))
                before = now
