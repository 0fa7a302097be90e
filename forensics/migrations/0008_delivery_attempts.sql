-- Every attempt to deliver an alert: when, to whom, what came of it and why. `delivery` is the id of
-- a message (d-...), or of a digest or summary (b-..., h-..., q-...) that told of all of `told`.
-- Addresses are not kept, only hosts.
CREATE TABLE IF NOT EXISTS delivery_attempts (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    delivery String,
    subscription LowCardinality(String),
    channel LowCardinality(String),
    host LowCardinality(String),
    told Array(String),
    attempt UInt32,
    outcome LowCardinality(String),
    reason LowCardinality(String),
    status UInt16,
    latency_ms Float64,
    next_at Nullable(DateTime64(6, 'UTC')),
    partition UInt16,
    offset UInt64,
    idx UInt32,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (subscription, at, delivery, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 1 YEAR
SETTINGS ttl_only_drop_parts = 1;
