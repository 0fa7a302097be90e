"""The board and the subscriptions API, served for real, and asked with raw bytes."""

import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from alerts.mail.settings import SmtpSettings
from alerts.secrets import Secrets
from alerts.subscribing.http import routes
from alerts.subscribing.service import SubscriptionService
from alerts.webhook.settings import WebhookSettings
from dashboards.board.live import LiveCases
from dashboards.board.settings import BoardSettings
from dashboards.board.visit import Sources
from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import StoreSettings, open_store
from streams.board.sending import StoreSender
from streams.board.serving import served
from tests.alerts.subscribing.test_http import Shelf
from tests.dashboards.board.scene import NOW, an_alert

TOKEN = "t" * 40
_WITHIN_S = 5.0
_MOST = 64 * 1024


@contextmanager
def served_board() -> Iterator[Callable[[bytes], None]]:
    """A board with one case; bytes are sent as they are, and the answer's first line is judged."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        with open_store(StoreSettings(directory=Path(folder) / "store")) as store:
            migrate(store)
            live = LiveCases()
            live.take([(an_alert(), None)])
            sources = Sources(
                live=live,
                store=store,
                send=StoreSender(Archive(store), live),
                now=lambda: NOW + timedelta(minutes=1),
            )
            with served(BoardSettings(port=0), sources, _subscriptions()) as address:
                live.caught_up()
                where = urlsplit(address)
                yield lambda data: _ask((where.hostname or "", where.port or 0), data)


def _subscriptions() -> list:
    service = SubscriptionService(
        Shelf(), Secrets(SecretStr("k" * 40)), SmtpSettings(host="smtp.example"),
        WebhookSettings(), lambda: NOW,
    )  # fmt: skip
    return [*routes(service, SecretStr(TOKEN))]


def _ask(where: tuple[str, int], data: bytes) -> None:
    """Send a request; an answer of a fault of ours, or none in time to a whole one, is a find."""
    with socket.create_connection(where, timeout=_WITHIN_S) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while b"\r\n\r\n" not in answer and len(answer) < _MOST:
            try:
                got = connection.recv(4096)
            except ConnectionError:
                break
            if not got:
                break
            answer += got
    assert not answer.startswith((b"HTTP/1.1 500", b"HTTP/1.0 500")), answer[:500]
