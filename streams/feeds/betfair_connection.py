"""A connection to the Betfair Exchange Stream: TLS, lines of JSON, login, one subscription."""

import socket
import ssl
from collections.abc import Mapping
from typing import Any

import msgspec

from streams.feeds.documents import shown
from streams.feeds.live import FeedRefused
from streams.feeds.settings import BetfairSettings

LONGEST_MESSAGE = 16 * 1024 * 1024
_PIECE = 256 * 1024
_NEW_LOGIN = ("NO_SESSION", "INVALID_SESSION_INFORMATION")
_HOPELESS = (
    "NO_APP_KEY", "INVALID_APP_KEY", "NOT_AUTHORIZED", "INVALID_INPUT",
    "SUBSCRIPTION_LIMIT_EXCEEDED",
)  # fmt: skip


class Dropped(Exception):
    """A connection that is gone, and may be made again; the message says why."""


class SessionExpired(Dropped):
    """The login is not valid any more; another one may be."""


class ClockExpired(Dropped):
    """It is too late to resume; the whole image has to be asked for."""


class Connection:
    """One TLS connection; messages are read without ever waiting longer than asked."""

    def __init__(self, host: str, settings: BetfairSettings) -> None:
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
        self._held = bytearray()
        self._searched = 0
        try:
            self._socket = _secured(context, host, settings)
        except ssl.SSLCertVerificationError as error:
            raise FeedRefused(
                f"{host}: its certificate is not trusted ({error.verify_message}); "
                "is feeds.betfair.ssl_cafile right?"
            ) from None
        except OSError as error:
            raise Dropped(f"cannot be reached: {error}") from None

    def close(self) -> None:
        """Close it; doing so twice is no error."""
        self._socket.close()

    def send(self, message: Mapping[str, Any]) -> None:
        """Send one message."""
        try:
            self._socket.sendall(msgspec.json.encode(message) + b"\r\n")
        except OSError as error:
            raise Dropped(f"connection lost: {error}") from None

    def message(self) -> bytes | None:
        """Take a whole message out of what was received, if there is one."""
        end = self._held.find(b"\n", self._searched)
        if end < 0:
            self._searched = len(self._held)
            return None
        line = bytes(self._held[:end]).strip()
        del self._held[: end + 1]
        self._searched = 0
        return line

    def receive(self, within_s: float) -> None:
        """Receive more, or raise `Dropped` when nothing comes in time or the end does."""
        self._socket.settimeout(within_s)
        try:
            piece = self._socket.recv(_PIECE)
        except TimeoutError:
            raise Dropped(f"silent for {within_s:g} s") from None
        except OSError as error:
            raise Dropped(f"connection lost: {error}") from None
        if not piece:
            cut = " within a message" if self._held else ""
            raise Dropped(f"connection closed by the server{cut}")
        self._held += piece
        if len(self._held) > LONGEST_MESSAGE and b"\n" not in self._held:
            raise Dropped(f"a message is longer than {LONGEST_MESSAGE} bytes")

    def answer(self, within_s: float) -> dict[str, Any]:
        """Wait for one message and decode it; used before the stream begins."""
        while (line := self.message()) is None:
            self.receive(within_s)
        try:
            return msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise Dropped("an answer is not JSON") from None


def _secured(context: ssl.SSLContext, host: str, settings: BetfairSettings) -> ssl.SSLSocket:
    plain = socket.create_connection((host, settings.port), timeout=settings.silence_s)
    try:
        return context.wrap_socket(plain, server_hostname=host)
    except OSError:
        plain.close()
        raise


def log_in(connection: Connection, app_key: str, session: str, settings: BetfairSettings) -> None:
    """Authenticate a new connection."""
    greeting = connection.answer(settings.silence_s)
    if greeting.get("op") != "connection":
        check(greeting)
    connection.send({"op": "authentication", "id": 1, "appKey": app_key, "session": session})
    check(connection.answer(settings.silence_s))


def check(status: Mapping[str, Any]) -> None:
    """Raise what a status message asks for, if it tells of a failure.

    Its text is the other side's and is not repeated: it may hold what we sent.
    """
    code = str(status.get("errorCode") or status.get("statusCode") or "no status")
    if status.get("statusCode") == "SUCCESS":
        return
    if code in _NEW_LOGIN:
        raise SessionExpired(f"the session is not valid ({code})")
    if code == "INVALID_CLOCK":
        raise ClockExpired("too late to resume (INVALID_CLOCK)")
    if code in _HOPELESS:
        raise FeedRefused(f"betfair refuses: {code}; check [feeds.betfair]: keys and filter")
    raise Dropped(f"betfair says {shown(code)}")
