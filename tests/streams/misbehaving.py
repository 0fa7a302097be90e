"""Endpoints that misbehave in every way that endpoints do, and write down what reached them.

Each behaves by its number, modulo ten. What a request was answered is written down before the
answer goes out, so a receiver may have got what the sender believes lost.
"""

import asyncio
import logging
import socket
import ssl
import threading
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

import trustme
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.streams.notify_worker import FastClock

OUTAGE_S = 600.0
LARGE = 100 * 1024 * 1024
BEHAVIOURS = (
    "well", "refuses connections", "hangs", "429 with Retry-After", "500 for ten minutes",
    "closes before the answer", "closes in the answer", "redirects", "100 MB", "410 for some",
)  # fmt: skip


def some(delivery: str, share: int) -> bool:
    """Whether a delivery is one of every so many."""
    return zlib.crc32(delivery.encode()) % share == 0


@dataclass
class Seen:
    """What reached the endpoints: how often each delivery was accepted, refused for good, tried."""

    accepted: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    refused: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    tried: Counter[str] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    def total(self) -> int:
        hooks = sum(len(ids) for ids in (*self.accepted.values(), *self.refused.values()))
        return hooks + len(self.mails)


class Endpoints:
    """All webhook endpoints, on one port each that may open late."""

    def __init__(self, clock: FastClock, seen: Seen) -> None:
        self._clock = clock
        self._began = clock.now()
        self.seen = seen
        self.ports: dict[int, int] = {}

    def _minutes_in(self) -> float:
        return (self._clock.now() - self._began).total_seconds()

    async def open(self, number: int) -> web.AppRunner:
        app = web.Application()

        async def hook(request: web.Request) -> web.StreamResponse:
            await request.read()
            return await self._answer(number, request)

        app.router.add_post("/{path:.*}", hook)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self.ports.get(number, 0))
        await site.start()
        self.ports[number] = runner.addresses[0][1]
        return runner

    async def _answer(self, number: int, request: web.Request) -> web.StreamResponse:
        delivery = request.headers["webhook-id"]
        self.seen.tried[delivery] += 1
        first = self.seen.tried[delivery] == 1
        kind = BEHAVIOURS[number % 10]
        if kind == "hangs" and first and some(delivery, 20):
            self.seen.answers["hung"] += 1
            await asyncio.sleep(30)
        if kind == "429 with Retry-After" and first and some(delivery, 20):
            return self._say(429, {"retry-after": "20"})
        if kind == "500 for ten minutes" and self._minutes_in() < OUTAGE_S:
            return self._say(500)
        if kind == "redirects":
            self.seen.refused[number][delivery] += 1
            return self._say(307, {"location": f"http://127.0.0.1:{self.ports[0]}/elsewhere"})
        if kind == "410 for some" and some(delivery, 5):
            self.seen.refused[number][delivery] += 1
            return self._say(410)
        self.seen.accepted[number][delivery] += 1
        if kind == "closes before the answer" and first and some(delivery, 10):
            self._close(request)
        if kind == "closes in the answer" and some(delivery, 3):
            return await self._cut_short(request)
        if kind == "100 MB" and some(delivery, 3):
            return await self._endless(request)
        return self._say(200)

    def _say(self, status: int, headers: dict[str, str] | None = None) -> web.Response:
        self.seen.answers[str(status)] += 1
        return web.Response(status=status, headers=headers)

    def _close(self, request: web.Request) -> None:
        self.seen.answers["closed"] += 1
        if request.transport is not None:
            request.transport.abort()

    async def _cut_short(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-length": "1000"})
        await response.prepare(request)
        await response.write(b"thanks for the ")
        self._close(request)
        return response

    async def _endless(self, request: web.Request) -> web.StreamResponse:
        self.seen.answers["100 MB"] += 1
        response = web.StreamResponse(headers={"content-length": str(LARGE)})
        await response.prepare(request)
        try:
            for _ in range(LARGE // 65536):
                await response.write(bytes(65536))
        except ConnectionError:
            self._close(request)
        return response


@contextmanager
def endpoints(clock: FastClock, count: int, seen: Seen) -> Iterator[dict[int, int]]:
    """Run endpoints on a thread; yields the port of each. Refusing ones open after the outage."""
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)  # it is told of each broken one
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    served = Endpoints(clock, seen)
    runners: list[web.AppRunner] = []
    later: list[asyncio.Task[None]] = []

    async def open_all() -> None:
        for number in range(count):
            runners.append(await served.open(number))
            if BEHAVIOURS[number % 10] == "refuses connections":
                await runners.pop().cleanup()
                later.append(loop.create_task(open_later(number)))

    async def open_later(number: int) -> None:
        await clock.sleep(OUTAGE_S)
        runners.append(await served.open(number))

    async def close_all() -> None:
        for runner in runners:
            await runner.cleanup()
        rest = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    asyncio.run_coroutine_threadsafe(open_all(), loop).result(60)
    try:
        yield served.ports
    finally:
        asyncio.run_coroutine_threadsafe(close_all(), loop).result(60)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


class MailBox:
    """Takes e-mail; puts some off, and hangs up on some."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen

    async def handle_DATA(self, server, _session, envelope) -> str:
        name = str(message_from_bytes(envelope.content)["Message-ID"])
        self._seen.tried[name] += 1
        if self._seen.tried[name] == 1 and some(name, 15):
            self._seen.answers["451"] += 1
            return "451 try again later"
        self._seen.mails[f"{name} {envelope.rcpt_tos[0]}"] += 1
        if self._seen.tried[name] == 1 and some(name, 16):
            self._seen.answers["hung up"] += 1
            server.transport.abort()
        return "250 taken"


@contextmanager
def mail_server(handler: object, folder: Path, **options: object) -> Iterator[tuple[int, Path]]:
    """Run an SMTP server with STARTTLS and login (ana, opensesame); yields its port and CA."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = authority_context(authority)

    def login(server, session, envelope, mechanism, data) -> AuthResult:
        right = isinstance(data, LoginPassword) and data == LoginPassword(b"ana", b"opensesame")
        return AuthResult(success=right, handled=False)  # the server is to answer

    controller = Controller(
        handler, hostname="127.0.0.1", port=free_port(), tls_context=context, require_starttls=True,
        authenticator=login, auth_required=True, **options,
    )  # fmt: skip
    controller.start()
    try:
        yield controller.server.sockets[0].getsockname()[1], folder / "ca.pem"
    finally:
        controller.stop(no_assert=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def authority_context(authority: trustme.CA) -> ssl.SSLContext:
    """A server's TLS context, with a certificate for this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context
