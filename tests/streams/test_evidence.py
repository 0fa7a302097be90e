"""Packs: whole they verify, and whatever was done to one is named."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet
import pytest

from forensics.asking import Asker, NotAllowed
from forensics.manifest import NotAPack, seal
from forensics.signing import BadKey, make_key, read_key, read_public
from forensics.store import StoreSettings, open_store
from forensics.stored_feed import NotStored
from streams import replay
from streams.configuration import load
from streams.evidence import CannotWrite, make, verify
from streams.simulator.match_day import match_day
from streams.simulator.scheme import Fix
from streams.tally import Tally

NOW = datetime(2026, 7, 6, 9, tzinfo=UTC)
ASKER = Asker("officer", "case 12", lambda: NOW)
FIX = Fix(0, "two-sided-transfer", "1x2")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a pack, its key and the store it came from."""
    home, tally = tmp_path_factory.mktemp("evidence"), Tally()
    day = match_day(5, matches=1, books=6, fixes=(FIX,), start=datetime(2026, 7, 4, tzinfo=UTC))
    replay.replay_direct(day.records, load(), tally, tally.raised, store=home / "store")
    subject = max(tally.alerts.values(), key=lambda alert: alert.score).alert_id
    make_key(home / "key.pem")
    with open_store(StoreSettings(directory=home / "store")) as store:
        checked = make(
            store, subject, home / "pack", key=read_key(home / "key.pem"), asker=ASKER,
            settings=load().watch, marking="TLP:AMBER+STRICT",
        )  # fmt: skip
        with pytest.raises(NotStored, match="no alert and no match of that name"):
            make(store, "a-nothing", home / "other", key=read_key(home / "key.pem"), asker=ASKER,
                 settings=load().watch, marking="TLP:RED")  # fmt: skip
        with pytest.raises(NotAllowed, match="say why"):
            make(
                store, subject, home / "other", key=read_key(home / "key.pem"),
                asker=Asker("x", " ", lambda: NOW), settings=load().watch, marking="TLP:RED",
            )  # fmt: skip
        logged = store.rows("SELECT who, why, question FROM questions_asked")
    assert checked.good
    assert ("officer", "case 12", "evidence") in {tuple(row.values()) for row in logged}
    assert {row["question"] for row in logged} >= {"who-bet", "bets-together", "money-flow"}
    return home


@pytest.fixture
def pack(made: Path, tmp_path: Path) -> Path:
    """A copy of the pack alone, to be spoilt."""
    return Path(shutil.copytree(made / "pack", tmp_path / "pack"))


def public(home: Path) -> object:
    return read_public((home / "key.pem.pub").read_bytes(), "key.pem.pub")


def test_a_pack_verifies_with_nothing_but_the_pack(made: Path, pack: Path) -> None:
    checked = verify(pack, public(made))  # type: ignore[arg-type]
    assert (checked.faults, checked.differing, checked.notes) == ((), (), ())
    assert checked.alerts >= 1


ROOT = Path(__file__).parents[2]
PACKAGES = ("markets", "detectors", "alerts", "forensics", "dashboards", "streams")
NOTED = """
import sys
opened = set()
sys.addaudithook(lambda event, about: opened.add(str(about[0])) if event == "open" else None)
from streams.cli import main
try:
    main()
finally:
    print(*sorted(opened), sep="\\n", file=sys.stderr)
"""


def test_a_pack_verifies_in_a_clean_clone_with_nothing_but_the_pack(
    made: Path, pack: Path, tmp_path: Path
) -> None:
    """Another process with the sources alone: no settings, no store, no home, no working folder.

    Each file that it opens is noted: the pack, its own sources and libraries, nothing else of ours.
    """
    clone, away = tmp_path / "clone", tmp_path / "away"
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, clone / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    away.mkdir()
    shutil.copy(made / "key.pem.pub", tmp_path / "maker.pub")
    done = subprocess.run(
        [sys.executable, "-P", "-c", NOTED, "evidence", "verify", str(pack),
         "--public-key", str(tmp_path / "maker.pub")],
        env={"PYTHONPATH": str(clone), "HOME": str(away), "PATH": os.defpath},
        cwd=away, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every file as it was signed" in done.stdout
    assert "alerts derived again, equal" in done.stdout
    opened = [Path(line) for line in done.stderr.splitlines() if line.startswith("/")]
    assert clone / "streams" / "rederive.py" in opened
    assert pack / "records" / "wagers.parquet" in opened
    libraries = (sys.prefix, sys.base_prefix, str(tmp_path))
    ours = [p for p in opened if p.is_relative_to(ROOT) or p.is_relative_to(made)]
    assert [p for p in ours if not str(p).startswith(libraries)] == []


def flip(pack: Path, name: str, place: int) -> None:
    spoilt = bytearray((pack / name).read_bytes())
    spoilt[place % len(spoilt)] ^= 1
    (pack / name).write_bytes(spoilt)


def names(pack: Path) -> list[str]:
    return sorted(
        p.relative_to(pack).as_posix() for p in pack.rglob("*") if p.is_file() and p.stat().st_size
    )


def test_a_flipped_byte_in_any_file_is_named(made: Path, pack: Path) -> None:
    from forensics.manifest import faults

    for number, name in enumerate(names(pack)):
        before = (pack / name).read_bytes()
        flip(pack, name, 17 + 31 * number)
        try:
            found = faults(pack, public(made))  # type: ignore[arg-type]
        except NotAPack as error:
            found = [str(error)]
        assert any(name in fault or "manifest.json" in fault for fault in found), name
        (pack / name).write_bytes(before)
    assert faults(pack, public(made)) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["manifest.sig", "public-key.pem"])
def test_no_byte_of_the_seal_can_be_another(made: Path, pack: Path, name: str) -> None:
    """Base64 has bits, and a key file blanks, that a decoder passes over."""
    from forensics.manifest import faults

    before = (pack / name).read_bytes()
    for place in range(len(before)):
        for bit in (1, 2, 32):
            (pack / name).write_bytes(
                before[:place] + bytes([before[place] ^ bit]) + before[place + 1 :]
            )
            found = faults(pack, public(made))  # type: ignore[arg-type]
            assert any(name in fault for fault in found), (place, bit)
    (pack / name).write_bytes(before + b"\n")
    assert any(name in fault for fault in faults(pack, public(made)))  # type: ignore[arg-type]


def remove(pack: Path) -> None:
    (pack / "records" / "wagers.parquet").unlink()


def add(pack: Path) -> None:
    (pack / "records" / "more.parquet").write_bytes(b"x")


def link(pack: Path) -> None:
    (pack / "report.html").unlink()
    (pack / "report.html").symlink_to(pack / "report.pdf")


def another_value(pack: Path) -> None:
    path = pack / "questions" / "bets-together.json"
    path.write_text(path.read_text().replace('"apart": "30"', '"apart": "90"'))


def forge(pack: Path) -> None:
    """Change the manifest, and sign it with a key of one's own."""
    make_key(pack.parent / "forged.pem")
    about = json.loads((pack / "manifest.json").read_bytes())
    about["subject"] = "a-forged"
    for name in ("format", "key", "files"):
        about.pop(name)
    seal(pack, about, read_key(pack.parent / "forged.pem"))


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (remove, "records/wagers.parquet: removed"),
        (add, "records/more.parquet: added"),
        (link, "report.html: not a plain file"),
        (another_value, "questions/bets-together.json: apart is '90', was signed as '30'"),
        (forge, "public-key.pem: forged or foreign"),
    ],
)
def test_what_was_done_to_a_pack_is_named(
    made: Path, pack: Path, spoil: Callable[[Path], None], named: str
) -> None:
    spoil(pack)
    checked = verify(pack, public(made))  # type: ignore[arg-type]
    assert any(fault.startswith(named) for fault in checked.faults), checked.faults
    assert not checked.good


def test_without_the_makers_key_a_forged_pack_looks_whole(pack: Path) -> None:
    """Which is why the key must come by another way, and the command says so."""
    forge(pack)
    assert verify(pack, None).faults == ()


def test_records_that_were_changed_and_signed_anew_do_not_give_the_alert(
    made: Path, pack: Path
) -> None:
    path = pack / "records" / "wagers.parquet"
    table = pyarrow.parquet.read_table(path)
    lone = pa.array([None] * table.num_rows, pa.string())
    place = table.column_names.index("counterparty")
    pyarrow.parquet.write_table(table.set_column(place, "counterparty", lone), path)
    forge(pack)
    checked = verify(pack, None)
    assert checked.faults == ()
    assert checked.differing


def test_the_report_is_marked_on_every_page_and_needs_no_other_file(pack: Path) -> None:
    html = (pack / "report.html").read_text()
    assert html.count("TLP:AMBER+STRICT") >= 3
    assert "src=" not in html
    assert "A pattern is not proof" in " ".join(html.split())
    assert (pack / "report.pdf").read_bytes().startswith(b"%PDF")


def test_a_folder_with_something_in_it_is_not_written_to(made: Path) -> None:
    with (
        pytest.raises(CannotWrite, match="not an empty folder"),
        open_store(StoreSettings(directory=made / "store")) as store,
    ):
        make(store, "x", made / "pack", key=read_key(made / "key.pem"), asker=ASKER,
             settings=load().watch, marking="TLP:RED")  # fmt: skip


def test_keys_are_kept_from_others_and_never_written_over(tmp_path: Path) -> None:
    make_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(BadKey, match="name a new file"):
        make_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(BadKey, match="others may read"):
        read_key(tmp_path / "key")
    with pytest.raises(BadKey, match="not a public key"):
        read_public(b"nonsense", "it")
    with pytest.raises(BadKey, match="evidence keygen"):
        read_key(tmp_path / "none")
