"""ClickHouse's HTTP interface over TLS, with the embedded engine behind it; a process of its own.

As much of it as the driver uses: queries in the body or in the address, data of inserts in the
body, parameters, a user and a password. Limits and other settings of the engine are passed over.
"""

import base64
import re
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from clickhouse_connect.driver._backend.chdb_backend import _decompress

USER, PASSWORD = "sogawatch", "s3cret"
_INSERT = re.compile(r"(INSERT INTO .*?) (FORMAT \w+)\s*$", re.DOTALL)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    engine = None
    turn = threading.Lock()

    def do_GET(self):
        self._reply(200, b"Ok.\n")

    def do_POST(self):
        body = self._body()
        if self.headers.get("Content-Encoding"):
            body = _decompress(body, self.headers["Content-Encoding"])
        if not self._is_known():
            self._reply(403, b"Code: 516. DB::Exception: Authentication failed", code=516)
            return
        try:
            with self.turn:
                answer = self._answer(dict(parse_qsl(urlsplit(self.path).query)), body)
        except RuntimeError as error:
            code = re.match(r"Code: (\d+)", str(error))
            self._reply(500, str(error).encode(), code=int(code[1]) if code else 1)
        else:
            self._reply(200, answer)

    def _body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _is_known(self):
        given = self.headers.get("Authorization", "").removeprefix("Basic ")
        return base64.b64decode(given) == f"{USER}:{PASSWORD}".encode()

    def _answer(self, asked, body):
        if database := asked.get("database"):
            self.engine.query(f"USE `{database}`")
        values = {k.removeprefix("param_"): v for k, v in asked.items() if k.startswith("param_")}
        query = asked.get("query")
        if query is None:
            return self.engine.query(body.decode(), "TabSeparated", params=values).bytes()
        if insert := _INSERT.match(query):
            with tempfile.NamedTemporaryFile() as file:
                file.write(body)
                file.flush()
                self.engine.query(f"{insert[1]} FROM INFILE '{file.name}' {insert[2]}")
            return b""
        return self.engine.query(query, "TabSeparated", params=values).bytes()

    def _reply(self, status, body, code=None):
        self.send_response(status)
        if code is not None:
            self.send_header("X-ClickHouse-Exception-Code", str(code))
        self.send_header("X-ClickHouse-Summary", "{}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(folder, certificate, key):
    import chdb

    Handler.engine = chdb.connect(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    print(server.server_port, flush=True)
    server.serve_forever()


@contextmanager
def clickhouse_https(folder: Path, certificate: Path, key: Path) -> Iterator[int]:
    """Run it for as long as the block lasts; yields its port on 127.0.0.1."""
    command = [sys.executable, __file__, str(folder), str(certificate), str(key)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    serve(*sys.argv[1:])
