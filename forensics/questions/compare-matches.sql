-- question: compare-matches
-- title: A match against its peers
-- answers: How far the prices of a match moved, before it and in play, against all stored matches of its
--   sport, tier, market and phase: its rank, and the share of peers that moved as far.
-- weakness: Peers are those in the store, so a store of few matches says little. A match with more books
--   or a longer history moves further. To be the highest of a hundred is no proof: one always is.
-- accounts: no
-- parameter: match String — the match
-- column: market String — the market
-- column: phase String — before or in_play
-- column: moved Float64 — largest move from the first to the last price, median over the books, in
--   implied probability
-- column: selection String — the selection that moved so
-- column: swing Float64 — its largest distance between high and low
-- column: wagers UInt64 — wagers on the market in the store, within 1 %
-- column: peers UInt64 — other matches of the same sport, tier, market and phase
-- column: peers_median Nullable(Float64) — median of their moves
-- column: peers_p95 Nullable(Float64) — the move that one in twenty of them exceeds
-- column: share_as_far Nullable(Float64) — share of the peers that moved as far
-- column: share_as_many Nullable(Float64) — share of the peers with as many wagers
WITH this AS (
    SELECT sport, tier FROM last_fixtures WHERE match = {match:String} LIMIT 1
),
peers AS (
    SELECT match FROM last_fixtures WHERE (sport, tier) IN (SELECT sport, tier FROM this)
),
lines AS (
    SELECT match, market, in_play, selection, line, quantileExact(0.5)(1 / close - 1 / open) AS moved,
           quantileExact(0.5)(1 / low - 1 / high) AS swing
    FROM price_spans_now
    WHERE match IN (SELECT match FROM peers)
    GROUP BY match, market, in_play, selection, line
),
moves AS (
    SELECT match, market, in_play, argMax(lines.moved, abs(lines.moved)) AS moved,
           argMax(toString(lines.selection), abs(lines.moved)) AS selection, max(lines.swing) AS swing
    FROM lines
    GROUP BY match, market, in_play
),
money AS (
    SELECT match, market, uniqCombinedMerge(wager_counts.wagers) AS wagers
    FROM wager_counts
    WHERE match IN (SELECT match FROM peers)
    GROUP BY match, market
),
whole AS (
    SELECT moves.match AS match, toString(moves.market) AS market, moves.in_play AS in_play,
           moves.moved AS moved, moves.selection AS selection, moves.swing AS swing,
           money.wagers AS wagers
    FROM moves LEFT JOIN money ON money.match = moves.match AND money.market = moves.market
)
SELECT market, if(whole.in_play, 'in_play', 'before') AS phase, anyIf(whole.moved, own) AS moved,
       anyIf(whole.selection, own) AS selection, anyIf(whole.swing, own) AS swing,
       anyIf(whole.wagers, own) AS wagers, countIf(NOT own) AS peers,
       toNullable(quantileExactIf(0.5)(abs(whole.moved), NOT own)) AS peers_median,
       toNullable(quantileExactIf(0.95)(abs(whole.moved), NOT own)) AS peers_p95,
       if(peers = 0, NULL, arrayCount(other -> other >= abs(moved),
          groupArrayIf(abs(whole.moved), NOT own)) / peers) AS share_as_far,
       if(peers = 0, NULL, arrayCount(other -> other >= wagers,
          groupArrayIf(whole.wagers, NOT own)) / peers) AS share_as_many
FROM (SELECT *, match = {match:String} AS own FROM whole) AS whole
GROUP BY market, whole.in_play
HAVING countIf(own) > 0
ORDER BY market, phase
-- All that is read here is merged by the aggregates above, so no copy counts twice without FINAL.
SETTINGS final = 0
