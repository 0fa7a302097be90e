"""Who bets on a match: pseudonyms only, and only of matches that an alert was raised for.

The data source asks as a user of ClickHouse who sees no rows of other matches. The questions are
simpler than the detectors: they show what there is to see, and leave it to the alerts how unusual
it is.
"""

from dashboards.dashboard import Dashboard, dashboard
from dashboards.links import ACCOUNTS, to_case, to_match
from dashboards.palette import BLUE, ORANGE
from dashboards.panels import at, by_name, named, number, over_time, styled, table, width
from dashboards.queries import ACCOUNTS_SOURCE
from dashboards.variables import asked

NEW_DAYS = 30
FEWEST = 3
THRESHOLDS = (500, 1000, 2000, 2500, 3000, 5000, 10_000)
JUST_UNDER = 0.9
_SHOWN = 100

MATCHES = """
SELECT match, concat(any(home), ' v ', any(away)) AS teams
FROM alerts FINAL
WHERE level IN ('red', 'amber')
GROUP BY match
ORDER BY max(opened_at) DESC, match
LIMIT 500
"""
# The newest word on each wager, whole fills and not their updates; `opened` is a day as text.
_WAGERS = """
    SELECT wager, account, argMax(at, version) AS placed, argMax(market, version) AS market,
           argMax(ifNull(toString(line), ''), version) AS line,
           argMax(selection, version) AS selection, argMax(book, version) AS book,
           argMax(stake, version) AS stake, argMax(price, version) AS price,
           argMax(currency, version) AS currency, argMax(device, version) AS device,
           argMax(toDateOrNull(opened), version) AS opened
    FROM (
        SELECT *, (wagers.at, partition, offset, idx) AS version
        FROM wagers
        WHERE match = ${match:sqlstring} AND $__timeFilter(at)
    )
    GROUP BY wager, account
    HAVING argMax(status, version) IN ('accepted', 'settled') AND argMax(side, version) = 'back'
"""
_NEW = f"opened > placed - INTERVAL {NEW_DAYS} DAY"

CLUSTERS = f"""
SELECT market, line, selection,
       toStartOfInterval(placed, INTERVAL 10 MINUTE) AS since,
       uniqExact(account) AS accounts,
       uniqExactIf(account, {_NEW}) AS new,
       uniqExact(account) - uniqExact(ifNull(device, account)) AS sharing,
       sum(stake) AS staked, any(currency) AS currency,
       arrayStringConcat(arraySlice(arraySort(groupUniqArray(account)), 1, 5), ', ') AS who
FROM ({_WAGERS})
GROUP BY market, line, selection, since
HAVING accounts >= {FEWEST}
ORDER BY sharing DESC, new DESC, accounts DESC
LIMIT {_SHOWN}
"""
_KNOWN = """
    SELECT account, book,
           argMax(median_stake, (accounts.at, partition, offset, idx)) AS usual,
           argMax("limit", (accounts.at, partition, offset, idx)) AS most,
           argMax(wagers, (accounts.at, partition, offset, idx)) AS before,
           argMax(last, (accounts.at, partition, offset, idx)) AS last_bet
    FROM accounts
    WHERE match = ${match:sqlstring}
    GROUP BY account, book
"""
OUT_OF_CHARACTER = f"""
SELECT account, book, placed, selection, price, stake, currency,
       usual, stake / nullIf(usual, 0) AS times,
       stake / nullIf(most, 0) AS of_limit,
       before, dateDiff('day', last_bet, placed) AS quiet_days
FROM ({_WAGERS}) AS placed_now
INNER JOIN ({_KNOWN}) AS known USING (account, book)
WHERE times >= 5 OR of_limit >= 0.9
ORDER BY greatest(ifNull(times, 0), 5 * ifNull(of_limit, 0)) DESC
LIMIT {_SHOWN}
"""
STRUCTURED = f"""
SELECT threshold, market, line, selection, book,
       count() AS stakes, uniqExact(account) AS accounts, sum(stake) AS staked,
       any(currency) AS currency, min(placed) AS since, max(placed) AS until
FROM ({_WAGERS})
ARRAY JOIN {list(THRESHOLDS)} AS threshold
WHERE stake >= {JUST_UNDER} * threshold AND stake < threshold
GROUP BY threshold, market, line, selection, book
HAVING stakes >= {FEWEST}
ORDER BY stakes DESC
LIMIT {_SHOWN}
"""
NEW_OVER_TIME = f"""
SELECT $__timeInterval(placed) AS time,
       sumIf(stake, {_NEW}) AS "new accounts",
       sumIf(stake, NOT ifNull({_NEW}, 0)) AS "other accounts"
FROM ({_WAGERS})
GROUP BY time
ORDER BY time
"""
NEWEST = f"""
SELECT account, book, opened, dateDiff('day', opened, placed) AS days_old,
       placed, selection, stake, currency, device
FROM ({_WAGERS})
WHERE {_NEW}
ORDER BY stake DESC
LIMIT {_SHOWN}
"""
ACTIVE = f"SELECT uniqExact(account) AS accounts FROM ({_WAGERS})"
STAKED = f"SELECT sum(stake) AS staked FROM ({_WAGERS})"
SHARE_OF_NEW = f"""
SELECT sumIf(stake, {_NEW}) / nullIf(sum(stake), 0) AS share
FROM ({_WAGERS})
"""
_NONE = "No operator told wagers on this match in the time shown, or no alert was raised for it."


def accounts() -> Dashboard:
    """Build the dashboard as Grafana reads it."""
    chosen = asked("match", "Match", MATCHES, source=ACCOUNTS_SOURCE, about="Those with alerts.")
    panels = [
        at(
            number("Accounts", ACTIVE, empty=_NONE, source=ACCOUNTS_SOURCE),
            x=0, y=0, width=4, height=4,
        ),
        at(
            number("Staked", STAKED, empty=_NONE, unit="short", source=ACCOUNTS_SOURCE),
            x=0, y=4, width=4, height=4,
        ),
        at(
            number(
                "Of new accounts",
                SHARE_OF_NEW,
                about=f"Share of the money by accounts opened within {NEW_DAYS} days of the bet.",
                empty="No wagers.",
                unit="percentunit",
                steps=[(0.3, ORANGE)],
                source=ACCOUNTS_SOURCE,
            ),
            x=0, y=8, width=4, height=4,
        ),
        at(_over_time(), x=4, y=0, width=20, height=12),
        at(_clusters(), x=0, y=12, width=24, height=8),
        at(_out_of_character(), x=0, y=20, width=24, height=8),
        at(_structured(), x=0, y=28, width=12, height=8),
        at(_newest(), x=12, y=28, width=12, height=8),
    ]  # fmt: skip
    about = (
        "Accounts that bet on a match with an alert, under pseudonyms. Who looks here is recorded "
        "by ClickHouse (system.query_log). A pattern is not proof."
    )
    return dashboard(ACCOUNTS, about, panels, variables=[chosen], since="now-24h", refresh="1m")


def _over_time() -> dict[str, object]:
    return over_time(
        "Stakes over time",
        NEW_OVER_TIME,
        about="Amounts of several currencies are added as they are.",
        empty=_NONE,
        bars=True,
        least_interval="5m",
        colours={"new accounts": ORANGE, "other accounts": BLUE},
        source=ACCOUNTS_SOURCE,
    )


def _clusters() -> dict[str, object]:
    return table(
        "Clusters: the same selection within ten minutes",
        CLUSTERS,
        about=f"From {FEWEST} accounts on. Sharing: accounts beyond the number of devices. Crowds "
        "look like this too when line-ups come out.",
        empty=f"No {FEWEST} accounts backed one selection within ten minutes in the time shown.",
        columns=[
            by_name("since", width(160)),
            by_name("sharing", named("sharing a device"), width(130)),
            by_name("selection", styled("links", [to_match_chosen(), to_case_chosen()])),
            by_name("staked", styled("unit", "short")),
            by_name("who", named("some of them"), width(420)),
        ],
        source=ACCOUNTS_SOURCE,
    )


def to_match_chosen() -> dict[str, object]:
    """Link to the match that is chosen, for rows that do not name it."""
    return to_match() | {"url": "/d/sogawatch-match?var-match=${match}&from=${__from}&to=${__to}"}


def to_case_chosen() -> dict[str, object]:
    """Link to the case of the match that is chosen."""
    link = to_case()
    return link | {"url": link["url"].replace("${__data.fields.match}", "${match}")}


def _out_of_character() -> dict[str, object]:
    return table(
        "Stakes out of character",
        OUT_OF_CHARACTER,
        about="Five times the account's own median or more, or nine tenths of its limit.",
        empty="No stake stands out against its account's own history, or operators tell none.",
        columns=[
            by_name("placed", width(160)),
            by_name("times", named("times usual"), styled("decimals", 1)),
            by_name("of_limit", named("of limit"), styled("unit", "percentunit")),
            by_name("before", named("wagers before")),
            by_name("quiet_days", named("days quiet")),
        ],
        source=ACCOUNTS_SOURCE,
    )


def _structured() -> dict[str, object]:
    return table(
        "Structuring: stakes just under a threshold",
        STRUCTURED,
        about=f"{FEWEST} or more within {JUST_UNDER:.0%} to 100 % of a threshold, on one selection "
        "at one operator. Round stakes of a rich public look like this too.",
        empty="No group of stakes lies just under a threshold in the time shown.",
        columns=[by_name("since", width(150)), by_name("until", width(150))],
        source=ACCOUNTS_SOURCE,
    )


def _newest() -> dict[str, object]:
    return table(
        "New accounts, by stake",
        NEWEST,
        about=f"Opened within {NEW_DAYS} days of the bet.",
        empty="No new account bet on this match in the time shown, or operators tell no dates.",
        columns=[by_name("days_old", named("days old")), by_name("placed", width(150))],
        source=ACCOUNTS_SOURCE,
    )
