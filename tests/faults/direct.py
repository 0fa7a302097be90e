"""The day without broker and workers: the same watch and the same archive, in this process."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import StoreSettings, open_store
from streams.configuration import config_hash, load
from streams.tally import Tally
from streams.watches import Watches
from tests.faults.day import Cut
from tests.faults.outcome import Outcome, outcome


def undisturbed(cut: list[Cut], store: Path) -> Outcome:
    settings, tally = load(), Tally()
    watches = Watches(settings.watch, config_hash(settings.watch))
    arrived, ends = datetime.now(UTC), Counter[int]()
    frames, told = [], []
    for partition, records in cut:
        frames.append((partition, ends[partition], arrived, records))
        for alert in watches.apply(partition, ends[partition], records):
            tally.raised(alert)
            told.append((0, len(told), arrived, alert.to_json()))
        ends[partition] += 1
    with open_store(StoreSettings(directory=store)) as opened:
        migrate(opened)
        archive = Archive(opened)
        archive.write(frames)
        archive.write_alerts(told)
    return outcome(tally.alerts, StoreSettings(directory=store))
