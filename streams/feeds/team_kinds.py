"""Which of a club's teams a name means: the first, or women, youth, reserves; or no team at all.

Simulated matches, futsal and matches of veterans go by the names of clubs as well. Players have no
teams, and a letter behind a name is their first name's.
"""

import re

_OF_NAMES = {
    "women": r"w|wfc|women|womens|woman|ladies|lfc|femeni|femenino|femenina|fem|feminin"
    r"|feminine|feminines|frauen|femminile|vrouwen|dames|damer|kvinner|kobiet|feminino|feminina",
    "youth": r"primavera|youth|juniores|juvenil(?:-a)?|academy|akademi|akademia|junioren",
    "reserves": r"(?<=[a-z0-9]{2}-)(?:ii|iii|[bc](?!-b\b))|reserves?|res|jong|castilla|beloften"
    r"|amateure|amateurs|am$|promesas|next-gen|nxt|futuro|young-reds",
    "futsal": r"futsal",
    "beach": r"beach-soccer",
    "simulated": r"srl|esports?|e-sports?|esoccer|e-soccer|simulated",
    "veterans": r"legends|veterans|masters|all-stars|allstars",
}
_OF_COMPETITIONS = _OF_NAMES | {
    "women": _OF_NAMES["women"] + r"|wsl|nwsl|d1-feminine|d1-arkema|liga-f|w-league",
    "reserves": r"reserves?|premier-league-2|development-league",
    "simulated": _OF_NAMES["simulated"] + r"|ebasketball|e-basketball|cyber|virtual|mins-play",
    "veterans": r"legends|veterans|allstars",
}
_AGE = re.compile(r"\b(?:u|under|sub)-?(1[4-9]|2[0-3])s?\b")
_SECOND_TEAM = re.compile(r"(?<=[a-z])-[23]$")  # of a team; a league of that number is no reserve
_JUNIORS = frozenset({"youth", "reserves"})
_OF_PLAYERS = frozenset(
    {"tennis", "table-tennis", "badminton", "darts", "snooker", "boxing", "mma"}
)


def _patterns(words: dict[str, str]) -> dict[str, re.Pattern[str]]:
    return {kind: re.compile(rf"\b(?:{pattern})\b") for kind, pattern in words.items()}


_NAMES, _COMPETITIONS = _patterns(_OF_NAMES), _patterns(_OF_COMPETITIONS)


def kinds(name: str, competition: str, sport: str = "football") -> frozenset[str]:
    """Say which team a name means in a competition, both as slugs; none is the first team.

    >>> sorted(kinds("arsenal-u21", "premier-league-2")), kinds("como", "serie-b")
    (['reserves', 'u21'], frozenset())
    """
    if sport in _OF_PLAYERS:
        return frozenset()
    found = {f"u{age}" for age in _AGE.findall(name) + _AGE.findall(competition)}
    found |= {kind for kind, pattern in _NAMES.items() if pattern.search(name)}
    found |= {kind for kind, pattern in _COMPETITIONS.items() if pattern.search(competition)}
    return frozenset(found | ({"reserves"} if _SECOND_TEAM.search(name) else set()))


def without_kinds(name: str, sport: str = "football") -> str:
    """Leave out of a name what says which team is meant.

    >>> without_kinds("fc-bayern-munich-ii"), without_kinds("zenit-2")
    ('fc-bayern-munich', 'zenit')
    """
    if sport in _OF_PLAYERS:
        return name
    for pattern in (_SECOND_TEAM, _AGE, *_NAMES.values()):
        name = pattern.sub("", name)
    return "-".join(word for word in name.split("-") if word)


def may_be_one(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two teams of a club may be one though they are not called alike.

    A youth team may be told with its age or without, and a team of under 23 be the reserves.

    >>> may_be_one(frozenset({"youth"}), frozenset({"u19"})), may_be_one(frozenset(), {"women"})
    (True, False)
    """
    ages, other_ages = _ages(one), _ages(other)
    if one - _JUNIORS - ages != other - _JUNIORS - other_ages:
        return False
    junior = (one & _JUNIORS or ages) and (other & _JUNIORS or other_ages)
    return bool(junior) and not (ages and other_ages and ages != other_ages)


def _ages(kind: frozenset[str]) -> frozenset[str]:
    return frozenset(one for one in kind if one[0] == "u")
