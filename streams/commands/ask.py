"""`sogawatch ask`: named questions and read-only SQL, as table, csv, json or parquet."""

import getpass
import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer
from pydantic_core import to_json
from rich.table import Table

from forensics.asking import Answer, Asker, NotAllowed, ask, ask_sql
from forensics.question import BadQuestion, Question, question, questions
from forensics.rings import NAMED
from forensics.store import open_existing
from streams.commands.options import Config, StoreDir, complaints, with_store
from streams.configuration import load
from streams.screen import Screen

CONTEXT = {"allow_extra_args": True, "ignore_unknown_options": True}
_SHOWN = 50


class Form(StrEnum):
    """How an answer is printed."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


def ask_(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(metavar="[QUESTION]", help="Which question; all are listed without one."),
    ] = None,
    sql: Annotated[
        str | None, typer.Option(help="Ask this SELECT instead; it always needs --why.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show what it answers, its values and its SQL.")
    ] = False,
    why: Annotated[
        str, typer.Option(help="Why you ask; wanted, and kept, where accounts are named.")
    ] = "",
    who: Annotated[
        str | None, typer.Option(help="Who asks; the user of this machine when left out.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How to print the answer.")] = Form.table,
    out: Annotated[
        Path | None, typer.Option(help="Write the answer to this file; wanted for parquet.")
    ] = None,
    store: StoreDir = None,
    config: Config = None,
) -> None:
    """Ask the store a named question; its values are options of their own.

    Example: sogawatch ask who-bet --match MATCH --selection home --why "case 12"
    """
    screen = Screen()
    with complaints(screen), _wrong_usage():
        if name is None and sql is None:
            _list(screen)
            return
        if name is not None and sql is not None:
            raise typer.BadParameter("name a question or give --sql, not both")
        asked = question(name) if name else None
        if asked is not None and explain:
            _explain(screen, asked)
            return
        if form is Form.parquet and out is None:
            raise typer.BadParameter("parquet needs --out FILE")
        given = _given(context.args)
        values = asked.values(given) if asked else {}
        settings = with_store(load(config), store)
        asker = Asker(who or getpass.getuser(), why, lambda: datetime.now(UTC))
        with open_existing(settings.store) as opened:
            if asked:
                answer = ask(opened, asked, values, asker, settings.ask)
            else:
                answer = ask_sql(opened, str(sql), asker, settings.ask)
        _print(screen, answer, form, out)


class _wrong_usage:
    """What a user asked wrongly becomes a usage error."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, BadQuestion | NotAllowed):
            raise typer.BadParameter(str(error)) from None


def _given(words: list[str]) -> dict[str, str]:
    """Read `--name value` and `--name=value`.

    >>> _given(["--match", "a-v-b", "--least=3"])
    {'match': 'a-v-b', 'least': '3'}
    """
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--") or len(word) == 2:
            raise BadQuestion(f"{word}: values are given as --name VALUE")
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = next(rest, "")
            if not value and "" not in words:
                raise BadQuestion(f"{word}: a value is missing")
        given[name] = value
    return given


def _list(screen: Screen) -> None:
    table = Table(title="Questions", title_justify="left", title_style="bold")
    for heading in ("question", "what it answers", "needs"):
        table.add_column(heading, no_wrap=heading == "question")
    for each in questions().values():
        needs = [f"--{p.name}" for p in each.parameters if p.default is None]
        table.add_row(each.name, each.title, " ".join([*needs, *["--why"] * each.accounts]))
    screen.out.print(table)
    screen.say("sogawatch ask QUESTION --explain tells more; --sql SELECT... asks anything else")


def _explain(screen: Screen, asked: Question) -> None:
    screen.say(f"{asked.name}: {asked.title}\n\n{asked.answers}\n\nWeak: {asked.weakness}\n")
    if asked.accounts:
        screen.say("Speaks of accounts: --why is wanted, and who asked why is kept.\n")
    for each in asked.parameters:
        default = "wanted" if each.default is None else f"'{each.default}' when left out"
        screen.say(f"  --{each.name}  {each.type}, {default}: {each.meaning}")
    screen.say("\nColumns:")
    for column in asked.columns:
        screen.say(f"  {column.name}  {column.type}: {column.meaning}")
    if asked.finish:
        names = ", ".join(name for name, _ in NAMED)
        screen.say(f"  {names}: the group of accounts that the pair belongs to")
    screen.say(f"\n{asked.sql}")


def _print(screen: Screen, answer: Answer, form: Form, out: Path | None) -> None:
    if form is Form.table and out is None:
        _table(screen, answer.rows)
    else:
        _write(answer.rows, form, out)
    if answer.cut:
        screen.warn(f"cut after {answer.rows.num_rows:,} rows; ask.most_rows allows more")


def _table(screen: Screen, rows: pa.Table) -> None:
    shown = [[_cell(v) for v in row.values()] for row in rows.slice(0, _SHOWN).to_pylist()]
    cells = zip(rows.column_names, *shown, strict=True)
    if sum(3 + max(map(len, column)) for column in cells) < screen.out.width:
        table = Table(*rows.column_names)
        for row in shown:
            table.add_row(*row)
        screen.out.print(table)
    else:
        _blocks(screen, rows.column_names, shown)
    more = rows.num_rows - _SHOWN
    screen.say(f"{rows.num_rows:,} rows" + (f", {more:,} not shown" if more > 0 else ""))


def _blocks(screen: Screen, names: list[str], rows: list[list[str]]) -> None:
    """Print rows too wide for the terminal one under the other."""
    wide = max(map(len, names))
    for row in rows:
        for name, value in zip(names, row, strict=True):
            screen.say(f"{name:>{wide}}  {value}")
        screen.say()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"[:23]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _write(rows: pa.Table, form: Form, out: Path | None) -> None:
    if form is Form.parquet:
        pyarrow.parquet.write_table(rows, out)
        return
    text = _csv(rows) if form in (Form.csv, Form.table) else to_json(rows.to_pylist(), indent=1)
    if out is None:
        sys.stdout.write(text.decode())
    else:
        out.write_bytes(text)


def _csv(rows: pa.Table) -> bytes:
    """As CSV; lists become text, for CSV has none."""
    for number, column in enumerate(rows.columns):
        if pa.types.is_list(column.type):
            texts = ["; ".join(map(str, value or ())) for value in column.to_pylist()]
            rows = rows.set_column(number, rows.field(number).name, pa.array(texts))
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(rows, sink)
    return bytes(sink.getvalue())
