"""The way to a Grafana: waiting till it is well, trying again, and saying what is in the way.

grafana-client gives up after five seconds and never tries again; what a server that starts, or a
proxy in front of it, answers meanwhile is no reason to fail.
"""

import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaException, GrafanaTimeoutError

T = TypeVar("T")
Say = Callable[[str], None]
TIMEOUT_S = 20.0
_FIRST_WAIT_S, _LONGEST_WAIT_S, _TRIES = 0.5, 8.0, 4
_CONFLICTS = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}
_PASSING = {HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)}


class ProvisioningFailed(Exception):
    """Grafana cannot be brought to what is wanted; the message says what to do."""


class Conflict(ProvisioningFailed):
    """Somebody else has changed the same thing in between (409 or 412)."""


class Grafana:
    """A Grafana that is asked with patience, for as long as the context lasts.

    Parameters
    ----------
    url
        Its address, with the path if it is served below one.
    token
        Of a service account.
    say
        Takes a line of progress.
    sleep, clock
        Of `time`, in seconds.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        say: Say,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ProvisioningFailed(f"{url}: not an address like https://grafana.example")
        if parts.username or parts.password:
            raise ProvisioningFailed(
                "the address holds a user or password: use SOGAWATCH_GRAFANA__TOKEN instead"
            )
        self.url = url.rstrip("/")
        self._say, self._sleep, self._clock = say, sleep, clock
        prefix = parts.path.strip("/")
        self.api = GrafanaApi(
            token,
            protocol=parts.scheme,
            host=parts.hostname,
            port=parts.port,
            url_path_prefix=f"{prefix}/" if prefix else "",
            timeout=TIMEOUT_S,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.api.client.s.close()

    def wait(self, within_s: float) -> str:
        """Wait until it and its database are well; return its version.

        Raises
        ------
        ProvisioningFailed
            When it is not within that time, with the last reason.
        """
        deadline, pause = self._clock() + within_s, _FIRST_WAIT_S
        while (why := self._ill()) is not None:
            if self._clock() + pause > deadline:
                raise ProvisioningFailed(
                    f"{self.url}: not well within {within_s:g} s: {why}; is this the address of "
                    "Grafana, with its path?"
                )
            self._say(f"waiting for {self.url}: {why}")
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT_S)
        return self._version

    def _ill(self) -> str | None:
        try:
            told = self.api.client.GET("/health")
        except GrafanaException as error:
            return str(error) or "no answer in time"
        except (OSError, ValueError) as error:
            return _point_of(error)
        if not isinstance(told, dict) or told.get("database") != "ok":
            return f"its database is {_of(told, 'database')}"
        self._version = str(told.get("version", ""))
        return None

    def ask(self, what: str, call: Callable[[], T]) -> T:
        """Call the API, again while it fails in passing; `what` is being done, for messages."""
        pause = _FIRST_WAIT_S
        for left in reversed(range(_TRIES)):
            try:
                return call()
            except (GrafanaException, OSError) as error:
                if not left or not _passes(error):
                    raise self._failure(what, error) from error
                self._say(f"{what}: {_point_of(error)}; trying again")
            self._sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT_S)
        raise AssertionError("the last try returns or raises")

    def find(self, what: str, call: Callable[[], T]) -> T | None:
        """Call the API for something that may not be there: None for 404."""

        def looking() -> T | None:
            try:
                return call()
            except GrafanaException as error:
                if error.status_code == HTTPStatus.NOT_FOUND:
                    return None
                raise

        return self.ask(what, looking)

    def _failure(self, what: str, error: Exception) -> ProvisioningFailed:
        status = getattr(error, "status_code", 0)
        told = f"{what}: {_point_of(error)}"
        if status == HTTPStatus.UNAUTHORIZED:
            return ProvisioningFailed(
                f"{self.url} does not know the token (401): make one for a service account with "
                "the role Admin, and put it into SOGAWATCH_GRAFANA__TOKEN"
            )
        if status == HTTPStatus.FORBIDDEN:
            return ProvisioningFailed(
                f"{told}: the service account needs the role Admin, and what files provision "
                "cannot be changed over the API"
            )
        if status in _CONFLICTS:
            return Conflict(f"{told}: it has been changed by somebody else; run this again")
        if status == HTTPStatus.NOT_FOUND:
            return ProvisioningFailed(f"{told}: {self.url} has no such thing")
        return ProvisioningFailed(told)


def _passes(error: Exception) -> bool:
    if isinstance(error, GrafanaTimeoutError) or not isinstance(error, GrafanaException):
        return True
    return error.status_code in _PASSING


def _point_of(error: Exception) -> str:
    """What a failure comes to, in one line."""
    message = _of(getattr(error, "response", None), "message")
    if isinstance(error, GrafanaException) and message:
        return f"{error.status_code}, {message}"
    if lost := re.search(r"\[Errno -?\d+\] ([^'\")]+)", str(error)):
        return lost[1].lower()
    return " ".join(str(error).split())[:200] or type(error).__name__


def _of(told: Any, name: str) -> str:
    return str(told.get(name, "")) if isinstance(told, dict) else ""
