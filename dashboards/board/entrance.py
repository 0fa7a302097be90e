"""The entrance: who is asking, by cookie, by token, or because this machine is theirs."""

import time
from dataclasses import dataclass

from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from dashboards.board.sessions import Session, Sessions, same
from dashboards.board.settings import BoardSettings
from dashboards.board.tokens import Person, Tokens

LOCAL = "local"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody who may enter; `cookie` is set where it is new, `session` None with a token."""

    person: Person
    session: Session | None
    cookie: str | None = None


class Entrance:
    """Knows who is asking. Without tokens it is whoever sits at this machine."""

    def __init__(self, settings: BoardSettings) -> None:
        self._tokens = Tokens(settings.tokens_file) if settings.tokens_file else None
        self._sessions = Sessions(self._tokens, settings.session_h * 3600.0, time.monotonic)
        self._local = Person(LOCAL, settings.local_role)
        self._secure = settings.tls_in_front
        self.cookie_name = "__Host-sogawatch" if self._secure else "sogawatch"

    @property
    def open_to_all(self) -> bool:
        """Whether nobody has to sign in."""
        return self._tokens is None

    def names(self) -> list[str]:
        """Who may act."""
        return self._tokens.names() if self._tokens else [LOCAL]

    def by_cookie(self, request: HttpRequest) -> Entry | None:
        """Who a browser is; where nobody has to sign in, a session begins by itself."""
        session = self._sessions.find(request.cookies.get(self.cookie_name, ""))
        if session is not None:
            return Entry(session.person, session)
        if self._tokens is None:
            cookie, session = self._sessions.begin(self._local)
            return Entry(self._local, session, cookie)
        return None

    def by_token(self, request: HttpRequest) -> Entry | None:
        """Who a program is, by its bearer token."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if self._tokens is None or scheme.casefold() != "bearer":
            return None
        person = self._tokens.person_of(token.strip())
        return Entry(person, None) if person else None

    def sign_in(self, token: str) -> Entry | None:
        """Begin a session for whoever holds this token."""
        person = self._tokens.person_of(token) if self._tokens else None
        if person is None:
            return None
        cookie, session = self._sessions.begin(person, token)
        return Entry(person, session, cookie)

    def sign_out(self, request: HttpRequest) -> None:
        """End the session of a browser."""
        self._sessions.end(request.cookies.get(self.cookie_name, ""))

    def welcome(self, request: HttpRequest, entry: Entry) -> bool:
        """Whether somebody who entered may stay."""
        if entry.session is None or entry.cookie is not None:
            return True
        return self._sessions.find(request.cookies.get(self.cookie_name, "")) is not None

    def give(self, response: Response, entry: Entry) -> None:
        """Hand a new cookie out; scripts cannot read it and other sites cannot send it."""
        if entry.cookie is not None:
            response.set_cookie(
                self.cookie_name,
                entry.cookie,
                path="/",
                httponly=True,
                samesite="strict",
                secure=self._secure,
            )


def form_is_ours(entry: Entry, given: str) -> bool:
    """Whether a form was written by us for this session."""
    return entry.session is not None and same(entry.session.form_token, given)
