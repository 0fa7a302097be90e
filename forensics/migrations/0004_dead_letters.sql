-- Bytes that could not be read. A letter is itself when everything about it is equal, for one place
-- may hold several faults. raw may hold what no pseudonym has covered yet, so it lives for 30 days.

CREATE TABLE IF NOT EXISTS dead_letters (
    source LowCardinality(String),
    place String,
    reason String,
    raw String CODEC(ZSTD),
    raw_hash UInt64 MATERIALIZED cityHash64(raw),
    topic LowCardinality(String),
    partition UInt16,
    offset UInt64,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (source, topic, partition, offset, place, reason, raw_hash)
TTL toDateTime(arrived) + INTERVAL 30 DAY;
