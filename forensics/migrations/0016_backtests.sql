-- What other settings would have raised, by the label of the back-test; never read by anything that
-- notifies, and apart from the alerts that were raised.

CREATE TABLE IF NOT EXISTS backtest_alerts (
    label String,
    ran_at DateTime64(3, 'UTC'),
    config_hash LowCardinality(String),
    match String,
    change LowCardinality(String) COMMENT 'same, new, gone, earlier, later, higher, lower, other',
    alert_id String COMMENT 'as the back-test raised it; empty when gone',
    was_alert_id String COMMENT 'as it was raised; empty when new',
    typology LowCardinality(String),
    level LowCardinality(String),
    was_level LowCardinality(String),
    opened_at Nullable(DateTime64(6, 'UTC')),
    was_opened_at Nullable(DateTime64(6, 'UTC')),
    body String COMMENT 'the alert of the back-test' CODEC(ZSTD)
)
ENGINE = MergeTree
ORDER BY (label, ran_at, match);
