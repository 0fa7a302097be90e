"""Every panel, annotation and variable, asked of the engine as Grafana would ask it."""

import re

import pytest

from forensics.store import Store
from tests.dashboards.expansion import expanded
from tests.dashboards.questions import (
    DASHBOARDS,
    Question,
    answer,
    opened,
    questions,
)

QUESTIONS = questions()
PANELS = [(name, panel) for name, shown in DASHBOARDS.items() for panel in shown["panels"]]
IDS = [f"{name}-{panel['title']}" for name, panel in PANELS]
# These grow with the feed: a question that reads one whole would be too slow one day.
LARGE = {"prices", "matched", "wagers", "accounts", "bars", "events", "ladders", "heard"}
NUMBER = re.compile(r"(Nullable\()?(U?Int\d+|Float\d+|Decimal.*)\)?")
TEXT = re.compile(r"(LowCardinality\()?(Nullable\()?String\)*")
TIME = re.compile(r"(DateTime(64)?\(.*\)|DateTime|Date(32)?)")


def asked(store: Store, question: Question) -> str:
    return expanded(question.sql, opened(store, question.dashboard))


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_it_is_answered_with_rows_of_the_day(day, question):
    assert answer(day, asked(day, question)), "nothing was found in a day that has everything"


def columns(store: Store, sql: str) -> dict[str, str]:
    return {row["name"]: row["type"] for row in store.rows(f"DESCRIBE TABLE ({sql})")}


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.shape == "timeseries"], ids=str)
def test_a_time_series_is_a_time_then_texts_and_numbers(day, question):
    """The plug-in makes wide series of them, which loses rows that share time and texts."""
    sql = asked(day, question)
    kinds = columns(day, sql)
    assert next(iter(kinds)) == "time"
    assert TIME.fullmatch(kinds.pop("time"))
    texts = [name for name, kind in kinds.items() if TEXT.fullmatch(kind)]
    numbers = [name for name, kind in kinds.items() if NUMBER.fullmatch(kind)]
    assert numbers
    assert {*texts, *numbers} == kinds.keys()
    keys = [(row["time"], *(row[text] for text in texts)) for row in answer(day, sql)]
    assert all(None not in key for key in keys)
    assert [key[0] for key in keys] == sorted(key[0] for key in keys)
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.kind == "annotation"], ids=str)
def test_an_annotation_has_a_time_and_a_text(day, question):
    kinds = columns(day, asked(day, question))
    assert TIME.fullmatch(kinds["time"])
    assert TEXT.fullmatch(kinds["text"])
    assert kinds.keys() <= {"time", "timeEnd", "text", "tags"}


@pytest.mark.parametrize("question", [q for q in QUESTIONS if q.kind == "variable"], ids=str)
def test_a_variable_has_values_that_are_texts_and_not_empty(day, question):
    sql = asked(day, question)
    kinds = list(columns(day, sql).values())
    assert len(kinds) <= 2
    assert all(TEXT.fullmatch(kind) for kind in kinds)
    assert all(next(iter(row.values())) for row in answer(day, sql))


@pytest.mark.parametrize(("name", "panel"), PANELS, ids=IDS)
def test_what_a_panel_styles_and_links_is_among_its_columns(day, name, panel):
    shown = opened(day, name)
    by_letter = {
        target["refId"]: columns(day, expanded(target["rawSql"], shown))
        for target in panel.get("targets", ())
    }
    there = {column for found in by_letter.values() for column in found}
    for override in panel.get("fieldConfig", {}).get("overrides", ()):
        matcher = override["matcher"]
        if matcher["id"] == "byFrameRefID":
            assert matcher["options"] in by_letter
        elif "displayName" not in panel["fieldConfig"]["defaults"]:
            assert matcher["options"] in there
    told = str(panel)
    assert set(re.findall(r"__data\.fields\.(\w+)", told)) <= there
    assert set(re.findall(r"__field\.labels\.(\w+)", told)) <= there


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_no_large_table_is_read_whole(day, question):
    """EXPLAIN names a condition on key, partition or skip index wherever one is read."""
    for table, read in reads(day, asked(day, question)):
        if table in LARGE:
            assert narrowed(read), read


def reads(store: Store, sql: str) -> list[tuple[str, str]]:
    """Tables that a question reads, each with what the plan says of indexes."""
    told = store.rows(f"EXPLAIN indexes = 1 {sql} SETTINGS final = 0")
    plan = re.sub("[│├└─]", " ", "\n".join(row["explain"] for row in told))
    parts = re.split(r"ReadFromMergeTree \((?:\w+\.)?(\w+)\)", plan)[1:]
    return list(zip(parts[::2], parts[1::2], strict=True))


def narrowed(read: str) -> bool:
    """Whether the key begins with what is named, or parts are chosen by when they arrived."""
    keyed = re.search(r"PrimaryKey\s+Keys:((?:\s+\w+)+)\s+Condition", read)
    parts = re.search(r"Min-Max\s+Keys:((?:\s+\w+)+)\s+Condition", read)
    return bool(
        (keyed and {"match", "minute"} & {*keyed[1].split()})
        or (parts and "arrived" in parts[1].split())
    )


@pytest.mark.parametrize(
    ("sql", "well"),
    [
        ("SELECT max(at) FROM prices", False),
        ("SELECT max(at) FROM prices WHERE book = 'a'", False),
        ("SELECT max(at) FROM prices WHERE at > toDateTime(1783123200)", False),
        ("SELECT max(at) FROM prices WHERE arrived > toDateTime(1783123200)", True),
        ("SELECT max(at) FROM prices WHERE match = 'a'", True),
    ],
)
def test_a_whole_reading_would_be_seen(day, sql, well):
    assert all(narrowed(read) for _, read in reads(day, sql)) is well
