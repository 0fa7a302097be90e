"""Names of clubs that words alone do not bring together, or would confuse; all as slugs.

A line is one club: the name it is given here, and others that associations, books and feeds use.
A club whose only name stands here is one that words alone would take for another (Queen's Park,
Queens Park Rangers): two names of different lines are two clubs. A short name that clubs of two
countries share (Nacional, Everton of Chile) stands in no line. Written from general knowledge.
"""

CLUBS = """
manchester-united man-united manchester-u mufc
manchester-city man-city manchester-c mcfc
queens-park-rangers qpr
queens-park
west-bromwich-albion west-brom wba west-bromwich
wolverhampton-wanderers wolves wolverhampton
tottenham-hotspur spurs tottenham
brighton-and-hove-albion brighton brighton-hove
nottingham-forest nottm-forest notts-forest nforest nott-forest
notts-county
sheffield-wednesday sheff-wed sheffield-wed sheffield-w
sheffield-united sheff-utd sheffield-utd sheff-united sheffield-u
milton-keynes-dons mk-dons
cambridge-united cambridge cambridge-utd
oxford-united oxford oxford-utd
bristol-rovers bristol-rvs bristol-r
bristol-city bristol-c
peterborough-united peterborough peterboro
dagenham-and-redbridge dag-and-red dagenham
accrington-stanley accrington
crewe-alexandra crewe
leyton-orient orient
plymouth-argyle plymouth
preston-north-end preston pne
crystal-palace c-palace palace
aston-villa villa
newcastle-united newcastle-utd
west-ham-united west-ham
rangers glasgow-rangers
celtic glasgow-celtic
heart-of-midlothian hearts
hibernian hibs
dundee-united dundee-utd
dundee dundee-fc
inverness-caledonian-thistle inverness inverness-c inverness-ct
hamilton-academical hamilton hamilton-academicals
airdrieonians airdrie airdrie-united
greenock-morton morton
athletic-bilbao athletic-club athletic ath-bilbao athletic-club-bilbao athletic-de-bilbao
athletic-bilbao-b bilbao-athletic ath-bilbao-b
atletico-madrid atl-madrid ath-madrid atletico-de-madrid club-atletico-de-madrid atletico-m
real-sociedad r-sociedad sociedad real-sociedad-san-sebastian
espanyol espanol espanyol-barcelona rcd-espanyol-de-barcelona
real-betis betis
celta celta-vigo vigo celta-de-vigo
rayo-vallecano vallecano rayo
deportivo-alaves alaves
deportivo-la-coruna la-coruna deportivo-coruna depor dep-la-coruna
sporting-gijon sp-gijon real-sporting real-sporting-de-gijon gijon
racing-santander santander real-racing-club racing-de-santander
racing-ferrol racing-club-de-ferrol
real-valladolid valladolid
real-zaragoza zaragoza
real-oviedo oviedo
real-mallorca mallorca
las-palmas ud-las-palmas
sevilla-b sevilla-atletico
real-betis-b betis-deportivo betis-deportivo-balompie
real-madrid-b real-madrid-castilla castilla rm-castilla
barcelona-b barcelona-atletic barca-b barcelona-atletico
barcelona barca
barcelona-guayaquil barcelona-sc barcelona-sporting-club
cadiz-b cadiz-mirandilla
atletico-madrid-b atletico-madrileno
real-valladolid-b valladolid-promesas
inter internazionale inter-milan internazionale-milan internazionale-milano inter-milano
milan ac-milan
hellas-verona verona
chievo chievo-verona
sampdoria uc-sampdoria
roma as-roma
lazio ss-lazio lazio-roma
juventus juve
juventus-b juventus-next-gen juve-next-gen
milan-b milan-futuro
atalanta-u23 atalanta-ii
parma parma-calcio parma-calcio-1913
spal spal-ferrara
bayern-munich bayern bayern-munchen fc-bayern-munchen fc-bayern
1860-munich munich-1860 tsv-1860-munchen 1860-munchen munchen-1860
borussia-dortmund dortmund bvb
borussia-monchengladbach mgladbach gladbach monchengladbach bor-mgladbach b-monchengladbach
bayer-leverkusen leverkusen
eintracht-frankfurt frankfurt ein-frankfurt e-frankfurt
fsv-frankfurt
eintracht-braunschweig braunschweig
hertha-berlin hertha hertha-bsc
union-berlin
vfb-stuttgart stuttgart
stuttgarter-kickers
fc-koln koln cologne fc-cologne 1-fc-koln 1-fc-cologne
fortuna-koln fortuna-cologne
fortuna-dusseldorf dusseldorf f-dusseldorf
greuther-furth furth
arminia-bielefeld bielefeld
nurnberg nuremberg 1-fc-nurnberg
schalke-04 schalke
rb-leipzig rasenballsport-leipzig leipzig-rb
lokomotive-leipzig lok-leipzig
hannover-96 hannover
werder-bremen bremen
hamburger-sv hamburg hsv
st-pauli fc-st-pauli
paris-saint-germain psg paris-sg paris-st-germain paris-st-g paris-saint-g
paris-fc
olympique-marseille marseille olympique-de-marseille om
olympique-lyonnais lyon olympique-lyon ol
stade-rennais rennes stade-rennais-fc
stade-de-reims reims
stade-brestois brest stade-brestois-29
stade-lavallois laval
stade-malherbe-caen caen sm-caen
stade-lausanne-ouchy stade-lausanne
lausanne-sport lausanne lausanne-sports
saint-etienne st-etienne asse
ac-ajaccio ajaccio
gazelec-ajaccio gfc-ajaccio ajaccio-gfco gazelec-fc-ajaccio
girondins-bordeaux bordeaux girondins-de-bordeaux
racing-strasbourg strasbourg rc-strasbourg rc-strasbourg-alsace
rc-lens lens
lille losc lille-osc losc-lille
ajax ajax-amsterdam
psv psv-eindhoven
fc-eindhoven eindhoven
az az-alkmaar alkmaar
nec nec-nijmegen nijmegen
fc-twente twente twente-enschede fc-twente-enschede fc-twente-65
fortuna-sittard sittard for-sittard
pec-zwolle zwolle
go-ahead-eagles ga-eagles
rkc-waalwijk waalwijk
nac-breda nac breda
vvv-venlo venlo
ado-den-haag den-haag
sparta-rotterdam
feyenoord feyenoord-rotterdam
excelsior excelsior-rotterdam sbv-excelsior
willem-tweede willem-ii willem-ii-tilburg
club-brugge club-bruges fc-bruges fc-brugge club-brugge-kv club-bruges-kv
cercle-brugge cercle-bruges cercle-brugge-ksv
union-saint-gilloise st-gilloise union-sg union-st-gilloise royale-union-sg
standard-liege standard standard-de-liege
rfc-liege fc-liege
royal-antwerp antwerp antwerp-fc
beerschot beerschot-va beerschot-wilrijk
oud-heverlee-leuven oh-leuven leuven ohl
racing-genk genk krc-genk
la-gantoise gent kaa-gent ghent
zulte-waregem waregem
sporting-charleroi charleroi
westerlo kvc-westerlo
sporting-lisbon sporting-cp sporting-clube-de-portugal sp-lisbon sporting-lisboa sporting-portugal
sporting-braga sp-braga braga sc-braga sporting-clube-de-braga
sporting-covilha sp-covilha
vitoria-guimaraes guimaraes vitoria-sc v-guimaraes vitoria-de-guimaraes
vitoria-setubal setubal v-setubal
benfica benfica-lisbon sl-benfica benfica-lisboa sport-lisboa-e-benfica
porto fc-porto
boavista boavista-porto boavista-fc
pacos-de-ferreira pacos-ferreira
nacional-madeira nacional-da-madeira cd-nacional
fenerbahce fenerbahce-sk
basaksehir istanbul-basaksehir buyuksehyr istanbul-bb medipol-basaksehir
fatih-karagumruk karagumruk
gazisehir-gaziantep gaziantep-fk gaziantep
olympiacos olympiakos olympiacos-piraeus olympiakos-piraeus
panathinaikos panathinaikos-athens
aek-athens aek
paok paok-thessaloniki paok-salonika paok-saloniki
aris-thessaloniki aris-salonika aris-saloniki
aris-limassol
ael-limassol
asteras-tripolis asteras-tripoli
apoel apoel-nicosia
omonia omonia-nicosia
servette servette-geneve servette-geneva
fc-zurich fc-zuerich
grasshopper grasshoppers gc-zurich grasshopper-zurich grasshoppers-zurich grasshopper-club-zurich
young-boys bsc-young-boys young-boys-bern young-boys-berne
red-bull-salzburg salzburg rb-salzburg
austria-salzburg sv-austria-salzburg
lask lask-linz
blau-weiss-linz bw-linz
rapid-wien rapid-vienna
rapid-bucuresti rapid-bucharest
austria-wien austria-vienna fk-austria-wien
sparta-prague sparta-praha
slavia-prague slavia-praha
slavia-sofia
sigma-olomouc olomouc
viktoria-plzen plzen viktoria-pilsen
slovan-bratislava slovan
spartak-trnava trnava
ferencvaros ferencvarosi ftc
mtk-budapest mtk
fcsb steaua-bucharest steaua-bucuresti steaua fcsb-bucharest
cfr-cluj cfr-1907-cluj
universitatea-cluj u-cluj
universitatea-craiova cs-universitatea-craiova u-craiova
fc-u-craiova-1948 fcu-1948 fc-u-craiova fcu-craiova-1948 u-craiova-1948
dinamo-bucharest dinamo-bucuresti
dinamo-zagreb
dinamo-minsk
dynamo-kyiv dynamo-kiev dinamo-kiev dinamo-kyiv
dynamo-moscow dinamo-moscow dynamo-moskva dinamo-moskva
dynamo-makhachkala dinamo-makhachkala
shakhtar-donetsk shakhtar shakhtyor-donetsk
red-star-belgrade crvena-zvezda red-star-beograd
partizan partizan-belgrade partizan-beograd
cska-moscow cska-moskva
cska-sofia
cska-1948 cska-1948-sofia
levski-sofia levski
ludogorets ludogorets-razgrad
legia-warsaw legia-warszawa legia
lech-poznan lech
rakow-czestochowa rakow
jagiellonia-bialystok jagiellonia
gornik-zabrze
gornik-leczna
zalgiris zalgiris-vilnius vmfd-zalgiris
kauno-zalgiris zalgiris-kaunas
fc-copenhagen fc-kobenhavn copenhagen kobenhavn
brondby brondby-if
midtjylland fc-midtjylland
nordsjaelland fc-nordsjaelland
agf agf-aarhus aarhus aarhus-gf
aab aalborg aalborg-bk aab-aalborg
ob odense odense-bk odense-boldklub
bodo-glimt bodoe-glimt fk-bodo-glimt
valerenga vaalerenga
stromsgodset stroemsgodset
malmo malmo-ff malmoe
ifk-goteborg goteborg ifk-gothenburg gothenburg
gais gais-goteborg
hacken bk-hacken haecken
djurgarden djurgardens djurgardens-if
hammarby hammarby-if
aik aik-stockholm aik-solna
hjk hjk-helsinki
sjk sjk-seinajoki seinajoki
kups kups-kuopio kuopio-ps
inter-turku fc-inter inter-turku-fc
maccabi-tel-aviv m-tel-aviv
hapoel-beer-sheva hapoel-beersheba h-beer-sheva
zrinjski zrinjski-mostar hsk-zrinjski
hajduk-split hajduk
zeljeznicar zeljeznicar-sarajevo
la-galaxy los-angeles-galaxy
los-angeles-fc lafc
new-york-city nycfc new-york-city-fc ny-city
new-york-red-bulls ny-red-bulls red-bull-new-york nyrb
dc-united
inter-miami inter-miami-cf
st-louis-city saint-louis-city st-louis-city-sc
sporting-kansas-city sporting-kc skc
real-salt-lake rsl
cf-montreal montreal-impact
vancouver-whitecaps vancouver
atlanta-united atlanta-utd
new-england-revolution new-england ne-revolution
guadalajara chivas chivas-guadalajara guadalajara-chivas cd-guadalajara
america club-america america-mexico cf-america
america-de-cali america-cali
america-mineiro america-mg
america-rn america-natal
pumas-unam pumas unam unam-pumas
tigres-uanl tigres uanl
monterrey rayados
tijuana club-tijuana xolos
atletico-san-luis san-luis atl-san-luis
uag-tecos
ldu-quito liga-de-quito liga-deportiva-universitaria-quito ldu
independiente-del-valle ind-del-valle idv
independiente-medellin dim deportivo-independiente-medellin ind-medellin
independiente-santa-fe santa-fe ind-santa-fe
independiente-rivadavia ind-rivadavia csir
independiente-avellaneda ca-independiente
atletico-nacional atl-nacional atletico-nacional-medellin
estudiantes-la-plata estudiantes-lp estudiantes-l-p estudiantes-de-la-plata
estudiantes-rio-cuarto estudiantes-rc estudiantes-de-rio-cuarto
estudiantes-caseros estudiantes-de-caseros estudiantes-ba
gimnasia-la-plata gimnasia-lp gimnasia-y-esgrima-la-plata gimnasia-l-p
gimnasia-mendoza gimnasia-y-esgrima-de-mendoza gimnasia-y-esgrima-mendoza gimnasia-m
gimnasia-jujuy gimnasia-y-esgrima-de-jujuy gimnasia-y-esgrima-jujuy
newells-old-boys newells newells-ob
argentinos-juniors argentinos argentinos-jrs
central-cordoba central-cordoba-sde central-cordoba-santiago-del-estero
velez-sarsfield velez
talleres-cordoba talleres-de-cordoba talleres-c
racing-club racing-avellaneda racing-club-avellaneda racing-club-de-avellaneda
racing-montevideo racing-club-de-montevideo
rosario-central r-central
boca-juniors boca
atletico-tucuman atl-tucuman
universidad-catolica-quito universidad-catolica-ecu
universidad-de-chile u-de-chile
universidad-catolica u-catolica universidad-catolica-chi
atletico-mineiro atletico-mg
athletico-paranaense atletico-paranaense athletico-pr atletico-pr cap-paranaense
atletico-goianiense atletico-go
flamengo flamengo-rj
fluminense fluminense-rj
botafogo botafogo-rj botafogo-fr
botafogo-sp botafogo-ribeirao-preto
botafogo-pb botafogo-paraiba
vasco-da-gama vasco vasco-da-gama-rj
palmeiras palmeiras-sp
corinthians corinthians-sp corinthians-paulista
sao-paulo sao-paulo-sp
santos santos-sp
santos-laguna
gremio gremio-rs gremio-fbpa gremio-porto-alegre
internacional internacional-rs internacional-porto-alegre sc-internacional
cruzeiro cruzeiro-mg
bahia bahia-ba ec-bahia
vitoria-bahia vitoria-ba ec-vitoria
fortaleza fortaleza-ce
sport-recife sport-pe sport-club-do-recife
bragantino red-bull-bragantino rb-bragantino bragantino-sp
chapecoense chapecoense-sc
al-hilal al-hilal-riyadh al-hilal-saudi al-hilal-ksa
al-hilal-omdurman al-hilal-sudan
al-nassr al-nassr-riyadh al-nasr-riyadh
al-ahly al-ahly-cairo al-ahly-egypt
al-ahli-jeddah al-ahli-saudi al-ahli-sfc
al-ahli-dubai shabab-al-ahli shabab-al-ahli-dubai
al-ittihad-jeddah ittihad-jeddah
al-ittihad-alexandria ittihad-alexandria
zamalek el-zamalek zamalek-cairo
esperance esperance-tunis esperance-de-tunis es-tunis
wydad wydad-casablanca wydad-ac
raja raja-casablanca raja-ca
mamelodi-sundowns sundowns
kawasaki-frontale kawasaki
yokohama-f-marinos yokohama-marinos yokohama-m
yokohama-fc
fc-tokyo
tokyo-verdy verdy
nagoya-grampus nagoya
urawa-red-diamonds urawa urawa-reds
kashima-antlers kashima
kashiwa-reysol kashiwa
sanfrecce-hiroshima hiroshima
jeonbuk-hyundai-motors jeonbuk jeonbuk-motors jeonbuk-fc
ulsan-hd ulsan-hyundai ulsan
suwon-fc
suwon-bluewings suwon-samsung-bluewings suwon-samsung
gimcheon-sangmu sangju-sangmu
western-sydney-wanderers ws-wanderers western-sydney
melbourne-victory melb-victory
melbourne-city melb-city
newcastle-jets newcastle-united-jets
"""

# Of other sports, where the names above are of other clubs.
OTHER_CLUBS = """
los-angeles-lakers la-lakers
los-angeles-clippers la-clippers
new-york-knicks ny-knicks
golden-state-warriors gs-warriors
los-angeles-dodgers la-dodgers
los-angeles-angels la-angels
los-angeles-rams la-rams
los-angeles-chargers la-chargers
new-york-giants ny-giants
new-york-jets ny-jets
new-york-yankees ny-yankees
new-york-mets ny-mets
royal-challengers-bengaluru royal-challengers-bangalore
"""
