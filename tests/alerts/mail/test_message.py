"""E-mails as they are written: what a hostile name cannot do, what a reader must find."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.delivery.holding import Held
from alerts.mail.chart import Market, Point, draw
from alerts.mail.message import Letterhead, alert_message, confirm_message, many_message
from alerts.mail.page import Links
from alerts.notice import Notice
from alerts.subscribing.subscription import Email
from alerts.webhook.payload import Brief
from tests.alerts.delivery.scene import NOON, reader
from tests.streams.alerts_made import made

LINK = "https://board.example/subscriptions/unsubscribe?token=t"


def head(**more: object) -> Letterhead:
    desk = reader(channel=Email(address="desk@example.com"), timezone="Europe/Athens", **more)
    return Letterhead("sogawatch@example.org", desk, Links("https://board.example"), LINK, NOON)


def message_of(alert, what="opened", chart=None):
    return alert_message(head(), "d-1", Notice("a-1", "red", what, NOON, ()), alert, chart)


def read_back(message):
    return message_from_bytes(message.as_bytes(), policy=SMTP)


def picture() -> bytes:
    points = [Point(NOON + timedelta(minutes=n), 0.5 + n / 100) for n in range(20)]
    drawn = draw(Market(points, NOON, NOON + timedelta(minutes=20), "red"))
    assert drawn is not None
    return drawn


def test_the_subject_is_made_to_be_triaged_by():
    said = "[RED] Mexico v South Africa: home price shortened 9 pp in 40 min; no news"
    assert message_of(made())["Subject"] == said
    assert message_of(made(), "deadline_missed")["Subject"].startswith("[RED, NOT ACKNOWLEDGED]")
    assert message_of(made(), "reopened")["Subject"].startswith("[RED, AGAIN]")


def test_it_has_text_html_and_the_market_inline():
    mail = read_back(message_of(made(), chart=picture()))
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    (image,) = (part for part in mail.walk() if part.get_content_type() == "image/png")
    name = image["Content-ID"].strip("<>")
    assert f'src="cid:{name}"' in mail.get_body(("html",)).get_content()
    assert image.get_content()[:4] == b"\x89PNG"


def test_without_a_chart_it_is_whole_all_the_same():
    mail = read_back(message_of(made()))
    assert "cid:" not in mail.get_body(("html",)).get_content()
    for body in ("plain", "html"):
        text = mail.get_body((body,)).get_content()
        for wanted in ("19:00 UTC (22:00 Europe/Athens)", "A pattern is not proof", LINK,
                       "7 of 9 books", "a line-up that leaked", "TLP:AMBER"):  # fmt: skip
            assert wanted in text, (body, wanted)


def test_mails_of_a_case_are_one_thread_and_can_be_left_by_a_button():
    first, second = message_of(made("a-1")), message_of(made("a-2", headline="other"))
    assert first["References"] == second["References"]
    assert first["Message-ID"] == "<d-1@example.org>"
    assert first["List-Unsubscribe"] == f"<{LINK}>"
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message_of(made("a-3", match="other"))["References"] != first["References"]


hostile = st.text(max_size=80) | st.sampled_from(
    ["a\r\nBcc: all@example.org", "a\nBcc: x", "\u2028Bcc: x", "\x85Bcc: x", "<script>x</script>",
     "=?utf-8?q?=0ABcc:_x?=", "=??Q?=0A", "a=?us-ascii*en?b?CkJjYzogeA==?=", "\u202eevil",
     "\ud800", "a" * 5000]
)  # fmt: skip


@settings(deadline=None, max_examples=40)
@given(hostile, hostile, hostile)
@example("=??Q?=0A", "=?utf-8?q?=0ABcc:_x?=", "=??Q?=0A")
def test_no_name_can_add_a_header_or_break_out_of_the_page(home, sentence, name):
    fixture = made().fixture.model_copy(update={"home": home})
    evidence = made().evidence[0].model_copy(update={"sentence": sentence})
    alert = made().model_copy(
        update={"fixture": fixture, "headline": sentence, "evidence": (evidence,)}
    )
    known = reader(channel=Email(address="desk@example.com"))
    letter = head()._replace(subscription=known.model_copy(update={"name": name}))
    notice = Notice("a-1", "red", "opened", NOON, ())
    briefs = [Brief("a-1", "m", sentence, "red", home, NOON)]
    for message in (
        alert_message(letter, "d-1", notice, alert, None),
        many_message(letter, "b-1", Held.DIGEST, briefs),
        confirm_message(letter, "d-2", "token"),
    ):
        mail = read_back(message)
        assert sorted(mail.keys()) == sorted(message.keys())
        assert "Bcc" not in mail
        assert mail["To"] == "desk@example.com"
        assert "\n" not in str(mail["Subject"])
        assert "<script" not in mail.get_body(("html",)).get_content()


def test_a_summary_names_what_was_held():
    briefs = [
        Brief(f"a-{n}", f"m-{n}", "steam-move" if n % 2 else "late-drift", "amber", f"H{n}", NOON)
        for n in range(4970)
    ]
    mail = many_message(head(), "h-1", Held.RATE, briefs)
    assert mail["Subject"] == "[4,970 AMBER] 4,970 alerts held by your limit of 30 in 60 min: desk"
    text = mail.get_body(("plain",)).get_content()
    assert "- 2,485 amber late-drift" in text
    assert "4970 matches" in text
    assert "and 4910 more" in text


def test_what_asks_to_confirm_has_no_link_to_unsubscribe():
    letter = head()._replace(unsubscribe="")
    mail = confirm_message(letter, "d-1", "tok")
    assert "List-Unsubscribe" not in mail
    text = mail.get_body(("plain",)).get_content()
    assert "https://board.example/subscriptions/confirm?token=tok" in text


@pytest.mark.parametrize("chances", [[], [0.5], [float("nan"), float("nan")]])
def test_too_little_gives_no_chart(chances):
    points = [Point(NOON + timedelta(minutes=n), chance) for n, chance in enumerate(chances)]
    assert draw(Market(points, NOON, NOON, "red")) is None


def test_a_chart_of_many_points_is_small():
    points = [Point(NOON + timedelta(seconds=n), (n % 97) / 97) for n in range(20_000)]
    drawn = draw(Market(points, NOON, NOON + timedelta(hours=1), "amber"))
    assert drawn is not None
    assert len(drawn) < 60_000
