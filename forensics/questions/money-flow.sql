-- question: money-flow
-- title: Money between accounts
-- answers: Which accounts matched bets with each other, how often, and what moved between them: what
--   one staked against the other, and what the bets were worth to either by the last price of the
--   selection.
-- weakness: Only wagers whose counterparty the operator names are seen. The worth is by the last price
--   before the match and not by its result; two accounts of one market maker trade all day.
-- accounts: yes
-- parameter: match String — the match; '' for all in the window
-- parameter: since DateTime64(6, 'UTC') = '1970-01-01' — from this event time on
-- parameter: until DateTime64(6, 'UTC') = '2200-01-01' — before this event time
-- parameter: least UInt32 = '2' — fewest bets that two accounts must have matched
-- column: backer String — pseudonym of who backed
-- column: layer String — pseudonym of who laid against it
-- column: bets UInt64 — bets they matched with each other
-- column: matches UInt64 — matches they did so in
-- column: staked Float64 — sum of the backer's stakes
-- column: worth Float64 — expected gain of the backer by the last prices; negative: of the layer
-- column: share Float64 — share of all stakes of the backer in the window that went to this layer
-- column: first_at DateTime64(6, 'UTC') — the first bet
-- column: last_at DateTime64(6, 'UTC') — the last bet
WITH told AS (
    SELECT match, market, line, selection, account, counterparty, side, price, stake, at
    FROM wagers
    WHERE (match = {match:String} OR {match:String} = '') AND status IN ('accepted', 'settled')
      AND at >= {since:DateTime64(6, 'UTC')} AND at < {until:DateTime64(6, 'UTC')}
),
closing AS (
    SELECT match, market, line, selection, quantileExact(0.5)(close) AS close
    FROM price_spans_now
    WHERE match IN (SELECT DISTINCT match FROM told WHERE counterparty IS NOT NULL) AND NOT in_play
    GROUP BY match, market, line, selection
),
stakes AS (
    SELECT account, sum(stake) AS staked FROM told GROUP BY account
),
pairs AS (
    SELECT match, market, line, selection, at, price, stake,
           if(side = 'back', account, assumeNotNull(counterparty)) AS backer,
           if(side = 'back', assumeNotNull(counterparty), account) AS layer,
           (least(account, assumeNotNull(counterparty)), at, selection, price) AS bet
    FROM told
    WHERE counterparty IS NOT NULL
),
bets AS (
    SELECT backer, layer, match, market, line, selection, any(at) AS at, any(price) AS price,
           max(stake) AS stake
    FROM pairs
    GROUP BY backer, layer, match, market, line, selection, bet
)
SELECT bets.backer AS backer, bets.layer AS layer, count() AS bets, uniqExact(bets.match) AS matches,
       sum(bets.stake) AS staked,
       sum(bets.stake * if(closing.close > 1, bets.price / closing.close - 1, 0)) AS worth,
       sum(bets.stake) / greatest(any(stakes.staked), sum(bets.stake)) AS share,
       min(bets.at) AS first_at, max(bets.at) AS last_at
FROM bets
LEFT JOIN closing ON closing.match = bets.match AND closing.market = bets.market
    AND closing.line <=> bets.line AND closing.selection = bets.selection
LEFT JOIN stakes ON stakes.account = bets.backer
GROUP BY backer, layer
HAVING bets >= {least:UInt32}
ORDER BY staked DESC, backer, layer
LIMIT 10000
