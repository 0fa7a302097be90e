"""Apache Kafka itself, for the tests: fetched from Maven Central, run with Java on free ports."""

import hashlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker import BrokerSettings, dying_with_parent

POM = Path(__file__).parent / "kafka" / "pom.xml"
JAVA_AT_LEAST = 17
START_WITHIN_S = 180.0
FETCH_WITHIN_S = 600.0
PASSWORD = "only-for-tests"
PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{plain},BEHIND://127.0.0.1:{behind},SECURE://127.0.0.1:{secure},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},BEHIND://127.0.0.1:{advertised},SECURE://127.0.0.1:{secure}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,BEHIND:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL
listener.name.secure.sasl.enabled.mechanisms=PLAIN
listener.name.secure.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_analyst="{password}";
listener.name.secure.ssl.keystore.type=PKCS12
listener.name.secure.ssl.keystore.location={folder}/broker.p12
listener.name.secure.ssl.keystore.password={password}
log.dirs={folder}/data
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""


@dataclass(frozen=True)
class ApacheKafka:
    """A running broker; `behind` is the port to be reached through another one, as a proxy's."""

    plain: str
    secure: BrokerSettings
    behind: int
    kill: Callable[[], None]
    start: Callable[[], None]
    """Start it again on its data; it takes some seconds until it answers."""


def absent() -> str | None:
    """Why it cannot be run here, if it cannot."""
    if shutil.which("mvn") is None and not _folder_of_jars().is_dir():
        return "Apache Kafka needs Maven (mvn), which is not installed"
    if shutil.which("java") is None:
        return f"Apache Kafka needs Java {JAVA_AT_LEAST}, which is not installed"
    told = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < JAVA_AT_LEAST:
        return f"Apache Kafka needs Java {JAVA_AT_LEAST}, installed is {told.splitlines()[0]}"
    return None


@contextmanager
def apache_kafka(advertised: int | None = None) -> Iterator[ApacheKafka]:
    """Run a broker; clients that come to `behind` are told to come to the advertised port."""
    jars = _jars()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        plain, secure, controller, behind = free_ports(4)
        properties = folder / "server.properties"
        properties.write_text(
            PROPERTIES.format(
                plain=plain,
                secure=secure,
                controller=controller,
                behind=behind,
                advertised=advertised or behind,
                folder=folder,
                password=PASSWORD,
            )
        )
        _make_certificate(folder)
        _java(jars, "kafka.tools.StorageTool", "format", "-t", "A" * 22, "-c", str(properties))
        broker = stack.enter_context(_running(jars, properties, f"127.0.0.1:{plain}"))
        yield ApacheKafka(
            f"127.0.0.1:{plain}",
            BrokerSettings(
                bootstrap=f"127.0.0.1:{secure}",
                security_protocol="SASL_SSL",
                sasl_mechanism="PLAIN",
                sasl_username="analyst",
                sasl_password=PASSWORD,
                ssl_cafile=folder / "broker.pem",
            ),
            behind,
            broker.kill,
            broker.start,
        )


def _folder_of_jars() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return cache / "sogawatch-tests" / f"kafka-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"


def _jars() -> Path:
    jars = _folder_of_jars()
    if not jars.is_dir():
        jars.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=jars.parent) as fetched:
            goal = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
            where = f"-DoutputDirectory={fetched}/jars"
            _run("mvn", "-B", "-q", "-f", str(POM), goal, where, "-DincludeScope=runtime")
            (Path(fetched) / "jars").rename(jars)
    return jars


def _make_certificate(folder: Path) -> None:
    store = ["-keystore", str(folder / "broker.p12"), "-storetype", "PKCS12"]
    store += ["-storepass", PASSWORD, "-alias", "broker"]
    named = ["-dname", "CN=localhost", "-ext", "SAN=ip:127.0.0.1", "-ext", "bc:c=ca:true"]
    _run("keytool", "-genkeypair", "-keyalg", "RSA", "-validity", "2", *named, *store)
    _run("keytool", "-exportcert", "-rfc", "-file", str(folder / "broker.pem"), *store)


def _java(jars: Path, *arguments: str) -> None:
    _run("java", "-cp", f"{jars}/*", *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=FETCH_WITHIN_S, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(
            f"{' '.join(command[:2])} failed:\n{(done.stdout + done.stderr)[-3000:]}"
        )


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


class _Broker:
    """The broker's process; nothing of it is to be kept, so it is killed and not asked to stop."""

    def __init__(self, jars: Path, properties: Path, address: str) -> None:
        self._jars, self._properties, self._address = jars, properties, address
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        lean = ["-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
        command = ["java", *lean, "-cp", f"{self._jars}/*", "kafka.Kafka", str(self._properties)]
        with self._properties.with_name("kafka.log").open("ab") as out:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, preexec_fn=dying_with_parent()
            )

    def wait(self) -> None:
        assert self._process is not None
        _wait_until_it_answers(
            self._process, self._address, self._properties.with_name("kafka.log")
        )

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@contextmanager
def _running(jars: Path, properties: Path, address: str) -> Iterator[_Broker]:
    broker = _Broker(jars, properties, address)
    try:
        broker.start()
        broker.wait()
        yield broker
    finally:
        broker.kill()


def _wait_until_it_answers(broker: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while broker.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(tuple(address.split(":")), timeout=1).close()
            with KafkaAdminClient(bootstrap_servers=address, bootstrap_timeout_ms=5000) as admin:
                admin.list_topics()
        except (KafkaError, OSError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"Apache Kafka does not answer; its log ends:\n{log.read_text()[-3000:]}")
