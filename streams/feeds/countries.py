"""Which countries a competition, or the letters behind a team, tell of."""

import re
from functools import lru_cache

from streams.feeds.identity import slug

_WORDS = """
england english epl efl|germany german dfb|spain spanish laliga|italy italian coppa|france french
united-states usa us mls usl|canada canadian mls|netherlands dutch eredivisie knvb
scotland scottish spfl|greece greek|turkey turkish turkiye|egypt egyptian|saudi-arabia saudi
brazil brazilian brasileirao brasileiro brasil|mexico mexican|russia russian
ukraine ukrainian|belgium belgian|portugal portuguese|switzerland swiss|czech-republic czech czechia
israel israeli|argentina argentine argentinian argentino|ecuador ecuadorian|uruguay uruguayan
sudan sudanese|paraguay paraguayan|austria austrian|colombia colombian|chile chilean|peru peruvian
bolivia bolivian|venezuela venezuelan|poland polish ekstraklasa|sweden swedish allsvenskan
sweden superettan|norway norwegian eliteserien obos|denmark danish
finland finnish veikkausliiga ykkosliiga
croatia croatian hnl|serbia serbian|romania romanian|bulgaria bulgarian|hungary hungarian nb
wales welsh|slovakia slovak|slovenia slovenian|cyprus cypriot|ireland irish loi|iceland icelandic
japan japanese|south-korea korea korean|china chinese|australia australian|india indian
thailand thai|iran iranian|iraq iraqi|qatar qatari|kuwait kuwaiti|united-arab-emirates uae emirates
jordan jordanian|morocco moroccan|tunisia tunisian|algeria algerian|nigeria nigerian|ghana ghanaian
kenya kenyan|lithuania lithuanian|latvia latvian|estonia estonian|belarus belarusian
georgia georgian|armenia armenian|azerbaijan azerbaijani|kazakhstan kazakh|uzbekistan uzbek
albania albanian
kosovo|moldova moldovan|montenegro montenegrin|malta maltese|luxembourg
bosnia-and-herzegovina bosnia bosnian|north-macedonia macedonia macedonian|honduras honduran
guatemala guatemalan|panama panamanian|nicaragua|jamaica|indonesia indonesian|malaysia malaysian
vietnam vietnamese|singapore|bahrain bahraini|oman omani|lebanon lebanese|syria syrian|libya libyan
senegal|cameroon|tanzania tanzanian|uganda ugandan|zambia zambian|zimbabwe|ethiopia ethiopian
angola angolan|mozambique
"""
# Names of countries of two words, and of competitions by which they are known.
_PHRASES = """
south-africa|new-zealand|costa-rica liga-promerica|hong-kong|el-salvador|ivory-coast
northern-ireland nifl|dr-congo linafoot|faroe-islands betri-deildin|germany 3-liga
belgium jupiler challenger-pro-league|brazil copa-do-brasil|spain la-liga copa-del-rey rfef
spain primera-federacion segunda-federacion|portugal liga-portugal primeira-liga taca-de-portugal
turkey super-lig|france coupe-de-france championnat-national|england fa-cup fa-trophy carabao
england vanarama isthmian|denmark superligaen 3f-superliga nordicbet-liga|finland ykkonen
iceland besta-deild|argentina lpf liga-profesional primera-nacional torneo-betano afa
colombia dimayor betplay|venezuela futve|mexico liga-mx liga-de-expansion|japan j1 j2 j3 j-league
south-korea k-league k1-league k2-league|china csl|australia a-league npl|vietnam v-league
saudi-arabia roshn|angola girabola|morocco botola|nigeria npfl|india isl i-league
serbia mozzart|croatia prva-hnl|germany dfb-pokal|scotland spfl
"""
# Names that competitions of a few countries have.
_SHARED = """
bundesliga germany austria|regionalliga germany austria|serie-a italy brazil ecuador
serie-b italy brazil ecuador|serie-c italy brazil|serie-d italy brazil
"""
# Behind a team, in brackets; FIFA's letters, and those that feeds write instead.
_LETTERS = """
england eng|scotland sco|wales wal|ireland irl|germany ger|spain esp|italy ita|france fra
netherlands ned|belgium bel|portugal por|greece gre|turkey tur|austria aut|switzerland sui
denmark den|sweden swe|norway nor|finland fin|iceland isl|poland pol|czech-republic cze|slovakia svk
hungary hun|romania rou rom|bulgaria bul|serbia srb|croatia cro|slovenia svn|ukraine ukr|russia rus
belarus blr|cyprus cyp|israel isr|argentina arg|brazil bra|uruguay uru|paraguay par|chile chi
colombia col|ecuador ecu|peru per|bolivia bol|venezuela ven|mexico mex|united-states usa us
canada can|costa-rica crc|honduras hon|guatemala gua|el-salvador slv|panama pan|saudi-arabia ksa sau
united-arab-emirates uae|qatar qat|kuwait kuw|bahrain bhr brn|oman oma omn|iran irn iri|iraq irq
jordan jor|lebanon lib lbn|syria syr|egypt egy|morocco mar|tunisia tun|algeria alg|libya lby
sudan sud|south-africa rsa|nigeria nga|ghana gha|kenya ken|japan jpn|south-korea kor|china chn
australia aus|new-zealand nzl|india ind|thailand tha|uzbekistan uzb|kazakhstan kaz|georgia geo
"""
# Whose clubs also play in the leagues of another.
_ALSO = (
    "england wales|france monaco|switzerland liechtenstein|united-states canada"
    "|ireland northern-ireland|australia new-zealand|italy san-marino|spain andorra gibraltar"
    "|singapore malaysia"
)
_BRACKET = re.compile(r"\s*\(([A-Za-z]{2,4})\)\s*$")


def _lines(text: str) -> list[list[str]]:
    return [line.split() for line in text.strip().replace("\n", "|").split("|")]


def _by_word(text: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for country, *words in _lines(text):
        for word in (country, *words):
            found.setdefault(word, set()).add(country)
    return {word: frozenset(countries) for word, countries in found.items()}


_BY_WORD, _BY_LETTERS, _BY_PHRASE = _by_word(_WORDS), _by_word(_LETTERS), _by_word(_PHRASES)
_BY_SHARED = {phrase: frozenset(countries) for phrase, *countries in _lines(_SHARED)}
_NEIGHBOURS = {one: frozenset(line) for line in _lines(_ALSO) for one in line}


@lru_cache(maxsize=10_000)
def countries(competition: str) -> frozenset[str]:
    """Countries that the name of a competition tells of; none where it tells of none.

    >>> sorted(countries("MLS")), sorted(countries("South Africa Premiership"))
    (['canada', 'united-states'], ['south-africa'])
    >>> sorted(countries("2. Bundesliga")), countries("UEFA Champions League")
    (['austria', 'germany'], frozenset())
    """
    text = f"-{slug(competition)}-" if competition else "-"
    words = text.split("-")
    return (
        _found(_BY_PHRASE, text)
        or frozenset().union(*(_BY_WORD.get(word, frozenset()) for word in words))
        or _found(_BY_SHARED, text)
    )


def _found(phrases: dict[str, frozenset[str]], text: str) -> frozenset[str]:
    return frozenset().union(*(told for phrase, told in phrases.items() if f"-{phrase}-" in text))


def with_neighbours(told: frozenset[str]) -> frozenset[str]:
    """Add the countries whose clubs also play there.

    >>> sorted(with_neighbours(frozenset({"england"})))
    ['england', 'wales']
    """
    return told.union(*(_NEIGHBOURS.get(country, frozenset()) for country in told))


def without_letters(team: str) -> tuple[str, frozenset[str]]:
    """Take the letters of a country off a team's name.

    >>> without_letters("Nacional (Uru)")
    ('Nacional', frozenset({'uruguay'}))
    >>> without_letters("Chelsea (W)")
    ('Chelsea (W)', frozenset())
    """
    found = _BRACKET.search(team)
    told = _BY_LETTERS.get(found.group(1).lower(), frozenset()) if found else frozenset()
    return (team[: found.start()], told) if found and told else (team, frozenset())
