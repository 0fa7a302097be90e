-- question: match-timeline
-- title: One clock for a match
-- answers: What happened in a match in which order: prices, money, wagers, events and alerts, one row
--   for each span of time and kind.
-- weakness: A span tells its last price and its sums, not what lies between; ask price-path for every
--   change. Event time is what the feeds said, and feeds are late by different amounts.
-- accounts: no
-- parameter: match String — the match
-- parameter: market String = '1x2' — the market whose prices and wagers are told
-- parameter: since DateTime64(6, 'UTC') = '1970-01-01' — from this event time on
-- parameter: until DateTime64(6, 'UTC') = '2200-01-01' — before this event time
-- parameter: span UInt32 = '60' — length of a span in seconds
-- column: at DateTime64(3, 'UTC') — begin of the span
-- column: kind String — price, matched, wager, event or alert
-- column: line Nullable(Float64) — line of the market
-- column: selection String — selection, or the event's or alert's own name
-- column: what String — what is told, in words
-- column: value Nullable(Float64) — median of the books' last prices, money matched, or stake
-- column: records UInt64 — records behind the row
SELECT toDateTime64(at, 3, 'UTC') AS at, kind, line, selection, what, value, records
FROM (
    SELECT toStartOfInterval(at, toIntervalSecond({span:UInt32})) AS at, 'price' AS kind, line,
           toString(selection) AS selection, concat('median of ', toString(count()), ' books') AS what,
           toNullable(quantileExact(0.5)(last)) AS value, sum(told) AS records
    FROM (
        SELECT toStartOfInterval(at, toIntervalSecond({span:UInt32})) AS at, line, selection, book,
               argMax(price, (prices.at, partition, offset, idx)) AS last, count() AS told
        FROM prices
        WHERE match = {match:String} AND market = {market:String} AND status = 'open'
          AND prices.at >= {since:DateTime64(6, 'UTC')} AND prices.at < {until:DateTime64(6, 'UTC')}
        GROUP BY at, line, selection, book
    )
    GROUP BY at, line, selection
    UNION ALL
    SELECT toStartOfInterval(at, toIntervalSecond({span:UInt32})), 'matched', line,
           toString(selection), 'cumulative, at the end of the span',
           toNullable(max(amount)), count()
    FROM matched
    WHERE match = {match:String} AND market = {market:String}
      AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
    GROUP BY 1, line, selection
    UNION ALL
    SELECT toStartOfInterval(at, toIntervalSecond({span:UInt32})), 'wager', line,
           toString(selection), concat('staked by ', toString(uniqExact(account)), ' accounts'),
           toNullable(sum(stake)), count()
    FROM wagers
    WHERE match = {match:String} AND market = {market:String}
      AND status IN ('accepted', 'settled')
      AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
    GROUP BY 1, line, selection
    UNION ALL
    SELECT toDateTime(at), 'event', NULL, toString(event),
           concat(ifNull(concat(toString(team), ' '), ''),
                  if(isNull(home_score), '',
                     concat(toString(home_score), ':', toString(away_score)))),
           clock, 1
    FROM events
    WHERE match = {match:String}
      AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
    UNION ALL
    SELECT toDateTime(opened_at), 'alert', line, toString(typology),
           concat(level, ' ', status, ': ', headline), toNullable(score), 1
    FROM alerts
    WHERE match = {match:String}
      AND opened_at >= {since:DateTime64(6, 'UTC')} AND opened_at < {until:DateTime64(6, 'UTC')}
)
ORDER BY at, kind, line, selection
