"""The market that an e-mail draws, read from the broker where the alert says that it rests."""

import asyncio
from datetime import timedelta

import pytest
from kafka import KafkaProducer

from alerts.alert import Provenance
from alerts.mail.chart import draw
from markets.records import Price
from streams.broker import BrokerSettings
from streams.frames import encode
from streams.market_points import MarketPoints
from streams.topics import MATCH_FEED, client_settings, create_topics
from tests.streams.alerts_made import OPENED, made

ODDS = {"a": (2.0, 1.8, 1.6), "b": (2.1, 1.9, 1.7), "c": (2.2, 2.0, 1.8)}


def price(book: str, minute: int, odds: float, selection: str = "home") -> Price:
    return Price(
        at=OPENED + timedelta(minutes=minute), match="wc26-mex-rsa", market="1x2",
        selection=selection, book=book, price=odds,
    )  # fmt: skip


def produce(settings: BrokerSettings, prefix: str) -> tuple[int, int]:
    """A frame for each moment, one of another selection and one that nobody can read."""
    producer = KafkaProducer(**client_settings(settings), acks="all")
    offsets = []
    for step in range(3):
        frame = encode([price(book, 10 * (step - 2), odds[step]) for book, odds in ODDS.items()])
        for value in (frame, encode([price("a", 10 * (step - 2), 9.0, "away")]), b"no frame"):
            sent = producer.send(prefix + MATCH_FEED.name, value, partition=5)
            offsets.append(sent.get(timeout=30).offset)
    producer.close()
    return offsets[0], offsets[-1]


def test_the_market_is_the_median_of_the_books_up_to_the_alert(
    settings: BrokerSettings, prefix: str
) -> None:
    create_topics(settings, prefix, [MATCH_FEED])
    first, last = produce(settings, prefix)

    async def asked(where: Provenance):
        points = MarketPoints(settings, prefix)
        try:
            return await points.of(made(provenance=where))
        finally:
            await points.close()

    where = Provenance(
        topic=MATCH_FEED.name, partition=5, first_offset=first, last_offset=last, config_hash="h"
    )
    market = asyncio.run(asked(where))
    assert market is not None
    newest = {point.at: point.chance for point in market.points}
    assert list(newest.values()) == pytest.approx([1 / 2.1, 1 / 1.9, 1 / 1.7])
    assert draw(market)[:8] == b"\x89PNG\r\n\x1a\n"
    elsewhere = where.model_copy(update={"partition": 6})
    assert asyncio.run(asked(elsewhere)) is None, "nothing is there, so nothing is drawn"
