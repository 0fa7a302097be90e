import contextlib
import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import streams.feeds
from streams.feeds import formats
from streams.feeds.formats import FORMATS, UnknownFormat, detect, parse_source
from streams.feeds.opening import open_feed

DATA = Path(__file__).parents[3].parent / "shared/data"
HEADS = {
    "records": b'{"kind":"heartbeat","at":"2026-06-11T19:00:00Z","source":"betfair"}\n',
    "odds-api": b'{"timestamp":"2026-06-06T05:00:31Z","data":[{"id":"8","sport_key":"x"}]}\n',
    "openfootball": json.dumps({"name": "x", "matches": [{"team1": "Mexico"}]}, indent=1).encode(),
}


@pytest.mark.parametrize("name", HEADS)
def test_every_format_knows_its_own(name: str) -> None:
    assert detect(HEADS[name], "f") is FORMATS[name]


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\n  "])
@pytest.mark.parametrize("name", HEADS)
def test_what_editors_put_in_front_does_not_matter(name: str, mark: bytes) -> None:
    assert detect(mark + HEADS[name], "f") is FORMATS[name]


def test_a_new_feed_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = (
        "from streams.feeds.feed import Format\n"
        "FORMAT = Format('mine', lambda head: head == b'mine', lambda stream, place: iter(()))\n"
    )
    (tmp_path / "mine.py").write_text(source)
    monkeypatch.setattr(streams.feeds, "__path__", [*streams.feeds.__path__, str(tmp_path)])
    found = {each.name for each in formats._discovered()}
    sys.modules.pop("streams.feeds.mine")
    assert found == {*FORMATS, "mine"}


def test_names_are_those_of_the_command_line() -> None:
    assert {"odds-api", "openfootball", "records"} <= set(FORMATS)
    assert all(name == each.name for name, each in FORMATS.items())


@pytest.mark.parametrize(
    ("source", "name", "path"),
    [
        ("odds-api:a.jsonl", "odds-api", "a.jsonl"),
        ("records:/data/at 19:00.jsonl", "records", "/data/at 19:00.jsonl"),
        ("records:C:\\feeds\\day.jsonl", "records", "C:\\feeds\\day.jsonl"),
        ("C:\\feeds\\day.jsonl", None, "C:\\feeds\\day.jsonl"),
        ("c:/feeds/day.jsonl", None, "c:/feeds/day.jsonl"),
        ("/data/at 19:00.jsonl", None, "/data/at 19:00.jsonl"),
        ("./odds-api:x", None, "odds-api:x"),
        ("day.jsonl", None, "day.jsonl"),
        ("2026-06-11T19:00.jsonl", None, "2026-06-11T19:00.jsonl"),
    ],
)
def test_sources(source: str, name: str | None, path: str) -> None:
    found, where = parse_source(source)
    assert (found and found.name, where) == (name, Path(path))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("odds_api:x", "'odds_api' is no format, did you mean odds-api?; formats: "),
        ("Records:x", "did you mean records?"),
        ("kafka:x", "'kafka' is no format; formats: "),
        ("records:", "a path is missing"),
    ],
)
def test_sources_that_are_none(source: str, reason: str) -> None:
    with pytest.raises(UnknownFormat) as told:
        parse_source(source)
    assert reason in str(told.value)
    assert str(told.value).startswith(source)


def test_a_file_with_a_colon_in_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("feed:1").write_bytes(b"x")
    assert parse_source("feed:1") == (None, Path("feed:1"))


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "f: has nothing in it"),
        (b" \n", "f: has nothing in it"),
        (b"<!doctype html>", "f: not recognised, begins with b'<!doctype html>'; if you know"),
        (HEADS["records"] + b'{"timestamp":1,"data":[]}', "f: could be "),
    ],
)
def test_files_that_are_not_recognised(head: bytes, reason: str) -> None:
    with pytest.raises(UnknownFormat) as told:
        detect(head, "f")
    assert str(told.value).startswith(reason)


@given(st.binary(max_size=200))
def test_noise_is_never_an_error_of_another_kind(head: bytes) -> None:
    with contextlib.suppress(UnknownFormat):
        assert detect(head, "f") in FORMATS.values()


@pytest.mark.skipif(not DATA.exists(), reason="there is no ../shared/data")
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("worldcup-2026/odds-api-snapshots.jsonl.xz", "odds-api"),
        ("worldcup-2026/results.json", "openfootball"),
        ("betfair/cricket-1.200806927.bz2", "betfair"),
        ("betfair/tennis-basic-1.223716976.bz2", "betfair"),
    ],
)
def test_real_files(path: str, name: str) -> None:
    if name not in FORMATS:
        pytest.skip(f"there is no format {name} yet")
    for opened in open_feed(DATA / path):
        assert detect(opened.head, opened.name).name == name
