-- question: price-path
-- title: The path of a price
-- answers: Every change of the price of a selection at every book, with the change of the implied
--   probability.
-- weakness: A price that was never told is not there; between two records it may have been any. Implied
--   probability holds the margin of the book.
-- accounts: no
-- parameter: match String — the match
-- parameter: market String = '1x2' — the market
-- parameter: selection String — the selection
-- parameter: since DateTime64(6, 'UTC') = '1970-01-01' — from this event time on
-- parameter: until DateTime64(6, 'UTC') = '2200-01-01' — before this event time
-- column: at DateTime64(6, 'UTC') — event time
-- column: arrived DateTime64(3, 'UTC') — when it reached us
-- column: book String — the book
-- column: line Nullable(Float64) — line of the market
-- column: price Float64 — decimal odds
-- column: implied Float64 — implied probability
-- column: moved Nullable(Float64) — its change against the price before, none for the first
-- column: status String — open, suspended, withdrawn or closed
-- column: in_play Bool — whether the match was being played
SELECT at, arrived, toString(book) AS book, line, price, 1 / price AS implied,
       if(previous > 0, 1 / price - 1 / previous, NULL) AS moved, toString(status) AS status, in_play
FROM (
    SELECT *,
           lagInFrame(price) OVER told AS previous, lagInFrame(status) OVER told AS status_before
    FROM prices
    WHERE match = {match:String} AND market = {market:String} AND selection = {selection:String}
    WINDOW told AS (
        PARTITION BY line, book ORDER BY at, partition, offset, idx
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
WHERE (price != previous OR status != status_before)
  AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
ORDER BY at, book, line
