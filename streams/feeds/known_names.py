"""Names that stand for one another, and words that say little; all as `identity.slug` writes them.

Sources: the names that associations, books and feeds use for their own teams; ISO 3166 short names
and FIFA's trigram list for countries.
"""

from streams.feeds.usual_names import SECOND_TEAMS, TEAMS_ELSEWHERE

_NATIONS = """
united-states usa us united-states-of-america estados-unidos eeuu ee-uu etats-unis stati-uniti
  usmnt uswnt vereinigte-staaten
south-korea s-korea korea-republic republic-of-korea corea-del-sur coree-du-sud sudkorea
  corea-del-sud
north-korea n-korea korea-dpr dpr-korea
ivory-coast cote-divoire cote-d-ivoire costa-de-marfil elfenbeinkuste costa-do-marfim
czech-republic czechia cesko ceska-republika republica-checa tchequie tschechien cechia
  republique-tcheque
turkey turkiye turquia turquie turkei turchia
cape-verde cabo-verde cape-verde-islands cap-vert kap-verde
dr-congo congo-dr drc democratic-republic-of-congo democratic-republic-of-the-congo
congo congo-brazzaville republic-of-the-congo
iran ir-iran islamic-republic-of-iran
china china-pr peoples-republic-of-china
united-arab-emirates uae
netherlands holland nederland niederlande paises-bajos pays-bas paesi-bassi paises-baixos
ireland republic-of-ireland rep-of-ireland rep-ireland roi eire irlanda irlande irland
  republica-de-irlanda ireland-republic
bosnia-and-herzegovina bosnia-herzegovina bosnia-herz bosnia bosnia-hercegovina
  bosnia-and-hercegovina bosna-i-hercegovina bih bosnie-herzegovine bosnia-y-herzegovina
  bosnien-herzegowina bosnia-erzegovina
north-macedonia n-macedonia macedonia fyr-macedonia macedonia-fyr severna-makedonija
  macedonia-del-norte macedoine-du-nord nordmazedonien macedonia-del-nord
eswatini swaziland
gambia the-gambia
russia russian-federation
syria syrian-arab-republic
saudi-arabia ksa kingdom-of-saudi-arabia arabia-saudita arabie-saoudite saudi-arabien saudi
taiwan chinese-taipei
kyrgyzstan kyrgyz-republic
brunei brunei-darussalam
hong-kong hong-kong-china
vietnam viet-nam
laos lao-pdr
trinidad-and-tobago trinidad-tobago trinidad
central-african-republic car
faroe-islands faroes faroe faroe-is
sao-tome-and-principe sao-tome
northern-ireland n-ireland irlanda-del-norte irlande-du-nord nordirland irlanda-del-nord
papua-new-guinea png
equatorial-guinea eq-guinea
new-zealand nz nueva-zelanda nouvelle-zelande neuseeland nuova-zelanda
palestine palestinian-territory
myanmar burma
east-timor timor-leste
england inglaterra angleterre inghilterra lionesses england-lionesses
scotland escocia ecosse schottland scozia
wales cymru gales pays-de-galles galles
spain espana espagne spanien spagna espanha
germany deutschland alemania allemagne germania alemanha
france francia frankreich franca frankrig
italy italia italie italien
portugal portogallo
belgium belgica belgique belgien belgio belgie
switzerland suiza suisse schweiz svizzera suica
austria osterreich autriche oostenrijk
poland polska polonia pologne polen
hungary magyarorszag hungria hongrie ungarn ungheria
croatia hrvatska croacia croatie kroatien croazia
serbia srbija serbie serbien
slovenia slovenija eslovenia slovenie slowenien
slovakia slovensko eslovaquia slovaquie slowakei slovacchia
romania rumania roumanie rumanien
bulgaria balgariya bulgarie bulgarien
greece hellas ellada grecia grece griechenland
ukraine ukraina ucrania ucraina
georgia sakartvelo georgie georgien
albania shqiperia albanie albanien
kosovo kosova
montenegro crna-gora
iceland island islandia islande islanda
denmark danmark dinamarca danemark danimarca
sweden sverige suecia suede schweden svezia
norway norge noruega norvege norwegen norvegia
finland suomi finlandia finlande finnland
estonia eesti estonie
latvia latvija letonia lettonie lettland
lithuania lietuva lituania lituanie litauen
luxembourg luxemburgo luxemburg lussemburgo letzebuerg
cyprus chipre chypre zypern cipro
armenia hayastan armenie
azerbaijan azerbaycan azerbaiyan azerbaidjan aserbaidschan
kazakhstan qazaqstan kazajistan
israel israele
russia rossiya rusia russie russland
brazil brasil bresil brasilien brasile
argentina argentine argentinien
mexico mexique mexiko messico
japan nippon japon giappone
morocco maroc marruecos marokko marocco
algeria algerie argelia algerien
tunisia tunisie tunez tunesien
egypt misr egipto egypte agypten egitto
cameroon cameroun camerun kamerun
south-africa sudafrica afrique-du-sud sudafrika s-africa africa-do-sul bafana-bafana
canada kanada
jordan jordania jordanie jordanien
iraq irak
peru perou
chile chili cile
ecuador equateur
uruguay uruguai
"""

_WORDS = """
united utd
athletic ath
rovers rvs rov
wanderers wdrs wands
town twn
albion alb
manchester man
county co
saint st ste sankt sint
atletico atl atlético
deportivo dep
munich munchen muenchen
cologne koln koeln
copenhagen kobenhavn kjobenhavn
vienna wien
moscow moskva
kyiv kiev kyyiv
dinamo dynamo
prague praha
rome roma
milan milano
naples napoli
seville sevilla
belgrade beograd
bucharest bucuresti
warsaw warszawa
lisbon lisboa
antwerp antwerpen
bruges brugge
ghent gent
zurich zuerich
geneva geneve
olympiacos olympiakos
lokomotiv lokomotive lokomotiva
nottingham nottm nott
sheffield sheff
victoria vitoria
alavés alaves
"""

_COUNTRIES = """
afghanistan albania algeria american-samoa andorra angola argentina armenia aruba australia austria
azerbaijan bahamas bahrain bangladesh barbados belarus belgium belize benin bermuda bhutan bolivia
bosnia-and-herzegovina botswana brazil brunei bulgaria burkina-faso burundi cambodia cameroon canada
cape-verde central-african-republic chad chile china colombia comoros congo costa-rica croatia cuba
curacao cyprus czech-republic denmark djibouti dominica dominican-republic dr-congo east-timor
ecuador egypt el-salvador england equatorial-guinea eritrea estonia eswatini ethiopia faroe-islands
fiji finland france gabon gambia georgia germany ghana gibraltar greece grenada guam guatemala
guinea guinea-bissau guyana haiti honduras hong-kong hungary iceland india indonesia iran iraq
ireland israel italy ivory-coast jamaica japan jordan kazakhstan kenya kosovo kuwait kyrgyzstan laos
latvia lebanon lesotho liberia libya liechtenstein lithuania luxembourg madagascar malawi malaysia
maldives mali malta mauritania mauritius mexico moldova mongolia montenegro morocco mozambique
myanmar namibia nepal netherlands new-caledonia new-zealand nicaragua niger nigeria north-korea
north-macedonia northern-ireland norway oman pakistan palestine panama papua-new-guinea paraguay
peru philippines poland portugal puerto-rico qatar romania russia rwanda samoa san-marino
saudi-arabia scotland senegal serbia seychelles sierra-leone singapore slovakia slovenia somalia
south-africa south-korea south-sudan spain sri-lanka sudan suriname sweden switzerland syria tahiti
taiwan tajikistan tanzania thailand togo tonga trinidad-and-tobago tunisia turkey turkmenistan
uganda ukraine united-arab-emirates united-states uruguay uzbekistan vanuatu venezuela vietnam wales
yemen zambia zimbabwe
"""


def _groups(text: str) -> dict[str, str]:
    """Each name and the first of its line; a line that begins with spaces goes on with the last."""
    lines = [line.split() for line in text.strip().replace("\n  ", " ").splitlines()]
    return {name: names[0] for names in lines for name in names}


NATIONS = _groups(_NATIONS)
USUAL_NAMES = {"football": _groups(SECOND_TEAMS) | NATIONS}
"""Usual names of nations and of second teams, of each sport whose clubs are in the register."""
USUAL_NAMES_ELSEWHERE = _groups(TEAMS_ELSEWHERE) | NATIONS
WORDS = _groups(_WORDS)
COUNTRIES = frozenset(_COUNTRIES.split())
_OF_A_CLUB = """
fc cf sc ac afc cfc sfc as ss ssc us ud cd sd rcd rc fk nk sk bk if ik ff kv sv vfb vfl tsv tsg fsv
bsc ksc jk pfc hnk gnk cr se ca sl kaa rsc bv bc
club clube de del da do di la el the of calcio futbol
football futebol fotbal and y e i et und
osc ogc kks mks krc tc sp spvgg ifk ec balompie hd cp psc il gf aif bois kf afk ofk acf asd ssd
spa sco fbc bfc vv csm acs pae jc sbv ksv kvc kfc skn wsg uc uca pfk hsc ubk nfc aj
baloncesto basket basketball
kulubu spor ev fotbollforening idrottsforening fotballklubb fodbold boldklub fussballclub
sportverein sportclub voetbal voetbalvereniging footballclub associazione associacao asociacion
societa unione polisportiva clube sportklub
"""

_COMMON = """
united city town real sporting athletic atletico athletico racing deportivo dinamo lokomotiv spartak
cska union national nacional universidad independiente olympique borussia young saint new san santa
rovers rangers wanderers county albion al ittihad hilal ahli ahly nassr maccabi hapoel slavia sparta
partizan torpedo red star arsenal everton guarani river plate america royal sport central juniors
stade internacional eintracht fortuna viktoria gimnasia estudiantes rapid olimpia olimpija zalgiris
victoria wydad sportivo metalurg
"""

_CITIES = """
alexandria angeles asuncion athens avellaneda aires aviv barcelona beijing belgrade berlin beer
birmingham bogota bristol brussels bucharest buenos cairo cali cambridge caracas casablanca
copenhagen cordoba craiova dundee genoa glasgow guayaquil haifa hamburg helsinki istanbul jeddah
lima lisbon london los madrid manchester medellin melbourne mexico milan montevideo moscow munich
new osaka oxford paris plata porto prague quito riyadh rome rosario santiago seoul seville shanghai
sheffield sofia stockholm suwon sydney tel tokyo turin verona vienna yokohama york zagreb zurich
"""

_STATES = "sp rj mg rs pr ba pe ce go pa am rn pb al mt ms es df se pi ma ro to"
_ARTICLES = "de del da do di la el the of and y e i et und"
_BRANDS = "dinamo lokomotiv spartak cska sparta slavia maccabi hapoel beitar torpedo partizan rapid"

OF_A_CLUB = frozenset(_OF_A_CLUB.split())
"""Words that say what a club is and not which."""
MARKS = OF_A_CLUB - frozenset(_ARTICLES.split())
"""Those of them by which a club of a town is known from the others there: Paris FC."""
STATES = frozenset(_STATES.split())
"""States of Brazil that stand behind a club's name: Botafogo SP is not Botafogo."""
COMMON = frozenset(_COMMON.split())
"""Words that many clubs have; alone they name none."""
BRANDS = frozenset(_BRANDS.split())
"""Those of them by which clubs of one town are told apart."""
CITIES = frozenset(_CITIES.split())
"""Cities of several clubs; alone they name none."""
ALONE_NO_NAME = COMMON | CITIES
"""Words of which neither names a club alone, whatever is left out beside it."""
KEPT_YEARS = frozenset({"1860", "1948"})
"""Years of foundation that tell a club from another of its city; others are left out of names."""
