-- question: what-was-known-when
-- title: What was known at a moment
-- answers: The state of a match as it could be seen at a moment: the last prices, money, events, gaps
--   and alerts of those records that had reached us by then. For the question: should we have seen it?
-- weakness: Goes by the time of arrival. A recording that was loaded later arrived when it was loaded;
--   nothing of it was known before.
-- accounts: no
-- parameter: match String — the match
-- parameter: moment DateTime64(3, 'UTC') — the moment
-- column: kind String — fixture, price, matched, wagers, event, gap or alert
-- column: market String — market
-- column: line Nullable(Float64) — its line
-- column: selection String — selection, source or typology
-- column: book String — book, or competition
-- column: value Nullable(Float64) — price, amount, stake, minute or score
-- column: what String — in words
-- column: at DateTime64(6, 'UTC') — event time of the newest record
-- column: arrived DateTime64(3, 'UTC') — when that record reached us
SELECT * FROM (
    SELECT 'fixture' AS kind, '' AS market, CAST(NULL AS Nullable(Float64)) AS line,
           toString(source) AS selection, argMax(toString(competition), told) AS book,
           CAST(NULL AS Nullable(Float64)) AS value,
           argMax(concat(home, ' v ', away, ', kick-off ', toString(start)), told) AS what,
           argMax(known.at, told) AS at, argMax(known.arrived, told) AS arrived
    FROM (SELECT *, (at, partition, offset, idx) AS told FROM fixtures
          WHERE match = {match:String} AND arrived <= {moment:DateTime64(3, 'UTC')}) AS known
    GROUP BY source
    UNION ALL
    SELECT 'price', toString(market), line, toString(selection), toString(book),
           toNullable(argMax(price, told)), argMax(toString(status), told), argMax(known.at, told),
           argMax(known.arrived, told)
    FROM (SELECT *, (at, partition, offset, idx) AS told FROM prices
          WHERE match = {match:String} AND arrived <= {moment:DateTime64(3, 'UTC')}) AS known
    GROUP BY market, line, selection, book
    UNION ALL
    SELECT 'matched', toString(market), line, toString(selection), toString(book),
           toNullable(argMax(amount, told)), argMax(toString(currency), told), argMax(known.at, told),
           argMax(known.arrived, told)
    FROM (SELECT *, (at, partition, offset, idx) AS told FROM matched
          WHERE match = {match:String} AND arrived <= {moment:DateTime64(3, 'UTC')}) AS known
    GROUP BY market, line, selection, book
    UNION ALL
    SELECT 'wagers', toString(market), line, toString(selection), toString(book),
           toNullable(sum(stake)), concat(toString(count()), ' wagers of ',
           toString(uniqExact(account)), ' accounts'), max(wagers.at), max(wagers.arrived)
    FROM wagers
    WHERE match = {match:String} AND wagers.arrived <= {moment:DateTime64(3, 'UTC')}
      AND status IN ('accepted', 'settled')
    GROUP BY market, line, selection, book
    UNION ALL
    SELECT 'event', '', NULL, toString(event), '', clock,
           if(isNull(home_score), '', concat(toString(home_score), ':', toString(away_score))), at,
           arrived
    FROM events
    WHERE match = {match:String} AND arrived <= {moment:DateTime64(3, 'UTC')}
    UNION ALL
    SELECT 'gap', '', NULL, toString(source), '', NULL, reason, at, min(health.arrived)
    FROM health
    WHERE health.arrived <= {moment:DateTime64(3, 'UTC')}
      AND source IN (SELECT source FROM fixtures
                     WHERE match = {match:String} AND arrived <= {moment:DateTime64(3, 'UTC')})
    GROUP BY source, reason, at
    UNION ALL
    SELECT 'alert', ifNull(toString(argMax(known.market, told)), ''), argMax(known.line, told),
           argMax(toString(typology), told), '', toNullable(argMax(score, told)),
           argMax(concat(level, ' ', status, ': ', headline), told), argMax(last_at, told),
           argMax(known.arrived, told)
    FROM (SELECT *, (generation, partition, offset) AS told FROM alert_updates
          WHERE match = {match:String} AND arrived <= {moment:DateTime64(3, 'UTC')}) AS known
    GROUP BY alert_id
)
ORDER BY kind, market, line, selection, book, at
