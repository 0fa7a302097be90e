-- Retention by kind is a setting, and a match under legal hold is exempt from it. A TTL can do
-- neither, so the tables lose theirs and forensics/retention.py deletes what has expired, as the
-- archive worker does every hour and `sogawatch retain` at once.
--
-- Each TTL is set before it is removed, for removing one that is not there fails.

ALTER TABLE fixtures MODIFY TTL toDateTime(arrived) + INTERVAL 5 YEAR SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE fixtures REMOVE TTL;
ALTER TABLE prices MODIFY TTL toDateTime(arrived) + INTERVAL 5 YEAR SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE prices REMOVE TTL;
ALTER TABLE matched MODIFY TTL toDateTime(arrived) + INTERVAL 5 YEAR SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE matched REMOVE TTL;
ALTER TABLE ladders MODIFY TTL toDateTime(arrived) + INTERVAL 1 YEAR SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE ladders REMOVE TTL;
ALTER TABLE wagers MODIFY TTL toDateTime(arrived) + INTERVAL 180 DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE wagers REMOVE TTL;
ALTER TABLE events MODIFY TTL toDateTime(arrived) + INTERVAL 5 YEAR SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE events REMOVE TTL;
ALTER TABLE health MODIFY TTL toDateTime(arrived) + INTERVAL 1 YEAR SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE health REMOVE TTL;
ALTER TABLE dead_letters MODIFY TTL toDateTime(arrived) + INTERVAL 30 DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE dead_letters REMOVE TTL;
ALTER TABLE accounts MODIFY TTL toDateTime(arrived) + INTERVAL 180 DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE accounts REMOVE TTL;
ALTER TABLE pasts MODIFY TTL toDateTime(arrived) + INTERVAL 180 DAY SETTINGS materialize_ttl_after_modify = 0;
ALTER TABLE pasts REMOVE TTL;

-- Each hold, and each end of one, with who and why; the newest counts.
CREATE TABLE IF NOT EXISTS holds (
    match String,
    at DateTime64(3, 'UTC'),
    held Bool,
    who String,
    why String
)
ENGINE = MergeTree
ORDER BY (match, at);
