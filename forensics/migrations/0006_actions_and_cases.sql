-- What officers did, and the state of each case that follows from it.
--
-- An action is known by action_id, a hash of all that it says, so one that was sent or archived
-- twice is there once, and offsets that start anew change nothing. matches names the cases that it
-- is about: one, or several when a shift was handed over; none when a team or more was snoozed.
-- Like alerts, actions have no time to live: they are the record of who decided what.

CREATE TABLE IF NOT EXISTS actions (
    action_id String,
    at DateTime64(6, 'UTC'),
    actor LowCardinality(String),
    role LowCardinality(String),
    kind LowCardinality(String),
    match String,
    matches Array(String),
    case_id Nullable(String),
    alert_id Nullable(String),
    old String COMMENT 'JSON',
    new String COMMENT 'JSON',
    seen String COMMENT 'JSON: the alerts that the actor had before him',
    comment String,
    reason String,
    status String ALIAS JSONExtractString(new, 'status'),
    assignee String ALIAS JSONExtractString(new, 'assignee'),
    verdict String ALIAS JSONExtractString(new, 'verdict'),
    cause String ALIAS JSONExtractString(new, 'cause'),
    body String COMMENT 'the action as it was published' CODEC(ZSTD),
    partition UInt16,
    offset UInt64,
    arrived DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (match, at, action_id);

-- A row is computed from all alerts and actions of its match, never edited. version counts what it
-- was computed from: of two rows the one that knew more stays, whichever was written last.
CREATE TABLE IF NOT EXISTS cases (
    case_id String,
    match String,
    sport LowCardinality(String),
    competition LowCardinality(String),
    tier UInt8,
    home String,
    away String,
    start Nullable(DateTime64(3, 'UTC')),
    status LowCardinality(String),
    level LowCardinality(String),
    typologies Array(String),
    alert_ids Array(String),
    headline String,
    marking LowCardinality(String),
    assignee Nullable(String),
    opened_at DateTime64(6, 'UTC'),
    last_at DateTime64(6, 'UTC'),
    calls LowCardinality(Nullable(String)),
    acknowledge_by Nullable(DateTime64(6, 'UTC')),
    missed Array(DateTime64(6, 'UTC')),
    news Array(String),
    held UInt32,
    misses UInt32,
    verdict LowCardinality(Nullable(String)),
    cause Nullable(String),
    verdict_comment Nullable(String),
    verdict_by Nullable(String),
    verdict_at Nullable(DateTime64(6, 'UTC')),
    closings UInt32,
    actions UInt32,
    last_action_at Nullable(DateTime64(6, 'UTC')),
    version UInt64
)
ENGINE = ReplacingMergeTree(version)
ORDER BY case_id;

-- Cases are computed by match, and the updates of alerts are sorted by alert.
ALTER TABLE alert_updates ADD INDEX IF NOT EXISTS by_match match TYPE bloom_filter GRANULARITY 4;
