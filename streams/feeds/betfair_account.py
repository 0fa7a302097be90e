"""A Betfair account over HTTP: logging in for a session, and asking for the names of markets."""

import ssl
from collections.abc import Iterable, Mapping
from typing import Any

import httpx
import msgspec

from streams.feeds.betfair_connection import Dropped
from streams.feeds.live import FeedRefused, secret
from streams.feeds.settings import BetfairSettings

_AT_ONCE = 100
_TIMEOUT_S = 15.0
_WRONG = ("INVALID_USERNAME_OR_PASSWORD", "CERT_AUTH_REQUIRED", "ACCOUNT_NOW_LOCKED")


class Account:
    """Holds the session, makes a new one when told that it is no longer valid."""

    def __init__(self, settings: BetfairSettings) -> None:
        self._settings = settings
        self.app_key = secret(settings.app_key, "feeds.betfair.app_key")
        self._password = secret(settings.password, "feeds.betfair.password")
        self._session: str | None = None
        self._http = httpx.Client(
            verify=_trust(settings), timeout=_TIMEOUT_S, follow_redirects=False
        )

    def close(self) -> None:
        """Close the HTTP client."""
        self._http.close()

    def forget(self) -> None:
        """Forget the session; the next one is a new login."""
        self._session = None

    def session(self) -> str:
        """Give the session, logging in where there is none."""
        if self._session is None:
            self._session = self._log_in()
        return self._session

    def _log_in(self) -> str:
        form = {"username": self._settings.username or "", "password": self._password}
        headers = {"X-Application": self.app_key}
        try:
            answer = self._http.post(self._settings.login_url, data=form, headers=headers)
            answer.raise_for_status()
            told = msgspec.json.decode(answer.content, type=dict[str, Any])
        except (httpx.HTTPError, msgspec.MsgspecError) as error:
            raise Dropped(f"login failed: {type(error).__name__}") from None
        status, session = str(told.get("loginStatus")), told.get("sessionToken")
        if status == "SUCCESS" and isinstance(session, str):
            return session
        if status in _WRONG:
            raise FeedRefused(f"betfair refuses the login: {status}; check [feeds.betfair]")
        raise Dropped(f"login failed: {status[:80]!r}")

    def catalogue(self, markets: Iterable[str]) -> Mapping[str, dict[str, Any]]:
        """Ask for the names of markets; what cannot be had is left out."""
        wanted, found = list(markets), dict[str, dict[str, Any]]()
        if self._settings.catalogue_url is None:
            return found
        headers = {"X-Application": self.app_key, "X-Authentication": self.session()}
        for first in range(0, len(wanted), _AT_ONCE):
            body = {
                "filter": {"marketIds": wanted[first : first + _AT_ONCE]},
                "marketProjection": ["COMPETITION", "EVENT", "RUNNER_DESCRIPTION"],
                "maxResults": _AT_ONCE,
            }
            try:
                answer = self._http.post(self._settings.catalogue_url, json=body, headers=headers)
                answer.raise_for_status()
                told = msgspec.json.decode(answer.content, type=list[dict[str, Any]])
            except (httpx.HTTPError, msgspec.MsgspecError):
                continue
            found |= {str(one.get("marketId")): one for one in told}
        return found


def _trust(settings: BetfairSettings) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=settings.ssl_cafile)
    if settings.certificate is not None:
        context.load_cert_chain(settings.certificate)
    return context


class Names:
    """Puts names into market definitions, which the live stream sends without."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._known: dict[str, dict[str, Any]] = {}

    def fill(self, line: bytes) -> bytes:
        """Return a message with the names that its definitions lack; damaged ones as they are."""
        if b'"marketDefinition"' not in line:
            return line
        try:
            body = msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return line
        unnamed = {str(c.get("id")): c["marketDefinition"] for c in _defining(body)}
        missing = [market for market in unnamed if market not in self._known]
        told = self._account.catalogue(missing) if missing else {}
        self._known |= {market: told[market] for market in missing if market in told}
        for market, definition in unnamed.items():
            if market in self._known:
                _name(definition, self._known[market])
        return msgspec.json.encode(body) if unnamed else line


def _defining(body: Mapping[str, Any]) -> Iterable[dict[str, Any]]:
    changes = body.get("mc")
    for change in changes if isinstance(changes, list) else ():
        definition = change.get("marketDefinition") if isinstance(change, dict) else None
        if isinstance(definition, dict) and "eventName" not in definition:
            yield change


def _name(definition: dict[str, Any], told: Mapping[str, Any]) -> None:
    event, competition = _part(told, "event"), _part(told, "competition")
    for field, name in (
        ("eventName", event.get("name")),
        ("competitionName", competition.get("name")),
        ("name", told.get("marketName")),
    ):
        if isinstance(name, str):
            definition.setdefault(field, name)
    listed, runners = told.get("runners"), definition.get("runners")
    if not isinstance(listed, list) or not isinstance(runners, list):
        return
    names = {r.get("selectionId"): r.get("runnerName") for r in listed if isinstance(r, dict)}
    for runner in runners:
        if isinstance(runner, dict) and isinstance(name := names.get(runner.get("id")), str):
            runner.setdefault("name", name)


def _part(told: Mapping[str, Any], field: str) -> Mapping[str, Any]:
    part = told.get(field)
    return part if isinstance(part, dict) else {}
