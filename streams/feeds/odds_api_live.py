"""The Odds API, live: polls at a polite pace, and tells what changed.

One round asks for each sport once; its answers become one poll, seen when the last came. What a
poll becomes is said in `odds_api`, for recordings and live alike.

- **Pace**: every `interval_s` while a match is in play or begins within three hours, else every
  `idle_interval_s`. The quota is told by the answers: when fewer than `keep_requests` are left the
  feed tells a gap and asks once an hour.
- **A server that fails, is slow or limits** is asked again after a wait that doubles, or after what
  it asks for (`Retry-After`). After the third failure in a row a gap is told, once.
- **The key** travels in the address, as the API wants it; so addresses are never shown or logged.
"""

import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from markets.records import Fixture, Gap
from streams.feeds.documents import Document
from streams.feeds.feed import Refusal
from streams.feeds.live import PAUSE, Backoff, FeedRefused, LiveFeed, Start, Telling, Told, secret
from streams.feeds.odds_api import Recording
from streams.feeds.odds_api_boards import SOURCE
from streams.feeds.settings import OddsApiSettings

LONGEST_ANSWER = 32 * 1024 * 1024
NEAR = timedelta(hours=3)
PLAYED = timedelta(hours=4)
_FAILURES_TOLD = 3
_QUOTA_WAIT_S = 3600.0
_SPENT = "OUT_OF_USAGE_CREDITS"


class _Failed(Exception):
    """A request that may be made again; says why, and how long to wait at least."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


class Poller:
    """Asks round after round, and knows how much of the quota is left."""

    def __init__(self, start: Start) -> None:
        # At level info it logs each address, with the key in it.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        self._settings: OddsApiSettings = start.settings
        self._key = secret(start.settings.api_key, "feeds.odds_api.api_key")
        self._now = start.now
        self._wait = start.wait
        self._backoff = Backoff(start.wait, first_s=1.0, longest_s=300.0)
        self._recording = Recording()
        self._http = httpx.Client(timeout=start.settings.timeout_s, follow_redirects=False)
        self._starts: dict[str, datetime] = {}
        self._left: int | None = None
        self._failures = 0
        self._rounds = 0
        self._short = False

    def told(self) -> Iterator[Told]:
        """Tell round after round, for ever."""
        with closing(self._http):
            while True:
                try:
                    events = [e for sport in self._settings.sports for e in self._ask(sport)]
                except _Failed as error:
                    yield from self._failed(error)
                else:
                    self._failures = 0
                    self._backoff.reset()
                    yield from self._round(events)
                    yield from self._rest()

    def _round(self, events: list[Any]) -> Iterator[Told]:
        self._rounds += 1
        document = {"timestamp": self._now().isoformat(), "data": events}
        for told in self._recording.told(Document(f"round {self._rounds}", document)):
            if isinstance(told, Fixture):
                self._starts[told.match] = told.start
            yield told

    def _rest(self) -> Iterator[Told]:
        short = self._left is not None and self._left < self._settings.keep_requests
        if short and not self._short:
            reason = f"quota: {self._left} requests are left"
            yield Gap(at=self._now(), source=SOURCE, reason=reason)
        self._short = short
        yield PAUSE
        self._wait(_QUOTA_WAIT_S if short else self._pace())

    def _pace(self) -> float:
        now = self._now()
        self._starts = {m: start for m, start in self._starts.items() if start > now - PLAYED}
        near = any(start < now + NEAR for start in self._starts.values())
        return self._settings.interval_s if near else self._settings.idle_interval_s

    def _failed(self, error: _Failed) -> Iterator[Told]:
        self._failures += 1
        if self._failures == _FAILURES_TOLD or error.wait_s >= _QUOTA_WAIT_S:
            yield Gap(at=self._now(), source=SOURCE, reason=str(error))
        yield Refusal(SOURCE, "the-odds-api", str(error), b"")
        yield PAUSE
        self._backoff.wait(error.wait_s)

    def _ask(self, sport: str) -> list[Any]:
        held = self._settings
        asked = {
            "apiKey": self._key,
            "regions": ",".join(held.regions),
            "markets": ",".join(held.markets),
            "oddsFormat": "decimal",
            "dateFormat": "iso",
        }
        try:
            status, headers, body = self._get(f"{held.url}/v4/sports/{sport}/odds", asked)
        except httpx.HTTPError as error:
            raise _Failed(f"no answer: {type(error).__name__}") from None
        self._note(headers)
        _check(status, headers, body, sport)
        try:
            return msgspec.json.decode(body, type=list[Any])
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            raise _Failed("the answer is no list of events") from None

    def _get(self, url: str, asked: dict[str, str]) -> tuple[int, httpx.Headers, bytes]:
        body = bytearray()
        with self._http.stream("GET", url, params=asked) as answer:
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > LONGEST_ANSWER:
                    raise _Failed(f"the answer is longer than {LONGEST_ANSWER} bytes")
            return answer.status_code, answer.headers, bytes(body)

    def _note(self, headers: httpx.Headers) -> None:
        left = headers.get("x-requests-remaining", "")
        if left.isascii() and left.isdigit():
            self._left = int(left)


def _check(status: int, headers: httpx.Headers, body: bytes, sport: str) -> None:
    if status == 200:
        return
    if _SPENT.encode() in body:
        raise _Failed("quota: it is used up", _QUOTA_WAIT_S)
    if status in (401, 403):
        raise FeedRefused(f"The Odds API refuses the key ({status}); check feeds.odds_api.api_key")
    if status in (404, 422):
        raise FeedRefused(
            f"The Odds API does not know what was asked of {sport!r} ({status}); check sports,"
            " regions and markets in [feeds.odds_api]"
        )
    after = headers.get("retry-after", "")
    raise _Failed(f"status {status}", float(after) if after.isascii() and after.isdigit() else 0.0)


def run(start: Start) -> Telling:
    """Tell the odds of the sports that the settings ask for."""
    yield from Poller(start).told()


LIVE = LiveFeed("odds-api", "odds_api", run)
