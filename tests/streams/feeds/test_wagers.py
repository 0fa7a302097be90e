"""Account wagers from files: joined, pseudonymised, the same from each kind of file, resumed."""

import contextlib
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from markets.records import Account, Fixture, Record, Wager
from streams.feeds.feed import Broken, Refusal
from streams.feeds.live import Checkpoint, FeedRefused, Pause, Start
from streams.feeds.mapping import BadMapping, load_mapping
from streams.feeds.pseudonyms import make_key, read_key
from streams.feeds.rows import Row, read_rows
from streams.feeds.settings import WagersSettings
from streams.feeds.wagers import run
from tests.streams.made_up_wagers import (
    COLUMNS,
    MAPPING,
    NOON,
    marks,
    row,
    rows,
    write_csv,
    write_json,
)

HEADER = ",".join(COLUMNS)
# Damaged behind what is decoded at once; a lone half of a pair is no letter.
HALF_UTF_16 = f"{HEADER}\n{',' * 9000}\n".encode("utf-16") + b"\x00\xd8\x00\x00"


@pytest.fixture
def key(tmp_path: Path) -> Path:
    make_key(tmp_path / "pseudonyms.key")
    return tmp_path / "pseudonyms.key"


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    (tmp_path / "mapping.yml").write_text(MAPPING, encoding="utf-8")
    return tmp_path / "mapping.yml"


def start(key: Path, mapping: Path, *paths: Path, resume: Any = ()) -> Start:
    return Start(
        settings=WagersSettings(key_file=key), now=lambda: NOON, wait=lambda _: None,
        resume=dict(resume), paths=paths, mapping=mapping,
    )  # fmt: skip


def read(begun: Start) -> tuple[list[Record], list[Refusal], dict[str, Any]]:
    records, refusals, state = list[Record](), list[Refusal](), dict[str, Any]()
    for told in run(begun):
        if isinstance(told, Refusal):
            refusals.append(told)
        elif isinstance(told, Checkpoint):
            state = dict(told.state)
        elif not isinstance(told, Pause):
            records.append(told)
    return records, refusals, state


def wagers(records: list[Record]) -> list[Wager]:
    return [record for record in records if isinstance(record, Wager)]


def test_every_row_is_a_wager_or_a_refusal(key: Path, mapping: Path, tmp_path: Path) -> None:
    write_csv(tmp_path / "bets.csv", rows())
    records, refusals, _ = read(start(key, mapping, tmp_path / "bets.csv"))
    assert len(wagers(records)) == 288
    assert len(refusals) == 12
    assert sum(isinstance(record, Fixture) for record in records) == 1
    assert sum(isinstance(record, Account) for record in records) == 40
    first = wagers(records)[0]
    assert first.at == NOON
    assert first.match == "arnhem-v-breda-2026-06-11"
    assert first.stake == pytest.approx(row(0, NOON)["cents"] / 100)
    assert (first.side, first.country, first.opened) == ("back", "GR", "2024-05-01")


def test_no_refusal_repeats_what_was_refused(key: Path, mapping: Path, tmp_path: Path) -> None:
    write_csv(tmp_path / "bets.csv", rows())
    _, refusals, _ = read(start(key, mapping, tmp_path / "bets.csv"))
    told = repr(refusals)
    assert [mark for mark in marks() if mark in told] == []
    fields = Counter(refusal.reason.split(":")[0] for refusal in refusals)
    assert set(fields) == {
        "price", "stake", "at", "selection", "market", "country", "opened", "side", "status",
        "account_wagers", "start", "home",
    }  # fmt: skip


def test_files_of_every_kind_tell_the_same(key: Path, mapping: Path, tmp_path: Path) -> None:
    held = [row(n, NOON + timedelta(seconds=n)) for n in range(50)]
    write_csv(tmp_path / "bets.csv", held)
    write_json(tmp_path / "bets.jsonl", held)
    parquet.write_table(pa.Table.from_pylist(held), tmp_path / "bets.parquet")
    told = [
        read(start(key, mapping, tmp_path / f"bets.{kind}"))[:2]
        for kind in ("csv", "jsonl", "parquet")
    ]
    assert told[0] == told[1] == told[2]
    assert len(wagers(told[0][0])) == 50


def test_a_pseudonym_is_one_account_and_a_counterparty_the_same(
    key: Path, mapping: Path, tmp_path: Path
) -> None:
    write_json(tmp_path / "bets.jsonl", [row(n, NOON + timedelta(seconds=n)) for n in range(80)])
    made = wagers(read(start(key, mapping, tmp_path / "bets.jsonl"))[0])
    assert len({wager.account for wager in made}) == 40
    assert made[0].account == made[40].account
    assert made[0].counterparty == made[1].account
    assert all((wager.account or "").startswith("p-") for wager in made)


def test_another_key_makes_strangers(mapping: Path, tmp_path: Path) -> None:
    write_json(tmp_path / "bets.jsonl", [row(1, NOON)])
    accounts = set()
    for name in ("one", "two"):
        make_key(tmp_path / name)
        told = wagers(read(start(tmp_path / name, mapping, tmp_path / "bets.jsonl"))[0])
        accounts.add(told[0].account)
    assert len(accounts) == 2


def test_fills_of_one_bet_are_joined(key: Path, mapping: Path, tmp_path: Path) -> None:
    """fills at 0 s (100 at 2.0), 5 s (300 at 2.4), 5 s again (told twice), and late, at 60 s."""
    base = {"bet_id": "B1", "odds": 2.0, "cents": 10_000, "pick": "X"}
    held = [
        row(1, NOON, **base, part="1"),
        row(1, NOON + timedelta(seconds=5), **(base | {"odds": 2.4, "cents": 30_000}), part="2"),
        row(1, NOON + timedelta(seconds=5), **(base | {"odds": 2.4, "cents": 30_000}), part="2"),
        row(2, NOON + timedelta(seconds=50)),
        row(1, NOON + timedelta(seconds=60), **base, part="3"),
    ]
    write_json(tmp_path / "bets.jsonl", held)
    made = wagers(read(start(key, mapping, tmp_path / "bets.jsonl"))[0])
    assert [(wager.stake, wager.price) for wager in made] == [
        (400.0, 2.3), (made[1].stake, made[1].price), (100.0, 2.0)
    ]  # fmt: skip
    assert made[2].wager == f"{made[0].wager}-2"


def test_a_cancelled_bet_is_told_after_it(key: Path, mapping: Path, tmp_path: Path) -> None:
    held = [row(1, NOON, bet_id="B1"), row(1, NOON, bet_id="B1", state="CXL")]
    write_json(tmp_path / "bets.jsonl", held)
    made = wagers(read(start(key, mapping, tmp_path / "bets.jsonl"))[0])
    assert [wager.status for wager in made] == ["accepted", "cancelled"]


def test_a_file_that_grew_is_read_on(key: Path, mapping: Path, tmp_path: Path) -> None:
    held, path = rows(60), tmp_path / "bets.csv"
    write_csv(path, held[:40])
    first, _, state = read(start(key, mapping, path))
    state = json.loads(json.dumps(state))
    assert wagers(read(start(key, mapping, path, resume=state))[0]) == []
    write_csv(path, held)
    more, _, _ = read(start(key, mapping, path, resume=state))
    write_csv(path, held)
    assert wagers(first) + wagers(more) == wagers(read(start(key, mapping, path))[0])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(f"{HEADER}\n1", "has 1 values for 24 columns", id="short row"),
        pytest.param(f"{HEADER}\n1{',' * 30}", "has 31 values for 24 columns", id="long row"),
        pytest.param(f'{HEADER}\n"theo@mail', "is no CSV", id="open quote"),
        pytest.param('{"a": 1}\n{"theo@mail', "is no JSON object", id="half a JSON line"),
        pytest.param('{"a": 1}\n' + "[" * 5000, "is no JSON object", id="nested"),
    ],
)
def test_rows_that_cannot_be_read_are_refused_without_their_text(
    text: str, reason: str, key: Path, mapping: Path, tmp_path: Path
) -> None:
    (tmp_path / "bets").write_text(text, encoding="utf-8")
    _, refusals, _ = read(start(key, mapping, tmp_path / "bets"))
    assert reason in refusals[-1].reason
    assert "theo" not in repr(refusals)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(f"{HEADER}\n".replace("odds", "price"), "no column odds", id="no column"),
        pytest.param(f"{HEADER},odds\n", "more than one column odds", id="column twice"),
        pytest.param(f"{HEADER}\n".encode("utf-16"), "is UTF-16", id="utf-16"),
        pytest.param(b'[{"theo@mail": 1}]', "list of JSON", id="list"),
        pytest.param(b"PAR1theo@mail", "damaged after row 0", id="parquet"),
        pytest.param(gzip.compress(f"{HEADER}\n".encode() * 99)[:-9], "in the middle", id="cut"),
        pytest.param('"theo@mail\n', "first row is no CSV", id="header"),
    ],
)
def test_a_file_that_cannot_be_read_on_is_refused_and_the_next_one_read(
    data: str | bytes, reason: str, key: Path, mapping: Path, tmp_path: Path
) -> None:
    bad, good = tmp_path / "bad", tmp_path / "good.csv"
    bad.write_bytes(data if isinstance(data, bytes) else data.encode())
    write_csv(good, [row(n, NOON) for n in range(3)])
    told: list[Any] = []
    with pytest.raises(FeedRefused, match="not read to the end: bad"):
        told.extend(run(start(key, mapping, bad, good)))
    refusals = [one for one in told if isinstance(one, Refusal)]
    assert reason in refusals[-1].reason
    assert "theo" not in repr(refusals)
    assert sum(isinstance(one, Wager) for one in told) == 3


def test_a_damaged_letter_ends_a_file(key: Path, mapping: Path, tmp_path: Path) -> None:
    (tmp_path / "bets").write_bytes(HALF_UTF_16)
    mapping.write_text(f"{MAPPING}encoding: utf-16\n", encoding="utf-8")
    with pytest.raises(FeedRefused, match="not read to the end"):
        list(run(start(key, mapping, tmp_path / "bets")))
    assert len(list(read_rows_of(tmp_path / "bets", mapping))) < 10


def read_rows_of(path: Path, mapping: Path) -> Iterator[Row]:
    with contextlib.suppress(Broken):
        yield from read_rows(path, load_mapping(mapping))


def test_letters_of_another_encoding_are_told(key: Path, mapping: Path, tmp_path: Path) -> None:
    write_csv(tmp_path / "bets.csv", [row(0, NOON) | {"home_team": "C\u00e1diz"}])
    text = (tmp_path / "bets.csv").read_text(encoding="utf-8")
    (tmp_path / "bets.csv").write_bytes(text.encode("latin-1"))
    _, refusals, _ = read(start(key, mapping, tmp_path / "bets.csv"))
    assert [one.reason for one in refusals] == ["home: is in another encoding than the mapping's"]


def test_the_key_is_for_its_owner_alone(key: Path) -> None:
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FeedRefused, match="exists"):
        make_key(key)
    key.chmod(0o640)
    with pytest.raises(FeedRefused, match="chmod 600"):
        read_key(key)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        pytest.param(("unit: 0.01", "unit: 0"), "unit", id="unit"),
        pytest.param(("Europe/Athens", "Europe/Atlantis"), "timezone", id="zone"),
        pytest.param(("  account: customer_no\n", ""), "account must be mapped", id="missing"),
        pytest.param(("  fill: part", "  fils: part"), "fils: not known", id="misspelt"),
        pytest.param(("kind: wagers", "kind: bets"), "kind", id="kind"),
        pytest.param(("kind: wagers", "kind: !!python/object:os.system x"), "YAML", id="object"),
        pytest.param(("time_format:", "x_format:"), "x_format: is no setting", id="unknown"),
        pytest.param(("%d/%m", "%Q/%m"), "time_format: '%Q", id="time format"),
        pytest.param((MAPPING, "- kind"), "is no mapping", id="list"),
        pytest.param((MAPPING, ""), "is no mapping", id="nothing"),
    ],
)
def test_wrong_mappings_are_told(change: tuple[str, str], fault: str, tmp_path: Path) -> None:
    (tmp_path / "m.yml").write_text(MAPPING.replace(*change), encoding="utf-8")
    with pytest.raises(BadMapping, match=fault):
        load_mapping(tmp_path / "m.yml")


def test_a_door_without_a_key_stays_shut(mapping: Path, tmp_path: Path) -> None:
    begun = Start(
        settings=WagersSettings(), now=lambda: NOON, wait=lambda _: None,
        paths=[tmp_path / "bets.csv"], mapping=mapping,
    )  # fmt: skip
    with pytest.raises(FeedRefused, match="pseudonym-key"):
        list(run(begun))
