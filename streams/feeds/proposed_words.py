"""What columns and their words usually mean: the vocabulary of a proposed mapping."""

import re
from collections.abc import Iterable

_COLUMNS = {
    "at": "placed placedat timestamp time ts datetime date created createdat bettime at updatedat",
    "home": "home hometeam team1 homename", "away": "away awayteam team2 awayname",
    "start": "start kickoff starttime eventdate commencetime eventstart matchdate startsat ko",
    "match": "match matchid event eventid fixture fixtureid game gameid",
    "competition": "competition league tournament division leaguename",
    "market": "market markettype bettype type marketname",
    "selection": "selection pick outcome runner outcomename selectionname choice",
    "line": "line handicap point points spread hcp",
    "price": "price odds decimalodds odd quote coefficient", "size": "size available liquidity",
    "stake": "stake amount wagered cents bet betamount turnover",
    "wager": "wager wagerid bet betid ticket ticketid slip slipid couponid",
    "fill": "fill part fillid legid", "book": "book bookmaker operator brand bookie",
    "account": "account accountid customer customerid customerno user userid playerid client",
    "device": "device deviceid fingerprint", "side": "side backlay", "currency": "currency ccy",
    "counterparty": "counterparty matchedwith", "country": "country countrycode",
    "opened": "opened registered registrationdate signup accountopened",
    "status": "status state betstatus", "in_play": "inplay live islive",
}  # fmt: skip
_BY_NAME = {name: ours for ours, names in _COLUMNS.items() for name in names.split()}
# Words of a column's name that say what it belongs to and not what it holds.
_BESIDE = frozenset(
    {"fixture", "match", "event", "game", "team", "name", "club", "side", "bet", "odds", "utc"}
)
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")
_MARKETS = {
    "1x2": "1x2|match result|match odds|full time result|fulltime result|ft result|result|3 way"
    "|win draw win|wdw|match betting|moneyline 3 way|regular time|full time",
    "total": "total|totals|total goals|goals over under|over under|o u|total points|goals ou",
    "asian_handicap": "asian handicap|ah|handicap|spread|spreads",
    "btts": "btts|both teams to score|gg ng|both teams score",
    "correct_score": "correct score|cs|exact score", "corners": "corners|total corners",
    "half_time": "half time|half time result|1st half result|first half result|ht result",
    "cards": "cards|total cards|bookings",
}  # fmt: skip
# Of two selections it is the winner, of three the result.
_WINNER = frozenset(
    {"match winner", "winner", "moneyline", "money line", "h2h", "head to head", "ml"}
)
_SELECTIONS = {
    "home": "1|h|home win|home team|w1|p1", "draw": "x|d|draw|tie|the draw|n",
    "away": "2|a|away win|away team|w2|p2", "over": "o|over", "under": "u|under",
    "yes": "y|gg|yes", "no": "ng|no",
}  # fmt: skip


def _by_word(table: dict[str, str]) -> dict[str, str]:
    return {word: ours for ours, words in table.items() for word in words.split("|")}


_MARKET_OF, _SELECTION_OF = _by_word(_MARKETS), _by_word(_SELECTIONS)


def field_of(column: str) -> str | None:
    """Say which of our fields a column is likely to hold.

    >>> field_of("fixture_home"), field_of("homeTeamName"), field_of("odd"), field_of("home_goals")
    ('home', 'home', 'price', None)
    """
    words = [word.lower() for word in _WORDS.findall(column.rpartition(".")[2])]
    telling = [word for word in words if word not in _BESIDE]
    return _BY_NAME.get("".join(words)) or _BY_NAME.get("".join(telling))


def market_of(word: str, selections: Iterable[str]) -> str | None:
    """Say which market a word means, by what can be bet on in it where the word leaves it open.

    >>> market_of("Match Winner", ["1", "X", "2"]), market_of("Match Winner", ["1", "2"])
    ('1x2', 'winner')
    """
    plain = _plain(word)
    if plain in _WINNER:
        return "1x2" if "draw" in map(selection_of, selections) else "winner"
    return _MARKET_OF.get(plain)


def selection_of(word: str) -> str | None:
    """Say which selection a word means.

    >>> selection_of("X"), selection_of("Home Win"), selection_of("Arnhem")
    ('draw', 'home', None)
    """
    return _SELECTION_OF.get(_plain(word))


def _plain(word: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", word.lower()))
