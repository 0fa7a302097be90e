"""A wager file as an operator would export it, full of people: names, e-mails, devices."""

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOON = datetime(2026, 6, 11, 12, tzinfo=UTC)
MAPPING = """
kind: wagers
source: opr-7
timezone: Europe/Athens
time: text
time_format: "%d/%m/%Y %H:%M:%S"
unit: 0.01
join_fills_s: 30
fields:
  at: placed
  home: home_team
  away: away_team
  start: kick_off
  competition: league
  market: bet_type
  selection: pick
  price: odds
  stake: cents
  wager: bet_id
  fill: part
  account: customer_no
  device: device_id
  counterparty: matched_with
  country: country
  opened: registered
  side: side
  status: state
  account_wagers: bets_before
markets: {Match Result: 1x2}
selections: {X: draw}
sides: {B: back, L: lay}
statuses: {OK: accepted, CXL: cancelled}
"""
COLUMNS = (
    "placed", "home_team", "away_team", "kick_off", "league", "bet_type", "pick", "odds", "cents",
    "bet_id", "part", "customer_no", "device_id", "matched_with", "country", "registered", "side",
    "state", "bets_before", "full_name", "email", "street", "phone", "ip",
)  # fmt: skip


def athens(at: datetime) -> str:
    return (at + timedelta(hours=3)).strftime("%d/%m/%Y %H:%M:%S")


def person(number: int) -> dict[str, str]:
    """Everything by which somebody could be known; each is found by a search for its marks."""
    return {
        "customer_no": f"CUST-{number:05}-XQ", "device_id": f"IMEI-35{number:07}99",
        "full_name": f"Theodora Papadimitriou{number}", "email": f"theo{number}@mailbox.example",
        "street": f"Odos Ermou {number}zz", "phone": f"+30690{number:07}",
        "ip": f"10.9.{number}.77",
    }  # fmt: skip


def row(number: int, at: datetime, **changed: object) -> dict[str, Any]:
    rng = random.Random(number)
    told: dict[str, Any] = {
        "placed": athens(at), "home_team": "Arnhem", "away_team": "Breda",
        "kick_off": athens(NOON + timedelta(hours=7)), "league": "Eerste Divisie",
        "bet_type": "Match Result", "pick": rng.choice(["Arnhem", "X", "Breda"]),
        "odds": round(rng.uniform(1.5, 4.0), 2), "cents": rng.randrange(100, 90_000),
        "bet_id": f"BET-{person(number % 40)['customer_no']}-{number}", "part": "1",
        "matched_with": person(number % 40 + 1)["customer_no"], "country": "GR",
        "registered": "2024-05-01", "side": "B", "state": "OK", "bets_before": 12,
    }  # fmt: skip
    return told | person(number % 40) | changed


def marks() -> list[str]:
    """What must be found nowhere behind the door."""
    people = [person(number) for number in range(41)]
    return [value for one in people for value in one.values()] + [
        "Papadimitriou",
        "@mailbox",
        "BET-",
    ]


def rows(count: int = 300) -> list[dict[str, Any]]:
    """Rows in time, one second apart; some wrong in a way that puts a person where none belongs."""
    made = [row(n, NOON + timedelta(seconds=n)) for n in range(count)]
    for n, (field, put) in enumerate(
        [
            ("odds", "email"), ("cents", "full_name"), ("placed", "street"), ("pick", "full_name"),
            ("bet_type", "customer_no"), ("country", "full_name"), ("registered", "email"),
            ("side", "device_id"), ("state", "email"), ("bets_before", "full_name"),
            ("kick_off", "street"), ("home_team", "email"),
        ]
    ):  # fmt: skip
        made[n * 3 + 1][field] = made[n * 3 + 1][put]
    return made


def write_csv(path: Path, held: list[dict[str, Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(held)


def write_json(path: Path, held: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(one) + "\n" for one in held), encoding="utf-8")
