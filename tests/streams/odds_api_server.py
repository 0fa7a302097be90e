"""An HTTP server that answers as The Odds API does, one prepared answer after the other."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

API_KEY = "k3y-of-the-api"


@dataclass
class Answer:
    """One answer; `cut` ends it within the body, `delay_s` comes before it."""

    events: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    cut: bool = False
    body: bytes | None = None


@dataclass
class OddsApiServer:
    answers: list[Answer]
    asked: list[dict[str, str]] = field(default_factory=list)
    url: str = ""


@contextmanager
def odds_api_server(answers: list[Answer]) -> Iterator[OddsApiServer]:
    server = OddsApiServer(answers)
    ended = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            server.asked.append({"path": parts.path} | query)
            answer = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
            if query.get("apiKey") != API_KEY:
                answer = Answer({"message": f"bad key {query.get('apiKey')}"}, status=401)
            ended.wait(answer.delay_s)
            with suppress(OSError):
                self._send(answer)

        def _send(self, answer: Answer) -> None:
            body = json.dumps(answer.events).encode() if answer.body is None else answer.body
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if answer.cut else body)
            self.wfile.flush()
            if answer.cut:
                self.connection.close()

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_address[1]}"
    serving = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield server
    finally:
        ended.set()
        http.shutdown()
        serving.join()
        http.server_close()
        time.sleep(0)
