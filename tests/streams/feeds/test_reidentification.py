"""Who a pseudonym is: tried with the key, and nothing that is kept names anybody."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.feeds.pseudonyms import Pseudonyms
from streams.feeds.reidentification import (
    CannotTell,
    identities,
    recognised,
    require_pseudonyms,
    require_silent,
)

KEY, OTHER = Pseudonyms(b"k" * 32), Pseudonyms(b"o" * 32)
PLAIN = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


@given(st.sets(PLAIN, min_size=1, max_size=30), st.data())
def test_exactly_those_asked_about_are_found(people: set[str], data: st.DataObject) -> None:
    asked = data.draw(st.sets(st.sampled_from(sorted(people))))
    names = {KEY.of("account", "opr-7", one): one for one in asked}
    assert recognised(KEY, names, "account", "opr-7", people) == names
    assert recognised(OTHER, names, "account", "opr-7", people) == {}
    assert recognised(KEY, names, "account", "opr-8", people) == {}
    assert recognised(KEY, names, "device", "opr-7", people) == {}


def test_a_file_of_identities(tmp_path: Path) -> None:
    (tmp_path / "people.txt").write_text("\ufeff CUST-1 \n\nCUST-2\r\n", encoding="utf-8")
    assert identities(tmp_path / "people.txt") == ["CUST-1", "CUST-2"]


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\x00"])
def test_a_file_without_any_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "people.txt").write_bytes(content)
    with pytest.raises(CannotTell, match=r"people\.txt"):
        identities(tmp_path / "people.txt")
    with pytest.raises(CannotTell, match="none"):
        identities(tmp_path / "none")


def test_an_identity_in_place_of_a_pseudonym_is_not_repeated() -> None:
    with pytest.raises(CannotTell) as told:
        require_pseudonyms([KEY.of("account", "opr-7", "CUST-1"), "CUST-1"])
    assert str(told.value) == "1 of 2 are no pseudonyms (`p-` and 40 digits)"


@pytest.mark.parametrize("text", ["CUST-1", "about cust-1.", "(CUST-1)", "CUST-12, CUST-1"])
def test_a_reason_that_names_somebody_is_refused(text: str) -> None:
    with pytest.raises(CannotTell) as told:
        require_silent(["a-v-b", text], ["CUST-1"])
    assert "cust" not in str(told.value).casefold()


@pytest.mark.parametrize("text", ["CUST-12", "XCUST-1", "CUST-"])
def test_a_part_of_a_word_names_nobody(text: str) -> None:
    require_silent([text], ["CUST-1"])
