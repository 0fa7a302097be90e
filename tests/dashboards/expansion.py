"""What happens to the SQL of a panel on its way from Grafana to ClickHouse.

First Grafana's browser side puts in the variables (packages/grafana-data, formatRegistry), then the
plug-in's backend expands its macros (grafana/clickhouse-datasource 4, pkg/macros/macros.go), which
are written here once more. Anything with a dollar that neither knows is an error, not an empty
string.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

Value = str | list[str]


@dataclass(frozen=True)
class Shown:
    """What a person has before them: a time range, chosen variables, and the width of a bucket."""

    begin: datetime
    end: datetime
    chosen: Mapping[str, Value] = field(default_factory=dict)
    interval_s: float = 60.0


class UnknownInSql(Exception):
    """A variable or macro that neither Grafana nor the plug-in knows."""


def expanded(sql: str, shown: Shown) -> str:
    """The SQL that ClickHouse is asked."""
    done = with_macros(with_variables(sql, shown), shown)
    if left := re.search(r"\$\{?\w+|\[\[\w+", done):
        raise UnknownInSql(f"{left[0]} in {sql}")
    return done


# Grafana


def with_variables(sql: str, shown: Shown) -> str:
    """`$name`, `${name}`, `${name:format}` and `[[name]]`, as the template service does."""
    known: dict[str, Value] = {
        "__from": str(_ms(shown.begin)),
        "__to": str(_ms(shown.end)),
        "__interval_ms": str(int(shown.interval_s * 1000)),
        "__interval": f"{int(shown.interval_s)}s",
        **shown.chosen,
    }

    def put(found: re.Match[str]) -> str:
        name = found["plain"] or found["braced"] or found["old"]
        if name not in known:
            return found[0]  # perhaps a macro
        return formatted(known[name], found["format"] or found["old_format"])

    return _VARIABLE.sub(put, sql)


_VARIABLE = re.compile(
    r"\$(?P<plain>\w+)"
    r"|\[\[(?P<old>\w+?)(?::(?P<old_format>\w+))?\]\]"
    r"|\$\{(?P<braced>\w+)(?::(?P<format>\w+))?\}"
)


def formatted(value: Value, format_: str | None) -> str:
    """A value as a format writes it; without one the plug-in's own, which quotes lists only."""
    if format_ == "sqlstring":
        values = value if isinstance(value, list) else [value]
        return ",".join(f"'{_sql_escaped(one)}'" for one in values)
    if format_ in (None, "raw"):
        return "'" + "','".join(value) + "'" if isinstance(value, list) else value
    raise UnknownInSql(f"format {format_}")


def _sql_escaped(text: str) -> str:
    return text.replace("'", "''").replace('"', '\\"')


# The plug-in


def with_macros(sql: str, shown: Shown) -> str:
    """Expand `$__name` and `$__name(arguments)`; names are whole words."""
    for name, macro in MACROS.items():
        while found := re.search(rf"\$__{name}\b", sql):
            arguments, end = _arguments(sql, found.end())
            sql = sql[: found.start()] + macro(shown, arguments) + sql[end:]
    return sql


def _arguments(sql: str, start: int) -> tuple[list[str], int]:
    if sql[start : start + 1] != "(":
        return [], start
    depth, arguments, last = 0, [], start + 1
    for place in range(start, len(sql)):
        depth += (sql[place] == "(") - (sql[place] == ")")
        if (sql[place] == "," and depth == 1) or depth == 0:
            arguments.append(sql[last:place].strip())
            last = place + 1
        if depth == 0:
            return arguments, place + 1
    raise UnknownInSql(f"unbalanced parentheses: {sql}")


def _only(arguments: list[str]) -> str:
    if len(arguments) != 1:
        raise UnknownInSql(f"expected 1 argument, received {len(arguments)}")
    return arguments[0]


def _seconds(at: datetime) -> str:
    return f"toDateTime({int(at.timestamp())})"


def _millis(at: datetime) -> str:
    return f"fromUnixTimestamp64Milli({_ms(at)})"


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def _date(at: datetime) -> str:
    return f"toDate('{at.astimezone(UTC):%Y-%m-%d}')"


def _between(how: Callable[[datetime], str]) -> Callable[[Shown, list[str]], str]:
    def macro(shown: Shown, arguments: list[str]) -> str:
        column = _only(arguments)
        return f"{column} >= {how(shown.begin)} AND {column} <= {how(shown.end)}"

    return macro


def _date_time(shown: Shown, arguments: list[str]) -> str:
    day, moment = arguments
    by_day = _between(_date)(shown, [day])
    return f"({by_day}) AND ({_between(_seconds)(shown, [moment])})"


def _bucket(shown: Shown, arguments: list[str]) -> str:
    width = int(max(shown.interval_s, 1))
    return f"toStartOfInterval(toDateTime({_only(arguments)}), INTERVAL {width} second)"


def _bucket_ms(shown: Shown, arguments: list[str]) -> str:
    width = int(max(shown.interval_s * 1000, 1))
    return f"toStartOfInterval(toDateTime64({_only(arguments)}, 3), INTERVAL {width} millisecond)"


MACROS: dict[str, Callable[[Shown, list[str]], str]] = {
    "fromTime": lambda shown, _: _seconds(shown.begin),
    "toTime": lambda shown, _: _seconds(shown.end),
    "fromTime_ms": lambda shown, _: _millis(shown.begin),
    "toTime_ms": lambda shown, _: _millis(shown.end),
    "timeFilter": _between(_seconds),
    "timeFilter_ms": _between(_millis),
    "dateFilter": _between(_date),
    "dateTimeFilter": _date_time,
    "dt": _date_time,
    "timeInterval": _bucket,
    "timeInterval_ms": _bucket_ms,
    "interval_s": lambda shown, _: str(int(max(shown.interval_s, 1))),
}
