-- A minute of a market in one row for each selection: what the books together gave it, what each
-- gave it, and what the goal model expects of the score and the clock. A picture of a match over
-- 50 million prices is then a few thousand rows, which lie side by side.
--
-- Written by the archive, not by a materialized view, which would count repeated batches twice. A
-- minute is written when a batch ends within it and again when it is over; the later one has the
-- higher offset and stays. line is text, '' for none, for it is part of the key.
-- Partitions are months of the match's minutes: a batch that is written again finds the same one.

CREATE TABLE IF NOT EXISTS bars (
    match String,
    market LowCardinality(String),
    line LowCardinality(String),
    selection LowCardinality(String),
    minute DateTime('UTC') CODEC(Delta, ZSTD),
    consensus Float64 COMMENT 'probability without overround, median of the books',
    expected Nullable(Float64) COMMENT 'by the goal model, in play, football only',
    in_play Bool,
    books Array(LowCardinality(String)),
    chances Array(Float64) COMMENT 'probability without overround, by book',
    dropped Array(LowCardinality(String)) COMMENT 'books that are too far from the others to count',
    partition UInt16,
    offset UInt64
)
ENGINE = ReplacingMergeTree(offset)
PARTITION BY toYYYYMM(minute)
ORDER BY (match, market, line, selection, minute)
TTL minute + INTERVAL 5 YEAR
SETTINGS ttl_only_drop_parts = 1;

-- What each book told in a minute of event time: the watch floor asks it of all matches at once,
-- which the sort key of prices cannot find. A view may write it: maxima and counts of distinct rows
-- are the same however often a batch is written.
CREATE TABLE IF NOT EXISTS heard (
    minute DateTime('UTC') CODEC(Delta, ZSTD),
    book LowCardinality(String),
    last SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    prices AggregateFunction(uniqCombined, UInt64),
    matches AggregateFunction(uniqCombined, String)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, book)
TTL minute + INTERVAL 1 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS heard_of_prices TO heard AS
SELECT toStartOfMinute(at) AS minute, book, max(at) AS last,
       uniqCombinedState(cityHash64(partition, offset, idx)) AS prices,
       uniqCombinedState(match) AS matches
FROM prices
GROUP BY minute, book;

INSERT INTO heard
SELECT toStartOfMinute(at) AS minute, book, max(at) AS last,
       uniqCombinedState(cityHash64(partition, offset, idx)) AS prices,
       uniqCombinedState(match) AS matches
FROM prices
GROUP BY minute, book;
