-- What operators know of accounts, and the earlier matches of teams, players and referees.
--
-- Both speak of persons, if under a pseudonym: they live as short as wagers do, and are removed row
-- by row as their time comes. The earlier matches of a subject stay together in one row, as they
-- were told; ARRAY JOIN played takes them apart.

CREATE TABLE IF NOT EXISTS accounts (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    book LowCardinality(String),
    account String,
    opened Nullable(String),
    wagers UInt32,
    median_stake Nullable(Float64),
    last Nullable(DateTime64(6, 'UTC')),
    "limit" Nullable(Float64),
    currency LowCardinality(String),
    country LowCardinality(Nullable(String)),
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt32,
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    INDEX by_account account TYPE bloom_filter GRANULARITY 4
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, book, account, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 180 DAY;

CREATE TABLE IF NOT EXISTS pasts (
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    source LowCardinality(String),
    subject String,
    role LowCardinality(String),
    played Nested(start DateTime64(3, 'UTC'), opened Float64, closed Float64, happened Bool),
    partition UInt16,
    offset UInt64,
    idx UInt32,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (match, role, source, at, partition, offset, idx)
TTL toDateTime(arrived) + INTERVAL 180 DAY;
