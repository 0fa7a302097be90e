"""Names of teams that stand for one another and are in no register of clubs; all as slugs.

A line is one team: the name it is given here, and others that associations and feeds use. Two names
of different lines are two teams. Written from general knowledge.
"""

# Second teams of football clubs that have a name of their own.
SECOND_TEAMS = """
athletic-bilbao-b bilbao-athletic ath-bilbao-b
sevilla-b sevilla-atletico
real-betis-b betis-deportivo betis-deportivo-balompie
real-madrid-b real-madrid-castilla castilla rm-castilla
barcelona-b barcelona-atletic barca-atletic barca-b barcelona-atletico
cadiz-b cadiz-mirandilla
atletico-madrid-b atletico-madrileno
real-valladolid-b valladolid-promesas
celta-b celta-fortuna celta-vigo-b
real-sociedad-b sanse
deportivo-la-coruna-b fabril deportivo-fabril
osasuna-b osasuna-promesas
real-zaragoza-b deportivo-aragon
granada-b recreativo-granada
malaga-b atletico-malagueno
levante-b atletico-levante
racing-santander-b rayo-cantabria
las-palmas-b las-palmas-atletico
juventus-b juventus-next-gen juve-next-gen juventus-u23
milan-b milan-futuro milan-u23
atalanta-u23 atalanta-ii
club-brugge-b club-nxt
anderlecht-b rsca-futures
standard-liege-b sl16
gent-b jong-kaa-gent jong-gent
genk-b jong-genk
hannover-96-b hannover-96-ii hannover-ii hannover-am
"""

# Of other sports, where the names above are of other clubs.
TEAMS_ELSEWHERE = """
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
