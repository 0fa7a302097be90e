-- Views that are safe to read without FINAL. The order of what was told is
-- (at, partition, offset, idx): event time, then the order of the topic.

CREATE OR REPLACE VIEW last_fixtures AS
SELECT match,
       tupleElement(latest, 1) AS at, tupleElement(latest, 2) AS source,
       tupleElement(latest, 3) AS sport, tupleElement(latest, 4) AS competition,
       tupleElement(latest, 5) AS tier, tupleElement(latest, 6) AS home,
       tupleElement(latest, 7) AS away, tupleElement(latest, 8) AS start
FROM (
    SELECT match,
           argMax((at, source, sport, competition, tier, home, away, start),
                  (at, partition, offset, idx)) AS latest
    FROM fixtures
    GROUP BY match
);

CREATE OR REPLACE VIEW last_prices AS
SELECT match, market, line, selection, book,
       tupleElement(latest, 1) AS at, tupleElement(latest, 2) AS price,
       tupleElement(latest, 3) AS size, tupleElement(latest, 4) AS status,
       tupleElement(latest, 5) AS in_play
FROM (
    SELECT match, market, line, selection, book,
           argMax((at, price, size, status, in_play), (at, partition, offset, idx)) AS latest
    FROM prices
    GROUP BY match, market, line, selection, book
);

CREATE OR REPLACE VIEW last_matched AS
SELECT match, market, line, selection, book,
       tupleElement(latest, 1) AS at, tupleElement(latest, 2) AS amount,
       tupleElement(latest, 3) AS currency, tupleElement(latest, 4) AS last
FROM (
    SELECT match, market, line, selection, book,
           argMax((at, amount, currency, last), (at, partition, offset, idx)) AS latest
    FROM matched
    GROUP BY match, market, line, selection, book
);

CREATE OR REPLACE VIEW current_ladders AS
SELECT match, market, line, selection, book, side, price,
       tupleElement(latest, 1) AS at, tupleElement(latest, 2) AS size
FROM (
    SELECT match, market, line, selection, book, side, price,
           argMax((at, size), (at, partition, offset, idx)) AS latest
    FROM ladders
    GROUP BY match, market, line, selection, book, side, price
)
WHERE size > 0;

-- A price that is withdrawn repeats itself, and so does one that returns unchanged: neither is a
-- change, and the first price of a book is none. Odds are above 1, so 0 means "no previous".
CREATE OR REPLACE VIEW price_changes AS
SELECT at, match, market, line, selection, book, price, previous_price, previous_at,
       1 / price - 1 / previous_price AS implied_change,
       size, status, in_play, partition, offset, idx, arrived
FROM (
    SELECT *,
           lagInFrame(price) OVER told AS previous_price,
           lagInFrame(at) OVER told AS previous_at
    FROM prices FINAL
    WINDOW told AS (
        PARTITION BY match, market, line, selection, book
        ORDER BY at, partition, offset, idx
        ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    )
)
WHERE previous_price > 0 AND price != previous_price;

CREATE OR REPLACE VIEW gaps AS
SELECT source, at, reason, uniqExact(partition) AS partitions
FROM health
GROUP BY source, at, reason;
