"""Outboxes while partitions change hands."""

import asyncio
from types import SimpleNamespace

from streams.broker import BrokerSettings
from streams.outboxes import Outboxes


def test_a_partition_that_leaves_while_it_is_read_does_not_end_the_agent():
    async def story():
        boxes = Outboxes(None, BrokerSettings(), None, None, None)
        boxes._loading[0] = asyncio.ensure_future(asyncio.sleep(3600))
        record = SimpleNamespace(key=b"n:x", offset=0, value=b"{}")
        taking = asyncio.ensure_future(boxes.take(0, record))
        await asyncio.sleep(0)
        boxes.assigned(())
        assert await taking is False

    asyncio.run(story())
