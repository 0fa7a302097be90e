-- question: repeat-pattern
-- title: Teams whose results follow the money
-- answers: For each team or player: of its stored matches in which the price moved against it by a given
--   amount before kick-off, how many it lost, how many losses the first prices led to expect, and how
--   likely so many or more are by chance, corrected for the number of teams that were tested.
-- weakness: First prices are not fair prices, and a price moves against a team for honest reasons too:
--   then it loses as the money says. A pattern is not proof. Results are the last scores told.
-- accounts: no
-- parameter: competition String = '' — only this competition; '' for all
-- parameter: moved Float64 = '0.05' — a match counts when the probability that it wins fell by so much
-- parameter: fewest UInt32 = '5' — fewest such matches for a team to be tested
-- column: team String — team or player
-- column: matches UInt64 — matches in which the price moved against it
-- column: lost UInt64 — of these it lost
-- column: expected Float64 — losses expected by the first prices
-- column: tail Float64 — probability of so many losses or more (Poisson binomial)
-- column: tested UInt64 — teams tested
-- column: corrected Float64 — tail times teams tested, at most 1 (Bonferroni)
-- column: discovery_rate Float64 — share of false finds among all as unlikely (Benjamini and Hochberg)
-- column: note String — what it is not
WITH fixed AS (
    SELECT match, home, away FROM last_fixtures
    WHERE competition = {competition:String} OR {competition:String} = ''
),
results AS (
    SELECT match, argMax((home_score, away_score), (at, partition, offset, idx)) AS score
    FROM events
    WHERE home_score IS NOT NULL
    GROUP BY match
),
chances AS (
    SELECT match, toString(selection) AS selection, quantileExact(0.5)(1 / open) AS opened,
           quantileExact(0.5)(1 / close) AS closed
    FROM price_spans_now
    WHERE market IN ('1x2', 'winner') AND selection IN ('home', 'away') AND NOT in_play
      AND match IN (SELECT match FROM fixed)
    GROUP BY match, selection
),
played AS (
    SELECT if(own.selection = 'home', fixed.home, fixed.away) AS team,
           least(other.opened, 0.999) AS p,
           if(own.selection = 'home', results.score.1 < results.score.2,
              results.score.2 < results.score.1) AS lost
    FROM chances AS own
    JOIN chances AS other ON other.match = own.match AND other.selection != own.selection
    JOIN fixed ON fixed.match = own.match
    JOIN results ON results.match = own.match
    WHERE own.opened - own.closed >= {moved:Float64}
),
teams AS (
    SELECT team, count() AS matches, countIf(lost = 1) AS lost, sum(p) AS expected,
           arrayFold((told, chance) -> arrayMap(
               (stays, comes) -> stays * (1 - chance) + comes * chance,
               told, arrayPushFront(arrayPopBack(told), toFloat64(0))),
               groupArray(p), arrayResize([toFloat64(1)], matches + 1, toFloat64(0))) AS chances_of
    FROM played
    GROUP BY team
    HAVING matches >= {fewest:UInt32}
),
tails AS (
    SELECT team, matches, lost, expected,
           least(arraySum(arraySlice(chances_of, lost + 1)), 1) AS tail, count() OVER () AS tested
    FROM teams
),
ranked AS (
    SELECT *, tail * tested / row_number() OVER (ORDER BY tail, team) AS rate FROM tails
)
SELECT team, matches, lost, expected, tail, tested, least(tail * tested, 1) AS corrected,
       least(min(rate) OVER (ORDER BY tail DESC, team DESC
                             ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 1)
           AS discovery_rate,
       'A pattern is not proof.' AS note
FROM ranked
ORDER BY tail, team
