"""Named questions: their heads are true, their answers are right."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from random import Random

import pyarrow as pa
import pytest

from benchmarks.season import Season, found, given
from forensics.archive import Archive
from forensics.asking import Asker, NotAllowed, ask, ask_sql
from forensics.migrate import migrate
from forensics.question import BadQuestion, question, questions, read
from forensics.rings import rings
from forensics.settings import AskSettings
from forensics.store import StoreRefused, StoreSettings, StoreUnavailable, open_store
from markets.records import Event, Fixture, Wager
from tests.forensics.test_archive import ARRIVED, KICK_OFF, ONE_OF_EACH, at, price

NOW = datetime(2026, 7, 5, tzinfo=UTC)
ASKER = Asker("analyst", "case 12", lambda: NOW)
SEASON = Season(matches=6, prices=3960, wagers=6000, accounts=20_000, rings=3)

NOTHING_THERE = ("bets-together", "repeat-pattern")


@pytest.fixture(scope="module")
def season(tmp_path_factory):
    """A small season with three rings; its folder, for the engine holds one store at a time."""
    folder = tmp_path_factory.mktemp("season") / "store"
    with open_store(StoreSettings(directory=folder)) as store:
        migrate(store)
        SEASON.make(store)
    return folder


@pytest.fixture
def seasonal(season):
    with open_store(StoreSettings(directory=season)) as opened:
        yield opened


def asked(store, name, **values):
    named = question(name)
    return ask(store, named, named.values(values), ASKER).rows.to_pylist()


# The head of a question is true


ARROW = {
    "String": pa.string(), "Float64": pa.float64(), "UInt64": pa.uint64(), "UInt16": pa.uint16(),
    "Int32": pa.int32(), "Bool": pa.bool_(), "DateTime64(6, 'UTC')": pa.timestamp("us", "UTC"),
    "DateTime64(3, 'UTC')": pa.timestamp("ms", "UTC"), "Array(String)": pa.list_(pa.string()),
}  # fmt: skip


def documented(column):
    kind = column.type
    nullable = kind.startswith("Nullable(")
    return ARROW[kind.removeprefix("Nullable(").removesuffix(")") if nullable else kind], nullable


def test_every_question_gives_the_columns_and_types_that_it_says(seasonal):
    values = given(SEASON)
    assert values.keys() == questions().keys()
    for name, each in questions().items():
        rows = seasonal.query(each.sql, each.values(values[name]))
        assert rows.column_names == [column.name for column in each.columns], name
        for column in each.columns:
            field = rows.schema.field(column.name)
            kind, nullable = documented(column)
            same = (
                pa.types.is_list(field.type)
                if pa.types.is_list(kind)
                else field.type in (kind, pa.large_string())
            )
            assert same, (name, column.name, field.type)
            assert nullable or rows[column.name].null_count == 0, (name, column.name)
        assert rows.num_rows or name in NOTHING_THERE, name


def test_every_question_says_where_it_is_weak():
    for each in questions().values():
        assert all(len(text) > 20 for text in (each.answers, each.weakness)), each.name
        assert all(f"{{{p.name}:" in each.sql or p.name in ("chance",) for p in each.parameters)
    told = {name for name, each in questions().items() if "not proof" in each.weakness}
    assert told >= {"repeat-pattern", "bets-together"}


def test_those_that_name_accounts_say_so():
    named = {
        name for name, each in questions().items()
        if {"account", "first", "backer"} & {column.name for column in each.columns}
    }  # fmt: skip
    assert {name for name, each in questions().items() if each.accounts} == named


HEAD = """-- question: q
-- title: T
-- answers: A
-- weakness: W
--   goes on
-- accounts: no
-- parameter: least UInt32 = '2' — fewest
-- parameter: match String — the match
-- column: n UInt64 — a number
SELECT 1"""


def test_a_head_is_read():
    each = read(HEAD)
    assert each.weakness == "W goes on"
    assert [(p.name, p.default) for p in each.parameters] == [("least", "2"), ("match", None)]
    assert each.values({"match": "m"}) == {"least": 2, "match": "m"}


@pytest.mark.parametrize(
    ("head", "why"),
    [
        (HEAD.replace("-- title: T\n", ""), "lacks: title"),
        (HEAD.replace("-- title: T", "--title"), "not a line"),
        (HEAD.replace(" — fewest", ""), "not `NAME TYPE"),
    ],
)
def test_a_head_that_cannot_be_read_is_told(head, why):
    with pytest.raises(BadQuestion, match=why):
        read(head)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "q needs --match: the match"),
        ({"match": "m", "lest": "3"}, "takes no --lest; it takes --least, --match"),
        ({"match": "m", "least": "many"}, "--least many: a value of type UInt32"),
        ({"match": "m", "least": "-1"}, "type UInt32"),
    ],
)
def test_values_that_do_not_fit_are_told(values, why):
    with pytest.raises(BadQuestion, match=why):
        read(HEAD).values(values)


# Who asks, and how much


def test_who_asks_about_accounts_is_on_record_before_the_answer(store):
    with pytest.raises(NotAllowed, match="say why"):
        ask(store, question("who-bet"), {}, Asker("x", " ", lambda: NOW))
    assert store.rows("SELECT count() AS n FROM questions_asked") == [{"n": 0}]
    asked(store, "who-bet", match="a-v-b", selection="home")
    asked(store, "price-path", match="a-v-b", selection="home")
    [row] = store.rows("SELECT at, who, why, question, parameters FROM questions_asked")
    assert (row["at"], row["who"], row["why"], row["question"]) == (
        NOW, "analyst", "case 12", "who-bet",
    )  # fmt: skip
    assert '"selection": "home"' in row["parameters"]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('/etc/hostname', 'LineAsString')",
        "SELECT * FROM `file`('x', 'LineAsString')",
        "SELECT * FROM URL('http://127.0.0.1:9/', 'LineAsString')",
        "SELECT file('/etc/hostname')",
        "SELECT 1 INTO OUTFILE 'x.csv'",
        "SELECT 1 SETTINGS max_memory_usage = 0",
    ],
)
def test_sql_reaches_nothing_but_the_store(store, sql):
    with pytest.raises(NotAllowed, match="not allowed"):
        ask_sql(store, sql, ASKER)


@pytest.mark.parametrize("sql", ["DROP TABLE wagers", "INSERT INTO migrations (name) VALUES ('x')"])
def test_sql_changes_nothing(store, sql):
    with pytest.raises(StoreRefused, match="readonly"):
        ask_sql(store, sql, ASKER)


def test_sql_has_limits_and_is_on_record(store):
    answer = ask_sql(store, "SELECT number FROM numbers(10)", ASKER, AskSettings(most_rows=5))
    assert (answer.rows.num_rows, answer.cut) == (5, True)
    with pytest.raises(StoreUnavailable, match="Timeout"):
        ask_sql(store, "SELECT sleep(3)", ASKER, AskSettings(longest_s=1))
    with pytest.raises(NotAllowed, match="say why"):
        ask_sql(store, "SELECT 1", Asker("x", "", lambda: NOW))
    logged = store.rows("SELECT question, sql FROM questions_asked")
    assert {row["sql"] for row in logged} == {"SELECT number FROM numbers(10)", "SELECT sleep(3)"}


# What was known when


@pytest.mark.parametrize("seed", range(3))
def test_nothing_that_arrived_later_was_known(store, seed):
    """Records arrive out of the order of their event time; each moment sees its own past only."""
    random = Random(seed)
    for offset in range(60):
        told = [random.choice(ONE_OF_EACH[:14]), price(random.uniform(0, 60), 1.5 + offset / 10)]
        arrived = ARRIVED + timedelta(milliseconds=random.randrange(10_000))
        Archive(store).write([(0, offset, arrived, told)])
    for _ in range(8):
        moment = ARRIVED + timedelta(milliseconds=random.randrange(-100, 10_100))
        rows = asked(store, "what-was-known-when", match="a-v-b", moment=moment.isoformat())
        assert all(row["arrived"] <= moment for row in rows)
        [known] = store.rows(
            "SELECT count() AS n, argMax(price, (at, offset, idx)) AS last FROM prices "
            "WHERE arrived <= {m:DateTime64(3, 'UTC')} AND market = '1x2' AND book = 'pinnacle'",
            {"m": moment},
        )
        last = [r["value"] for r in rows if r["kind"] == "price" and r["market"] == "1x2"]
        assert last == ([known["last"]] if known["n"] else [])


# Answers that can be worked out by hand


def test_book_order_names_the_first_book_and_the_lags(store):
    """
    seconds    0      10          13          40
    sharp     2.0    1.8 (first)
    slow      2.0                1.8
    still     2.0                            1.98
    """
    moves = [("sharp", 10), ("slow", 13)]
    told = [price(0, 2.0, book=b) for b in ("sharp", "slow", "still")]
    told += [price(second, 1.8, book=b) for b, second in moves] + [price(40, 1.98, book="still")]
    Archive(store).write([(0, 0, ARRIVED, told)])
    rows = asked(store, "book-order", match="a-v-b", selection="home")
    assert [(r["place"], r["book"], r["lag_s"]) for r in rows] == [(1, "sharp", 0), (2, "slow", 3)]
    assert rows[0]["furthest"] == pytest.approx(1 / 1.8 - 1 / 2.0)


def bet(second, account, **changes):
    return Wager(
        **{"at": at(second), "match": "a-v-b", "market": "1x2", "selection": "home",
           "book": "exchange", "wager": f"w{second}{account}", "account": account, "price": 3.0,
           "stake": 100.0, **changes}
    )  # fmt: skip


def test_money_flow_tells_a_bet_once_though_both_sides_tell_it(store):
    """Backed at 3.0 while the price before the match was 2.0: worth half of the stake."""
    told = [price(-100, 2.0)]
    for second in (1, 2, 3):
        told += [bet(second, "p-1", counterparty="p-2"),
                 bet(second, "p-2", side="lay", counterparty="p-1")]  # fmt: skip
    Archive(store).write([(0, 0, ARRIVED, told)])
    [row] = asked(store, "money-flow", match="a-v-b")
    assert (row["backer"], row["layer"], row["bets"], row["staked"]) == ("p-1", "p-2", 3, 300.0)
    assert row["worth"] == pytest.approx(150.0)


def poisson_binomial_tail(chances, least):
    dist = [1.0]
    for p in chances:
        dist = [
            (dist[k] if k < len(dist) else 0) * (1 - p) + (dist[k - 1] * p if k else 0)
            for k in range(len(dist) + 1)
        ]
    return sum(dist[least:])


def test_repeat_pattern_is_the_poisson_binomial_tail_corrected(store):
    """Team A drifts out in six matches and loses five of them; B drifts in five, loses two."""
    told, chances = [], {"A": [], "B": []}
    for team, lost in (("A", [1, 1, 1, 1, 1, 0]), ("B", [1, 1, 0, 0, 0])):
        for number, happened in enumerate(lost):
            match, against = f"{team}-{number}", 2.0 + number / 10
            told.append(
                Fixture(
                    at=at(-9000),
                    match=match,
                    source="s",
                    sport="football",
                    competition="Cup",
                    home=team,
                    away=f"{match}-other",
                    start=KICK_OFF,
                )
            )
            for second, own in ((-8000, 2.0), (-100, 2.6)):
                told.append(price(second, own, match=match))
                told.append(price(second, against, match=match, selection="away"))
            told.append(
                Event(at=at(6000), match=match, event="full_time", score=(1 - happened, happened))
            )
            chances[team].append(1 / against)
    Archive(store).write([(0, 0, ARRIVED, told)])
    rows = {row["team"]: row for row in asked(store, "repeat-pattern")}
    assert set(rows) == {"A", "B"}
    for team, lost in (("A", 5), ("B", 2)):
        tail = poisson_binomial_tail(chances[team], lost)
        assert rows[team]["lost"] == lost
        assert rows[team]["tail"] == pytest.approx(tail)
        assert rows[team]["corrected"] == pytest.approx(min(1.0, 2 * tail))
        assert rows[team]["note"] == "A pattern is not proof."
    assert rows["A"]["discovery_rate"] == pytest.approx(2 * rows["A"]["tail"])


# Rings


def found_and_planted(store, planted):
    return found(store, [f"season-{m:03}" for m in range(planted.matches)]), planted.pairs()


def assert_precise_and_complete(pairs, truth):
    right = len(pairs & truth)
    assert right / len(pairs) >= 0.95
    assert right / len(truth) >= 0.95


def test_bets_together_finds_the_planted_rings(seasonal):
    assert_precise_and_complete(*found_and_planted(seasonal, SEASON))


def test_bets_together_finds_those_of_a_season_it_was_not_tried_on(tmp_path):
    other = replace(SEASON, seed=1234)
    with open_store(StoreSettings(directory=tmp_path / "store")) as store:
        migrate(store)
        other.make(store)
        assert_precise_and_complete(*found_and_planted(store, other))


@pytest.mark.parametrize(("market", "line"), [("1x2", None), ("total", 2.5)])
def test_a_pair_is_found_with_a_line_and_without(store, market, line):
    """Two accounts bet within seconds eight times, among two thousand bets of others."""
    random = Random(2)
    told = [bet(600 * n + k, f"p-{k}", market=market, line=line) for n in range(8) for k in (1, 2)]
    told += [bet(random.randrange(40_000), f"o-{random.randrange(500)}", market=market, line=line,
                 wager=f"o{n}") for n in range(2000)]  # fmt: skip
    Archive(store).write([(0, 0, ARRIVED, told)])
    [row] = asked(store, "bets-together", match="a-v-b")
    assert (row["first"], row["second"], row["occasions"]) == ("p-1", "p-2", 8)


def test_a_crowd_on_one_selection_is_no_ring(store):
    """Two hundred accounts follow a tip within a minute, once: together, and not a ring."""
    random = Random(1)
    told = [bet(random.randrange(60), f"p-{n}") for n in range(200)]
    told += [bet(random.randrange(7200), f"p-{random.randrange(2000)}", selection=s)
             for s in ("home", "draw", "away") * 700]  # fmt: skip
    Archive(store).write([(0, 0, ARRIVED, told)])
    assert asked(store, "bets-together", match="a-v-b") == []


def test_a_star_counts_where_each_pair_is_in_doubt():
    """One in four pairs as close by chance; five such about one account are expected far less."""

    def star(n):
        return pa.table({
            "first": ["a"] * n, "second": [f"b{k}" for k in range(n)], "first_money": [1.0] * n,
            "second_money": [1.0] * n, "chance": [0.25] * n, "bettors": [1000] * n,
        })  # fmt: skip

    assert rings(star(1), 0.01).num_rows == 0
    found_ = rings(star(5), 0.01)
    assert found_.num_rows == 5
    assert set(found_["ring_accounts"].to_pylist()) == {6}
    p = 0.25 / (1000 * 999 / 2)
    wanted = math.exp(6 * math.log(1000) + 5 * math.log(p) - math.lgamma(7))
    assert found_["chance"][0].as_py() == pytest.approx(wanted)


def test_no_pair_is_listed_for_the_closeness_of_others():
    """
    A stranger (s) was beside two members of a ring twice: by chance one in a hundred accounts is.
    Of a star the close pairs count alone, and a ring is one point of it.
    """
    ring = ["a", "b", "c", "d", "e"]
    close = [(*pair, 1e-9) for pair in combinations(ring, 2)]
    pairs = [*close, ("s", "a", 20_000.0), ("s", "b", 20_000.0)]
    assert listed(pairs) == {pair[:2] for pair in close}


def test_a_pair_of_a_ring_is_held_against_the_ring_alone():
    """Two of a ring of five were together less often: ten pairs are looked at, not millions."""
    close = [(*pair, 1e-9) for pair in combinations("abcd", 2)] + [("a", "e", 0.1)]
    assert ("b", "e") in listed([*close, ("b", "e", 100.0)])
    assert ("x", "y") not in listed([*close, ("x", "y", 0.1)])


def listed(pairs):
    first, second, chance = zip(*pairs, strict=True)
    one = [1.0] * len(pairs)
    told = pa.table({
        "first": first, "second": second, "first_money": one, "second_money": one,
        "chance": chance, "bettors": [4000] * len(pairs),
    })  # fmt: skip
    rows = rings(told, 0.01).to_pylist()
    return {(row["first"], row["second"]) for row in rows}
