"""Officers at a terminal: alerts and actions through a broker, and into the store."""

import json
import time
from pathlib import Path

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner, Result

from alerts.request import Request
from forensics.store import StoreSettings, open_store
from streams import workers
from streams.acting import Casebook, casebook
from streams.broker import BrokerSettings, BrokerUnavailable
from streams.cli import app
from streams.following import GroupProgress
from streams.topics import ACTIONS, ALERTS, client_settings, create_topics
from tests.alerts.case_scene import NOON, alert


@pytest.fixture
def topics(settings: BrokerSettings, prefix: str) -> str:
    create_topics(settings, prefix)
    return prefix


class Office:
    """Alerts come in, officers type commands."""

    def __init__(self, settings: BrokerSettings, prefix: str) -> None:
        self.settings, self.prefix = settings, prefix
        self.where = ["--bootstrap", str(settings.bootstrap), "--prefix", prefix]

    def raised(self, *messages: bytes | object, topic: str = ALERTS.name) -> None:
        producer = KafkaProducer(**client_settings(self.settings))
        for message in messages:
            value = message if isinstance(message, bytes) else message.to_json()
            key = b"m" if isinstance(message, bytes) else message.match.encode()
            producer.send(self.prefix + topic, value, key=key)
        producer.close()

    def runs(self, *words: str) -> Result:
        return CliRunner().invoke(app, [*words, *self.where])

    def acts(self, *words: str, who: str = "ana", role: str = "officer") -> Result:
        return self.runs("act", *words, "--as", who, "--role", role)

    def does(self, *words: str, **more: str) -> str:
        result = self.acts(*words, **more)
        assert result.exit_code == 0, result.output
        return result.stdout

    def lists(self, *words: str) -> list[dict]:
        result = self.runs("cases", *words, "--format", "json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def book(self) -> "Casebook":
        with casebook(self.settings, self.prefix) as opened:
            opened.catch_up()
        return opened


@pytest.fixture
def office(settings: BrokerSettings, topics: str) -> Office:
    return Office(settings, topics)


def test_a_case_from_the_alert_to_the_verdict_by_command_line(office: Office) -> None:
    office.raised(alert("red"), alert(match="n"), alert("green", match="o"))
    assert [(c["match"], c["status"]) for c in office.lists()] == [("m", "open"), ("n", "open")]
    assert "m: acknowledged, red, with ana" in office.does("acknowledge", "m")
    office.does("assign", "a-m-steam-move", "--to", "bo")
    office.does("comment", "m", "the keeper was seen at the casino", who="bo")
    office.does("escalate", "m", "--to", "chief", who="bo")
    told = office.does(
        "close", "m", "--verdict", "innocent", "--cause", "team news", "--comment", "ill", who="cy"
    )
    assert "m: closed, red, with chief" in told
    assert [c["match"] for c in office.lists()] == ["n"]
    assert [c["match"] for c in office.lists("--all")] == ["n", "o", "m"]
    shown = office.runs("cases", "m").stdout
    for words in ("RED", "verdict of cy: innocent, team news: ill", "assignee ana -> bo", "casino"):
        assert words in shown


def test_what_cannot_be_is_told_in_a_sentence_and_sent_nowhere(office: Office) -> None:
    office.raised(alert())
    refused = office.acts("reopen", "m", "--comment", "why not")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == "sogawatch: your role may not do this: reopen\n"
    refused = office.acts("close", "m", "--verdict", "innocent", "--comment", "fine")
    assert refused.exit_code == 2
    assert "needs a verdict, a comment, and a cause if it is innocent" in refused.stderr
    refused = office.acts("acknowledge", "nothing")
    assert (refused.exit_code, "there is no case 'nothing'" in refused.stderr) == (1, True)
    refused = office.acts("acknowledge", "m", role="viewer")
    assert refused.exit_code == 1
    assert office.book().cases.find("m").history == ()


@pytest.mark.parametrize(
    "words",
    [
        ["snooze", "match", "m", "--reason", "x"],
        ["snooze", "match", "m", "--reason", "x", "--for", "2h", "--until", "2026-06-11T19:00Z"],
        ["snooze", "match", "m", "--reason", "x", "--for", "soon"],
        ["snooze", "match", "m", "--reason", "x", "--until", "2026-06-11T19:00"],
        ["snooze", "planet", "m", "--reason", "x", "--for", "2h"],
        ["close", "m", "--verdict", "guilty", "--comment", "x"],
        ["miss", "m", "--typology", "x", "--when", "today", "--why", "x"],
        ["whitewash", "m"],
    ],
)
def test_wrong_words_are_wrong_usage(words: list[str]) -> None:
    result = CliRunner().invoke(app, ["act", *words, "--as", "ana", "--bootstrap", "nowhere:1"])
    assert (result.exit_code, result.stdout) == (2, "")


def test_who_acts_must_be_said() -> None:
    result = CliRunner().invoke(app, ["act", "acknowledge", "m", "--bootstrap", "nowhere:1"])
    assert result.exit_code == 2
    assert "--as" in result.stderr


def test_a_shift_a_snooze_and_a_miss(office: Office) -> None:
    office.raised(alert(), alert(match="n"))
    for match in "mn":
        office.does("acknowledge", match)
    office.does("hand-over", "--to", "bo", "--note", "n is hot")
    assert [c["assignee"] for c in office.lists("--of", "bo")] == ["bo", "bo"]
    told = office.does("snooze", "team", "m home", "--for", "2h", "--reason", "known friendly")
    listed = office.runs("cases").stdout
    assert "team m home, up to amber, by ana: known friendly" in listed
    office.does("unsnooze", told.split(":")[0])
    assert "snoozed" not in office.runs("cases").stdout
    office.does(
        "miss", "k", "--typology", "spot-fix", "--when", "2026-06-11T19:00Z", "--why", "a call"
    )
    [miss] = [case for case in office.lists() if case["match"] == "k"]
    assert (miss["status"], miss["misses"][0]["why"]) == ("open", "a call")


def test_what_cannot_be_read_is_passed_over_and_told(office: Office) -> None:
    office.raised(alert(), b"nonsense")
    office.raised(b"{}", topic=ACTIONS.name)
    result = office.runs("cases", "--format", "json")
    assert [c["match"] for c in json.loads(result.stdout)] == ["m"]
    assert result.stderr.startswith("2 messages of the topics cannot be read")


def test_names_of_feeds_are_no_markup(office: Office) -> None:
    office.raised(alert(match="[bold]m[/bold]"))
    assert "[bold]m[/bold]" in office.runs("cases").stdout


def test_a_casebook_follows_what_comes(office: Office) -> None:
    with casebook(office.settings, office.prefix) as book:
        assert book.catch_up().all() == []
        office.raised(alert())
        assert book.catch_up().find("m").status == "open"
        request = Request(kind="acknowledge", case="m")
        action = book.cases.decide(request, at=NOON, actor="ana", role="officer")
        book.send(action)
        office.raised(alert("red"))
        deadline = time.monotonic() + 60
        while book.cases.find("m").level != "red":
            assert time.monotonic() < deadline
            book.take_new(100)
        assert book.cases.find("m").status == "open"
        assert office.book().cases.all() == book.cases.all()


def test_without_topics_it_is_told_what_to_do(settings: BrokerSettings, prefix: str) -> None:
    told = pytest.raises(BrokerUnavailable, match="run `sogawatch topics`")
    with told, casebook(settings, prefix):
        pass


def test_the_store_says_what_the_topics_say(
    office: Office, tmp_path: Path, *, embedded: bool
) -> None:
    """Alerts in, actions by command line, an altered action: rows equal the fold."""
    office.raised(alert("red"), alert(match="n"), alert(match="o"))
    office.does("acknowledge", "m")
    office.does("acknowledge", "n")
    office.does("close", "n", "--verdict", "data_fault", "--comment", "a stuck book")
    office.does("snooze", "team", "o home", "--for", "2h", "--reason", "known friendly")
    office.does("hand-over", "--to", "bo", "--note", "m is hot")
    office.raised(alert("red", match="n", at=5))
    good = office.book().cases.find("m").history[0].action
    office.raised(good.to_json().replace(b'"ana"', b'"eve"'), topic=ACTIONS.name)
    place = tmp_path / "store"
    command = ["archive", "--prefix", office.prefix, "--store", str(place)]
    command += ["--embedded"] if embedded else []
    environment = {"SOGAWATCH_BROKER__BOOTSTRAP": str(office.settings.bootstrap)}
    with (
        workers.running({"archive": command}, environment) as (worker,),
        GroupProgress(office.settings, office.prefix) as progress,
    ):
        while progress.lag("archive", [ALERTS, ACTIONS]):
            worker.check()
            time.sleep(0.2)
    cases = office.book().cases.all()
    with open_store(StoreSettings(directory=place)) as store:
        rows = store.rows("SELECT * FROM cases ORDER BY match")
        actions = store.rows("SELECT body FROM actions ORDER BY at, action_id")
        letters = store.rows("SELECT source, reason FROM dead_letters")
    plain = ("case_id", "match", "status", "level", "assignee", "acknowledge_by", "calls",
             "closings", "opened_at", "last_at")  # fmt: skip
    assert [[row[name] for name in plain] for row in rows] == [
        [getattr(case, name) for name in plain] for case in cases
    ]
    assert [case.status for case in cases] == ["acknowledged", "open", "open"]
    assert [row["held"] for row in rows] == [len(case.held) for case in cases]
    assert len(actions) == 5
    assert {row["body"].encode() for row in actions} >= {good.to_json()}
    [letter] = letters
    assert letter["source"] == "actions"
    assert "altered" in letter["reason"]
