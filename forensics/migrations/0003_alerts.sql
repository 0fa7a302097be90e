-- alert_updates keeps every update; alerts FINAL shows the newest of each alert. Both are written
-- by the archive: a materialized view would count repeated batches twice.
--
-- All updates of an alert share its match and so one partition of the topic; the newest has the
-- highest offset. generation grows when offsets start anew (topic created again, partitions added),
-- or the last updates of the old topic would hide the first ones of the new.
-- Alerts are case records: they have no time to live, and no partitions, for the updates of one
-- alert must meet in one to be merged.

CREATE TABLE IF NOT EXISTS alert_updates (
    alert_id String,
    match String,
    sport LowCardinality(String),
    competition LowCardinality(String),
    tier UInt8,
    home String,
    away String,
    start Nullable(DateTime64(3, 'UTC')),
    typology LowCardinality(String),
    level LowCardinality(String),
    status LowCardinality(String),
    score Float64,
    opened_at DateTime64(6, 'UTC'),
    peak_at DateTime64(6, 'UTC'),
    last_at DateTime64(6, 'UTC'),
    market LowCardinality(Nullable(String)),
    line Nullable(Float64),
    selection Nullable(String),
    headline String,
    evidence String COMMENT 'JSON array',
    context String COMMENT 'JSON array',
    feed_health String COMMENT 'JSON',
    innocent_explanations Array(String),
    feed_topic LowCardinality(String),
    feed_partition UInt16,
    first_offset UInt64,
    last_offset UInt64,
    config_hash LowCardinality(String),
    marking LowCardinality(String),
    body String COMMENT 'the update as it was published' CODEC(ZSTD),
    generation UInt32,
    partition UInt16,
    offset UInt64,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (alert_id, generation, partition, offset);

CREATE TABLE IF NOT EXISTS alerts (
    alert_id String,
    match String,
    sport LowCardinality(String),
    competition LowCardinality(String),
    tier UInt8,
    home String,
    away String,
    start Nullable(DateTime64(3, 'UTC')),
    typology LowCardinality(String),
    level LowCardinality(String),
    status LowCardinality(String),
    score Float64,
    opened_at DateTime64(6, 'UTC'),
    peak_at DateTime64(6, 'UTC'),
    last_at DateTime64(6, 'UTC'),
    market LowCardinality(Nullable(String)),
    line Nullable(Float64),
    selection Nullable(String),
    headline String,
    evidence String COMMENT 'JSON array',
    context String COMMENT 'JSON array',
    feed_health String COMMENT 'JSON',
    innocent_explanations Array(String),
    feed_topic LowCardinality(String),
    feed_partition UInt16,
    first_offset UInt64,
    last_offset UInt64,
    config_hash LowCardinality(String),
    marking LowCardinality(String),
    body String COMMENT 'the update as it was published' CODEC(ZSTD),
    generation UInt32,
    partition UInt16,
    offset UInt64,
    arrived DateTime64(3, 'UTC'),
    version UInt64 MATERIALIZED bitOr(bitShiftLeft(toUInt64(generation), 32), offset)
)
ENGINE = ReplacingMergeTree(version)
ORDER BY alert_id;
