"""Evidence packs: made from the store, checked from nothing but the pack."""

import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import ValidationError

from alerts.alert import Alert, Marking
from detectors.catalogue import catalogue
from forensics import pack
from forensics.asking import Asker
from forensics.manifest import faults, manifest_of, seal
from forensics.store import Store
from forensics.stored_feed import Tables, holes, told
from streams.configuration import config_hash
from streams.partition_watch import WatchSettings
from streams.rederive import derived, differences

if TYPE_CHECKING:
    from forensics.report import Made

_LIBRARIES = ("river", "numpy", "scipy", "msgspec", "pyarrow")


class CannotWrite(Exception):
    """A folder that a pack cannot be written to."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of a pack found: faults of its files, and what was derived otherwise."""

    faults: tuple[str, ...]
    differing: tuple[str, ...]
    notes: tuple[str, ...]
    alerts: int

    @property
    def good(self) -> bool:
        """Whether nothing is wrong and everything was derived again."""
        return not self.faults and not self.differing


def make(
    store: Store,
    name: str,
    out: Path,
    *,
    key: Ed25519PrivateKey,
    asker: Asker,
    settings: WatchSettings,
    marking: Marking,
) -> Verified:
    """Make a pack about an alert or a match in an empty folder; return how deriving it went."""
    # Drawing takes seconds to import, which no other command should wait for.
    from forensics.charts import charts
    from forensics.document import to_html, to_pdf
    from forensics.report import Made, report

    _require_empty(out)
    gathered = pack.gather(store, name, asker)
    checked = _derive(gathered.tables, gathered.run.partition, gathered.alerts, settings)
    out.mkdir(parents=True, exist_ok=True)
    pack.write(gathered, out)
    drawn = list(charts(gathered.tables, gathered.subject)) if gathered.subject else []
    for chart, _, svg in drawn:
        path = out / "charts" / f"{chart}.svg"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(svg)
    made = Made(asker.who, asker.now(), asker.why, tool(settings), _sentences(checked), marking)
    blocks = list(report(gathered, drawn, made))
    title = f"sogawatch evidence: {name}"
    (out / "report.html").write_bytes(to_html(blocks, title, marking))
    (out / "report.pdf").write_bytes(to_pdf(blocks, title, marking, made.at))
    seal(out, _about(gathered, name, made, settings), key)
    return checked


def verify(folder: Path, pinned: Ed25519PublicKey | None) -> Verified:
    """Check a pack: its files, its signature, and whether its records give its alerts again.

    Raises
    ------
    NotAPack
        When the folder holds none, or one of another format.
    """
    about = manifest_of(folder)
    found = tuple(faults(folder, pinned))
    try:
        settings = WatchSettings.model_validate(about["watch"])
        tables, frames = pack.records_in(folder)
        raised = pack.alerts_in(folder)
        checked = _derive(tables, about["partition"], raised, settings)
        missing = holes(tables, frames)
    except (OSError, KeyError, ValueError, ValidationError) as error:
        said = f"cannot be derived again: {str(error).splitlines()[0]}"
        return Verified(found, (said,), (), 0)
    lacking = tuple(f"frame {offset}: {n} records are missing" for offset, n in missing)
    notes = (*checked.notes, *_other_versions(about["tool"], settings))
    return Verified(found, (*checked.differing, *lacking), notes, checked.alerts)


def tool(settings: WatchSettings) -> dict[str, str]:
    """Versions of all that takes part in deriving an alert."""
    detectors = ", ".join(f"{each.name}:{each.version}" for each in catalogue())
    return {
        "sogawatch": version("sogawatch"),
        "configuration": config_hash(settings),
        "python": platform.python_version(),
        **{name: version(name) for name in _LIBRARIES},
        "detectors": detectors,
        "system": f"{sys.platform} {platform.machine()}",
    }


def _derive(
    tables: Tables, partition: int, raised: Sequence[Alert], settings: WatchSettings
) -> Verified:
    match = {alert.match for alert in raised}
    again = derived(told(tables), partition, settings)
    found = differences(raised, {k: a for k, a in again.items() if not match or a.match in match})
    now = config_hash(settings)
    others = sorted({a.provenance.config_hash for a in raised} - {now})
    notes = tuple(
        f"raised with configuration {other}, this program's is {now}: levels may differ"
        for other in others
    )
    return Verified((), tuple(map(str, found)), notes, len(raised))


def _sentences(checked: Verified) -> tuple[str, ...]:
    if checked.differing:
        return ("Deriving the alerts again gave differences:", *checked.differing, *checked.notes)
    equal = f"{checked.alerts} of {checked.alerts} alerts of the match were derived again from the "
    return (f"{equal}enclosed records, equal in every field.", *checked.notes)


def _other_versions(then: dict[str, str], settings: WatchSettings) -> tuple[str, ...]:
    now = tool(settings)
    return tuple(
        f"made with {name} {value}, checked with {now.get(name)}"
        for name, value in then.items()
        if now.get(name) != value
    )


def _about(
    gathered: pack.Gathered, name: str, made: "Made", settings: WatchSettings
) -> dict[str, object]:
    return {
        "subject": name,
        "match": gathered.match,
        "partition": gathered.run.partition,
        "marking": made.marking,
        "made_at": made.at.isoformat(),
        "made_by": made.by,
        "reason": made.reason,
        "tool": dict(made.tool),
        "watch": settings.model_dump(mode="json"),
        "alerts": [alert.alert_id for alert in gathered.alerts],
        "questions": {asked.question.name: dict(asked.values) for asked in gathered.asked},
    }


def _require_empty(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CannotWrite(f"{out}: is not an empty folder; name a new one")
