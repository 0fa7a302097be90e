-- What it takes to tell the feed again exactly as the watch heard it.
--
-- heartbeats decide when a match is looked at, so an alert cannot be derived again without them.
-- frames says how many records each frame held, so that a missing one is seen, and where a topic
-- began anew (offset 0), so that two runs in one store are told apart.
-- Times of kick-off become as fine as they were told.

CREATE TABLE IF NOT EXISTS heartbeats (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    source LowCardinality(String),
    covers Array(LowCardinality(String)),
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt32,
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (partition, offset, idx, source, at);

CREATE TABLE IF NOT EXISTS frames (
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    records UInt32
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (partition, offset, arrived);

ALTER TABLE fixtures MODIFY COLUMN start DateTime64(6, 'UTC');

ALTER TABLE pasts MODIFY COLUMN "played.start" Array(DateTime64(6, 'UTC'));
