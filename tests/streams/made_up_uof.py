"""A made-up day of the Unified Odds Feed: two matches, prices, a goal, a stop, a settlement."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def fixture(event: str) -> bytes:
    start = (NOON + timedelta(minutes=10)).isoformat()
    return (
        f'<fixtures_fixture generated_at="{(NOON - timedelta(hours=1)).isoformat()}">'
        f'<fixture id="{event}" start_time="{start}">'
        '<tournament id="sr:tournament:1" name="Eredivisie"><sport id="sr:sport:1" name="Soccer"/>'
        '</tournament><competitors><competitor id="1" name="Arnhem" qualifier="home"/>'
        '<competitor id="2" name="Breda" qualifier="away"/></competitors></fixture>'
        "</fixtures_fixture>"
    ).encode()


def odds(event: str, at: datetime, price: float, *, status: int = 1, extra: str = "") -> bytes:
    outcomes = "".join(
        f'<outcome id="{i}" odds="{price + n:.2f}" active="1"/>' for n, i in enumerate((1, 2, 3))
    )
    total = '<outcome id="12" odds="1.90"/><outcome id="13" odds="1.95"/>'
    return (
        f'<odds_change product="1" event_id="{event}" timestamp="{ms(at)}">{extra}<odds>'
        f'<market id="1" status="{status}">{outcomes}</market>'
        f'<market id="18" status="{status}" specifiers="total=2.5">{total}</market>'
        "</odds></odds_change>"
    ).encode()


def play(status: int, period: int, home: int, away: int, clock: str) -> str:
    return (
        f'<sport_event_status status="{status}" match_status="{period}" home_score="{home}" '
        f'away_score="{away}"><clock match_time="{clock}"/></sport_event_status>'
    )


def alive(at: datetime, product: int = 1, *, subscribed: int = 1) -> bytes:
    return (f'<alive product="{product}" timestamp="{ms(at)}" subscribed="{subscribed}"/>').encode()


def snapshot_complete(at: datetime, request: str, product: int = 1) -> bytes:
    return (
        f'<snapshot_complete product="{product}" request_id="{request}" timestamp="{ms(at)}"/>'
    ).encode()


def day(count: int = 40) -> list[bytes]:
    """Messages in time, a second apart; kick-off at the tenth, a goal at the twentieth."""
    told = []
    for n in range(count):
        at, event = NOON + timedelta(seconds=n), f"sr:match:{1 + n % 2}"
        extra = ""
        if n >= 10:
            extra = play(1, 6, 1 if n >= 20 else 0, 0, f"{n // 2}:30")
        if n == count - 3:
            told.append(
                f'<bet_stop product="1" event_id="{event}" timestamp="{ms(at)}" groups="all"/>'
                .encode()
            )  # fmt: skip
        elif n == count - 1:
            told.append(
                f'<bet_settlement product="1" event_id="{event}" timestamp="{ms(at)}">'
                '<outcomes><market id="1"><outcome id="1" result="1"/></market></outcomes>'
                "</bet_settlement>".encode()
            )
        else:
            told.append(odds(event, at, 2.0 + n / 100, extra=extra))
    return told
