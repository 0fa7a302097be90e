"""Dead letters: whatever lies in the topic, the archive can keep it."""

from datetime import UTC, datetime

import pytest

from streams import dead_letters
from streams.feeds.feed import Refusal

NOW = datetime(2026, 6, 11, 19, tzinfo=UTC)


def archived(value):
    return dead_letters.to_archive(value, topic="dead-letters", partition=0, offset=7, arrived=NOW)


def test_a_refusal_comes_through_byte_for_byte():
    refusal = Refusal("records", "day.jsonl:3", "price: missing", b"\xff\x00{")
    letter = archived(dead_letters.from_refusal(refusal))
    assert (letter.source, letter.place, letter.reason, letter.raw) == (
        refusal.source,
        refusal.place,
        refusal.reason,
        refusal.raw,
    )


def test_a_frame_names_its_place():
    letter = archived(dead_letters.from_frame("match-feed", 3, 14, "not JSON", b"x"))
    assert (letter.place, letter.raw) == ("match-feed/3/14", b"x")


@pytest.mark.parametrize("value", [b"", b"null", b"[]", b'{"source":"\xff"}', b"{", b"\x00" * 9])
def test_what_is_no_letter_is_kept_as_it_is(value):
    letter = archived(value)
    assert letter.raw == value
    assert letter.place == "dead-letters/0/7"
    assert "not a letter" in letter.reason
