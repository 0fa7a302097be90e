"""Settings against files and environments that are nearly right."""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.configuration import BadConfiguration, Settings, load
from tests.mutations import NASTY, bounded_memory, fuzzed, nearly

GOOD = b"""
[broker]
bootstrap = "kafka:9092"
partitions = 12
[watch.budget]
red_per_100 = 1
[store]
directory = "/nowhere"
[retention]
[notify]
[feeds]
[board]
port = 8080
"""
NAMES = [
    f"SOGAWATCH_{section}__{name}".upper()
    for section, field in Settings.model_fields.items()
    for name in field.annotation.model_fields  # type: ignore[union-attr]
] + [f"SOGAWATCH_{section}".upper() for section in Settings.model_fields]
values = st.one_of(
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30),
    st.sampled_from([nasty.decode(errors="replace").replace("\x00", "") for nasty in NASTY]),
)


@pytest.fixture(autouse=True, scope="module")
def memory() -> Iterator[None]:
    with bounded_memory():
        yield


def loaded(path: Path | None) -> Settings | str:
    try:
        return load(path)
    except BadConfiguration as told:
        return str(told)


@fuzzed
@given(nearly(GOOD))
def test_a_file_is_taken_or_refused_with_a_reason(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "watch.toml"
    path.write_bytes(text)
    assert loaded(path)


@fuzzed
@given(st.dictionaries(st.sampled_from(NAMES), values, min_size=1, max_size=4))
def test_an_environment_is_taken_or_refused_with_a_reason(told: dict[str, str]) -> None:
    with patch.dict(os.environ, told):
        assert loaded(None)
