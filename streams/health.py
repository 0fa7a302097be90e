"""`/live` and `/ready` of a worker, on loopback, judged by what its group has committed."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from alerts.complaint import Complaint


class HealthUnavailable(Complaint):
    """The port of the health endpoints cannot be had; the message says which."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a worker stands: whether it has caught up, how long a partition has lain still."""

    ready: bool = False
    still_s: float = 0.0
    told: str = "no partitions yet"

    def answer(self, path: str) -> tuple[int, str]:
        """Status and text of an endpoint.

        >>> Standing(told="3 partitions, 9 records wait").answer("/ready")
        (503, 'not caught up: 3 partitions, 9 records wait')
        >>> Standing(told="3 partitions, 9 records wait", still_s=14.2).answer("/live")
        (200, '3 partitions, 9 records wait; no progress on one for 14 s')
        """
        if path == "/live":  # a worker that is stuck for too long ends, and then nobody answers
            still = f"; no progress on one for {self.still_s:.0f} s" if self.still_s else ""
            return 200, f"{self.told}{still}"
        if path == "/ready":
            return (200, self.told) if self.ready else (503, f"not caught up: {self.told}")
        return 404, "there are /live and /ready"


@contextmanager
def serving(port: int, standing: Callable[[], Standing]) -> Iterator[int]:
    """Serve on a port of loopback while the block lasts; 0 takes a free one, which is given.

    Raises
    ------
    HealthUnavailable
        When the port is taken.
    """

    class Asked(BaseHTTPRequestHandler):
        timeout = 5

        def do_GET(self) -> None:
            status, text = standing().answer(self.path)
            body = f"{text}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: it is asked every few seconds."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Asked)
    except OSError as error:
        raise HealthUnavailable(
            f"--health {port}: cannot be served: {error.strerror}; give another port"
        ) from None
    with server:
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
        try:
            yield int(server.server_port)
        finally:
            server.shutdown()
