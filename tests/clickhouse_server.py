"""The embedded engine behind the HTTP interface of a ClickHouse server, for the tests.

`python -m tests.clickhouse_server DIRECTORY PORT` answers what clickhouse-connect asks: statements
in the address or in the body, parameters and settings in the address, rows in any format, bodies
plain or compressed, failures with their code. No sessions, no users; answers are sent whole.
"""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import chdb
import lz4.frame
import zstandard

from forensics.store import StoreSettings
from streams.broker import dying_with_parent
from tests.apache_kafka import free_ports

START_WITHIN_S = 30.0
# What the HTTP interface takes for itself and the engine does not know.
OF_THE_TRANSPORT = {
    "query_id", "session_id", "compress", "decompress", "wait_end_of_query", "quota_key", "role",
    "client_protocol_version", "enable_http_compression", "send_progress_in_http_headers",
    "http_headers_progress_interval_ms", "buffer_size", "default_format",
}  # fmt: skip
INSERT = re.compile(rb"(\s*INSERT\s+INTO\s.*?\sFORMAT\s+(\w+))[ ]*\n?", re.IGNORECASE | re.DOTALL)
IDLE: dict[tuple[tuple[str, str], ...], list[Any]] = {}
UNPACK = {
    "lz4": lz4.frame.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


@contextmanager
def clickhouse_server(directory: Path) -> Iterator[StoreSettings]:
    """Run the server as a process of its own, for an engine takes one directory per process."""
    (port,) = free_ports(1)
    with process(directory, port):
        yield StoreSettings(host="127.0.0.1", port=port)


@contextmanager
def process(directory: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server on a port until the block is left, or somebody kills it before."""
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.clickhouse_server", str(directory), str(port)],
        preexec_fn=dying_with_parent(),
    )
    try:
        _wait_until_it_answers(server, port)
        yield server
    finally:
        server.terminate()
        server.wait()


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + START_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with closing(HTTPConnection("127.0.0.1", port, timeout=2)) as asking:
                asking.request("GET", "/ping")
                if asking.getresponse().read() == b"Ok.\n":
                    return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"no ClickHouse on port {port}; status {server.poll()}")


class Handler(BaseHTTPRequestHandler):
    """Answers one connection; the engine keeps several statements apart by itself."""

    protocol_version = "HTTP/1.1"
    directory: Path

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/ping":
            self._answer(200, b"Ok.\n")
        else:
            self._ask(b"")

    def do_POST(self) -> None:
        body = self._body()
        encoding = self.headers.get("Content-Encoding")
        self._ask(UNPACK[encoding](body) if encoding else body)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = bytearray()
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(body)

    def _ask(self, body: bytes) -> None:
        asked = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        statement = asked.pop("query", "").encode()
        sent = statement + b"\n" + body if statement and body else statement or body
        try:
            answer = executed(self.directory, sent, asked)
        except Exception as error:  # noqa: BLE001 (the engine raises this kind)
            text = str(error)
            code = re.search(r"Code: (\d+)", text)
            self._answer(500, text[text.find("Code: ") :].encode(), code[1] if code else "1001")
        else:
            self._answer(200, answer)

    def _answer(self, status: int, body: bytes, code: str = "") -> None:
        self.send_response(status)
        if code:
            self.send_header("X-ClickHouse-Exception-Code", code)
        self.send_header("X-ClickHouse-Summary", "{}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def executed(directory: Path, sent: bytes, asked: dict[str, str]) -> bytes:
    """Execute one statement on a connection that has what was asked for, and nothing else.

    One whose statement failed is not used again: it would put rows of that before the next answer.
    """
    parameters = {name[6:]: text for name, text in asked.items() if name.startswith("param_")}
    asked = {n: t for n, t in asked.items() if n not in OF_THE_TRANSPORT and n[:6] != "param_"}
    idle = IDLE.setdefault(tuple(sorted(asked.items())), [])
    connection = idle.pop() if idle else _connected(directory, asked)
    try:
        answer = _answered(connection, sent, parameters)
    except BaseException:
        connection.close()
        raise
    idle.append(connection)
    return answer


def _connected(directory: Path, asked: dict[str, str]) -> Any:
    connection = chdb.connect(str(directory))
    for name, text in asked.items():
        connection.query(f"USE `{text}`" if name == "database" else f"SET {name} = '{text}'")
    return connection


def _answered(connection: Any, sent: bytes, parameters: dict[str, str]) -> bytes:
    if insert := INSERT.match(sent):
        return _inserted(connection, insert[1], insert[2], sent[insert.end() :])
    return bytes(connection.query(sent.decode(), "TabSeparated", params=parameters).bytes())


def _inserted(connection: Any, head: bytes, form: bytes, rows: bytes) -> bytes:
    with tempfile.NamedTemporaryFile(dir=tempfile.gettempdir()) as file:
        file.write(rows)
        file.flush()
        into = head.decode()[: -len(form)].rstrip()[: -len("FORMAT")]
        connection.query(f"{into} FROM INFILE '{file.name}' FORMAT {form.decode()}")
    return b""


class Server(ThreadingHTTPServer):
    """Says nothing of callers that are gone: making them go is what the tests are about."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def main(directory: str, port: str) -> None:
    Handler.directory = Path(directory).resolve()
    Handler.directory.mkdir(parents=True, exist_ok=True)
    held = chdb.connect(str(Handler.directory))  # or the engine would close between two requests
    with Server(("127.0.0.1", int(port)), Handler) as server:
        server.serve_forever()
    held.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
