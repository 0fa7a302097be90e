-- question: who-bet
-- title: Who bet on a selection
-- answers: Which accounts staked on a selection in a window, how much, and how that compares with what
--   the operator said of them and with their other wagers in the store.
-- weakness: Other wagers are those in the store: an account that bets elsewhere looks new. Stakes are
--   compared as they stand, so currencies must be alike. A high stake is no proof of knowledge.
-- accounts: yes
-- parameter: match String — the match
-- parameter: market String = '1x2' — the market
-- parameter: selection String — the selection
-- parameter: since DateTime64(6, 'UTC') = '1970-01-01' — from this event time on
-- parameter: until DateTime64(6, 'UTC') = '2200-01-01' — before this event time
-- parameter: most UInt32 = '200' — so many accounts, those with the largest stakes
-- column: account String — pseudonym of the account
-- column: book String — operator
-- column: wagers UInt64 — wagers on the selection in the window
-- column: stake Float64 — their sum
-- column: first_at DateTime64(6, 'UTC') — the first of them
-- column: last_at DateTime64(6, 'UTC') — the last of them
-- column: best_price Float64 — the best price it took
-- column: usual_stake Nullable(Float64) — what the operator says is usual for it
-- column: other_wagers UInt64 — its other wagers in the store
-- column: other_median Nullable(Float64) — median stake of those
-- column: times_usual Nullable(Float64) — largest stake against the usual one, or that median
-- column: opened Nullable(String) — when the account was opened
-- column: country Nullable(String) — its country
-- column: devices Array(String) — devices it used
WITH here AS (
    SELECT account, book, count() AS wagers, sum(stake) AS stake, max(wagers.stake) AS largest,
           min(at) AS first_at, max(at) AS last_at, max(price) AS best_price,
           any(opened) AS opened, any(country) AS country,
           arraySort(groupUniqArrayIf(assumeNotNull(device), isNotNull(device))) AS devices
    FROM wagers
    WHERE match = {match:String} AND market = {market:String} AND selection = {selection:String}
      AND side = 'back' AND status IN ('accepted', 'settled')
      AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
    GROUP BY account, book
    ORDER BY stake DESC, account
    LIMIT {most:UInt32}
),
others AS (
    SELECT account, count() AS wagers, quantileExact(0.5)(stake) AS median
    FROM wagers_by_account
    WHERE account IN (SELECT account FROM here)
      AND NOT (match = {match:String} AND market = {market:String})
    GROUP BY account
),
known AS (
    SELECT account, book, argMax(median_stake, at) AS usual
    FROM accounts
    WHERE match = {match:String} AND account IN (SELECT account FROM here)
    GROUP BY account, book
)
SELECT here.account AS account, toString(here.book) AS book, here.wagers AS wagers,
       here.stake AS stake, here.first_at AS first_at, here.last_at AS last_at,
       here.best_price AS best_price, known.usual AS usual_stake,
       ifNull(others.wagers, 0) AS other_wagers, others.median AS other_median,
       here.largest / nullIf(coalesce(known.usual, others.median), 0) AS times_usual,
       here.opened AS opened, CAST(here.country AS Nullable(String)) AS country,
       here.devices AS devices
FROM here
LEFT JOIN others ON others.account = here.account
LEFT JOIN known ON known.account = here.account AND known.book = here.book
ORDER BY stake DESC, account
SETTINGS join_use_nulls = 1
