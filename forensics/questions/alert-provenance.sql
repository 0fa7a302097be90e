-- question: alert-provenance
-- title: Where an alert comes from
-- answers: Each stored update of an alert: what it said, on which frames of which topic it rests, with
--   which configuration it was judged, when it reached the store, and how many records of the match
--   those frames hold.
-- weakness: Names the records, does not judge them; `sogawatch evidence` holds them and derives the
--   alert again.
-- accounts: no
-- parameter: alert String — the alert's id
-- column: arrived DateTime64(3, 'UTC') — when the update was published
-- column: last_at DateTime64(6, 'UTC') — event time of the judgement
-- column: level String — green, amber or red
-- column: status String — open or explained
-- column: score Float64 — share of clean matches that never look as unusual
-- column: headline String — what it said
-- column: detectors Array(String) — detectors and their versions
-- column: config_hash String — fingerprint of budget, priors and detectors
-- column: feed_partition UInt16 — partition of match-feed
-- column: first_offset UInt64 — first frame it rests on
-- column: last_offset UInt64 — last frame
-- column: records UInt64 — prices, money and wagers of the match in those frames
WITH updates AS (
    SELECT * FROM alert_updates WHERE alert_id = {alert:String}
),
bounds AS (
    SELECT any(match) AS match, any(feed_partition) AS partition, min(first_offset) AS low,
           max(last_offset) AS high
    FROM updates
),
records AS (
    SELECT offset FROM prices
    WHERE match = (SELECT match FROM bounds) AND partition = (SELECT partition FROM bounds)
      AND offset BETWEEN (SELECT low FROM bounds) AND (SELECT high FROM bounds)
    UNION ALL
    SELECT offset FROM matched
    WHERE match = (SELECT match FROM bounds) AND partition = (SELECT partition FROM bounds)
      AND offset BETWEEN (SELECT low FROM bounds) AND (SELECT high FROM bounds)
    UNION ALL
    SELECT offset FROM wagers
    WHERE match = (SELECT match FROM bounds) AND partition = (SELECT partition FROM bounds)
      AND offset BETWEEN (SELECT low FROM bounds) AND (SELECT high FROM bounds)
),
held AS (
    SELECT groupArray(records.offset) AS frames FROM records
)
SELECT arrived, last_at, toString(level) AS level, toString(status) AS status, score, headline,
       arrayDistinct(arrayMap(
           one -> concat(JSONExtractString(one, 'detector'), ':', JSONExtractRaw(one, 'version')),
           JSONExtractArrayRaw(evidence))) AS detectors,
       toString(config_hash) AS config_hash, feed_partition, first_offset, last_offset,
       toUInt64(arrayCount(frame -> frame BETWEEN first_offset AND last_offset,
                  (SELECT frames FROM held))) AS records
FROM updates
ORDER BY generation, partition, offset
