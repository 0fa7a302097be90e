-- question: operator-view
-- title: A match as each operator saw it
-- answers: For each operator and selection of a match: wagers, money, accounts, how many of them were
--   new, and the largest stake. What one operator thinks a busy evening may be one ring at five.
-- weakness: Operators that send no wagers are not there. Currencies are told apart, not converted.
-- accounts: no
-- parameter: match String — the match
-- parameter: new UInt32 = '30' — an account counts as new for so many days after it was opened
-- column: book String — the operator
-- column: market String — the market
-- column: line Nullable(Float64) — line of the market
-- column: selection String — the selection
-- column: currency String — currency of the stakes
-- column: wagers UInt64 — wagers accepted
-- column: refused UInt64 — wagers refused, cancelled or void
-- column: stake Float64 — sum of those accepted
-- column: largest Float64 — the largest of them
-- column: accounts UInt64 — accounts behind them
-- column: new_accounts UInt64 — of these, accounts that were new
-- column: share Float64 — share of the operator's money on the match
SELECT toString(book) AS book, toString(market) AS market, line, toString(selection) AS selection,
       toString(currency) AS currency,
       countIf(taken) AS wagers, countIf(NOT taken) AS refused, sumIf(wagers.stake, taken) AS stake,
       maxIf(wagers.stake, taken) AS largest, uniqExactIf(account, taken) AS accounts,
       uniqExactIf(account, taken AND dateDiff('day', toDateOrNull(opened), toDate(at)) <= {new:UInt32})
           AS new_accounts,
       if(sum(stake) OVER (PARTITION BY book, currency) > 0,
          stake / sum(stake) OVER (PARTITION BY book, currency), 0) AS share
FROM (
    SELECT *, status IN ('accepted', 'settled') AS taken FROM wagers WHERE match = {match:String}
) AS wagers
GROUP BY book, market, line, selection, currency
ORDER BY book, market, line, selection, currency
