-- How the pipeline itself does, looked at by the archive every quarter of a minute: how far each
-- group has come on each partition, and who reads. Several archives that look at once write the
-- same rows, for moments are cut to that quarter. Kept for 30 days, in days that go as a whole.

CREATE TABLE IF NOT EXISTS group_lags (
    at DateTime('UTC') CODEC(Delta, ZSTD),
    reader LowCardinality(String) COMMENT 'the consumer group',
    topic LowCardinality(String),
    partition UInt16,
    committed UInt64 CODEC(Delta, ZSTD),
    ended UInt64 COMMENT 'the offset that comes next' CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (reader, topic, partition, at)
TTL at + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1;

-- A worker that is started again joins as another member.
CREATE TABLE IF NOT EXISTS group_members (
    at DateTime('UTC') CODEC(Delta, ZSTD),
    reader LowCardinality(String),
    member String,
    host LowCardinality(String),
    partitions UInt16
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(at)
ORDER BY (reader, member, at)
TTL at + INTERVAL 30 DAY
SETTINGS ttl_only_drop_parts = 1;
