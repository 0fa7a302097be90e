"""Runner changes (`rc` of `mcm`) of a Betfair recording as ladder, matched and price records.

A level, a matched size, a volume or a last price that is wrong is refused by itself; the state
holds admitted values only. Of a runner no definition has named yet the state is kept and nothing
is told.
"""

from collections.abc import Iterator
from typing import Any

from markets.records import Record, Status
from streams.feeds.betfair_message import FAULTS, SOURCE, Message, Told, number, parts
from streams.feeds.betfair_names import runner_key
from streams.feeds.documents import Wrong, mapping, shown
from streams.feeds.feed import Refusal
from streams.feeds.ladders import SIDES, Level, Market, Quoted, Runner, RunnerKey, Side

BY_PRICE: dict[str, Side] = {"atb": "back", "atl": "lay"}
BY_RANK: dict[str, Side] = {"batb": "back", "batl": "lay", "bdatb": "back", "bdatl": "lay"}
_NOBODY: dict[str, object] = {
    "match": SOURCE, "market": SOURCE, "line": None, "selection": SOURCE, "book": SOURCE,
}  # fmt: skip
Rows = Iterator[tuple[str, object]]


def shows_ladders(held: dict[str, Any]) -> bool:
    """Whether an update has levels of a ladder, of whatever kind."""
    return any(name in held for name in (*BY_PRICE, *BY_RANK))


def update(message: Message, runner: Runner, held: dict[str, Any], path: str) -> Told:
    """Apply one update; tells the levels that changed by it."""
    for name, side in BY_PRICE.items():
        if held.get(name) is not None:
            rows = parts(held, name, f"{path}.")
            yield from _by_price(message, runner, side, rows)
    for name, side in BY_RANK.items():
        if held.get(name) is not None and side not in runner.by_price:
            rows = parts(held, name, f"{path}.")
            yield from _by_rank(message, runner, side, rows, path)
    yield from _trades(message, runner, held, path)


def clear(message: Message, market: Market, runners: list[Any]) -> Told:
    """Take out what an image no longer has; the rest of it is applied like any update."""
    kept = _prices(runners)
    for key, runner in market.runners.items():
        runner.forget_traded()
        runner.by_price.clear()
        for side in SIDES:
            runner.ranks[side].clear()
            gone = [p for p in runner.side(side) if p not in kept.get((key, side), ())]
            yield from _take_out(message, runner, side, gone)


def catch_up(message: Message, runner: Runner) -> Told:
    """Tell the ladders of a runner that has just got its name."""
    for side in SIDES:
        for level in runner.side(side).items():
            yield _level(message, runner, side, level, "ladder")


def offer(message: Message, market: Market, runner: Runner, path: str, *, basic: bool) -> Told:
    """Tell the amount matched and the price, where they are other than those told last.

    With `basic` the last traded price stands in for the ladder that the recording lacks.
    """
    if runner.address is None:
        return
    amount = runner.amount()
    if amount is not None and runner.matched != (amount, runner.last):
        runner.matched = (amount, runner.last)
        fields = {**runner.address, "amount": amount, "last": runner.last}
        yield message.told("matched", fields, path)
    quote = _quote(market, runner, basic=basic)
    if quote is not None and quote != runner.quoted:
        runner.quoted = quote
        yield message.told("price", {**runner.address, **quote._asdict()}, path)


def _quote(market: Market, runner: Runner, *, basic: bool) -> Quoted | None:
    best: tuple[float, float | None] | None = runner.best()
    if best is None and basic and runner.last is not None:
        best = (runner.last, None)
    status: Status = "withdrawn" if runner.removed else market.status
    if status == "open" and best is not None:
        return Quoted(*best, status="open", in_play=market.in_play)
    if status == "open":
        status = "withdrawn"
    # What is not open repeats the last price told, whatever happens to the ladder meanwhile.
    price = runner.quoted.price if runner.quoted else best[0] if best else None
    return None if price is None else Quoted(price, None, status, market.in_play)


def _by_price(message: Message, runner: Runner, side: Side, rows: Rows) -> Told:
    if runner.ranks[side]:
        runner.ranks[side].clear()
        yield from _take_out(message, runner, side, list(runner.side(side)))
    runner.by_price.add(side)
    for where, row in rows:
        try:
            level = _pair(row)
        except FAULTS as error:
            yield message.refuse(where, error, row)
            continue
        if runner.side(side).get(level[0], 0.0) != level[1]:
            told = _level(message, runner, side, level, where)
            if not isinstance(told, Refusal):
                runner.set_level(side, *level)
            yield from _unless_unnamed(runner, told)


def _by_rank(message: Message, runner: Runner, side: Side, rows: Rows, path: str) -> Told:
    levels: list[tuple[int, Level]] = []
    for where, row in rows:
        try:
            rank, level = _ranked(row)
        except FAULTS as error:
            yield message.refuse(where, error, row)
            continue
        told = _level(message, runner, side, level, where) if level[1] else None
        if isinstance(told, Refusal):
            yield told
        else:
            levels.append((rank, level))
    for level in runner.set_ranks(side, levels):
        yield from _unless_unnamed(runner, _level(message, runner, side, level, path))


def _trades(message: Message, runner: Runner, held: dict[str, Any], path: str) -> Told:
    address = runner.address or _NOBODY
    if held.get("trd") is not None:
        runner.volume = None
        for where, row in parts(held, "trd", f"{path}."):
            try:
                price, size = _pair(row)
            except FAULTS as error:
                yield message.refuse(where, error, row)
                continue
            told = message.told("matched", {**address, "amount": size, "last": price}, where)
            if isinstance(told, Refusal):
                yield told
            else:
                runner.set_traded(price, size)
    for name in ("tv", "ltp"):
        if held.get(name) is not None:
            yield from _total(message, runner, name, held[name], path)


def _total(message: Message, runner: Runner, name: str, raw: object, path: str) -> Told:
    address = runner.address or _NOBODY
    try:
        value = number(raw, name)
    except FAULTS as error:
        yield message.refuse(path, error, raw)
        return
    amount, last = (value, None) if name == "tv" else (0.0, value)
    told = message.told("matched", {**address, "amount": amount, "last": last}, f"{path}.{name}")
    if isinstance(told, Refusal):
        yield told
    elif name == "tv":
        runner.volume = value
    else:
        runner.last = value


def _take_out(message: Message, runner: Runner, side: Side, prices: list[float]) -> Told:
    for price in prices:
        runner.set_level(side, price, 0.0)
        told = _level(message, runner, side, (price, 0.0), "ladder")
        yield from _unless_unnamed(runner, told)


def _level(
    message: Message, runner: Runner, side: Side, level: Level, path: str
) -> Record | Refusal:
    address = runner.address or _NOBODY
    fields = {**address, "side": side, "price": level[0], "size": level[1]}
    return message.told("ladder", fields, path)


def _unless_unnamed(runner: Runner, told: Record | Refusal) -> Told:
    if runner.address is not None or isinstance(told, Refusal):
        yield told


def _pair(row: object) -> Level:
    if not isinstance(row, list) or len(row) != 2:
        raise Wrong(f"{shown(row)} is not [price, size]")
    return number(row[0], "price"), number(row[1], "size")


def _ranked(row: object) -> tuple[int, Level]:
    if not isinstance(row, list) or len(row) != 3 or type(row[0]) is not int:
        raise Wrong(f"{shown(row)} is not [level, price, size]")
    return row[0], (number(row[1], "price"), number(row[2], "size"))


def _prices(runners: list[Any]) -> dict[tuple[RunnerKey, Side], set[float]]:
    """Find the prices an image has, for each runner and side; what is wrong in it has none."""
    kept: dict[tuple[RunnerKey, Side], set[float]] = {}
    for raw in runners:
        try:
            held = mapping(raw)
            key = runner_key(held)
        except FAULTS:
            continue
        for name, side in (*BY_PRICE.items(), *BY_RANK.items()):
            kept.setdefault((key, side), set()).update(_readable(held, name))
    return kept


def _readable(held: dict[str, Any], name: str) -> Iterator[float]:
    for _, row in parts(held, name):
        try:
            yield _pair(row)[0] if name in BY_PRICE else _ranked(row)[1][0]
        except FAULTS:
            continue
