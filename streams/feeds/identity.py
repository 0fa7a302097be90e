"""The name of a match, made from what every source tells, so that sources meet without a table."""

import hashlib
import re
import unicodedata
from datetime import UTC, datetime

_WITHOUT_ACCENT = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i", "ß": "ss", "æ": "ae"}
    | {"Æ": "Ae", "œ": "oe", "Œ": "Oe", "þ": "th", "Þ": "Th", "ð": "d", "Ð": "D", "&": " and "}
)
_APOSTROPHES = re.compile(r"['’`´.]")
_BETWEEN_WORDS = re.compile(r"[^a-z0-9]+")


def slug(name: str) -> str:
    """Write a name in lower-case ASCII letters, digits and hyphens.

    Good for Latin scripts, with or without accents. A name without a single Latin letter or digit
    becomes eight digits of its hash: stable, but it never meets a transliteration of itself.

    >>> slug("Bosnia & Herzegovina"), slug("Curaçao"), slug("Côte d'Ivoire"), slug("Brøndby IF")
    ('bosnia-and-herzegovina', 'curacao', 'cote-divoire', 'brondby-if')
    """
    flat = unicodedata.normalize("NFKD", name.translate(_WITHOUT_ACCENT))
    ascii_only = _APOSTROPHES.sub("", flat).encode("ascii", "ignore").decode().lower()
    text = _BETWEEN_WORDS.sub("-", ascii_only).strip("-")
    return text or hashlib.blake2s(name.encode("utf-8", "replace"), digest_size=4).hexdigest()


def match_id(home: str, away: str, start: datetime) -> str:
    """Name a match by its teams and the UTC date on which it starts.

    Two sources agree when they spell the teams alike and announce the same date; they do not when
    one writes "USA" and the other "United States", or when a kick-off moves over midnight UTC.

    >>> match_id("Mexico", "South Africa", datetime(2026, 6, 11, 19, tzinfo=UTC))
    'mexico-v-south-africa-2026-06-11'
    """
    return f"{slug(home)}-v-{slug(away)}-{start.astimezone(UTC).date().isoformat()}"
