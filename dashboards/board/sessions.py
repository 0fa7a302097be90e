"""Sessions: who is behind a cookie, and the token that a form must carry to be theirs."""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dashboards.board.tokens import Person, Tokens, digest_of

_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that has entered; `digest` is of the token it entered with."""

    person: Person
    form_token: str
    ends: float
    digest: str | None = None


class Sessions:
    """Sessions in memory, by the hash of their cookie; a restart ends them all.

    Parameters
    ----------
    tokens
        Those who may enter; None where whoever sits at this machine may.
    seconds
        How long a session lasts.
    clock
        Monotonic seconds.
    """

    def __init__(self, tokens: Tokens | None, seconds: float, clock: Callable[[], float]) -> None:
        self._tokens = tokens
        self._seconds = seconds
        self._clock = clock
        self._open: OrderedDict[str, Session] = OrderedDict()

    def begin(self, person: Person, token: str | None = None) -> tuple[str, Session]:
        """Begin a session; returns its cookie and itself. Of too many the least used give way."""
        cookie = secrets.token_urlsafe(32)
        digest = None if token is None else digest_of(token)
        ends = self._clock() + self._seconds
        session = Session(person, secrets.token_urlsafe(32), ends, digest)
        self._open[_key(cookie)] = session
        while len(self._open) > _MOST:
            self._open.popitem(last=False)
        return cookie, session

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, while it lasts and its token is still in the file."""
        session = self._open.get(_key(cookie))
        if session is None:
            return None
        if session.ends <= self._clock() or not self._still_allowed(session):
            self.end(cookie)
            return None
        self._open.move_to_end(_key(cookie))
        return session

    def end(self, cookie: str) -> None:
        """Forget a session."""
        self._open.pop(_key(cookie), None)

    def _still_allowed(self, session: Session) -> bool:
        if self._tokens is None:
            return True
        return self._tokens.of_digest(session.digest or "") == session.person


def same(known: str, given: str) -> bool:
    """Compare secrets without telling by time how much of them is right."""
    return hmac.compare_digest(known.encode(), given.encode())


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
