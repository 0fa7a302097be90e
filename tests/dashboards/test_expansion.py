"""The expander itself, against the examples of the plug-in's own documentation and tests."""

from datetime import UTC, datetime

import pytest

from tests.dashboards.expansion import Shown, UnknownInSql, expanded

BEGIN = datetime(2014, 11, 12, 11, 45, 26, 371000, tzinfo=UTC)
END = datetime(2015, 11, 12, 11, 45, 26, 371000, tzinfo=UTC)
SHOWN = Shown(BEGIN, END, {"match": "o'neill", "many": ["a", "b"]}, interval_s=20)


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("$__timeFilter(cl)", "cl >= toDateTime(1415792726) AND cl <= toDateTime(1447328726)"),
        ("$__fromTime", "toDateTime(1415792726)"),
        ("$__toTime_ms", "fromUnixTimestamp64Milli(1447328726371)"),
        ("$__dateFilter(d)", "d >= toDate('2014-11-12') AND d <= toDate('2015-11-12')"),
        ("$__timeInterval(c)", "toStartOfInterval(toDateTime(c), INTERVAL 20 second)"),
        (
            "$__timeInterval(least(a, b))",
            None,
        ),
        ("$__interval_s", "20"),
        ("${match:sqlstring}", "'o''neill'"),
        ("$match", "o'neill"),
        ("${many:sqlstring}", "'a','b'"),
        ("${many}", "'a','b'"),
        ("${__from}", "1415792726371"),
    ],
)
def test_macros_and_variables(sql, wanted):
    if wanted is None:  # two arguments, or one with a comma in it: the plug-in takes one
        wanted = "toStartOfInterval(toDateTime(least(a, b)), INTERVAL 20 second)"
    assert expanded(sql, SHOWN) == wanted


@pytest.mark.parametrize("sql", ["$__timeSeries", "${mathc}", "[[other]]", "$__timeFilter()x$y"])
def test_what_nobody_knows_is_an_error(sql):
    with pytest.raises(UnknownInSql):
        expanded(sql, SHOWN)
