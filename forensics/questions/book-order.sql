-- question: book-order
-- title: Which book moved first
-- answers: In a window, when each book first moved a selection by at least a given amount, its lag
--   behind the first, and how far it went.
-- weakness: A feed that polls a book every few minutes makes it look late; lags below the spacing of the
--   feed say nothing. The first to move is often the sharpest book, not the one that knew.
-- accounts: no
-- parameter: match String — the match
-- parameter: market String = '1x2' — the market
-- parameter: selection String — the selection
-- parameter: since DateTime64(6, 'UTC') = '1970-01-01' — from this event time on
-- parameter: until DateTime64(6, 'UTC') = '2200-01-01' — before this event time
-- parameter: least Float64 = '0.02' — smallest move of the implied probability that counts
-- column: place UInt64 — 1 for the first book
-- column: book String — the book
-- column: line Nullable(Float64) — line of the market
-- column: opened Float64 — implied probability at the begin of the window
-- column: moved_at DateTime64(6, 'UTC') — when it had first moved by so much
-- column: lag_s Float64 — seconds behind the first book
-- column: furthest Float64 — its largest move in that direction
-- column: closed Float64 — implied probability at the end of the window
WITH told AS (
    SELECT book, line, at, 1 / price AS implied,
           first_value(1 / price) OVER (
               PARTITION BY book, line ORDER BY at, partition, offset, idx
               ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
           ) AS opened
    FROM prices
    WHERE match = {match:String} AND market = {market:String} AND selection = {selection:String}
      AND status = 'open'
      AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
),
moved AS (
    SELECT book, line, any(told.opened) AS opened,
           minIf(told.at, abs(implied - told.opened) >= {least:Float64}) AS moved_at,
           argMax(implied - told.opened, abs(implied - told.opened)) AS furthest,
           argMax(implied, told.at) AS closed
    FROM told
    GROUP BY book, line
    HAVING countIf(abs(implied - told.opened) >= {least:Float64}) > 0
)
SELECT row_number() OVER (ORDER BY moved_at, book, line) AS place, toString(book) AS book, line,
       opened, moved_at,
       dateDiff('microsecond', min(moved_at) OVER (), moved_at) / 1e6 AS lag_s, furthest, closed
FROM moved
ORDER BY place
