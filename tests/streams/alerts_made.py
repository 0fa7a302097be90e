"""Alerts for the tests of delivery."""

from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.alert import Alert, AlertContext, AlertEvidence, AlertFixture, Provenance

KICK_OFF = datetime(2026, 6, 11, 19, tzinfo=UTC)
OPENED = KICK_OFF - timedelta(minutes=50)


def made(
    alert_id: str = "a-1", match: str = "wc26-mex-rsa", level: str = "red", **more: Any
) -> Alert:
    """An alert as the watch raises them."""
    evidence = AlertEvidence(
        detector="steam-move", version=1, score=0.999, observed=0.71, expected=0.62,
        unit="probability", raw=4.2, raw_unit="robust z", at=OPENED, window_s=2400, market="1x2",
        line=None, selection="home", phase="late", books=("betmgm", "pinnacle", "bet365"),
        values={"books": 3.0},
        sentence="7 of 9 books shortened home within 40 min (raw implied probability 62% to 71%)",
    )  # fmt: skip
    fields: dict[str, Any] = {
        "alert_id": alert_id, "match": match, "typology": "steam-move", "level": level,
        "score": 0.999, "opened_at": OPENED, "peak_at": OPENED, "last_at": OPENED,
        "status": "open", "market": "1x2", "line": None, "selection": "home",
        "fixture": AlertFixture(
            sport="football", competition="FIFA World Cup", tier=1, home="Mexico",
            away="South Africa", start=KICK_OFF,
        ),
        "headline": "Mexico v South Africa: home price shortened 9 pp in 40 min; no news",
        "evidence": (evidence,),
        "context": (AlertContext(at=OPENED, event="line_up", team="home", clock=None),),
        "feed_health": {"odds-api": "live", "betfair": "stale"},
        "innocent_explanations": ("a line-up that leaked", "one large informed bet"),
        "provenance": Provenance(
            topic="match-feed", partition=0, first_offset=0, last_offset=2, config_hash="h"
        ),
    }  # fmt: skip
    return Alert(**(fields | more))
