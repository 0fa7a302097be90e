from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.delivery.outcome import Outcome, Reason, judge, retry_after

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)

# The whole table, by what stands in docs/notifications.md.
EXPECTED = {
    **dict.fromkeys(range(100, 200), (Outcome.RETRY, Reason.NOT_FINAL)),
    **dict.fromkeys(range(200, 300), (Outcome.DELIVERED, Reason.ACCEPTED)),
    **dict.fromkeys(range(300, 400), (Outcome.GAVE_UP, Reason.REDIRECT)),
    **dict.fromkeys(range(400, 500), (Outcome.GAVE_UP, Reason.REFUSED)),
    **dict.fromkeys((408, 425, 429), (Outcome.RETRY, Reason.BUSY)),
    **dict.fromkeys(range(500, 600), (Outcome.RETRY, Reason.SERVER_ERROR)),
}


@pytest.mark.parametrize("hundred", range(1, 6))
def test_every_status_is_judged(hundred):
    for status in range(100 * hundred, 100 * hundred + 100):
        answer = judge(status)
        assert (answer.outcome, answer.reason) == EXPECTED[status], status
        assert answer.status == status


@pytest.mark.parametrize("status", [0, 99, 600, 999, -1])
def test_what_is_no_status_is_tried_again(status):
    assert judge(status).outcome is Outcome.RETRY


@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_wish_to_wait_is_kept(status):
    assert judge(status, 90.0).retry_after_s == 90.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None), ("", None), ("0", 0.0), ("120", 120.0), (" 7 ", 7.0), ("-5", None),
        ("1.5", None), ("soon", None), ("999999999999999999999", 86400.0), ("٣", None),
        (format_datetime(NOON + timedelta(minutes=5), usegmt=True), 300.0),
        (format_datetime(NOON - timedelta(minutes=5), usegmt=True), 0.0),
        (format_datetime(NOON + timedelta(days=9), usegmt=True), 86400.0),
        ("Thu, 99 Jun 2026 12:00:00 GMT", None),
    ],
)  # fmt: skip
def test_retry_after_is_read_in_both_forms(header, seconds):
    assert retry_after(header, NOON) == seconds


@given(st.text(max_size=60))
def test_no_retry_after_breaks_it(header):
    seconds = retry_after(header, NOON)
    assert seconds is None or 0 <= seconds <= 86400
