"""Webhooks, sent to real servers on this machine."""

import asyncio
import json
import socket
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme
from aiohttp import web
from aiohttp.abc import AbstractResolver
from pydantic import SecretStr
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from alerts.delivery.outbox import Outbox
from alerts.delivery.outcome import Outcome, Reason
from alerts.delivery.parcel import single
from alerts.secrets import Secrets
from alerts.subscribing.changes import rotate
from alerts.subscribing.subscription import Webhook
from alerts.webhook.forbidden import forbidden
from alerts.webhook.sender import webhook_sender
from alerts.webhook.settings import WebhookSettings
from tests.alerts.delivery.scene import notice, reader

KEY = SecretStr("k" * 40)
HERE = WebhookSettings(allowed_hosts=("127.0.0.1",), timeout_s=1.0)


class Server:
    """A server that writes down what reached it and answers as told."""

    def __init__(self, answer):
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.connections = 0
        self._answer = answer
        self.port = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.read()))
        return await self._answer(request)


@asynccontextmanager
async def serving(answer):
    server = Server(answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()


def says(status: int, **headers: str):
    async def answer(_):
        return web.Response(status=status, headers=headers)

    return answer


def parcel_for(desk):
    (entry,) = Outbox().take(notice(1, desk, at=datetime.now(UTC)))
    return single(entry)


async def send_to(url, settings=HERE, resolver=None, desk=None):
    desk = desk or reader(channel=Webhook(url=url))
    async with webhook_sender(settings, Secrets(KEY), resolver) as sender:
        return await sender.send(parcel_for(desk), desk, datetime.now(UTC))


def headers_of(got) -> dict[str, str]:
    return {name: value for name, value in got[0].items() if name.lower().startswith("webhook-")}


def test_the_independent_verifier_accepts_it_and_nothing_else():
    async def story():
        async with serving(says(200)) as server:
            desk = reader(channel=Webhook(url=f"http://127.0.0.1:{server.port}/hook"))
            assert (await send_to("", desk=desk)).outcome is Outcome.DELIVERED
            return desk, server.got[0]

    desk, got = asyncio.run(story())
    secret = Secrets(KEY).of_webhook(desk, datetime.now(UTC))[0]
    body, headers = got[1], headers_of(got)
    told = Verifier(secret).verify(body, headers)
    assert told["version"] == 1
    assert told["alert"]["alert_id"] == "a-1"
    assert headers_id(headers) == notice(1, desk).delivery(desk.subscription)
    for altered in (
        (body.replace(b"amber", b"green"), headers),
        (body, headers | {"webhook-id": "d-other"}),
        (body, headers | {"webhook-timestamp": str(int(headers_time(headers)) - 1)}),
        (body, replayed(headers)),
    ):
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(*altered)
    with pytest.raises(WebhookVerificationError):
        Verifier(Secrets(KEY).of_webhook(reader(2), datetime.now(UTC))[0]).verify(body, headers)


def headers_id(headers) -> str:
    return next(value for name, value in headers.items() if name.lower() == "webhook-id")


def headers_time(headers) -> str:
    return next(value for name, value in headers.items() if name.lower() == "webhook-timestamp")


def replayed(headers):
    """The same message, sent again by somebody ten minutes later."""
    old = datetime.now(UTC) - timedelta(minutes=10)
    return {k: v for k, v in headers.items() if k.lower() != "webhook-timestamp"} | {
        "webhook-timestamp": str(int(old.timestamp()))
    }


def test_both_secrets_are_valid_for_a_day_after_a_rotation():
    async def story(desk):
        async with serving(says(200)) as server:
            channel = Webhook(url=f"http://127.0.0.1:{server.port}/hook")
            await send_to("", desk=desk.model_copy(update={"channel": channel}))
            return server.got[0]

    now = datetime.now(UTC)
    before, after = reader(), rotate(reader(), now)
    old, new = (Secrets(KEY).of_webhook(one, now)[0] for one in (before, after))
    assert old != new
    got = asyncio.run(story(after))
    for secret in (old, new):
        Verifier(secret).verify(got[1], headers_of(got))
    got = asyncio.run(story(after.model_copy(update={"previous_until": now})))
    Verifier(new).verify(got[1], headers_of(got))
    with pytest.raises(WebhookVerificationError):
        Verifier(old).verify(got[1], headers_of(got))


def test_a_change_of_our_own_key_keeps_old_secrets_valid():
    desk, now = reader(), datetime.now(UTC)
    old = Secrets(KEY).of_webhook(desk, now)[0]
    assert old in Secrets(SecretStr("n" * 40), KEY).of_webhook(desk, now)
    assert old not in Secrets(SecretStr("n" * 40)).of_webhook(desk, now)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(200, "delivered"), (204, "delivered"), (301, "gave_up"), (307, "gave_up"), (404, "gave_up"),
     (410, "gave_up"), (408, "retry"), (429, "retry"), (503, "retry")],
)  # fmt: skip
def test_a_real_answer_is_judged(status, outcome):
    async def story():
        async with serving(says(status, location="/again")) as server:
            answer = await send_to(f"http://127.0.0.1:{server.port}/hook")
            assert len(server.got) == 1  # a redirect is not followed
            return answer

    answer = asyncio.run(story())
    assert (answer.outcome, answer.status) == (outcome, status)


def test_retry_after_is_read():
    async def story():
        async with serving(says(429, **{"retry-after": "33"})) as server:
            return await send_to(f"http://127.0.0.1:{server.port}/")

    assert asyncio.run(story()).retry_after_s == 33


def test_a_hundred_megabytes_are_not_read():
    sent = 0

    async def endless(request):
        nonlocal sent
        response = web.StreamResponse(headers={"content-length": str(100 * 1024 * 1024)})
        await response.prepare(request)
        try:
            for _ in range(1600):
                await response.write(bytes(65536))
                sent += 65536
        except ConnectionError:
            request.transport.abort()
        return response

    async def story():
        async with serving(endless) as server:
            return await send_to(f"http://127.0.0.1:{server.port}/")

    assert asyncio.run(story()).outcome is Outcome.DELIVERED
    assert sent < 30 * 1024 * 1024  # what the sockets' buffers took


def test_one_that_hangs_is_given_up_in_time():
    async def hangs(_):
        await asyncio.sleep(30)

    async def story():
        async with serving(hangs) as server:
            return await send_to(
                f"http://127.0.0.1:{server.port}/",
                WebhookSettings(allowed_hosts=("127.0.0.1",), timeout_s=0.3),
            )

    answer = asyncio.run(story())
    assert (answer.outcome, answer.reason) == (Outcome.RETRY, Reason.TIMEOUT)


def test_one_that_closes_before_the_answer_is_tried_again():
    async def closes(request):
        request.transport.abort()
        return web.Response()

    async def story():
        async with serving(closes) as server:
            return await send_to(f"http://127.0.0.1:{server.port}/")

    answer = asyncio.run(story())
    assert (answer.outcome, answer.reason) == (Outcome.RETRY, Reason.CONNECTION)


def test_one_that_is_not_there_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    answer = asyncio.run(send_to(f"http://127.0.0.1:{port}/"))
    assert (answer.outcome, answer.reason) == (Outcome.RETRY, Reason.CONNECTION)


class Names(AbstractResolver):
    """Resolves every name to what is given, one after the other."""

    def __init__(self, *answers: list[str]):
        self._answers = list(answers)
        self.asked = 0

    async def resolve(self, host, port=0, family=socket.AF_INET):
        self.asked += 1
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            {"hostname": host, "host": address, "port": port, "proto": 0, "flags": 0,
             "family": socket.AF_INET6 if ":" in address else socket.AF_INET}
            for address in addresses
        ]  # fmt: skip

    async def close(self):
        """Nothing is open."""


LITERALS = [
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
    "100.100.100.200", "168.63.129.16", "0.0.0.0", "255.255.255.255", "224.0.0.1", "198.18.0.1",
    "192.0.2.1", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:a9fe:a9fe]", "[::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[fe80::1]", "[fc00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "[fec0::1]",
]  # fmt: skip
SPELLINGS = [
    "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "017700000001", "localhost",
    "127.0.0.1.", "localhost.localdomain",
]  # fmt: skip


@pytest.mark.parametrize("host", [*LITERALS, *SPELLINGS])
def test_a_forbidden_target_is_refused_however_it_is_written(host):
    """By the system's own resolver, and by a real socket where it comes to one."""
    answer = asyncio.run(send_to(f"https://{host}/hook", WebhookSettings(timeout_s=5)))
    assert answer.outcome is not Outcome.DELIVERED
    assert answer.reason in (Reason.FORBIDDEN_TARGET, Reason.UNSENDABLE, Reason.DNS), answer


@pytest.mark.parametrize(
    "addresses",
    [[host.strip("[]")] for host in LITERALS] + [["93.184.215.14", "127.0.0.1"]],
    ids=" ".join,
)
def test_a_name_that_resolves_to_a_forbidden_target_is_refused(addresses):
    """Even if only one of its addresses is forbidden; nothing is connected to."""
    resolver = Names(addresses)
    answer = asyncio.run(send_to("https://example.org/hook", resolver=resolver))
    assert (answer.outcome, answer.reason) == (Outcome.GAVE_UP, Reason.FORBIDDEN_TARGET)
    assert resolver.asked == 1


def test_a_name_is_resolved_once_so_that_rebinding_changes_nothing(monkeypatch):
    """First a public address, then this machine: the connection goes to what was judged."""
    connected = []

    async def connect(_, sock, address):
        connected.append(address[0])
        sock.close()
        raise ConnectionRefusedError

    async def story():
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(type(loop), "sock_connect", connect)
        resolver = Names(["93.184.215.14"], ["127.0.0.1"])
        answer = await send_to("https://example.org/hook", resolver=resolver)
        return answer, resolver

    answer, resolver = asyncio.run(story())
    assert answer.reason is Reason.CONNECTION
    assert set(connected) == {"93.184.215.14"}
    assert resolver.asked == 1


def test_a_resolver_that_slips_through_is_stopped_at_the_socket(monkeypatch):
    """Were the judging of names broken, the socket would refuse all the same."""
    monkeypatch.setattr(
        "alerts.webhook.targets.GuardedResolver.resolve", Names(["127.0.0.1"]).resolve
    )
    answer = asyncio.run(send_to("https://example.org/hook"))
    assert answer.reason is Reason.FORBIDDEN_TARGET


def test_a_redirect_into_this_machine_is_not_followed():
    async def story():
        async with serving(says(200)) as inside:
            where = f"http://127.0.0.1:{inside.port}/secret"
            async with serving(says(302, location=where)) as server:
                answer = await send_to(f"http://127.0.0.1:{server.port}/")
            return answer, inside.got

    answer, got = asyncio.run(story())
    assert (answer.reason, got) == (Reason.REDIRECT, [])


def test_a_name_keeps_its_own_name_in_tls():
    """The address is pinned, yet certificate and Host are those of the name."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("other.example").configure_cert(context)
    seen = []
    context.sni_callback = lambda _, name, __: seen.append(name)

    async def story():
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0, ssl=context)
        port = server.sockets[0].getsockname()[1]
        settings = WebhookSettings(allowed_hosts=("hooks.example",), timeout_s=5)
        answer = await send_to(f"https://hooks.example:{port}/", settings, Names(["127.0.0.1"]))
        server.close()
        return answer

    answer = asyncio.run(story())
    assert (answer.outcome, answer.reason) == (Outcome.RETRY, Reason.TLS)
    assert seen == ["hooks.example"]


@pytest.mark.parametrize("address", ["9.9.9.9", "93.184.215.14", "2606:4700:4700::1111"])
def test_public_addresses_are_not_forbidden(address):
    assert not forbidden(address)


@pytest.mark.parametrize("nonsense", ["", "x", "1.2.3", "::ffff", "fe80::1%eth0"])
def test_what_is_no_address_is_forbidden(nonsense):
    assert forbidden(nonsense)


def test_plain_http_is_for_hosts_that_an_operator_allowed():
    settings = WebhookSettings(allowed_hosts=("relay.internal",))
    assert settings.objection(Webhook(url="http://example.org/")) is not None
    assert settings.objection(Webhook(url="https://example.org/")) is None
    assert settings.objection(Webhook(url="http://relay.internal/")) is None
    assert settings.objection(Webhook(url="https://intranet/")) is not None


def test_no_secret_shows_where_things_are_printed():
    desk = reader(channel=Webhook(url="https://hooks.example.org/T0/secret-path"))
    secrets = Secrets(KEY)
    secret = secrets.of_webhook(desk, datetime.now(UTC))[0]
    shown = f"{secrets!r} {KEY!r} {desk.to_json()!r}"
    assert secret not in shown
    assert KEY.get_secret_value() not in shown


def test_the_body_is_the_alert_as_it_is_published():
    from alerts.webhook.payload import body

    parcel = parcel_for(reader())
    told = json.loads(body(parcel))
    assert told["alert"] == json.loads(bytes(parcel.entries[0].notice.alert))
    assert told["type"] == "alert.opened"
