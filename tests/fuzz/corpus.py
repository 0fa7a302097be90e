"""The corpus of each target: inputs that reach something no other does, in one archive each."""

import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from msgspec.json import encode as as_json

from streams.frames import encode
from streams.simulator.match_day import match_day
from tests.dashboards.board.scene import an_alert
from tests.fuzz.http import TOKEN
from tests.mutations import NASTY
from tests.streams import test_fuzzed_feeds, test_fuzzed_settings

KEPT = Path(__file__).parents[1] / "corpus"
_START = datetime(2026, 7, 4, 12, tzinfo=UTC)
_FORM = b"content-type: application/x-www-form-urlencoded\r\n"
_JSON = b"content-type: application/json\r\n"
_CASE = an_alert().match.encode()


def _frames() -> list[bytes]:
    day = match_day(1, matches=1, books=3, start=_START)
    kinds = {type(record): record for record in day.records}
    return [encode(list(kinds.values())), *map(as_json, kinds.values()), b"[]"]


def _request(line: bytes, headers: bytes = b"", body: bytes = b"") -> bytes:
    length = b"content-length: %d\r\n" % len(body) if body else b""
    return line + b" HTTP/1.1\r\nhost: 127.0.0.1\r\n" + headers + length + b"\r\n" + body


def _http() -> list[bytes]:
    bearer = b"authorization: Bearer " + TOKEN.encode() + b"\r\n"
    pages = [b"/", b"/hand-over", b"/snoozes", b"/misses", b"/deliveries", b"/health", b"/sign-in",
             b"/api/cases?level=red&state=open", b"/cases/" + _CASE, b"/matches/" + _CASE,
             b"/cases/" + _CASE + b"/chart?market=1x2", b"/events", b"/subscriptions/confirm?t=x",
             b"/subscriptions/unsubscribe?t=x", b"/static/board.css"]  # fmt: skip
    action = b'{"kind": "acknowledge", "note": "seen", "seen": "x"}'
    form = b"kind=acknowledge&note=seen&form_token=x&action_id=a"
    webhook = b'{"name":"d","channel":{"kind":"webhook","url":"https://h.example.org/s"}}'
    email = b'{"name":"d","channel":{"kind":"email","address":"d@example.com"}}'
    return [
        *(_request(b"GET " + page) for page in pages),
        _request(b"POST /api/cases/" + _CASE + b"/actions", _JSON, action),
        _request(b"POST /api/actions", _JSON, action),
        *(_request(b"POST " + page, _FORM, form)
          for page in (b"/cases/" + _CASE, b"/hand-over", b"/snoozes", b"/misses", b"/sign-in")),
        _request(b"GET /api/subscriptions", bearer),
        *(_request(b"POST /api/subscriptions", bearer + _JSON, one) for one in (webhook, email)),
        _request(b"DELETE /api/subscriptions/d", bearer),
        _request(b"POST /api/subscriptions/d/pause", bearer + _JSON, b"{}"),
    ]  # fmt: skip


SEEDS: dict[str, Callable[[], list[bytes]]] = {
    "frames": _frames,
    "settings": lambda: [test_fuzzed_settings.GOOD],
    "environment": lambda: [b'BROKER__PARTITIONS=3\nBOARD__HOSTS=["a"]\nSTORE={"host":"h"}'],
    "wagers": lambda: [_wagers_csv(), _wagers_json()],
    "http": _http,
    **{name: lambda good=good: [good()] for name, good in test_fuzzed_feeds.GOOD.items()},
}


def _wagers_csv() -> bytes:
    head = b"placed,home_team,away_team,kick_off,bet_type,pick,odds,cents,bet_id,part,customer_no\n"
    day = b"11/06/2026"
    row = b"%b 12:00:00,Arnhem,Breda,%b 19:00:00,Match Result,X,3.4,500,b1,1,c1\n" % (day, day)
    return head + 3 * row


def _wagers_json() -> bytes:
    return (
        b'{"placed":"11/06/2026 12:00:00","home_team":"A","away_team":"B",'
        b'"kick_off":"11/06/2026 19:00:00","bet_type":"Match Result","pick":"X","odds":"3.4",'
        b'"cents":500,"bet_id":"b1","part":"1","customer_no":"c1"}\n'
    )


def inputs(target: str) -> Iterator[bytes]:
    """Seeds of a target, its nastiest bytes alone, and what was kept of earlier runs."""
    yield from SEEDS[target]()
    yield from NASTY
    yield from _kept(target)


def keep(target: str, found: Iterable[bytes]) -> int:
    """Keep inputs beside those of earlier runs; equal ones give an equal archive."""
    kept = {sha256(one).hexdigest()[:16]: one for one in (*_kept(target), *found)}
    with zipfile.ZipFile(KEPT / f"{target}.zip", "w") as archive:
        for name in sorted(kept):
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, kept[name], compress_type=zipfile.ZIP_DEFLATED)
    return len(kept)


def _kept(target: str) -> list[bytes]:
    path = KEPT / f"{target}.zip"
    if not path.exists():
        return []
    with zipfile.ZipFile(path) as held:
        return [held.read(name) for name in sorted(held.namelist())]
