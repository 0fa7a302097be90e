"""Faust apps with every trap closed, and running one until it is told to stop or fails.

How progress is made durable. An agent reads with `App.batches`, makes its effect durable, then
calls `App.commit_through`; no offset is committed in any other way::

    app = create_app("archive", settings, data_dir=path, embedded=False)

    @app.agent(app.source("match-feed"))
    async def archive_(stream):
        async for batch in app.batches(stream, most=50, within=0.2):   # chunks of records
            await write(batch)                  # may run twice, must not be lost
            await app.commit_through(batch)     # only now

A crash between the two delivers the batch again, a clean stop lets the batch in hand finish and
delivers nothing twice, an exception in an agent stops the process.

Why not Faust's own acknowledgements: plain `async for` and `take` acknowledge a batch whose body
raised; a crashed agent is restarted on the next record and its progress then covers the lost one.
`noack_take` with `event.ack()` commits after the effect in the undisturbed case, but Faust's
tracker assumes an unbroken order: records acknowledged out of order are committed past the
missing one where nothing had been committed before (or just one is missing), and its pure Python
stream acknowledges unread records of an earlier assignment. So sources are declared with
`acks=False`, which switches the tracker off, and offsets are committed explicitly.

Records come in chunks of one partition (`streams/chunked_transport.py`), since Faust's own way of
one event for each costs some 100 µs a record.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, cast

import faust
from aiokafka.errors import KafkaError
from faust.auth import Credentials
from faust.tables import TableManager
from faust.transport.consumer import ThreadDelegateConsumer
from faust.types import TP, TopicT
from faust.types.transports import TransportT
from mode.supervisors import ForfeitOneForOneSupervisor
from mode.threads import WorkerThread

from streams.broker import BrokerSettings, BrokerUnavailable
from streams.chunked_transport import Chunk, ChunkedTransport, require_pinned
from streams.embedded_transport import ImpatientTransport
from streams.excuses import Excuses
from streams.gathering import Gathering
from streams.sweeping import sweep_rarely
from streams.topics import bootstrap_servers, ssl_context

log = logging.getLogger(__name__)

_FINISH_WITHIN_S = 20.0
_TURN_S = 0.0005
"""Time after which a thread that waits for Python gets it: batches pass between the consumer's and
ours several times each, and with Python's five milliseconds every one may take as long."""
LARGEST_MESSAGE = 16_500_000
"""Bytes that one request of a producer may have; the topics decide what they take."""
_CHUNKS_WAITING = 128
"""Chunks of one agent beyond which Faust fetches no more: at most some 32 MB."""


class AgentEnded(Exception):
    """An agent ended though nobody stopped the app, as when what it awaited was cancelled."""


class App(faust.App):
    """A Faust app whose agents commit only what they have made durable.

    Good at: restarts, crashes and rebalances without loss, at the price of repeats after a crash
    (at least once). Bad at: thousands of small batches a second, since each commit is a request
    to the broker (some 2 ms); let `within` grow instead, or commit every so often.
    """

    def __init__(
        self, *args: Any, prefix: str = "", embedded: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.prefix = prefix
        self._embedded = embedded
        self._reading: dict[asyncio.Task[Any], Gathering] = {}
        self.excuses = Excuses()
        """What its partitions may lie still for."""
        self.caught_up: Callable[[], Awaitable[None]] | None = None
        """Waited for before the app counts as ready."""

    def source(self, name: str) -> TopicT:
        """The topic to read from, as bytes, with the app's prefix."""
        raw: dict[str, Any] = {"key_type": bytes, "key_serializer": "raw"}
        raw |= {"value_type": bytes, "value_serializer": "raw"}
        return self.topic(self.prefix + name, acks=False, **raw)

    async def batches(
        self, stream: faust.Stream[Any], *, most: int, within: float
    ) -> AsyncIterator[list[Chunk]]:
        """Read up to `most` chunks at a time, waiting at most `within` seconds for more.

        Batches hold the chunks of a partition in order. What was read before partitions changed
        hands is left out: it has not been committed and comes again, here or elsewhere. Ends
        when the app is told to stop.
        """
        if within <= 0:  # a batch, and with it a commit, for nearly every chunk
            raise ValueError(f"within is {within} seconds; it must be more than 0")
        agent = _this_agent()
        gathering = self._reading[agent] = Gathering(stream, most, within)
        agent.add_done_callback(self._ended)
        async for batch in gathering.batches():
            if current := [chunk for chunk in batch if self.is_current(chunk)]:
                yield current

    def is_waited_for(self) -> bool:
        """Whether more has come for the agent that asks while it is busy with a batch."""
        return self._reading[_this_agent()].has_more

    def _ended(self, agent: "asyncio.Task[Any]") -> None:
        """Fail when an agent ends by itself: Faust swallows a cancellation and goes on without."""
        self._reading.pop(agent)
        if not self.should_stop and not self.crashed:
            asyncio.ensure_future(self.crash(AgentEnded("an agent ended though nobody stopped it")))  # noqa: RUF006

    async def commit_through(self, chunks: Iterable[Chunk | None]) -> bool:
        """Commit everything up to and including these chunks, of each partition.

        The last chunk of each partition is enough. Call it once the effect is durable.

        Returns
        -------
        bool
            False when the partitions have changed hands since, or an agent has failed: the
            records will be delivered again.
        """
        offsets: dict[TP, int] = {}
        for chunk in chunks:
            if chunk is not None and self.is_current(chunk):
                offsets[chunk.tp] = max(chunk.offset + 1, offsets.get(chunk.tp, 0))
        if self.crashed or not offsets:
            return False
        # Faust has no public way to name the offsets.
        return await cast(ThreadDelegateConsumer, self.consumer)._commit(offsets)

    async def on_stop(self) -> None:
        """Let the batches in hand finish, then stop reading."""
        agents = list(self._reading)
        for gathering in list(self._reading.values()):
            await gathering.stream.stop()
        if agents and (await asyncio.wait(agents, timeout=_FINISH_WITHIN_S))[1]:
            log.warning("an agent has not finished its batch; it will be delivered again")
        await super().on_stop()

    def is_current(self, chunk: Chunk) -> bool:
        """Whether no partitions have changed hands since a chunk was read."""
        return bool(chunk.generation_id == self.consumer_generation_id)

    async def _on_agent_error(self, agent: object, error: BaseException) -> None:
        log.error("%s failed", agent)
        await self.crash(error)

    def _new_transport(self) -> TransportT:
        kind = ImpatientTransport if self._embedded else ChunkedTransport
        return kind(self.conf.broker_consumer, self)


def _this_agent() -> "asyncio.Task[Any]":
    return cast(asyncio.Task[Any], asyncio.current_task())


class _TablesDeclaredBefore(TableManager):
    """Faust waits a second for tables that are declared late; ours never are."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()


def create_app(
    name: str, settings: BrokerSettings, *, data_dir: Path, prefix: str = "", embedded: bool,
    member: str | None = None,
) -> App:  # fmt: skip
    """Build a Faust app; nothing is started or connected yet.

    Parameters
    ----------
    name
        The consumer group, after the prefix; workers of the same name share the partitions.
    settings
        With a bootstrap address; see `running_broker`.
    data_dir
        A folder for what Faust keeps; made when absent.
    prefix
        Before the names of topics and group, so that a replay keeps to itself.
    embedded
        Whether the broker is the embedded one, whose group join lasts as long as the rebalance
        timeout (three seconds at the least) rather than until everybody is there.
    member
        A name that this worker keeps over restarts and no other of the group has. Its partitions
        then wait for it, for the session timeout, and the others go on undisturbed.

    Raises
    ------
    BrokerUnavailable
        When the settings name no broker.
    Complaint
        When Faust is of another version than the transport is written for.
    """
    require_pinned()
    data_dir.mkdir(parents=True, exist_ok=True)
    session_s = 6.0 if embedded else 15.0
    request_s = max(settings.request_timeout_s, session_s)
    return App(
        prefix + name,
        prefix=prefix,
        embedded=embedded,
        env={},  # Faust would let WEB_ENABLED, BROKER_URL and a hundred others override these
        broker=[f"kafka://{address}" for address in bootstrap_servers(settings)],
        broker_credentials=_credentials(settings),
        broker_client_id=f"sogawatch-{name}",
        broker_heartbeat_interval=0.3 if embedded else 1.0,
        broker_rebalance_timeout=1.0 if embedded else 30.0,
        broker_session_timeout=session_s,
        broker_request_timeout=request_s,
        producer_request_timeout=request_s,
        producer_max_request_size=LARGEST_MESSAGE,
        broker_commit_interval=1.0,
        consumer_group_instance_id=member and f"{prefix}{name}-{member}",
        consumer_auto_offset_reset="earliest",
        processing_guarantee="at_least_once",
        stream_wait_empty=False,
        stream_buffer_maxsize=_CHUNKS_WAITING,
        agent_supervisor=ForfeitOneForOneSupervisor,
        TableManager=_TablesDeclaredBefore,
        store="memory://",
        datadir=data_dir,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_replication_factor=settings.replication_factor,
        reply_create_topic=False,
        web_enabled=False,
        autodiscover=False,
    )


def _credentials(settings: BrokerSettings) -> Credentials | None:
    context = ssl_context(settings)
    if settings.sasl_password is not None:
        return faust.SASLCredentials(
            username=settings.sasl_username,
            password=settings.sasl_password.get_secret_value(),
            ssl_context=context,
            mechanism=settings.sasl_mechanism,
        )
    return None if context is None else faust.SSLCredentials(context)


async def serve(app: App, *, on_ready: Callable[[], None] | None = None) -> None:
    """Run an app in this event loop until `app.stop()`, cancellation or a failure.

    `on_ready` is called once partitions are assigned and caught up, and records flow. When this
    returns offsets are committed and the consumer has left its group.

    Raises
    ------
    BrokerUnavailable
        When no broker answers at the start.
    Exception
        What an agent raised, or what made the consumer give up.
    """
    try:
        await app.start()
        if on_ready is not None and not app.should_stop:
            readying = asyncio.ensure_future(_tell_when_ready(app, on_ready))
            await app.wait_until_stopped()
            readying.cancel()
        await app.wait_until_stopped()
    except KafkaError as error:
        raise BrokerUnavailable(f"{app.conf.broker}: {error!r}") from error
    finally:
        await app.stop()
    if app.crash_reason is not None:
        raise app.crash_reason


async def _tell_when_ready(app: App, on_ready: Callable[[], None]) -> None:
    if app.caught_up is not None:
        await app.caught_up()
    if not app.should_stop:
        on_ready()


def run_app(app: App, *, on_ready: Callable[[], None] | None = None) -> None:
    """Run an app in this process until SIGTERM, SIGINT or a failure; see `serve`.

    The first signal stops it in good order, a second one at once. Where the consumer's thread
    cannot be stopped (the broker is gone in the middle of a group join) the process is ended
    with status 1 rather than left hanging.
    """
    sweep_rarely()
    sys.setswitchinterval(_TURN_S)
    try:
        asyncio.run(_serve_until_signalled(app, on_ready))
    finally:
        _leave_no_thread()


def _leave_no_thread() -> None:
    for thread in threading.enumerate():
        if isinstance(thread, WorkerThread):
            thread.join(timeout=5.0)
            if thread.is_alive():
                log.critical("the Kafka consumer does not stop; ending the process")
                logging.shutdown()
                os._exit(1)


async def _serve_until_signalled(app: App, on_ready: Callable[[], None] | None) -> None:
    loop = asyncio.get_running_loop()
    stopping: list[asyncio.Task[None]] = []

    def stop() -> None:
        stopping.append(loop.create_task(app.stop()))
        for number in signals:
            loop.remove_signal_handler(number)

    signals = signal.SIGTERM, signal.SIGINT
    for number in signals:
        loop.add_signal_handler(number, stop)
    await serve(app, on_ready=on_ready)
    await asyncio.gather(*stopping)
