"""Fixes injected into a recorded feed: what the watch finds of them, and what it raises else."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from alerts.complaint import Complaint
from markets.records import Gap, Heartbeat, Record
from streams.evaluate import Evaluation, Watched, assembled, held_against
from streams.overlay import Overlay, overlaid
from streams.overlay_plans import OVERLAID, Recording, drawn, recording
from streams.partition_watch import WatchSettings
from streams.processes import CORES, processes
from streams.quality import Case
from streams.recorded import Read, Source, read
from streams.simulator.match_day import Label
from streams.simulator.scheme import NoRoom, Typology
from streams.simulator.seeds import stream


class NothingToInject(Complaint, ValueError):
    """A feed, or a choice of typologies, that leaves nothing to inject."""


def evaluate_injected(
    sources: Sequence[Source],
    seed: int,
    *,
    typologies: Sequence[Typology],
    settings: WatchSettings,
    workers: int | None = None,
    on_match: Callable[[int, int], None] = lambda _done, _total: None,
    on_read: Read | None = None,
) -> Evaluation:
    """Watch a recorded feed as it is, and again with a fix of each typology in each match.

    The feed as it is counts as clean. A match without room for a fix (no two looks at its prices
    after it, too few books) is left out for that typology, one without prices or without a known
    kick-off altogether.

    Parameters
    ----------
    sources
        Files in any format that `replay` reads.
    seed
        Draws strength, time, selection and books of each fix.
    typologies
        Those that cannot be laid over prices are passed over.
    workers
        Processes; as many as there are cores when left out.
    on_match
        Called with matches done and matches in all.
    on_read
        Called as the files are read; see `streams.recorded.Read`.

    Raises
    ------
    NothingToInject
        Without a typology that can be injected, or without a match whose start is known.
    """
    chosen = [t for t in typologies if t in OVERLAID]
    if not chosen:
        raise NothingToInject(f"--scenario: only {', '.join(OVERLAID)} can be injected")
    told = read(sources, on_read)
    matches = list(recordings(record for record in told if isinstance(record, Record)))
    if not matches:
        raise NothingToInject(
            "--inject: no match with prices and a known kick-off; add a file of fixtures"
        )
    watched: list[Watched] = []
    for done, results in enumerate(_all(matches, seed, chosen, settings, workers), start=1):
        watched += results
        on_match(done, len(matches))
    return assembled(seed, settings, watched, ())


def recordings(records: Iterable[Record]) -> Iterator[Recording]:
    """Split a feed into its matches, each with the heartbeats and gaps of all sources."""
    told = list(records)
    by_match: dict[str, list[int]] = {}
    shared: list[int] = []
    for index, record in enumerate(told):
        if isinstance(record, Heartbeat | Gap):
            shared.append(index)
        else:
            by_match.setdefault(record.match, []).append(index)
    for match in sorted(by_match):
        own = [told[index] for index in sorted([*by_match[match], *shared])]
        if (found := recording(match, own)) is not None:
            yield found


def watch_recording(
    played: Recording, seed: int, typologies: Sequence[Typology], settings: WatchSettings
) -> list[Watched]:
    """Watch one match as it is, and with a fix of each typology that there is room for."""
    kick_off, full_time = (datetime.fromtimestamp(t, UTC) for t in _span(played))
    watched = [held_against(Case(played.match, kick_off, full_time), played.records, settings)]
    for typology in typologies:
        try:
            overlay = drawn(typology, played, stream(seed, 0, f"{typology}/{played.match}"))
        except NoRoom:
            continue
        case = Case(played.match, kick_off, full_time, label_of(played, overlay))
        told = list(overlaid(played.records, overlay, played.looks))
        watched.append(held_against(case, told, settings))
    return watched


def label_of(played: Recording, overlay: Overlay) -> Label:
    """Say what an overlay does to a match, as the simulator says it of its own."""
    return Label(
        match=played.match,
        typology=overlay.typology,
        market=overlay.market,
        selection=overlay.selection,
        start=datetime.fromtimestamp(overlay.since, UTC),
        end=datetime.fromtimestamp(overlay.until, UTC),
        note=overlay.note,
        strength=overlay.strength,
        line=overlay.line,
    )


def _span(played: Recording) -> tuple[float, float]:
    return played.kick_off, played.full_time


def _all(
    matches: Sequence[Recording],
    seed: int,
    typologies: Sequence[Typology],
    settings: WatchSettings,
    workers: int | None,
) -> Iterator[list[Watched]]:
    count = min(workers or CORES, len(matches))
    if count == 1:
        yield from (watch_recording(m, seed, typologies, settings) for m in matches)
        return
    with processes(count) as pool:
        asked = [pool.submit(watch_recording, m, seed, typologies, settings) for m in matches]
        yield from (future.result() for future in asked)
