"""A visit: one request by somebody known, and what the board has at hand for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jinja2 import Environment
from starlette.datastructures import FormData
from starlette.requests import Request as HttpRequest
from starlette.responses import HTMLResponse, Response

from alerts.action import Action
from dashboards.board.live import LiveCases
from dashboards.board.sessions import Session
from dashboards.board.settings import BoardSettings
from dashboards.board.tokens import Person
from forensics.store import Store


class NotSent(Exception):
    """An action could not be handed to the topic; nothing has happened."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the board gets its data, and where actions go.

    `send` returns when the action is safe with the broker, and raises NotSent when it is not.
    `now` is the present: the wall clock for a live watch, the feed's own time for a replay. `store`
    is None where none is at hand. `told` says whether others hear of actions.
    """

    live: LiveCases
    store: Store | None
    send: Callable[[Action], None]
    now: Callable[[], datetime]
    replay: bool = False
    told: bool = True


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by somebody known.

    `welcome` says whether he still is, while it lasts; `officers` are those whom a case can be
    given to.
    """

    request: HttpRequest
    person: Person
    session: Session | None
    sources: Sources
    settings: BoardSettings
    pages: Environment
    form: FormData
    local: bool
    welcome: Callable[[], bool]
    officers: Callable[[], list[str]]

    @property
    def now(self) -> datetime:
        """The present."""
        return self.sources.now()

    def field(self, name: str) -> str:
        """A field of the form, or of the address."""
        given = self.form.get(name, self.request.query_params.get(name, ""))
        return given.strip() if isinstance(given, str) else ""

    def page(self, name: str, status: int = 200, **values: Any) -> Response:
        """Render a page."""
        known = {
            "person": self.person,
            "local": self.local,
            "form_token": self.session.form_token if self.session else "",
            "now": self.now,
            "replay": self.sources.replay,
            "told_to_others": self.sources.told,
            "path": self.request.url.path,
        }
        return HTMLResponse(self.pages.get_template(name).render(**known, **values), status)
