"""A match with prices, money, wagers and alerts, as the watch would have told of it."""

from datetime import UTC, datetime, timedelta

from alerts.alert import Alert, AlertEvidence, AlertFixture, Level, Provenance, alert_id
from markets.records import Event, Fixture, Matched, Price, Record, Wager

KICK_OFF = datetime(2026, 6, 11, 19, tzinfo=UTC)
NOW = KICK_OFF + timedelta(minutes=30)
HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def an_alert(
    match: str = "a-v-b",
    level: Level = "red",
    *,
    opened: datetime = KICK_OFF + timedelta(minutes=20),
    typology: str = "late-drift",
    score: float = 0.9999,
    home: str = "Aldmar",
    away: str = "Brinsk",
    headline: str = "4 of 4 books shortened Brinsk within 45 min",
) -> Alert:
    """An alert with one piece of evidence."""
    seen = AlertEvidence(
        detector=typology,
        version=1,
        score=score,
        observed=0.62,
        expected=0.41,
        unit="probability",
        raw=3.2,
        raw_unit="arcs",
        at=opened,
        window_s=2700.0,
        market="1x2",
        line=None,
        selection="away",
        phase="late",
        books=("alder", "birch"),
        values={"books": 2.0},
        sentence="4 of 4 books shortened Brinsk within 45 min (41% to 62%)",
    )
    return Alert(
        alert_id=alert_id(match, typology, typology, 1, opened),
        match=match,
        fixture=AlertFixture(
            sport="football",
            competition="Cup",
            tier=2,
            home=home,
            away=away,
            start=KICK_OFF,
        ),
        typology=typology,
        level=level,
        score=score,
        opened_at=opened,
        peak_at=opened,
        last_at=opened,
        status="open",
        market="1x2",
        line=None,
        selection="away",
        headline=f"{home} v {away}: {headline}",
        evidence=(seen,),
        feed_health={"betfair": "live"},
        innocent_explanations=("a line-up that is not in the feed",),
        provenance=Provenance(
            topic="match-feed", partition=3, first_offset=1, last_offset=9, config_hash="abc"
        ),
    )


def records(match: str = "a-v-b") -> list[Record]:
    """Three hours of prices of two books, money, a goal and two bets."""
    told: list[Record] = [
        Fixture(
            at=KICK_OFF - timedelta(hours=5),
            match=match,
            source="register",
            sport="football",
            competition="Cup",
            tier=2,
            home="Aldmar",
            away="Brinsk",
            start=KICK_OFF,
        )
    ]
    for minute in range(-180, 31, 10):
        at = KICK_OFF + timedelta(minutes=minute)
        drift = (minute + 180) / 210
        chances = {"home": 0.5 - 0.2 * drift, "draw": 0.25, "away": 0.3 + 0.2 * drift}
        for book in ("alder", "birch"):
            told += [
                Price(
                    at=at,
                    match=match,
                    market="1x2",
                    line=None,
                    selection=selection,
                    book=book,
                    price=round(1 / chance, 3),
                    in_play=minute > 0,
                )
                for selection, chance in chances.items()
            ]
        told.append(
            Matched(
                at=at,
                match=match,
                market="1x2",
                line=None,
                selection="away",
                book="exchange",
                amount=1000.0 + 50 * (minute + 180),
                currency="GBP",
            )
        )
    told.append(Event(at=KICK_OFF, match=match, event="kick_off", score=(0, 0), clock=0))
    told.append(
        Event(
            at=KICK_OFF + timedelta(minutes=12),
            match=match,
            event="goal",
            team="home",
            score=(1, 0),
            clock=12,
        )
    )
    told += [
        Wager(
            at=KICK_OFF + timedelta(minutes=5 * n),
            match=match,
            market="1x2",
            line=None,
            selection="away",
            book="elm",
            wager=f"w{n}",
            account=f"acct-{n}",
            side="back",
            price=2.0,
            stake=100.0 * n,
            currency="EUR",
            status="accepted",
        )
        for n in (1, 2)
    ]
    return told
