-- question: team-history
-- title: The matches of a team
-- answers: Every stored match of a team or player: how its price moved from the first to the last before
--   kick-off, whether it won, and which alerts the match raised.
-- weakness: Only what is stored is history. The result is the last score told, and missing where no feed
--   told it. Prices that move against a team that then loses are what markets are for.
-- accounts: no
-- parameter: team String — name of the team or player, as fixtures write it
-- column: start DateTime64(3, 'UTC') — kick-off
-- column: match String — the match
-- column: competition String — its competition
-- column: opponent String — who it played
-- column: place String — home or away
-- column: opened Nullable(Float64) — median first implied probability that it wins
-- column: closed Nullable(Float64) — median last one before kick-off
-- column: moved Nullable(Float64) — closed less opened
-- column: scored Nullable(Int32) — its goals
-- column: conceded Nullable(Int32) — the opponent's
-- column: alerts UInt64 — alerts above green
-- column: typologies Array(String) — what they were
WITH played AS (
    SELECT match, start, competition, if(home = {team:String}, away, home) AS opponent,
           if(home = {team:String}, 'home', 'away') AS place
    FROM last_fixtures
    WHERE home = {team:String} OR away = {team:String}
),
prices AS (
    SELECT match, selection, quantileExact(0.5)(1 / open) AS opened,
           quantileExact(0.5)(1 / close) AS closed
    FROM price_spans_now
    WHERE match IN (SELECT match FROM played) AND market IN ('1x2', 'winner') AND NOT in_play
    GROUP BY match, selection
),
results AS (
    SELECT match, argMax((home_score, away_score), (at, partition, offset, idx)) AS score
    FROM events
    WHERE match IN (SELECT match FROM played) AND home_score IS NOT NULL
    GROUP BY match
),
raised AS (
    SELECT match, count() AS alerts, groupUniqArray(toString(typology)) AS typologies
    FROM alerts
    WHERE match IN (SELECT match FROM played) AND level != 'green'
    GROUP BY match
)
SELECT played.start AS start, played.match AS match, toString(played.competition) AS competition,
       played.opponent AS opponent, played.place AS place, prices.opened AS opened,
       prices.closed AS closed, prices.closed - prices.opened AS moved,
       CAST(if(place = 'home', results.score.1, results.score.2) AS Nullable(Int32)) AS scored,
       CAST(if(place = 'home', results.score.2, results.score.1) AS Nullable(Int32)) AS conceded,
       ifNull(raised.alerts, 0) AS alerts,
       arraySort(ifNull(raised.typologies, [])) AS typologies
FROM played
LEFT JOIN prices ON prices.match = played.match AND prices.selection = played.place
LEFT JOIN results ON results.match = played.match
LEFT JOIN raised ON raised.match = played.match
ORDER BY start, match
SETTINGS join_use_nulls = 1
