-- Canaries that went from the feed through the watch to here: one for each partition and round. They
-- are no records and no alerts, and nothing that looks at matches reads them. Kept for a week, in days
-- that go as a whole.

CREATE TABLE IF NOT EXISTS canaries (
    id String COMMENT 'of the round',
    partition UInt16 COMMENT 'of match-feed',
    offset UInt64 COMMENT 'in match-feed' CODEC(Delta, ZSTD),
    sent DateTime64(6, 'UTC') COMMENT 'by the clock of the canary' CODEC(Delta, ZSTD),
    fed DateTime64(3, 'UTC') COMMENT 'when the broker had it' CODEC(Delta, ZSTD),
    reached Nullable(DateTime64(6, 'UTC')) COMMENT 'event time that the watch had come to',
    arrived DateTime64(3, 'UTC') COMMENT 'when the broker had the answer' CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMMDD(fed)
ORDER BY (fed, partition, offset)
TTL toDateTime(fed) + INTERVAL 7 DAY
SETTINGS ttl_only_drop_parts = 1;
