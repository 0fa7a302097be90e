-- What feeds told, one table per kind of record.
--
-- Every row carries where it came from: partition and offset of match-feed, and idx, the place of
-- the record inside its frame. The three are the end of the sort key, so a batch that is written
-- again, whole or cut differently, replaces its own rows. Until parts are merged copies stand side
-- by side: read with FINAL, argMax or the setting final = 1, and hang no counting view on these.
--
-- line stays out of the sort key. It would make the key nullable, which ClickHouse advises against,
-- and NaN or a number in place of "no line" would show in every answer (0 is a real handicap). A
-- match has few rows per market; match and market find them.
--
-- arrived is when the frame was written to Kafka. Time to live counts from it, not from at, for a
-- recording of 2019 that is loaded today must not vanish today. Partitions are months of arrival:
-- few parts, and old ones are dropped whole. Wagers speak of persons: they live shortest, and are
-- removed row by row as their time comes.

CREATE TABLE IF NOT EXISTS fixtures (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    source LowCardinality(String),
    sport LowCardinality(String),
    competition LowCardinality(String),
    tier UInt8,
    home String,
    away String,
    start DateTime64(3, 'UTC'),
    partition UInt16,
    offset UInt64,
    idx UInt32,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, source, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 5 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS prices (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    market LowCardinality(String),
    line Nullable(Float64),
    selection LowCardinality(String),
    book LowCardinality(String),
    price Float64,
    size Nullable(Float64),
    status LowCardinality(String),
    in_play Bool,
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt32,
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, market, selection, book, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 5 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS matched (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    market LowCardinality(String),
    line Nullable(Float64),
    selection LowCardinality(String),
    book LowCardinality(String),
    amount Float64,
    currency LowCardinality(String),
    last Nullable(Float64),
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt32,
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, market, selection, book, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 5 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS ladders (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    market LowCardinality(String),
    line Nullable(Float64),
    selection LowCardinality(String),
    book LowCardinality(String),
    side LowCardinality(String),
    price Float64,
    size Float64,
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt32,
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, market, selection, book, side, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 1 YEAR
SETTINGS ttl_only_drop_parts = 1;

CREATE TABLE IF NOT EXISTS wagers (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    market LowCardinality(String),
    line Nullable(Float64),
    selection LowCardinality(String),
    book LowCardinality(String),
    wager String,
    account String,
    side LowCardinality(String),
    price Float64,
    stake Float64,
    currency LowCardinality(String),
    status LowCardinality(String),
    country LowCardinality(Nullable(String)),
    opened Nullable(String),
    device Nullable(String),
    counterparty Nullable(String),
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt32,
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    INDEX by_account account TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, market, selection, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 180 DAY;

CREATE TABLE IF NOT EXISTS events (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    event LowCardinality(String),
    team LowCardinality(Nullable(String)),
    home_score Nullable(UInt16),
    away_score Nullable(UInt16),
    clock Nullable(Float64),
    partition UInt16,
    offset UInt64,
    idx UInt32,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 5 YEAR
SETTINGS ttl_only_drop_parts = 1;

-- Gaps of feeds. Heartbeats are not kept: they would outnumber the prices and answer no question.
-- One gap is told to every partition that holds a match of its source; the view gaps tells it once.
CREATE TABLE IF NOT EXISTS health (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    source LowCardinality(String),
    reason String,
    partition UInt16,
    offset UInt64,
    idx UInt32,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (source, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 1 YEAR
SETTINGS ttl_only_drop_parts = 1;
