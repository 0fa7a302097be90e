"""The live Betfair stream against a TLS server that speaks its protocol from a recording."""

import bz2
import io
import itertools
import json
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from detectors.health import FeedHealth
from markets.records import Fixture, Gap, Heartbeat, Record
from streams.feeds import betfair
from streams.feeds.betfair_live import markets, scores
from streams.feeds.feed import Refusal
from streams.feeds.live import Checkpoint, FeedRefused, Pause, Start, Telling, Told
from streams.feeds.settings import BetfairSettings
from tests.certificate import make_certificate
from tests.streams.betfair_server import (
    APP_KEY,
    PASSWORD,
    USER,
    BetfairServer,
    Script,
    betfair_server,
)

DATA = Path(__file__).parents[4] / "shared" / "data" / "betfair"
NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
SECRETS = (APP_KEY, PASSWORD, "s3ssion-")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def definition(**changed: object) -> dict[str, object]:
    runners = [
        {"id": 1, "sortPriority": 1, "status": "ACTIVE"},
        {"id": 2, "sortPriority": 2, "status": "ACTIVE"},
        {"id": 58805, "sortPriority": 3, "status": "ACTIVE"},
    ]
    return {
        "eventId": "77", "eventTypeId": "1", "marketType": "MATCH_ODDS", "bettingType": "ODDS",
        "marketTime": "2026-06-11T19:00:00.000Z", "inPlay": False, "status": "OPEN",
        "runners": runners,
    } | changed  # fmt: skip


def made_up(count: int = 30) -> list[bytes]:
    """An image and a change each second; named, so that nothing must be asked for."""
    at = int(NOON.timestamp() * 1000)
    image = {"id": "1.5", "img": True, "marketDefinition": definition(eventName="Arnhem v Breda")}
    told: list[dict[str, Any]] = [{"op": "mcm", "pt": at, "ct": "SUB_IMAGE", "mc": [image]}]
    for n in range(1, count):
        change = {"id": 1 + n % 2, "atb": [[2.0 + n / 100, 10.0 + n]], "trd": [[2.0, 5.0 * n]]}
        told.append({"op": "mcm", "pt": at + 1000 * n, "mc": [{"id": "1.5", "rc": [change]}]})
    return [json.dumps(message).encode() for message in told]


def settings(server: BetfairServer, certificate: tuple[Path, Path], **more: Any) -> BetfairSettings:
    given = {
        "app_key": APP_KEY, "username": USER, "password": PASSWORD,
        "host": "127.0.0.1", "scores_host": "127.0.0.1", "port": server.port,
        "login_url": f"https://127.0.0.1:{server.http_port}/login",
        "catalogue_url": f"https://127.0.0.1:{server.http_port}/names",
        "ssl_cafile": certificate[0], "silence_s": 20.0,
    }  # fmt: skip
    return BetfairSettings.model_validate(given | more)


def live(
    server: BetfairServer,
    held: BetfairSettings,
    *,
    until: Callable[[list[Told]], bool],
    run: Callable[[Start], Telling] = markets,
    now: Callable[[], datetime] = lambda: NOON,
    waits: list[float] | None = None,
) -> list[Record | Refusal]:
    """Read the live feed until something was told."""
    slept = [] if waits is None else waits
    told: list[Told] = []
    with closing(run(Start(settings=held, now=now, wait=slept.append))) as feed:
        for one in feed:
            told.append(one)
            if until(told) or len(slept) > 20:
                break
    return [one for one in told if not isinstance(one, Pause | Checkpoint)]


def read(messages: list[bytes]) -> list[Record | Refusal]:
    return list(betfair.read(io.BytesIO(b"\n".join(messages)), "f"))


def without_gaps(told: list[Record | Refusal]) -> list[Record | Refusal]:
    """What was told of the matches; the last heartbeat of a recording comes at its end alone."""
    return [one for one in told if not isinstance(one, Gap | Refusal)]


def gaps(told: list[Record | Refusal]) -> list[str]:
    return [one.reason for one in told if isinstance(one, Gap)]


def all_of(server: BetfairServer, wanted: int) -> Callable[[list[Told]], bool]:
    def whole(told: list[Told]) -> bool:
        if not server.finished.is_set() or not isinstance(told[-1], Pause):
            return False
        return sum(not isinstance(t, Pause | Gap | Refusal) for t in told) >= wanted

    return whole


@pytest.mark.parametrize(
    ("scripts", "wanted"),
    [
        pytest.param([Script(then="stay")], [], id="undisturbed"),
        pytest.param(
            [Script(messages=7, then="close"), Script(then="stay")],
            ["connection closed by the server", "resubscribed"],
            id="drop",
        ),
        pytest.param(
            [Script(messages=7, then="half"), Script(then="stay")],
            ["connection closed by the server within a message", "resubscribed"],
            id="half a message",
        ),
        pytest.param(
            [Script(messages=7, then="silent"), Script(then="stay")],
            ["silent for 2 s", "resubscribed"],
            id="silent",
        ),
        pytest.param(
            [Script(messages=5), Script(messages=5), Script(messages=5), Script(then="stay")],
            ["connection closed by the server", "resubscribed"] * 3,
            id="drops again and again",
        ),
        pytest.param(
            [Script(messages=7, then="garbage"), Script(then="stay")],
            ["connection closed by the server", "resubscribed"],
            id="garbage",
        ),
        pytest.param(
            [Script(messages=7, then="status:TIMEOUT"), Script(then="stay")],
            ["betfair says 'TIMEOUT'", "resubscribed"],
            id="ended by the server",
        ),
        pytest.param(
            [Script(messages=7), Script(refuse="INVALID_SESSION_INFORMATION"), Script(then="stay")],
            ["connection closed by the server", "resubscribed"],
            id="expired session",
        ),
        pytest.param([Script(pieces=50, then="stay")], [], id="small pieces"),
        pytest.param([Script(pause_s=0.02, then="stay")], [], id="slow"),
    ],
)
def test_nothing_is_lost_or_doubled(
    scripts: list[Script], wanted: list[str], certificate: tuple[Path, Path]
) -> None:
    messages = made_up()
    recorded = without_gaps(read(messages))[:-1]  # the last heartbeat is that of the file's end
    patience = 2.0 if scripts[0].then == "silent" else 20.0
    with betfair_server(messages, scripts, certificate) as server:
        held = settings(server, certificate, silence_s=patience)
        told = live(server, held, until=all_of(server, len(recorded)))
    assert without_gaps(told) == recorded
    assert gaps(told) == wanted
    assert all(isinstance(a.get("session"), str) for a in server.authentications)


def test_a_real_recording_with_drops_equals_the_recording(certificate: tuple[Path, Path]) -> None:
    path = DATA / "cricket-1.200806927.bz2"
    if not path.exists():
        pytest.skip(f"no recording {path.name}; recordings are not part of the project")
    with bz2.open(path) as stream:
        messages = [line for line in itertools.islice(stream, 1500) if line.strip()]
    recorded = without_gaps(read(messages))[:-1]
    scripts = [Script(messages=400), Script(messages=300, then="half"), Script(then="stay")]
    with betfair_server(messages, scripts, certificate) as server:
        told = live(server, settings(server, certificate), until=all_of(server, len(recorded)))
    assert without_gaps(told) == recorded
    assert len(server.subscriptions) == 3
    assert [s.get("clk") for s in server.subscriptions] == [None, "c399", "c699"]


def test_states_of_health_follow_the_connection(certificate: tuple[Path, Path]) -> None:
    """A drop, then a resumed subscription, are gaps; what is silent in the end is stale."""
    messages = made_up(60)
    scripts = [Script(messages=40), Script(then="stay")]
    recorded = without_gaps(read(messages))[:-1]
    with betfair_server(messages, scripts, certificate) as server:
        told = live(server, settings(server, certificate), until=all_of(server, len(recorded)))
    health, states = FeedHealth(), []
    for one in told:
        if isinstance(one, Heartbeat | Gap):
            health.apply(one)
            states.append(health.states(one.at.timestamp())["betfair"])
    assert [state for state, _ in itertools.groupby(states)] == [
        "warming",
        "gap",
        "warming",
        "gap",
        "warming",
    ]
    assert health.states((NOON + timedelta(minutes=5)).timestamp())["betfair"] == "stale"


def test_too_late_to_resume_asks_for_the_image_again(certificate: tuple[Path, Path]) -> None:
    messages = made_up(10)
    scripts = [Script(messages=5), Script(refuse_clock=True), Script(then="stay")]
    with betfair_server(messages, scripts, certificate) as server:
        told = live(server, settings(server, certificate), until=all_of(server, 20))
    assert [s.get("clk") for s in server.subscriptions] == [None, "c4", None]
    assert gaps(told) == [
        "connection closed by the server",
        "time ran backwards by 4 s",
        "re-image",
    ]


def test_wrong_keys_end_the_feed_without_telling_them(certificate: tuple[Path, Path]) -> None:
    with betfair_server(made_up(3), [Script()], certificate) as server:
        held = settings(server, certificate, app_key="wr0ng-key")
        with pytest.raises(FeedRefused, match="INVALID_APP_KEY") as refused:
            live(server, held, until=lambda _: False)
    assert not any(secret in str(refused.value) for secret in (*SECRETS, "wr0ng-key"))


def test_a_session_that_is_never_accepted_ends_the_feed(certificate: tuple[Path, Path]) -> None:
    scripts = [Script(refuse="INVALID_SESSION_INFORMATION")]
    with betfair_server(made_up(3), scripts, certificate) as server:
        with pytest.raises(FeedRefused, match="session that has just begun"):
            live(server, settings(server, certificate), until=lambda _: False)
        assert len(server.logins) == 2


def test_a_wrong_password_ends_the_feed(certificate: tuple[Path, Path]) -> None:
    with betfair_server(made_up(3), [Script()], certificate) as server:
        server.login_status = "INVALID_USERNAME_OR_PASSWORD"
        with pytest.raises(FeedRefused, match="INVALID_USERNAME_OR_PASSWORD") as refused:
            live(server, settings(server, certificate), until=lambda _: False)
    assert PASSWORD not in str(refused.value)


def test_an_unknown_authority_is_not_trusted(
    certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    other, _ = make_certificate(tmp_path)
    with betfair_server(made_up(3), [Script()], certificate) as server:
        held = settings(server, certificate)
        account = held.model_copy(update={"ssl_cafile": other})
        with pytest.raises(FeedRefused, match="certificate is not trusted"):
            live(server, account, until=lambda _: False)
    assert server.logins == []


def test_waits_between_tries_double(certificate: tuple[Path, Path]) -> None:
    with betfair_server(made_up(3), [Script()], certificate) as server:
        held = settings(server, certificate)
    slept: list[float] = []
    told = live(server, held, until=lambda _: len(slept) >= 4, waits=slept)
    assert slept == [0.5, 1.0, 2.0, 4.0]
    assert len(gaps(told)) == 1


def test_conflation_and_latency_are_told(certificate: tuple[Path, Path]) -> None:
    messages = [json.loads(message) for message in made_up(6)]
    messages[2]["mc"][0]["con"] = True
    messages[3]["status"] = 503
    messages[4]["status"] = 503
    lines = [json.dumps(message).encode() for message in messages]
    with betfair_server(lines, [Script(then="stay")], certificate) as server:
        told = live(server, settings(server, certificate), until=all_of(server, 14))
    assert gaps(told) == ["conflated", "latency: the server says that it is behind (503)"]


def test_a_message_that_was_long_on_its_way_is_told(certificate: tuple[Path, Path]) -> None:
    with betfair_server(made_up(6), [Script(then="stay")], certificate) as server:
        held = settings(server, certificate)
        late = NOON + timedelta(seconds=9)
        told = live(server, held, until=all_of(server, 14), now=lambda: late)
    assert gaps(told) == ["latency of 9 s"]


def test_names_are_asked_for_where_the_stream_has_none(certificate: tuple[Path, Path]) -> None:
    messages = [json.loads(message) for message in made_up(4)]
    del messages[0]["mc"][0]["marketDefinition"]["eventName"]
    lines = [json.dumps(message).encode() for message in messages]
    with betfair_server(lines, [Script(then="stay")], certificate) as server:
        server.names = [
            {
                "marketId": "1.5",
                "event": {"id": "77", "name": "Arnhem v Breda"},
                "competition": {"name": "Dutch Eredivisie"},
                "runners": [{"selectionId": 1, "runnerName": "Arnhem"}],
            }
        ]
        told = live(server, settings(server, certificate), until=all_of(server, 8))
    fixture = next(one for one in told if isinstance(one, Fixture))
    assert (fixture.home, fixture.away) == ("Arnhem", "Breda")
    assert fixture.competition == "Dutch Eredivisie"


def test_scores_are_a_subscription_of_their_own(certificate: tuple[Path, Path]) -> None:
    path = DATA / "cricket-1.200806927.scores.bz2"
    if not path.exists():
        pytest.skip(f"no recording {path.name}; recordings are not part of the project")
    with bz2.open(path) as stream:
        messages = [line for line in itertools.islice(stream, 200) if line.strip()]
    recorded = without_gaps(read(messages))[:-1]
    scripts = [Script(messages=50), Script(then="stay")]
    with betfair_server(messages, scripts, certificate) as server:
        held = settings(server, certificate)
        told = live(server, held, until=all_of(server, len(recorded)), run=scores)
    assert without_gaps(told) == recorded
    assert {s["op"] for s in server.subscriptions} == {"cricketSubscription"}
