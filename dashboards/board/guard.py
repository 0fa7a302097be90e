"""The guard at the door: names, sizes and headers, before any page is asked."""

from collections.abc import Iterable
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LONGEST_BODY = 64 * 1024
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not no-referrer, with which browsers send the Origin of our own forms as null.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}


class Guard:
    """ASGI middleware that turns away what no page should see.

    A request under a name that is not ours is refused: a page elsewhere could have its own name
    point to this machine (DNS rebinding). So is one that another site sends, and one that is larger
    than any form of ours. Every answer carries the headers that tell browsers to run nothing but
    our own files and to keep the page out of frames and caches.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str], *, secure: bool) -> None:
        self._app = app
        self._names = frozenset(name.casefold() for name in names)
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or turn it away."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope["method"], headers)
        within = _Within(receive)
        answer: ASGIApp = self._app if refusal is None else refusal
        try:
            await answer(scope, within.receive, self._with_headers(send))
        except _TooLarge:
            await _too_large()(scope, receive, self._with_headers(send))

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("host", "")
        if name_of(host) not in self._names:
            return PlainTextResponse(
                "The board is not served under that name. Add it to board.hosts if it should be.\n",
                421,
            )
        if method not in ("GET", "HEAD") and not _from_here(headers, host):
            return PlainTextResponse("This request came from another site and was refused.\n", 403)
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LONGEST_BODY:
            return _too_large()
        return None

    def _with_headers(self, send: Send) -> Send:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._secure:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        return send_with_headers


class _TooLarge(Exception):
    pass


class _Within:
    """Counts what is received, for a length may be left unsaid."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0

    async def receive(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self._bytes > LONGEST_BODY:
            raise _TooLarge
        return message


def _too_large() -> PlainTextResponse:
    return PlainTextResponse(f"At most {LONGEST_BODY // 1024} KiB can be sent at once.\n", 413)


def _from_here(headers: Headers, host: str) -> bool:
    """Whether a browser says that our own page sent this; other clients say nothing."""
    if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    return origin is None or origin.split("://")[-1].casefold() == host.casefold()


def name_of(host: str) -> str:
    """The name in a Host header, without its port.

    >>> name_of("LocalHost:8420"), name_of("[::1]:8420"), name_of("127.0.0.1")
    ('localhost', '::1', '127.0.0.1')
    """
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].casefold()


def names_for(host: str, more: Iterable[str]) -> set[str]:
    """Names under which a board that listens on `host` answers.

    >>> sorted(names_for("127.0.0.1", ["board.example"]))
    ['127.0.0.1', '::1', 'board.example', 'localhost']
    """
    names = {"localhost", "127.0.0.1", "::1", *more}
    bare = host.strip("[]")
    try:
        if not ip_address(bare).is_unspecified:
            names.add(bare)
    except ValueError:
        names.add(bare)
    return names
