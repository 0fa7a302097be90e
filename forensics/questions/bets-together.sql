-- question: bets-together
-- title: Accounts that bet together
-- answers: Pairs of accounts that chose the same selections in the same minutes far oftener than their
--   numbers and the popularity of those selections make likely, or that share a device or are each
--   other's counterparty as well; joined to groups, with the money of each.
-- weakness: Followers of one tipster, households and shops bet together too. What a pair does once is
--   never enough; a ring that spreads its bets over hours is not seen. A pattern is not proof.
--   A window of several busy weeks takes more memory than is allowed: ask by match, or by day.
-- accounts: yes
-- finish: rings
-- parameter: match String — the match; '' for all in the window
-- parameter: since DateTime64(6, 'UTC') = '1970-01-01' — from this event time on
-- parameter: until DateTime64(6, 'UTC') = '2200-01-01' — before this event time
-- parameter: apart UInt32 = '30' — two bets within so many seconds are together
-- parameter: least UInt32 = '2' — fewest occasions that a pair must share
-- parameter: chance Float64 = '0.01' — a pair counts when fewer than this are expected to be as close by
--   chance: among all pairs, stars, pairs with a group that was found, or pairs of one group
-- parameter: loose Float64 = '1000000' — pairs up to this chance are looked at for groups: among the few
--   pairs of a group less is by chance than among all
-- parameter: crowd UInt32 = '300' — occasions that more accounts share say nothing and are passed over
-- column: first String — pseudonym of an account
-- column: second String — pseudonym of the other
-- column: occasions UInt64 — selections and minutes that both chose
-- column: expected Float64 — how many they would share by chance
-- column: chance Float64 — how many are expected to be as close by chance, among those that it was
--   found among
-- column: devices UInt64 — devices they share
-- column: counter UInt64 — bets they matched with each other
-- column: first_money Float64 — stakes of the first on those occasions
-- column: second_money Float64 — stakes of the second
-- column: matches UInt64 — matches they did so in
-- column: bettors UInt64 — accounts that bet in the window
WITH
told AS (
    SELECT cityHash64(account) AS who, account, cityHash64(match, market, tuple(line), selection, side) AS choice,
           cityHash64(match) AS game, toUnixTimestamp(at) AS second, stake, device, counterparty
    FROM wagers
    WHERE (match = {match:String} OR {match:String} = '') AND status IN ('accepted', 'settled')
      AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
),
occasions AS (
    SELECT who, choice, game, toInt64(intDiv(told.second, {apart:UInt32})) AS slot,
           toInt64(min(told.second)) AS moment, sum(stake) AS money
    FROM told
    GROUP BY who, choice, game, slot
),
near AS (
    SELECT * FROM (
        SELECT *, count() OVER (
            PARTITION BY choice ORDER BY moment
            RANGE BETWEEN {apart:UInt32} PRECEDING AND {apart:UInt32} FOLLOWING
        ) AS size
        FROM occasions
    )
    WHERE size BETWEEN 2 AND {crowd:UInt32}
),
busy AS (
    SELECT who, count() AS occasions FROM occasions GROUP BY who
),
pairs AS (
    SELECT a.who AS one, b.who AS two, count() AS met,
           least(uniqExact(a.choice + a.slot), uniqExact(b.choice + b.slot)) AS shared,
           avg(a.size) AS size, sum(a.money) AS one_money, sum(b.money) AS two_money,
           uniqExact(a.game) AS matches
    FROM near AS a
    JOIN (SELECT who, choice, slot, moment, money, beside
          FROM near ARRAY JOIN [slot - 1, slot, slot + 1] AS beside) AS b
      ON b.choice = a.choice AND b.beside = a.slot
    WHERE a.who < b.who AND abs(a.moment - b.moment) <= {apart:UInt32}
    GROUP BY one, two
    HAVING shared >= {least:UInt32}
),
held AS (
    SELECT cityHash64(device) AS device, groupUniqArray(who) AS holders
    FROM told
    WHERE device IS NOT NULL
    GROUP BY device
    HAVING length(holders) BETWEEN 2 AND 20
),
same_device AS (
    SELECT one, two, count() AS devices
    FROM held ARRAY JOIN holders AS one
    ARRAY JOIN arrayFilter(other -> other > one, holders) AS two
    GROUP BY one, two
),
countered AS (
    SELECT least(who, cityHash64(assumeNotNull(counterparty))) AS one,
           greatest(who, cityHash64(assumeNotNull(counterparty))) AS two,
           uniqExact(game, second) AS bets
    FROM told
    WHERE counterparty IS NOT NULL
    GROUP BY one, two
),
names AS (
    SELECT who, any(account) AS account FROM told GROUP BY who
),
(SELECT count() FROM occasions) AS all_occasions,
(SELECT uniqExact(who) FROM occasions) AS bettors,
(SELECT greatest(bettors * (bettors - 1) / 2, 1)) AS all_pairs,
(SELECT greatest(count(), 1) FROM same_device) AS device_pairs,
(SELECT greatest(count(), 1) FROM countered) AS counter_pairs
SELECT n1.account AS first, n2.account AS second, p.shared AS occasions,
       b1.occasions * b2.occasions * p.size / all_occasions AS expected,
       all_pairs
       * if(p.shared > expected,
            exp(p.shared - expected + p.shared * log(expected / p.shared)), 1)
       * if(d.devices > 0, least(device_pairs / all_pairs, 1), 1)
       * if(c.bets > 0, least(counter_pairs / all_pairs, 1), 1) AS chance,
       toUInt64(d.devices) AS devices, toUInt64(c.bets) AS counter,
       p.one_money * p.shared / p.met AS first_money,
       p.two_money * p.shared / p.met AS second_money, p.matches AS matches,
       bettors
FROM pairs AS p
JOIN busy AS b1 ON b1.who = p.one
JOIN busy AS b2 ON b2.who = p.two
JOIN names AS n1 ON n1.who = p.one
JOIN names AS n2 ON n2.who = p.two
LEFT JOIN same_device AS d ON d.one = p.one AND d.two = p.two
LEFT JOIN countered AS c ON c.one = p.one AND c.two = p.two
WHERE chance < {loose:Float64}
ORDER BY chance, first, second
