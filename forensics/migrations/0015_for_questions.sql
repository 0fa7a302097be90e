-- What named questions need to answer over a season within a second or two.
--
-- price_spans holds the first, last, lowest and highest open price of each book before and in play.
-- Its states (argMin, argMax, min, max) stay the same when a batch is written twice, so it may hang
-- on raw rows where a count may not. The key cannot hold a nullable line; line_key is its text.
--
-- wager_counts counts by a sketch of which rows there are, which bears copies too (within 1 %).
--
-- wagers_by_account is wagers again, in the order of accounts, with copies that merge like theirs; its
-- marks are close, for an account has few rows.

CREATE TABLE IF NOT EXISTS price_spans (
    match String,
    market LowCardinality(String),
    line_key String,
    selection LowCardinality(String),
    book LowCardinality(String),
    in_play Bool,
    line SimpleAggregateFunction(any, Nullable(Float64)),
    open AggregateFunction(argMin, Float64, Tuple(DateTime64(6, 'UTC'), UInt16, UInt64, UInt32)),
    close AggregateFunction(argMax, Float64, Tuple(DateTime64(6, 'UTC'), UInt16, UInt64, UInt32)),
    low SimpleAggregateFunction(min, Float64),
    high SimpleAggregateFunction(max, Float64),
    first_at SimpleAggregateFunction(min, DateTime64(6, 'UTC')),
    last_at SimpleAggregateFunction(max, DateTime64(6, 'UTC')),
    arrived SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (match, market, line_key, selection, book, in_play);

CREATE MATERIALIZED VIEW IF NOT EXISTS price_spans_of_prices TO price_spans AS
SELECT match, market, ifNull(toString(prices.line), '') AS line_key, selection, book, in_play,
       any(prices.line) AS line,
       argMinState(prices.price, (prices.at, partition, offset, idx)) AS open,
       argMaxState(prices.price, (prices.at, partition, offset, idx)) AS close,
       min(prices.price) AS low, max(prices.price) AS high,
       min(prices.at) AS first_at, max(prices.at) AS last_at, max(prices.arrived) AS arrived
FROM prices
WHERE status = 'open'
GROUP BY match, market, ifNull(toString(prices.line), ''), selection, book, in_play;

INSERT INTO price_spans
SELECT match, market, ifNull(toString(prices.line), '') AS line_key, selection, book, in_play,
       any(prices.line) AS line,
       argMinState(prices.price, (prices.at, partition, offset, idx)) AS open,
       argMaxState(prices.price, (prices.at, partition, offset, idx)) AS close,
       min(prices.price) AS low, max(prices.price) AS high,
       min(prices.at) AS first_at, max(prices.at) AS last_at, max(prices.arrived) AS arrived
FROM prices
WHERE status = 'open'
GROUP BY match, market, ifNull(toString(prices.line), ''), selection, book, in_play;

CREATE OR REPLACE VIEW price_spans_now AS
SELECT match, market, line_key, selection, book, in_play, any(price_spans.line) AS line,
       argMinMerge(price_spans.open) AS open, argMaxMerge(price_spans.close) AS close,
       min(price_spans.low) AS low, max(price_spans.high) AS high,
       min(price_spans.first_at) AS first_at, max(price_spans.last_at) AS last_at
FROM price_spans
GROUP BY match, market, line_key, selection, book, in_play;

CREATE TABLE IF NOT EXISTS wager_counts (
    match String,
    market LowCardinality(String),
    wagers AggregateFunction(uniqCombined, UInt16, UInt64, UInt32),
    accounts AggregateFunction(uniqCombined, String),
    arrived SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (match, market);

CREATE MATERIALIZED VIEW IF NOT EXISTS wager_counts_of_wagers TO wager_counts AS
SELECT match, market, uniqCombinedState(partition, offset, idx) AS wagers,
       uniqCombinedState(account) AS accounts, max(wagers.arrived) AS arrived
FROM wagers
GROUP BY match, market;

INSERT INTO wager_counts
SELECT match, market, uniqCombinedState(partition, offset, idx) AS wagers,
       uniqCombinedState(account) AS accounts, max(wagers.arrived) AS arrived
FROM wagers
GROUP BY match, market;

CREATE TABLE IF NOT EXISTS wagers_by_account (
    account String,
    at DateTime64(6, 'UTC') CODEC(Delta, ZSTD),
    match String,
    market LowCardinality(String),
    line Nullable(Float64),
    selection LowCardinality(String),
    book LowCardinality(String),
    side LowCardinality(String),
    price Float64,
    stake Float64,
    status LowCardinality(String),
    partition UInt16,
    offset UInt64 CODEC(Delta, ZSTD),
    idx UInt32,
    arrived DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(arrived)
ORDER BY (account, at, match, partition, offset, idx)
SETTINGS index_granularity = 512;

CREATE MATERIALIZED VIEW IF NOT EXISTS wagers_again TO wagers_by_account AS
SELECT account, at, match, market, line, selection, book, side, price, stake, status, partition,
       offset, idx, arrived
FROM wagers;

INSERT INTO wagers_by_account
SELECT account, at, match, market, line, selection, book, side, price, stake, status, partition,
       offset, idx, arrived
FROM wagers;

-- Who asked what, when and why. Nothing in the program deletes from it or changes it, but for the
-- pseudonym of an account that is erased.
CREATE TABLE IF NOT EXISTS questions_asked (
    at DateTime64(3, 'UTC'),
    who String,
    why String,
    question LowCardinality(String),
    parameters String COMMENT 'JSON',
    sql String CODEC(ZSTD)
)
ENGINE = MergeTree
ORDER BY at;
