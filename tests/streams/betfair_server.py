"""A TLS server that speaks Betfair's stream protocol from a recording, and its login over HTTPS.

Each connection follows the next of `scripts`; the last one is followed for all later ones.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

APP_KEY, USER, PASSWORD = "k3y-of-the-app", "officer", "p4ss-of-the-account"


@dataclass
class Script:
    """What a connection does: how many messages, and then what."""

    messages: int = 10**9
    then: str = "close"  # close, half, silent, garbage, status:CODE, stay
    refuse: str | None = None  # a code in answer to the authentication
    refuse_clock: bool = False
    pause_s: float = 0.0
    pieces: int | None = None  # bytes sent at once


@dataclass
class BetfairServer:
    messages: Sequence[bytes]
    scripts: list[Script]
    names: list[dict[str, object]] = field(default_factory=list)
    login_status: str = "SUCCESS"
    logins: list[tuple[str, str, str]] = field(default_factory=list)
    subscriptions: list[dict[str, object]] = field(default_factory=list)
    authentications: list[dict[str, object]] = field(default_factory=list)
    port: int = 0
    http_port: int = 0
    finished: threading.Event = field(default_factory=threading.Event)

    def serve(self, connection: ssl.SSLSocket) -> None:
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        with suppress(OSError, ValueError), connection:
            self._speak(connection, script)

    def _speak(self, connection: ssl.SSLSocket, script: Script) -> None:
        reader = connection.makefile("rb")
        _send(connection, {"op": "connection", "connectionId": "1-2-3"})
        asked = json.loads(reader.readline())
        self.authentications.append(asked)
        right = asked["appKey"] == APP_KEY
        code = script.refuse or (None if right else "INVALID_APP_KEY")
        if code:
            failure = {"op": "status", "id": 1, "statusCode": "FAILURE", "errorCode": code}
            _send(connection, failure | {"errorMessage": f"bad {asked}", "connectionClosed": True})
            return
        _send(connection, {"op": "status", "id": 1, "statusCode": "SUCCESS"})
        asked = json.loads(reader.readline())
        self.subscriptions.append(asked)
        if script.refuse_clock and "clk" in asked:
            _send(
                connection, {"op": "status", "statusCode": "FAILURE", "errorCode": "INVALID_CLOCK"}
            )
            return
        _send(connection, {"op": "status", "id": asked["id"], "statusCode": "SUCCESS"})
        self._messages(connection, script, str(asked.get("clk", "")))

    def _messages(self, connection: ssl.SSLSocket, script: Script, clock: str) -> None:
        first = int(clock.removeprefix("c")) + 1 if clock else 0
        for number in range(first, min(len(self.messages), first + script.messages)):
            resumed = "RESUB_DELTA" if clock and number == first else None
            if number == len(self.messages) - 1:
                self.finished.set()
            _send_raw(connection, _with_clock(self.messages[number], number, resumed), script)
            time.sleep(script.pause_s)
        at = min(len(self.messages), first + script.messages)
        kind, _, code = script.then.partition(":")
        if kind == "half" and at < len(self.messages):
            whole = _with_clock(self.messages[at], at, None)
            connection.sendall(whole[: len(whole) // 2])
        elif kind == "garbage":
            connection.sendall(b"\xff\xfenot json at all\r\n")
        elif kind == "status":
            _send(connection, {"op": "status", "statusCode": "FAILURE", "errorCode": code})
        elif kind in ("silent", "stay"):
            time.sleep(6 if kind == "silent" else 60)


def _with_clock(message: bytes, number: int, resumed: str | None) -> bytes:
    body = json.loads(message)
    body |= {"clk": f"c{number}"} | ({"initialClk": "i0"} if number == 0 else {})
    if resumed:
        body["ct"] = resumed
    return json.dumps(body).encode() + b"\r\n"


def _send(connection: ssl.SSLSocket, message: dict[str, object]) -> None:
    connection.sendall(json.dumps(message).encode() + b"\r\n")


def _send_raw(connection: ssl.SSLSocket, message: bytes, script: Script) -> None:
    size = script.pieces or len(message)
    for first in range(0, len(message), size):
        connection.sendall(message[first : first + size])


@contextmanager
def betfair_server(
    messages: Sequence[bytes], scripts: list[Script], certificate: tuple[Path, Path]
) -> Iterator[BetfairServer]:
    server = BetfairServer(messages, scripts)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening, _http(server, context):
        server.port = listening.getsockname()[1]
        listening.settimeout(0.1)
        accepting = threading.Thread(target=_accept, args=(listening, context, server, stopped))
        accepting.start()
        try:
            yield server
        finally:
            stopped.set()
            accepting.join()


def _accept(
    listening: socket.socket,
    context: ssl.SSLContext,
    server: BetfairServer,
    stopped: threading.Event,
) -> None:
    while not stopped.is_set():
        with suppress(OSError):
            plain, _ = listening.accept()
            plain.settimeout(30)
            try:
                secure = context.wrap_socket(plain, server_side=True)
            except OSError:
                plain.close()
                raise
            threading.Thread(target=server.serve, args=(secure,), daemon=True).start()


@contextmanager
def _http(server: BetfairServer, context: ssl.SSLContext) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            answer: object = server.names
            if self.path == "/login":
                form = {name: values[0] for name, values in parse_qs(body).items()}
                key = self.headers["X-Application"]
                server.logins.append((form["username"], form["password"], key))
                token = f"s3ssion-{len(server.logins)}"
                answer = {"loginStatus": server.login_status, "sessionToken": token}
            written = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    http.socket = context.wrap_socket(http.socket, server_side=True)
    server.http_port = http.server_address[1]
    serving = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield
    finally:
        http.shutdown()
        serving.join()
        http.server_close()
