"""E-mail to a real SMTP server with STARTTLS and login."""

import asyncio
import logging
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr, ValidationError

from alerts.delivery.outbox import Outbox
from alerts.delivery.outcome import Outcome, Reason
from alerts.delivery.parcel import single
from alerts.mail.page import Links
from alerts.mail.sender import mail_sender
from alerts.mail.settings import SmtpSettings
from alerts.secrets import Secrets
from alerts.subscribing.changes import confirmation
from alerts.subscribing.subscription import Email
from tests.alerts.delivery.scene import notice, reader
from tests.streams.misbehaving import mail_server

SECRETS = Secrets(SecretStr("k" * 40))
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Box:
    """Answers as told, and keeps what came and over which connection."""

    def __init__(self, *answers: str):
        self._answers = list(answers)
        self.mails = []
        self.peers = set()

    async def handle_DATA(self, server, session, envelope):
        answer = self._answers.pop(0) if self._answers else "250 taken"
        self.peers.add(session.peer)
        if answer == "hang":
            await asyncio.sleep(60)
        if answer == "hang up":
            server.transport.abort()
        if answer.startswith("250"):
            self.mails.append(envelope)
        return answer


@contextmanager
def serving(box, folder):
    with mail_server(box, folder) as (port, cafile):
        yield SmtpSettings(
            host="127.0.0.1", port=port, cafile=cafile, username="ana",
            password=SecretStr("opensesame"), sender="sogawatch@example.org", timeout_s=30,
        )  # fmt: skip


async def no_market(_):
    return None


async def send(settings, *notices, desk=None):
    desk = desk or reader(channel=Email(address="desk@example.com"))
    answers = []
    async with mail_sender(settings, SECRETS, Links("https://b.example"), no_market) as sender:
        for one in notices or [notice(1, desk)]:
            (entry,) = Outbox().take(one)
            answers.append(await sender.send(single(entry), desk, datetime.now(UTC)))
    return answers


def test_it_arrives_over_tls_after_login_on_one_connection(tmp_path):
    box, desk = Box(), reader(channel=Email(address="desk@example.com"))
    with serving(box, tmp_path) as settings:
        answers = asyncio.run(send(settings, *(notice(n, desk) for n in range(5)), desk=desk))
    assert {answer.outcome for answer in answers} == {Outcome.DELIVERED}
    assert len(box.mails) == 5
    assert len(box.peers) == 1
    assert box.mails[0].rcpt_tos == ["desk@example.com"]
    assert box.mails[0].mail_from == "sogawatch@example.org"


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        ("451 later", Outcome.RETRY, Reason.BUSY),
        ("421 closing", Outcome.RETRY, Reason.BUSY),
        ("550 no such user", Outcome.GAVE_UP, Reason.REFUSED),
        ("554 spam", Outcome.GAVE_UP, Reason.REFUSED),
        ("hang up", Outcome.RETRY, Reason.CONNECTION),
    ],
)
def test_an_answer_is_judged(answer, outcome, reason, tmp_path):
    with serving(Box(answer), tmp_path) as settings:
        (got,) = asyncio.run(send(settings))
    assert (got.outcome, got.reason) == (outcome, reason)


def test_a_connection_that_has_gone_stale_is_made_anew(tmp_path):
    box, desk = Box("250 ok", "hang up"), reader(channel=Email(address="desk@example.com"))
    with serving(box, tmp_path) as settings:
        first, second = asyncio.run(send(settings, notice(1, desk), notice(2, desk), desk=desk))
    assert (first.outcome, second.outcome) == (Outcome.DELIVERED, Outcome.DELIVERED)
    assert len(box.mails) == 2


def test_a_server_that_hangs_on_a_kept_connection_is_tried_again(tmp_path):
    box, desk = Box("250 ok", "hang"), reader(channel=Email(address="desk@example.com"))
    with serving(box, tmp_path) as settings:
        patient = settings.model_copy(update={"timeout_s": 5.0})
        told = [notice(n, desk) for n in range(3)]
        answers = asyncio.run(send(patient, *told, desk=desk))
    assert [answer.reason for answer in answers] == [
        Reason.ACCEPTED, Reason.TIMEOUT, Reason.ACCEPTED,
    ]  # fmt: skip


def test_a_wrong_password_is_tried_again_and_is_never_shown(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    with serving(Box(), tmp_path) as settings:
        wrong = settings.model_copy(update={"password": SecretStr("opensesame-not")})
        (got,) = asyncio.run(send(wrong))
    assert (got.outcome, got.reason) == (Outcome.RETRY, Reason.LOGIN)
    assert "opensesame-not" not in f"{caplog.text} {wrong!r} {got!r}"


def test_a_server_with_a_certificate_of_somebody_else_gets_nothing(tmp_path):
    box = Box()
    with serving(box, tmp_path) as settings:
        (got,) = asyncio.run(send(settings.model_copy(update={"cafile": None})))
    assert got.outcome is Outcome.RETRY
    assert box.mails == []


def test_nobody_there_is_tried_again():
    (got,) = asyncio.run(send(SmtpSettings(host="127.0.0.1", port=9, timeout_s=2)))
    assert (got.outcome, got.reason) == (Outcome.RETRY, Reason.CONNECTION)
    (got,) = asyncio.run(send(SmtpSettings()))
    assert (got.outcome, got.reason) == (Outcome.RETRY, Reason.NO_SERVER)


def test_the_link_to_confirm_is_sent_to_an_address_that_is_not_confirmed(tmp_path):
    box = Box()
    desk = reader(channel=Email(address="desk@example.com"), confirmed_at=None)
    asking = confirmation(desk, datetime.now(UTC))
    with serving(box, tmp_path) as settings:
        asyncio.run(send(settings, asking, desk=desk))
    assert b"/subscriptions/confirm?token" in box.mails[0].content.replace(b"=\r\n", b"")


@pytest.mark.parametrize(
    "wrong",
    [{"username": "ana"}, {"username": "a", "password": "b", "security": "none"},
     {"sender": "a@b\r\nBcc: x@y"}, {"sender": "nobody"}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(wrong):
    with pytest.raises(ValidationError):
        SmtpSettings.model_validate({"host": "h"} | wrong)
