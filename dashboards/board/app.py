"""The board as an ASGI app: every address, and what stands behind it."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dashboards.board import api
from dashboards.board.case_page import (
    accounts_page,
    act_on_case,
    case_page,
    match_page,
)
from dashboards.board.desk import (
    act_on_hand_over,
    act_on_miss,
    act_on_snoozes,
    deliveries_page,
    hand_over_page,
    miss_page,
    snoozes_page,
)
from dashboards.board.drawing import chart_data
from dashboards.board.entrance import Entrance, Entry, form_is_ours
from dashboards.board.events import Ending, events
from dashboards.board.floor import Feeds, floor
from dashboards.board.guard import Guard, names_for
from dashboards.board.pages import pages
from dashboards.board.settings import BoardRefused, BoardSettings, require_safe
from dashboards.board.visit import Sources, Visit

log = logging.getLogger(__name__)

_STRANGE_FORM = "This form is not of your session any more. Go back, reload, try again."
_STATIC = Path(__file__).parent / "static"
Answers = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[HttpRequest], Awaitable[Response]]


class Board:
    """Wires pages to their sources.

    Raises
    ------
    BoardRefused
        When the settings are not safe, or the tokens cannot be read.
    """

    def __init__(self, settings: BoardSettings, sources: Sources) -> None:
        require_safe(settings)
        self._settings = settings
        self._sources = sources
        self._pages = pages()
        self._entrance = Entrance(settings)
        self.ending = Ending()

    def app(self, mounts: list[BaseRoute] | None = None) -> Starlette:
        """The ASGI app; `mounts` are sub-applications of others."""
        names = names_for(self._settings.host, self._settings.hosts)
        guard = Middleware(Guard, names=names, secure=self._settings.tls_in_front)
        return Starlette(
            routes=[*self._routes(), *(mounts or [])],
            middleware=[guard],
            exception_handlers={
                HTTPException: self._fault,
                BoardRefused: self._broken,
                Exception: self._broken,
            },
        )

    def _routes(self) -> list[BaseRoute]:
        feeds = Feeds(self._sources, self._settings)
        see, do, get, post = self._see, self._do, self._api_get, self._api_post
        return [
            Route("/", see(partial(floor, feeds=feeds))),
            Route("/events", see(partial(events, ending=self.ending))),
            Route("/cases/{name}", see(case_page)),
            Route("/cases/{name}", do(act_on_case), methods=["POST"]),
            Route("/cases/{name}/accounts", do(accounts_page), methods=["POST"]),
            Route("/cases/{name}/chart", see(chart_data)),
            Route("/matches/{match}", see(match_page)),
            Route("/hand-over", see(hand_over_page)),
            Route("/hand-over", do(act_on_hand_over), methods=["POST"]),
            Route("/snoozes", see(snoozes_page)),
            Route("/snoozes", do(act_on_snoozes), methods=["POST"]),
            Route("/misses", see(miss_page)),
            Route("/misses", do(act_on_miss), methods=["POST"]),
            Route("/deliveries", see(deliveries_page)),
            Route("/sign-in", self._sign_in, methods=["GET", "POST"]),
            Route("/sign-out", do(self._sign_out), methods=["POST"]),
            Route("/health", self._health),
            Route("/api/cases", get(api.cases)),
            Route("/api/cases/{name}", get(api.case)),
            Route("/api/cases/{name}/actions", post(api.act_on_case), methods=["POST"]),
            Route("/api/actions", post(api.act_alone), methods=["POST"]),
            Mount("/static", StaticFiles(directory=_STATIC, follow_symlink=False)),
        ]

    def _see(self, answers: Answers) -> Endpoint:
        async def endpoint(request: HttpRequest) -> Response:
            entry = self._entrance.by_cookie(request)
            if entry is None:
                return self._to_sign_in(request)
            response = await answers(self._visit(request, entry))
            self._entrance.give(response, entry)
            return response

        return endpoint

    def _do(self, answers: Answers) -> Endpoint:
        async def endpoint(request: HttpRequest) -> Response:
            entry = self._entrance.by_cookie(request)
            if entry is None:
                return self._to_sign_in(request)
            async with request.form(max_files=0, max_fields=50) as form:
                given = form.get("form_token", "")
                if not form_is_ours(entry, given if isinstance(given, str) else ""):
                    raise HTTPException(403, _STRANGE_FORM)
                return await answers(self._visit(request, entry, form))

        return endpoint

    def _api_get(self, answers: Answers) -> Endpoint:
        async def endpoint(request: HttpRequest) -> Response:
            entry = self._entrance.by_token(request) or self._entrance.by_cookie(request)
            if entry is None:
                return api.unknown_caller()
            return await answers(self._visit(request, entry))

        return endpoint

    def _api_post(self, answers: Answers) -> Endpoint:
        async def endpoint(request: HttpRequest) -> Response:
            entry = self._entrance.by_token(request)
            if entry is None:
                entry = self._entrance.by_cookie(request)
                token = request.headers.get("x-form-token", "")
                if entry is None or not form_is_ours(entry, token):
                    return api.unknown_caller()
            return await answers(self._visit(request, entry))

        return endpoint

    def _visit(self, request: HttpRequest, entry: Entry, form: FormData | None = None) -> Visit:
        return Visit(
            request=request,
            person=entry.person,
            session=entry.session,
            sources=self._sources,
            settings=self._settings,
            pages=self._pages,
            form=form or FormData(),
            local=self._entrance.open_to_all,
            welcome=lambda: self._entrance.welcome(request, entry),
            officers=self._entrance.names,
        )

    def _to_sign_in(self, request: HttpRequest) -> Response:
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(f"/sign-in?next={quote(request.url.path)}", 303)
        raise HTTPException(401, "Sign in first.")

    async def _sign_in(self, request: HttpRequest) -> Response:
        """Let somebody in by a token.

        There is no session yet, so no form token either: what a forged form could do is sign
        somebody in as the forger, and the guard refuses other sites.
        """
        if self._entrance.open_to_all:
            return RedirectResponse("/", 303)
        if request.method == "GET":
            return self._signing_in(request.query_params.get("next", "/"))
        async with request.form(max_files=0, max_fields=5) as form:
            token, after = str(form.get("token", "")).strip(), str(form.get("next", "/"))
        entry = self._entrance.sign_in(token)
        if entry is None:
            log.warning("a sign-in was refused: unknown token")
            return self._signing_in(after, "That token is not known here.", 403)
        response = RedirectResponse(_within(after), 303)
        self._entrance.give(response, entry)
        return response

    def _signing_in(self, after: str, message: str = "", status: int = 200) -> Response:
        page = self._pages.get_template("sign_in.html")
        return Response(
            page.render(after=_within(after), message=message, person=None),
            status,
            media_type="text/html",
        )

    async def _sign_out(self, visit: Visit) -> Response:
        self._entrance.sign_out(visit.request)
        return RedirectResponse("/sign-in", 303)

    async def _health(self, _: HttpRequest) -> Response:
        """For those who watch over the process: 200 once the topics have been read."""
        read = self._sources.live.read
        return PlainTextResponse("ok\n" if read else "reading\n", 200 if read else 503)

    async def _fault(self, request: HttpRequest, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        told = error.detail if isinstance(error, HTTPException) else ""
        headers = error.headers if isinstance(error, HTTPException) else None
        return self._told(request, status, told, headers)

    async def _broken(self, request: HttpRequest, error: Exception) -> Response:
        told = str(error) if isinstance(error, BoardRefused) else ""
        return self._told(request, 500, told or "The board has failed; its log says how.", None)

    def _told(self, request: HttpRequest, status: int, told: str, headers: object) -> Response:
        extra = dict(headers) if isinstance(headers, dict) else None
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": told}, status, headers=extra)
        page = self._pages.get_template("error.html")
        text = page.render(status=status, told=told, person=None)
        return Response(text, status, media_type="text/html", headers=extra)


def _within(address: str) -> str:
    """An address of ours to go on to; anything that could lead elsewhere becomes the floor.

    >>> _within("/cases/c-1"), _within("//evil.example"), _within("https://evil.example")
    ('/cases/c-1', '/', '/')
    """
    plain = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if plain and address.isprintable() and "\\" not in address else "/"
