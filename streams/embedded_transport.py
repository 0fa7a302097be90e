"""Faust's Kafka transport for the embedded broker, which is slow to answer a patient fetch."""

from typing import Any

from faust.transport.drivers import aiokafka

from streams.chunked_transport import ChunkedConsumer, ChunkedTransport, LeanThread

_FETCH_WAIT_MS = 20


class _ConsumerThread(LeanThread):
    def _create_worker_consumer(self, transport: aiokafka.Transport) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = _FETCH_WAIT_MS  # 1500 in Faust, not a setting
        return consumer


class _Consumer(ChunkedConsumer):
    def _new_consumer_thread(self) -> LeanThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)


class ImpatientTransport(ChunkedTransport):
    """Fetches wait 20 ms for new records instead of 1.5 s.

    The embedded broker looks for new records only when half of a fetch's longest wait is over,
    so that with Faust's a record waits 0.4 s on average. An idle worker sends the more requests for
    it: nothing on loopback, a waste against Apache Kafka, which answers as soon as there is
    something.
    """

    Consumer = _Consumer
