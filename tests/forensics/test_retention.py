"""What expires goes, what is held stays, and an account that is erased is nowhere."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alerts.action import Action, Kind
from forensics.actions_table import published_action
from forensics.archive import Archive, DeadLetter
from forensics.asking import Asker, NotAllowed, ask, record
from forensics.erasure import forget
from forensics.migrate import migrate
from forensics.question import questions
from forensics.retention import held, hold, retain
from forensics.settings import RetentionSettings
from forensics.store import StoreSettings, open_store
from markets.records import Account, Heartbeat, Wager
from tests.alerts.case_scene import alert
from tests.forensics.test_archive import ONE_OF_EACH, at, price

NOW = datetime(2026, 7, 5, tzinfo=UTC)
ASKER = Asker("officer", "request 7 of the court", lambda: NOW)


def archived(store, days_ago, records, offset=0):
    arrived = NOW - timedelta(days=days_ago)
    Archive(store).write([(0, offset, arrived, records)])


def counts(store):
    tables = ("fixtures", "prices", "wagers", "wagers_by_account", "heartbeats", "ladders")
    return {t: store.rows(f"SELECT count() AS n FROM {t}")[0]["n"] for t in tables}


def test_each_kind_is_kept_for_its_time(store):
    """
    arrived   400 days ago: ladders, wagers and sources have expired   10 days ago: nothing has
    """
    archived(store, 400, ONE_OF_EACH)
    archived(store, 10, ONE_OF_EACH, offset=1)
    before = counts(store)
    deleted = retain(store, RetentionSettings(), NOW)
    assert set(deleted) == {
        "ladders", "wagers", "wagers_by_account", "accounts", "pasts", "heartbeats", "health",
        "frames",
    }  # fmt: skip
    assert counts(store) == {
        **before, "wagers": 2, "wagers_by_account": 2, "heartbeats": 1, "ladders": 1,
    }  # fmt: skip
    assert retain(store, RetentionSettings(), NOW) == {}


def test_a_match_under_hold_keeps_all_that_it_rests_on(store):
    archived(store, 4000, [*ONE_OF_EACH, price(1, 2.0, match="c-v-d")])
    hold(store, "a-v-b", ASKER, on=True)
    assert retain(store, RetentionSettings(), NOW) == {"prices": 1, "price_spans": 1}
    assert [(row["match"], row["why"]) for row in held(store)] == [("a-v-b", ASKER.why)]
    hold(store, "a-v-b", Asker("officer", "ended", lambda: NOW + timedelta(days=1)), on=False)
    assert held(store) == []
    retain(store, RetentionSettings(), NOW)
    assert set(counts(store).values()) == {0}


def test_a_hold_needs_a_reason_and_one_that_is_not_there_does_not_end(store):
    with pytest.raises(NotAllowed, match="needs a reason"):
        hold(store, "a-v-b", Asker("x", " ", lambda: NOW), on=True)
    with pytest.raises(NotAllowed, match="not under hold"):
        hold(store, "a-v-b", ASKER, on=False)


# Erasure

ACCOUNT, OTHER = "p-5eaf00d5eaf00d5e", "p-5eaf00d5eaf00d5e9"  # the second holds the first's name


def bet(seconds, account, counterparty=None, match="a-v-b", market="1x2"):
    return Wager(
        at=at(seconds), match=match, market=market, selection="home", book="opr", price=2.0,
        wager=f"w{seconds}-{account}", account=account, stake=10.0, device=f"d-{account}",
        opened="2020-01-01", country="GR", counterparty=counterparty,
    )  # fmt: skip


def per_market(store):
    return store.rows(
        "SELECT match, market, count() AS wagers, uniqExact(account) AS accounts, "
        "sum(stake) AS stake, countIf(counterparty IS NOT NULL) AS matched FROM wagers "
        "GROUP BY match, market ORDER BY match, market"
    )


def plain_files(store):
    """Make the columns of accounts readable on disk, so that looking for bytes can find them."""
    for table, column, kind in (
        ("wagers", "account", "String"), ("wagers", "counterparty", "Nullable(String)"),
        ("accounts", "account", "String"), ("wagers_by_account", "account", "String"),
        ("questions_asked", "parameters", "String"), ("dead_letters", "raw", "String"),
        ("alerts", "body", "String"),
    ):  # fmt: skip
        store.command(f"ALTER TABLE {table} MODIFY COLUMN {column} {kind} CODEC(NONE)")
    for table in ("wagers", "accounts", "wagers_by_account"):
        store.command(f"ALTER TABLE {table} MODIFY SETTING compress_primary_key = 0")


def told_of_elsewhere(store):
    """What an officer wrote, the case of it, an attempt to deliver and a bar that name it."""
    Archive(store).write_alerts([(0, 1, at(1), alert(match="a-v-b").to_json())])
    Archive(store).write_actions([(0, 1, at(2), comment().to_json())])
    store.command(
        "INSERT INTO cases (case_id, match, verdict_comment, news) SELECT 'c-1', 'x', {a:String}, "
        "[concat(';', {a:String}, ';', {a:String}, ';'), {o:String}]",
        {"a": ACCOUNT, "o": OTHER},
    )
    store.command(
        "INSERT INTO delivery_attempts (at, arrived, delivery, reason, told) SELECT now(), now(), "
        "'d-1', {a:String}, [{a:String}]",
        {"a": ACCOUNT},
    )
    store.command(
        "INSERT INTO bars (match, minute, books) SELECT 'x', now(), [{a:String}]", {"a": ACCOUNT}
    )


def comment():
    return Action.of(
        Kind.COMMENT, at=at(2), actor="ana", role="officer", match="a-v-b", case_id="c",
        comment=f"{ACCOUNT},{ACCOUNT} with {OTHER}",
    )  # fmt: skip


def everywhere(store, account):
    """Tables of which any row names the account, whatever its columns are."""
    tables = store.rows(
        "SELECT table, groupArray(name) AS names FROM system.columns WHERE database = "
        "currentDatabase() AND type LIKE '%String%' AND type NOT LIKE '%Aggregate%' "
        "AND table IN (SELECT name FROM system.tables WHERE engine LIKE '%MergeTree%') "
        "GROUP BY table"
    )
    found = []
    for row in tables:
        names = ", ".join(f"`{name}`" for name in row["names"])
        held = str(store.rows(f"SELECT {names} FROM {row['table']}")).replace(OTHER, "")
        found += [row["table"]] if account in held else []
    return found


def files_naming(home: Path, account: str) -> list[str]:
    found = []
    for path in home.rglob("*"):
        if path.is_file() and (content := path.read_bytes()):
            here = content.replace(OTHER.encode(), b"")
            found += [str(path.relative_to(home))] if account.encode() in here else []
    return found


def test_an_erased_account_is_in_no_row_and_no_file_and_counts_stay(tmp_path):
    home = tmp_path / "store"
    with open_store(StoreSettings(directory=home)) as store:
        migrate(store)
        plain_files(store)
        records = [
            bet(1, ACCOUNT), bet(2, ACCOUNT, market="total"), bet(3, OTHER, counterparty=ACCOUNT),
            bet(4, ACCOUNT, match="c-v-d"), bet(5, "p-1"),
            Account(at=at(1), match="a-v-b", book="opr", account=ACCOUNT, wagers=3),
            Account(at=at(1), match="a-v-b", book="opr", account=OTHER, wagers=7),
            Heartbeat(at=at(9), source="s"),
        ]  # fmt: skip
        archived(store, 1, records)
        letter = DeadLetter(
            "s", "f:1", "bad", f'{{"account":"{ACCOUNT}"}}'.encode(), "t", 0, 0, NOW
        )
        Archive(store).write_dead_letters([letter])
        store.command(
            "INSERT INTO alerts (alert_id, match, headline, body) SELECT 'a-1', 'a-v-b', "
            "{h:String}, {b:String}",
            {"h": f"accounts {ACCOUNT} and {OTHER}", "b": f'{{"headline":"{ACCOUNT}, {OTHER}"}}'},
        )
        record(store, ASKER, "evidence", {"match": "a-v-b", "account": ACCOUNT}, "")
        told_of_elsewhere(store)
        before = per_market(store)
        assert files_naming(home, ACCOUNT)  # the look can find it
        erased = forget(store, ACCOUNT, ASKER)
        assert per_market(store) == before
        assert erased.packs == ("a-v-b",)
        assert {
            "wagers", "accounts", "wagers_by_account", "alerts", "questions_asked", "dead_letters",
            "actions", "cases", "delivery_attempts", "bars",
        } <= set(erased.rows)  # fmt: skip
        for table, column in (("wagers", "account"), ("accounts", "account"),
                              ("wagers_by_account", "account")):  # fmt: skip
            [row] = store.rows(f"SELECT groupUniqArray({column}) AS a FROM {table}")
            assert ACCOUNT not in row["a"]
            assert OTHER in row["a"]
        [alert] = store.rows("SELECT headline, body FROM alerts WHERE alert_id = 'a-1'")
        assert OTHER in alert["headline"]
        assert "erased-" in alert["body"]
        [own] = store.rows("SELECT count() AS n FROM wagers WHERE device = {d:String}",
                           {"d": f"d-{ACCOUNT}"})  # fmt: skip
        assert own["n"] == 0
        assert everywhere(store, ACCOUNT) == []
        who = questions()["who-bet"]
        given = who.values({"match": "a-v-b", "selection": "home"})
        asked = ask(store, who, given, ASKER).rows.to_pylist()
        assert ACCOUNT not in {row["account"] for row in asked}  # OTHER's name begins like it
        assert files_naming(home, ACCOUNT) == []
    assert files_naming(home, ACCOUNT) == []


def test_tombstones_of_two_matches_cannot_be_joined(store):
    archived(store, 1, [bet(1, ACCOUNT), bet(2, ACCOUNT, market="total"),
                        bet(4, ACCOUNT, match="c-v-d")])  # fmt: skip
    forget(store, ACCOUNT, ASKER)
    rows = store.rows("SELECT match, groupUniqArray(account) AS a FROM wagers GROUP BY match")
    names = {row["match"]: row["a"] for row in rows}
    assert len(names["a-v-b"]) == len(names["c-v-d"]) == 1
    assert names["a-v-b"] != names["c-v-d"]


def test_an_erasure_needs_a_reason(store):
    with pytest.raises(NotAllowed, match="say why"):
        forget(store, ACCOUNT, Asker("x", "", lambda: NOW))


def test_an_action_that_named_the_account_still_counts(store):
    """Its id is a hash of what it says, and what does not fit is left out of cases."""
    archive = Archive(store)
    archive.write_alerts([(0, 1, at(1), alert(match="a-v-b").to_json())])
    archive.write_actions([(0, 1, at(2), comment().to_json())])
    forget(store, ACCOUNT, ASKER)
    [row] = store.rows("SELECT action_id, comment, body FROM actions")
    action = published_action(row["body"].encode())
    assert isinstance(action, Action)
    assert (row["action_id"], row["comment"]) == (action.action_id, action.comment)
    assert action.comment == f"erased,erased with {OTHER}"
    archive.write_alerts([(0, 2, at(3), alert("red", match="a-v-b").to_json())])
    assert store.rows("SELECT actions FROM cases WHERE match = 'a-v-b'") == [{"actions": 1}]
