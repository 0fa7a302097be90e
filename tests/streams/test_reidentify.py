"""`sogawatch reidentify`: the holder of the key is told, and all that is kept is who asked why."""

from pathlib import Path

import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from typer.testing import CliRunner, Result

from alerts.action import Action
from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store
from streams.broker import BrokerSettings
from streams.cli import app
from streams.feeds.pseudonyms import make_key, read_key
from streams.topics import ACTIONS, ALERTS, TOPICS, client_settings, create_topics
from tests.alerts.case_scene import NOON, alert

PEOPLE = [f"CUST-{n:05}-XQ" for n in range(300)]
WHY = "request of the prosecutor, 12 July"


class Desk:
    """A broker with one case, a key, and a list of customers."""

    def __init__(self, settings: BrokerSettings, prefix: str, home: Path) -> None:
        self.settings, self.prefix, self.home = settings, prefix, home
        make_key(home / "key")
        self.pseudonyms = read_key(home / "key")
        (home / "people.txt").write_text("\n".join(PEOPLE), encoding="utf-8")
        create_topics(settings, prefix)
        producer = KafkaProducer(**client_settings(settings))
        producer.send(prefix + ALERTS.name, alert("red").to_json(), key=b"m")
        producer.close()

    def name(self, person: str) -> str:
        return self.pseudonyms.of("account", "opr-7", person)

    def asks(self, *names: str, role: str = "supervisor", why: str = WHY, **more: str) -> Result:
        told = {
            "among": str(self.home / "people.txt"), "key": str(self.home / "key"), "book": "opr-7",
            "as": "ana", "role": role, "comment": why, "prefix": self.prefix,
            "bootstrap": str(self.settings.bootstrap), **more,
        }  # fmt: skip
        words = [word for name, value in told.items() for word in (f"--{name}", value)]
        return CliRunner().invoke(app, ["reidentify", "m", *names, *words])

    def sent(self) -> dict[str, bytes]:
        """All that is in each topic."""
        held = {}
        with KafkaConsumer(**client_settings(self.settings)) as consumer:
            for topic in TOPICS:
                places = [
                    TopicPartition(self.prefix + topic.name, p)
                    for p in range(topic.count(self.settings))
                ]
                consumer.assign(places)
                consumer.seek_to_beginning(*places)
                polled = consumer.poll(timeout_ms=1000, max_records=1000)
                held[topic.name] = b"\n".join(r.value for rows in polled.values() for r in rows)
        return held


@pytest.fixture
def desk(settings: BrokerSettings, prefix: str, tmp_path: Path) -> Desk:
    return Desk(settings, prefix, tmp_path)


def test_the_holder_is_told_and_who_and_why_is_kept_without_identities(desk: Desk) -> None:
    known, stranger = desk.name(PEOPLE[41]), desk.name("NOBODY")
    told = desk.asks(known, stranger)
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines() == [
        f"{known}  {PEOPLE[41]}", f"{stranger}  not among those identities",
    ]  # fmt: skip
    sent = desk.sent()
    action = Action.model_validate_json(sent[ACTIONS.name])
    assert (action.kind, action.actor, action.role, action.comment, action.match) == (
        "reidentify", "ana", "supervisor", WHY, "m",
    )  # fmt: skip
    assert action.new == {"accounts": [known, stranger], "recognised": 1}
    assert action.action_id in told.stderr
    with open_store(StoreSettings(directory=desk.home / "store")) as store:
        kept = archived(store, action)
    everything = b"\n".join([*sent.values(), kept, told.stderr.encode()])
    assert known.encode() in everything
    assert [person for person in PEOPLE if person.encode() in everything] == []


def archived(store: Store, action: Action) -> bytes:
    """All that a store holds that took in the action."""
    migrate(store)
    assert Archive(store).write_actions([(0, 1, NOON, action.to_json())]) == {"actions": 1}
    tables = store.rows("SELECT name FROM system.tables WHERE database = currentDatabase()")
    return repr([store.rows(f"SELECT * FROM {one['name']}") for one in tables]).encode()


REFUSED = [
    ({"role": "officer"}, 1, "your role may not do this: reidentify"),
    ({"role": "viewer"}, 1, "your role may not do this: reidentify"),
    ({"why": " "}, 2, "needs pseudonyms, and a comment that says why"),
    ({"why": f"is it {PEOPLE[7]}?"}, 2, "write its pseudonym"),
    ({"as": PEOPLE[7]}, 2, "write its pseudonym"),
    ({"key": "/nowhere/key"}, 1, "cannot be read"),
    ({"book": ""}, 2, "--book"),
    ({"of": "planet"}, 2, "planet"),
    ({"prefix": "absent-"}, 1, "there is no topic absent-alerts"),
]


def test_what_is_refused_or_cannot_be_put_on_record_tells_nobody(desk: Desk) -> None:
    for changed, status, why in REFUSED:
        told = desk.asks(desk.name(PEOPLE[7]), **changed)
        assert (told.exit_code, told.stdout) == (status, ""), changed
        assert why in told.stderr, changed
        assert PEOPLE[7] not in told.stderr, changed
    make_key(desk.home / "other")
    told = desk.asks(desk.name(PEOPLE[7]), key=str(desk.home / "other"))
    assert (told.exit_code, PEOPLE[7] in told.output) == (0, False)
    assert "not among those identities" in told.stdout
    assert desk.sent()[ACTIONS.name].count(b"reidentify") == 1
