"""RabbitMQ itself, from the distribution's package `rabbitmq-server`, on free ports of loopback."""

import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pika
from pika.exceptions import AMQPError

from streams.broker import dying_with_parent

SCRIPT = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
START_WITHIN_S = 600.0
CONFIG = """
listeners.tcp.1 = 127.0.0.1:{plain}
listeners.ssl.1 = 127.0.0.1:{secure}
ssl_options.cacertfile = {certificate}
ssl_options.certfile = {certificate}
ssl_options.keyfile = {key}
ssl_options.verify = verify_none
default_vhost = {vhost}
default_user = {user}
default_pass = {password}
loopback_users = none
log.console = true
log.console.level = warning
"""


@dataclass(frozen=True)
class RabbitMQ:
    plain: int
    secure: int
    vhost: str
    user: str
    password: str

    @contextmanager
    def channel(self) -> Iterator[pika.adapters.blocking_connection.BlockingChannel]:
        """A channel over the plain port, for the test's own use."""
        credentials = pika.PlainCredentials(self.user, self.password)
        parameters = pika.ConnectionParameters(
            "127.0.0.1", self.plain, self.vhost, credentials, heartbeat=0
        )
        connection = pika.BlockingConnection(parameters)
        try:
            yield connection.channel()
        finally:
            connection.close()


def absent() -> str | None:
    """Why it cannot be run here, if it cannot."""
    if not SCRIPT.exists() or shutil.which("erl") is None:
        return "RabbitMQ needs the package rabbitmq-server, which is not installed"
    return None


@contextmanager
def rabbitmq(
    folder: Path, certificate: tuple[Path, Path], vhost: str, user: str, password: str
) -> Iterator[RabbitMQ]:
    plain, secure, distribution, epmd = _free_ports(4)
    config = folder / "rabbitmq.conf"
    config.write_text(
        CONFIG.format(
            plain=plain, secure=secure, certificate=certificate[0], key=certificate[1],
            vhost=vhost, user=user, password=password,
        )
    )  # fmt: skip
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8",
        "RABBITMQ_NODENAME": f"t{plain}@localhost", "RABBITMQ_CONFIG_FILE": str(config),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"), "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_PID_FILE": str(folder / "pid"), "RABBITMQ_DIST_PORT": str(distribution),
        "ERL_EPMD_PORT": str(epmd), "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_CONF_ENV_FILE": "",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none -kernel inet_dist_use_interface"
        " {127,0,0,1}",
    }  # fmt: skip
    (folder / "plugins").write_text("[].\n")
    with (folder / "out.log").open("wb") as log:
        server = subprocess.Popen(
            [str(SCRIPT)], env=environment, stdout=log, stderr=subprocess.STDOUT, cwd=folder,
            start_new_session=True, preexec_fn=dying_with_parent(),
        )  # fmt: skip
    found = RabbitMQ(plain, secure, vhost, user, password)
    try:
        _wait(server, found, folder / "out.log")
        yield found
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, 9)
        server.wait()
        subprocess.run(["epmd", "-port", str(epmd), "-kill"], capture_output=True, check=False)


def _wait(server: "subprocess.Popen[bytes]", found: RabbitMQ, log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        with suppress(OSError):
            # The client logs an error for each try, so see first whether somebody listens.
            socket.create_connection(("127.0.0.1", found.plain), timeout=1).close()
            with suppress(AMQPError), found.channel():
                return
        time.sleep(1.0)
    raise RuntimeError(f"RabbitMQ does not answer; its log ends:\n{log.read_text()[-3000:]}")


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [probe.getsockname()[1] for probe in probes]


class Wire:
    """A wire to a port that can be cut and mended; `freeze` lets nothing through any more."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._ends: list[socket.socket] = []
        self.whole = True
        self.frozen = False
        self.made = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut all that runs over it; new connections are refused."""
        self.whole = False
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._ends.clear()

    def mend(self) -> None:
        """Let new connections through."""
        self.whole, self.frozen = True, False

    def close(self) -> None:
        self.cut()
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                if not self.whole:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._target))
                self.made += 1
                self._ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError), one, other:
            while piece := one.recv(65536):
                while self.frozen:
                    time.sleep(0.05)
                other.sendall(piece)
