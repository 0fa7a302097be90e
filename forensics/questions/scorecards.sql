-- question: scorecards
-- title: How often alerts were right
-- answers: For all alerts above green, and by detector, typology, competition and month: how many of the
--   matches they were about were held for manipulation, what was reported missed, how soon somebody
--   acknowledged and closed, whether more alerts come than the budget allows, and what to revisit.
-- weakness: A verdict is about a match, so all its alerts share it, and officers judge what they were
--   shown. Only misses that somebody reported are known, so recall is an upper bound. With few
--   verdicts the intervals are wide and nothing is proposed.
-- accounts: no
-- parameter: since DateTime64(6, 'UTC') = '1970-01-01' — matches that start from this time on
-- parameter: until DateTime64(6, 'UTC') = '2200-01-01' — and before this time
-- parameter: red_per_100 Float64 = '1' — the budget: red alerts on a hundred clean matches
-- parameter: amber_per_100 Float64 = '5' — the budget: amber or red ones on a hundred clean matches
-- parameter: acknowledge_min Float64 = '60' — minutes within which a case should be acknowledged
-- parameter: fewest UInt32 = '10' — fewest verdicts, or reported misses, on which a proposal rests
-- column: kind String — all, detector, typology, competition or month
-- column: name String — which one
-- column: watched UInt64 — matches that were watched; all of the window for detectors and typologies
-- column: alerted UInt64 — of these, matches with an alert above green
-- column: red UInt64 — of these, matches with a red one
-- column: right UInt64 — alerted matches that were closed as manipulation suspected or confirmed
-- column: wrong UInt64 — closed as innocent or as a fault of the data
-- column: waiting UInt64 — not closed, or closed as undecided
-- column: precision Nullable(Float64) — right of right and wrong
-- column: precision_low Nullable(Float64) — lower end of its 95 % interval (Wilson)
-- column: precision_high Nullable(Float64) — upper end
-- column: missed UInt64 — matches reported as missed and not found harmless since
-- column: recall Nullable(Float64) — right of right and missed: at most this share was found
-- column: recall_low Nullable(Float64) — lower end of its 95 % interval (Wilson)
-- column: recall_high Nullable(Float64) — upper end
-- column: acknowledged_min Nullable(Float64) — median minutes from the arrival of the first alert above
--   green to the first acknowledgement, escalation or verdict
-- column: closed_min Nullable(Float64) — median minutes from then to the first verdict
-- column: per_100 Nullable(Float64) — alerted matches that were not held for manipulation, in a hundred
-- column: per_100_low Nullable(Float64) — lower end of its 95 % interval (Poisson, Byar)
-- column: per_100_high Nullable(Float64) — upper end
-- column: drift String — that against the budget: above, red above, below or within
-- column: proposal String — what to revisit
WITH
fixed AS (
    SELECT match, if(competition = '', 'unknown', competition) AS competition,
           formatDateTime(start, '%Y-%m') AS month
    FROM last_fixtures
    WHERE start >= {since:DateTime64(6, 'UTC')} AND start < {until:DateTime64(6, 'UTC')}
),
told AS (
    SELECT match, fixed.competition AS competition, fixed.month AS month,
           toString(alerts.typology) AS typology, level = 'red' AS red,
           arrayDistinct(arrayMap(each -> JSONExtractString(each, 'detector'),
                                  JSONExtractArrayRaw(evidence))) AS detectors
    FROM alerts JOIN fixed USING (match)
    WHERE level != 'green'
),
-- A miss may be about a match that no feed told of.
reported AS (
    SELECT actions.match AS match, JSONExtractString(actions.new, 'typology') AS typology,
           parseDateTime64BestEffortOrNull(JSONExtractString(actions.new, 'when'), 6, 'UTC') AS seen,
           if(fixed.match = '', 'unknown', fixed.competition) AS competition,
           if(fixed.match = '', formatDateTime(seen, '%Y-%m'), fixed.month) AS month
    FROM actions LEFT JOIN fixed ON fixed.match = actions.match
    WHERE actions.kind = 'report_miss' AND (fixed.match != '' OR (
        actions.match NOT IN (SELECT match FROM last_fixtures)
        AND seen >= {since:DateTime64(6, 'UTC')} AND seen < {until:DateTime64(6, 'UTC')}))
),
judged AS (
    SELECT match, ifNull(toString(verdict), '') AS finding,
           finding IN ('manipulation_suspected', 'manipulation_confirmed') AS held,
           finding IN ('innocent', 'data_fault') AS harmless
    FROM cases
),
-- One row for each match on each card: whether an alert told of it, and whether a miss was reported.
named AS (
    SELECT key.1 AS kind, key.2 AS name, match, max(told.red) AS red, 1 AS found
    FROM told ARRAY JOIN arrayConcat(
        [('all', 'all'), ('typology', typology), ('competition', competition), ('month', month)],
        arrayMap(each -> ('detector', each), detectors)) AS key
    GROUP BY kind, name, match
    UNION ALL
    SELECT key.1 AS kind, key.2 AS name, match, 0 AS red, 0 AS found
    FROM reported ARRAY JOIN [('all', 'all'), ('typology', typology), ('detector', typology),
                              ('competition', competition), ('month', month)] AS key
    GROUP BY kind, name, match
),
on_cards AS (
    SELECT kind, name, match, max(named.red) AS red, max(named.found) AS found
    FROM named
    GROUP BY kind, name, match
),
arrivals AS (
    SELECT match, min(alert_updates.arrived) AS arrived
    FROM alert_updates
    WHERE level != 'green' AND match IN (SELECT match FROM told)
    GROUP BY match
),
deeds AS (
    SELECT arrivals.match AS match,
           minOrNullIf(actions.at, actions.kind IN ('acknowledge', 'escalate', 'close')) AS taken_up,
           minOrNullIf(actions.at, actions.kind = 'close') AS closed, any(arrivals.arrived) AS since
    FROM arrivals JOIN actions ON actions.match = arrivals.match
    WHERE actions.at >= arrivals.arrived
    GROUP BY match
),
watched AS (
    SELECT key.1 AS kind, key.2 AS name, count() AS matches
    FROM fixed ARRAY JOIN [('all', 'all'), ('competition', competition), ('month', month)] AS key
    GROUP BY kind, name
),
(SELECT count() FROM fixed) AS all_matches,
cards AS (
    SELECT on_cards.kind AS kind, on_cards.name AS name,
           if(kind IN ('detector', 'typology'), all_matches, any(watched.matches)) AS watched,
           countIf(found = 1) AS alerted, countIf(found = 1 AND on_cards.red = 1) AS red,
           countIf(found = 1 AND held) AS right, countIf(found = 1 AND harmless) AS wrong,
           toUInt64(alerted - right - wrong) AS waiting, countIf(found = 0 AND NOT harmless) AS missed,
           countIf(found = 1 AND on_cards.red = 1 AND NOT held) AS red_unheld,
           quantileExactOrNullIf(0.5)(dateDiff('millisecond', deeds.since, deeds.taken_up) / 6e4,
                                found = 1 AND isNotNull(deeds.taken_up)) AS acknowledged_min,
           quantileExactOrNullIf(0.5)(dateDiff('millisecond', deeds.since, deeds.closed) / 6e4,
                                found = 1 AND isNotNull(deeds.closed)) AS closed_min
    FROM on_cards
    LEFT JOIN judged ON judged.match = on_cards.match
    LEFT JOIN deeds ON deeds.match = on_cards.match
    LEFT JOIN watched ON watched.kind = on_cards.kind AND watched.name = on_cards.name
    GROUP BY kind, name
),
-- Wilson: (centre -+ half) / spread. Byar: the cube of a normal approximation to Poisson.
figures AS (
    SELECT *, 1.96 AS z, right + wrong AS verdicts, right + missed AS known,
           alerted - right AS unheld, 100 / nullIf(watched, 0) AS each,
           right / nullIf(verdicts, 0) AS precision, right / nullIf(known, 0) AS recall,
           z * sqrt(precision * (1 - precision) / verdicts + z * z / (4 * verdicts * verdicts))
               AS precision_half,
           z * sqrt(recall * (1 - recall) / known + z * z / (4 * known * known)) AS recall_half,
           if(unheld = 0, 0, unheld * pow(1 - 1 / (9 * unheld) - z / (3 * sqrt(unheld)), 3)) AS low,
           (unheld + 1) * pow(1 - 1 / (9 * (unheld + 1)) + z / (3 * sqrt(unheld + 1)), 3) AS high,
           if(red_unheld = 0, 0,
              red_unheld * pow(1 - 1 / (9 * red_unheld) - z / (3 * sqrt(red_unheld)), 3)) AS red_low
    FROM cards
),
bounded AS (
    SELECT *, greatest((precision + z * z / (2 * verdicts) - precision_half)
                       / (1 + z * z / verdicts), 0) AS precision_low,
           least((precision + z * z / (2 * verdicts) + precision_half)
                 / (1 + z * z / verdicts), 1) AS precision_high,
           greatest((recall + z * z / (2 * known) - recall_half) / (1 + z * z / known), 0)
               AS recall_low,
           least((recall + z * z / (2 * known) + recall_half) / (1 + z * z / known), 1)
               AS recall_high,
           unheld * each AS per_100, low * each AS per_100_low, high * each AS per_100_high,
           multiIf(per_100_low > {amber_per_100:Float64}, 'above',
                   red_low * each > {red_per_100:Float64}, 'red above',
                   per_100_high < {amber_per_100:Float64}, 'below', 'within') AS drift,
           max(if(kind = 'all', precision, NULL)) OVER () AS usual
    FROM figures
)
SELECT kind, name, watched, alerted, red, right, wrong, waiting, precision, precision_low,
       precision_high, missed, recall, recall_low, recall_high, acknowledged_min, closed_min,
       per_100, per_100_low, per_100_high, drift,
       multiIf(
           drift IN ('above', 'red above') AND kind = 'all',
               'more alerts than the budget allows: fit the priors anew, or raise the budget',
           drift IN ('above', 'red above') AND kind IN ('detector', 'typology'),
               'alone takes more than the whole budget: fit its priors anew, or give it less of it',
           drift IN ('above', 'red above'),
               'more alerts than the budget allows: its priors do not fit, or its feeds changed',
           missed >= {fewest:UInt32} AND missed > right,
               'more was reported missed than found: revisit it, or give it more of the budget',
           verdicts < {fewest:UInt32}, 'too few verdicts to say',
           precision_high < usual, 'right less often than the rest: revisit it first',
           acknowledged_min > {acknowledge_min:Float64},
               'acknowledged late: a smaller budget, or more officers',
           'nothing') AS proposal
FROM bounded
ORDER BY indexOf(['all', 'detector', 'typology', 'competition', 'month'], kind), alerted DESC, name
