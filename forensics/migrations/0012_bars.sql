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

-- The watch floor asks what all books did lately, which no sort key by match can find: these say
-- of each run of rows between which moments it lies.
ALTER TABLE prices ADD INDEX IF NOT EXISTS by_at at TYPE minmax GRANULARITY 1;
ALTER TABLE prices ADD INDEX IF NOT EXISTS by_arrived arrived TYPE minmax GRANULARITY 1;
ALTER TABLE prices MATERIALIZE INDEX by_at;
ALTER TABLE prices MATERIALIZE INDEX by_arrived;
