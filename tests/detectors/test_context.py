from datetime import timedelta

import pytest

from detectors.context import explaining
from markets.records import Event
from tests.detectors.scene import moment


@pytest.mark.parametrize(
    ("told", "explains"),
    [
        (-81, False),  # the news was priced in before
        (-79, True),
        (-60, True),
        (-56, True),   # the books knew before the feed told
        (-49, False),
    ],
)  # fmt: skip
@pytest.mark.parametrize("event", ["line_up", "news"])
def test_news_explains_a_move_half_of_which_was_made_around_it(event, told, explains):
    """The turn is an hour before kick-off."""
    news = Event(at=moment(told), match="m", event=event)
    found = explaining([news], moment(-60).timestamp())
    assert found == ([news] if explains else [])


@pytest.mark.parametrize("event", ["goal", "suspension", "score", "kick_off", "red_card"])
def test_other_events_explain_nothing_before_the_match(event):
    told = Event(at=moment(-60) + timedelta(seconds=1), match="m", event=event)
    assert explaining([told], moment(-60).timestamp()) == []
