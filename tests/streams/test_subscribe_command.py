"""`sogawatch subscribe`, `subscriptions` and `deliveries`, as their user sees them."""

import json
from datetime import UTC, datetime

import pytest
from kafka import KafkaProducer
from typer.testing import CliRunner

from alerts.delivery.outbox import Outbox, Status, encode_notice
from alerts.delivery.outcome import Reason
from streams.cli import app
from streams.subscribers import outbox_of, read_subscribers
from streams.topics import DELIVERIES, client_settings
from tests.alerts.delivery.scene import notice, reader

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


@pytest.fixture
def run(settings, prefix, monkeypatch):
    monkeypatch.setenv("SOGAWATCH_NOTIFY__KEY", "k" * 40)
    monkeypatch.setenv("SOGAWATCH_NOTIFY__SMTP__HOST", "smtp.example")

    def ran(*words):
        place = ["--bootstrap", settings.bootstrap, "--prefix", prefix]
        return CliRunner().invoke(app, [*words, *place])

    return ran


def test_a_webhook_is_subscribed_listed_and_ended(run, settings, prefix):
    made = run(
        "subscribe", "--webhook", "https://h.example.org/x", "--name", "desk", "--level", "red",
        "--typology", "steam-move", "--country", "Mexico", "--digest", "06:00,14:00",
        "--quiet", "22:00-07:00", "--rate", "5/10", "--timezone", "Europe/Athens",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    name, secret = made.stdout.split("\n")[:2]
    assert secret.startswith("secret whsec_")
    kept = read_subscribers(settings, prefix).find(name)
    assert kept is not None
    assert (kept.filter.levels, kept.filter.countries) == (("red",), ("Mexico",))
    assert (kept.rate.most, kept.rate.within_min) == (5, 10)
    assert kept.active
    assert name in run("subscriptions").stdout
    assert run("subscriptions", "--end", name).exit_code == 0
    assert "no subscriptions" in run("subscriptions").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--email", "nobody"], "channel.address"),
        (["--webhook", "http://10.0.0.1/"], "channel.url"),
        (["--email", "a@example.com", "--rate", "many"], "rate.most"),
        (["--email", "a@example.com", "--quiet", "late"], "quiet"),
        (["--email", "a@example.com", "--timezone", "Mars"], "timezone"),
        ([], "--email"),
    ],
)
def test_what_is_wrong_is_told_with_status_2(run, words, told):
    ran = run("subscribe", *words)
    assert ran.exit_code == 2
    assert told in ran.stderr


def test_a_dead_letter_is_shown_and_asked_for_again(run, settings, prefix):
    desk = reader()
    assert run("deliveries").stdout.startswith("0 pending")
    box = Outbox()
    (entry,) = box.take(notice(1, desk))
    name = entry.id
    box.settle(entry, Status.DEAD, Reason.REFUSED, datetime.now(UTC).timestamp())
    put(settings, prefix, desk, [encode_notice(notice(1, desk)), *box.changes()])
    listed = run("deliveries", "--json")
    (shown,) = map(json.loads, listed.stdout.splitlines())
    assert (shown["delivery"], shown["status"], shown["reason"]) == (name, "dead", "refused")
    assert run("deliveries", "--resend", "d-none").exit_code == 1
    assert run("deliveries", "--resend", name).exit_code == 0
    assert "1 pending" in run("deliveries").stdout


def put(settings, prefix, desk, records):
    partition = outbox_of(desk.subscription, DELIVERIES.count(settings))
    producer = KafkaProducer(**client_settings(settings), acks="all")
    for key, value in records:
        producer.send(prefix + DELIVERIES.name, value, key.encode(), partition=partition)
    producer.flush()
    producer.close()
