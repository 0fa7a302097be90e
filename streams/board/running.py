"""The board put together: from the topics beside a store, or from a store alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from dashboards.board import questions
from dashboards.board.live import LiveCases
from dashboards.board.settings import require_safe
from dashboards.board.visit import Sources
from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import Store
from streams.board.clock import FeedClock
from streams.board.reading import TopicReader, fold_store
from streams.board.sending import StoreSender, action_sender
from streams.board.serving import served
from streams.configuration import Settings


@contextmanager
def live_board(
    settings: Settings, store: Store, *, prefix: str = "", event_time: bool = False
) -> Iterator[str]:
    """Serve a board that follows the topics; yields its address.

    Parameters
    ----------
    event_time
        Let ages count in the feed's own time, as a replay needs it.

    Raises
    ------
    BoardRefused, BrokerUnavailable
        With what is in the way.
    """
    require_safe(settings.board)
    live, clock = LiveCases(), FeedClock() if event_time else None
    feed = None if clock is None else (clock, lambda: questions.newest(store))
    with (
        action_sender(settings.broker, prefix) as send,
        TopicReader(settings.broker, prefix, live, feed),
    ):
        now = clock or _wall_clock
        sources = Sources(live=live, store=store, send=send, now=now, replay=event_time)
        with served(settings.board, sources) as address:
            yield address


@contextmanager
def board_of_store(settings: Settings, store: Store) -> Iterator[str]:
    """Serve a board of what a store holds, without a broker; yields its address.

    Actions are written to the store and told to nobody else.

    Raises
    ------
    BoardRefused, StoreUnavailable, StoreRefused
        With what is in the way.
    """
    require_safe(settings.board)
    migrate(store)
    live, clock = LiveCases(), FeedClock()
    clock.saw(questions.newest(store))
    fold_store(store, live, clock)
    send = StoreSender(Archive(store), live)
    with served(
        settings.board,
        Sources(live=live, store=store, send=send, now=clock, replay=True, told=False),
    ) as address:
        yield address


def _wall_clock() -> datetime:
    return datetime.now(UTC)
