"""Subscriptions over HTTP: a small application to be mounted, and the pages of links in e-mails.

Nothing here trusts a session or a cookie. The API wants a bearer token; the pages want the token of
a link, and change nothing on GET, for mail scanners follow links.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from alerts.subscribing.service import Refused, SubscriptionService
from alerts.subscribing.subscription import Subscription, Webhook

_LARGEST = 64 * 1024
_HERE = Path(__file__).parent
_STYLE = (_HERE / "page.css").read_text("utf-8")
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
_PAGE_HEADERS = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}
_templates = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined)

Handler = Callable[[Request], Awaitable[Response]]


def subscriptions_app(service: SubscriptionService, api_token: SecretStr | None) -> Starlette:
    """The application: `/api/subscriptions...` and `/subscriptions/confirm|unsubscribe`.

    Mount it at the root of the board, before what asks for a session; its own paths are

    - `GET, POST /api/subscriptions`
    - `GET, DELETE /api/subscriptions/{name}`
    - `POST /api/subscriptions/{name}/test|rotate|link`
    - `GET, POST /subscriptions/confirm` and `/subscriptions/unsubscribe`, with `?token=`

    Without `api_token` the API refuses everything; the pages work all the same.
    """
    return Starlette(routes=routes(service, api_token))


def routes(service: SubscriptionService, api_token: SecretStr | None) -> list[Route]:
    """The routes of the application, to be put among others."""
    api, pages = _Api(service), _Pages(service)
    guarded = _guard(api_token)
    one = "/api/subscriptions/{name}"
    return [
        Route("/api/subscriptions", guarded(api.all), methods=["GET"]),
        Route("/api/subscriptions", guarded(api.subscribe), methods=["POST"]),
        Route(one, guarded(api.one), methods=["GET"]),
        Route(one, guarded(api.end), methods=["DELETE"]),
        Route(one + "/{what}", guarded(api.change), methods=["POST"]),
        Route("/subscriptions/confirm", pages.confirm, methods=["GET", "POST"]),
        Route("/subscriptions/unsubscribe", pages.unsubscribe, methods=["GET", "POST"]),
    ]


def _guard(token: SecretStr | None) -> Callable[[Handler], Handler]:
    wanted = b"" if token is None else token.get_secret_value().encode()

    def guarded(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            right = hmac.compare_digest(given.strip().encode(), wanted)
            if not wanted or scheme.casefold() != "bearer" or not right:
                headers = {"www-authenticate": "Bearer"}
                return _problem(401, "", "a bearer token is wanted (notify.api_token)", headers)
            return await handler(request)

        return handle

    return guarded


class _Api:
    def __init__(self, service: SubscriptionService) -> None:
        self._service = service

    async def all(self, _: Request) -> Response:
        return JSONResponse({"subscriptions": [shown(one) for one in self._service.all()]})

    async def subscribe(self, request: Request) -> Response:
        body = await _body(request)
        if isinstance(body, Response):
            return body
        made = await run_in_threadpool(self._service.subscribe, body, "API")
        if isinstance(made, Refused):
            return JSONResponse({"problems": [one._asdict() for one in made.problems]}, 422)
        return JSONResponse(self._with_secret(made), 201)

    async def one(self, request: Request) -> Response:
        found = self._service.find(request.path_params["name"])
        return _absent() if found is None else JSONResponse(shown(found))

    async def end(self, request: Request) -> Response:
        found = self._service.find(request.path_params["name"])
        if found is None:
            return _absent()
        return JSONResponse(shown(await run_in_threadpool(self._service.end, found)))

    async def change(self, request: Request) -> Response:
        found = self._service.find(request.path_params["name"])
        what = request.path_params["what"]
        if found is None or what not in ("test", "rotate", "link"):
            return _absent()
        if what == "test":
            return JSONResponse(shown(await run_in_threadpool(self._service.try_out, found)), 202)
        if what == "link":
            return JSONResponse(shown(await run_in_threadpool(self._service.ask_again, found)), 202)
        if not isinstance(found.channel, Webhook):
            return _problem(422, "channel", "an e-mail subscription has no secret to rotate")
        return JSONResponse(self._with_secret(await run_in_threadpool(self._service.rotate, found)))

    def _with_secret(self, subscription: Subscription) -> dict[str, Any]:
        secret = self._service.secret(subscription)
        return shown(subscription) | ({} if secret is None else {"secret": secret})


class _Pages:
    def __init__(self, service: SubscriptionService) -> None:
        self._service = service

    async def confirm(self, request: Request) -> Response:
        if request.method == "GET":
            return _page("Confirm your address", "Do you want to get alerts at this address?",
                         "Yes, confirm")  # fmt: skip
        found = await run_in_threadpool(self._service.confirm, _token(request))
        if found is None:
            text = "This link does not hold, or is older than a week. Ask for a new one."
            return _page("Not confirmed", text, status=400)
        return _page("Confirmed", "Alerts will come from now on. Each has a link to end them.")

    async def unsubscribe(self, request: Request) -> Response:
        found = self._service.named_by(_token(request))
        if found is None:
            text = "This link is not whole. Copy all of it from the newest e-mail, or answer that."
            return _page("Not found", text, status=400)
        if request.method == "GET" and found.ended_at is None:
            return _page("Unsubscribe", f"End the subscription “{found.name}”?", "Unsubscribe")
        await run_in_threadpool(self._service.unsubscribe, _token(request))
        return _page("Unsubscribed", f"Nothing more will come for “{found.name}”.")


def shown(subscription: Subscription) -> dict[str, Any]:
    """A subscription as the API shows it; of a webhook's address the host alone, it may be secret.

    >>> from datetime import UTC, datetime
    >>> noon = datetime(2026, 6, 11, 12, tzinfo=UTC)
    >>> shown(Subscription(
    ...     subscription="s-0123456789abcdef", name="desk", created_at=noon, created_by="ana",
    ...     channel=Webhook(url="https://hooks.example.org/T0/B0/secret"),
    ... ))["channel"]
    {'kind': 'webhook', 'host': 'hooks.example.org'}
    """
    facts: dict[str, Any] = subscription.model_dump(mode="json")
    if isinstance(subscription.channel, Webhook):
        facts["channel"] = {"kind": "webhook", "host": subscription.channel.host}
    return facts | {"active": subscription.active}


async def _body(request: Request) -> Any:
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LARGEST:
            return _problem(413, "", f"at most {_LARGEST} bytes are wanted")
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        return _problem(400, "", f"not JSON: {error}")


def _problem(
    status: int, field: str, why: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    return JSONResponse({"problems": [{"field": field, "why": why}]}, status, headers)


def _absent() -> Response:
    return _problem(404, "", "there is no such subscription")


def _token(request: Request) -> str:
    return request.query_params.get("token", "")


def _page(title: str, text: str, button: str = "", status: int = 200) -> Response:
    page = _templates.get_template("page.html").render(
        title=title, text=text, button=button, style=Markup(_STYLE)
    )
    return HTMLResponse(page, status, _PAGE_HEADERS)
