"""Subscriptions over HTTP."""

import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from alerts.mail.settings import SmtpSettings
from alerts.secrets import Secrets
from alerts.subscribing.http import subscriptions_app
from alerts.subscribing.service import SubscriptionService
from alerts.webhook.settings import WebhookSettings

TOKEN = "t" * 40
SECRETS = Secrets(SecretStr("k" * 40))
DESK = {"name": "desk", "channel": {"kind": "email", "address": "desk@example.com"}}
HOOK = {"name": "hook", "channel": {"kind": "webhook", "url": "https://h.example.org/secret"}}


class Shelf(dict):
    def __init__(self):
        self.notices = []

    def find(self, name):
        return self.get(name)

    def all(self):
        return list(self.values())

    def save(self, subscription, notice=None):
        self[subscription.subscription] = subscription
        if notice is not None:
            self.notices.append(notice)


class Time:
    now = datetime(2026, 6, 11, 12, tzinfo=UTC)


@pytest.fixture
def shelf():
    return Shelf()


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def client(shelf, time):
    service = SubscriptionService(
        shelf, SECRETS, SmtpSettings(host="smtp.example"), WebhookSettings(), lambda: time.now
    )
    with TestClient(subscriptions_app(service, SecretStr(TOKEN))) as open_client:
        open_client.headers["authorization"] = f"Bearer {TOKEN}"
        yield open_client


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_without_the_token_nothing_is_told(client, header):
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/s-1"), ("POST", "/s-1/test")):
        answer = client.request(
            method, f"/api/subscriptions{path}", headers={"authorization": header}
        )
        assert answer.status_code == 401


def test_without_a_token_in_the_settings_the_api_is_closed(shelf):
    service = SubscriptionService(
        shelf, SECRETS, SmtpSettings(), WebhookSettings(), lambda: Time.now
    )
    with TestClient(subscriptions_app(service, None)) as client:
        answer = client.get("/api/subscriptions", headers={"authorization": "Bearer "})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"channel": {"kind": "email", "address": "nobody"}}, "channel.address", "email address"),
        ({"channel": {"kind": "email", "address": "a@b.example\r\nBcc: x"}}, "channel.address", ""),
        ({"channel": {"kind": "email", "address": "=??Q?=0A@b.example"}}, "channel.address", "=?"),
        ({"channel": {"kind": "email", "address": "ä@b.example.org"}}, "channel.address", "ASCII"),
        ({"channel": {"kind": "pigeon"}}, "channel", "pigeon"),
        ({"channel": {"kind": "webhook", "url": "http://h.example.org/"}}, "channel.url", "https"),
        ({"channel": {"kind": "webhook", "url": "https://10.0.0.1/"}}, "channel.url", "public"),
        ({"channel": {"kind": "webhook", "url": "https://a:b@h.example/"}}, "channel.url", "user"),
        ({"filter": {"levels": ["pink"]}}, "filter.levels.0", "red"),
        ({"filter": {"colour": 1}}, "filter.colour", "not permitted"),
        ({"timezone": "Mars/Olympus"}, "timezone", "time zone"),
        ({"digest": {}}, "digest", "every_min"),
        ({"quiet": {"start": "22:00", "end": "22:00"}}, "quiet", "the same"),
        ({"rate": {"most": 0}}, "rate.most", "greater than"),
        ({"name": "a\nb"}, "name", "control"),
        ({"step": 10}, "step", "less than"),
        ({"cleared_for": "TLP:WHITE"}, "cleared_for", "TLP:CLEAR"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_reason(client, shelf, wrong, field, why):
    answer = client.post("/api/subscriptions", json=DESK | wrong)
    assert answer.status_code == 422
    problem = answer.json()["problems"][0]
    assert problem["field"] == field
    assert why in problem["why"]
    assert shelf == {}


@pytest.mark.parametrize("body", [b"{", b"[1]", b"null", b"x" * 70_000, b"[" * 60_000])
def test_nonsense_is_refused(client, body):
    assert client.post("/api/subscriptions", content=body).status_code in (400, 413, 422)


def test_an_address_is_confirmed_by_pressing_a_button_not_by_following_a_link(client, shelf, time):
    made = client.post("/api/subscriptions", json=DESK).json()
    assert not made["active"]
    assert [one.what for one in shelf.notices] == ["confirm"]
    name = made["subscription"]
    link = f"/subscriptions/confirm?token={SECRETS.token('confirm', shelf[name], time.now)}"
    del client.headers["authorization"]  # readers have no token
    assert client.get(link).status_code == 200
    assert not shelf[name].active
    assert client.post(link).status_code == 200
    assert shelf[name].active


def test_a_link_to_confirm_ends_after_a_week_and_holds_for_nothing_else(client, shelf, time):
    name = client.post("/api/subscriptions", json=DESK).json()["subscription"]
    token = SECRETS.token("confirm", shelf[name], time.now)
    assert client.post(f"/subscriptions/unsubscribe?token={token}").status_code == 400
    assert client.post(f"/subscriptions/confirm?token=X{token[1:]}").status_code == 400
    time.now += timedelta(days=7, seconds=1)
    assert client.post(f"/subscriptions/confirm?token={token}").status_code == 400
    assert not shelf[name].active
    time.now = Time.now


def test_one_leaves_by_one_click(client, shelf, time):
    name = client.post("/api/subscriptions", json=DESK).json()["subscription"]
    link = f"/subscriptions/unsubscribe?token={SECRETS.token('unsubscribe', shelf[name], time.now)}"
    del client.headers["authorization"]
    assert "Unsubscribe" in client.get(link).text
    assert shelf[name].ended_at is None
    answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert shelf[name].ended_at is not None
    assert client.post(link).status_code == 200


def test_a_webhook_is_shown_its_secret_once_and_its_path_never(client):
    made = client.post("/api/subscriptions", json=HOOK).json()
    assert made["active"]
    assert made["secret"].startswith("whsec_")
    listed = client.get("/api/subscriptions").text
    assert made["secret"] not in listed
    assert "/secret" not in listed
    turned = client.post(f"/api/subscriptions/{made['subscription']}/rotate").json()
    assert turned["secret"] != made["secret"]


def test_one_that_has_ended_is_gone(client, shelf):
    name = client.post("/api/subscriptions", json=HOOK).json()["subscription"]
    assert client.post(f"/api/subscriptions/{name}/test").status_code == 202
    assert client.delete(f"/api/subscriptions/{name}").status_code == 200
    assert client.get(f"/api/subscriptions/{name}").status_code == 404
    assert client.get("/api/subscriptions").json() == {"subscriptions": []}
    assert client.post("/api/subscriptions/s-none/test").status_code == 404


def test_names_are_escaped_on_pages(client, shelf, time):
    wish = DESK | {"name": "<script>alert(1)</script>"}
    name = client.post("/api/subscriptions", json=wish).json()["subscription"]
    token = SECRETS.token("unsubscribe", shelf[name], time.now)
    page = client.get(f"/subscriptions/unsubscribe?token={token}")
    assert "<script>" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


def test_pages_may_use_their_own_style_and_no_other(client):
    page = client.get("/subscriptions/confirm?token=x")
    [style] = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}';" in policy
    assert "unsafe-inline" not in policy
