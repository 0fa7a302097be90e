"""Links between the dashboards, and to the board, where officers act."""

from typing import Any

from dashboards.variables import Variable, hidden, text

WATCH_FLOOR, MATCH, ACCOUNTS = "sogawatch-watch-floor", "sogawatch-match", "sogawatch-accounts"
HISTORY, PIPELINE = "sogawatch-history", "sogawatch-pipeline"
TITLES = {
    WATCH_FLOOR: "Watch floor",
    MATCH: "Match",
    ACCOUNTS: "Accounts",
    HISTORY: "Competition and history",
    PIPELINE: "Pipeline",
}
BOARD = "http://localhost:8420"
_RANGE = "from=${__from}&to=${__to}"


def board() -> Variable:
    """Address of the board, which every dashboard links to."""
    about = "Where the board is served, as officers' browsers reach it."
    return hidden(text("board", "Board", BOARD, about))


def to_match(column: str = "match") -> dict[str, Any]:
    """Link of a cell to the dashboard of the match that a column of its row names."""
    return _link("Prices, money and events of this match", _dashboard(MATCH, column))


def to_accounts(column: str = "match") -> dict[str, Any]:
    """Link of a cell to the accounts that bet on its match."""
    return _link("Accounts of this match", _dashboard(ACCOUNTS, column))


def to_case(column: str = "match") -> dict[str, Any]:
    """Link of a cell to the case of its match on the board."""
    return _link("Case on the board", f"${{board}}/matches/${{__data.fields.{column}}}", new=True)


def between() -> list[dict[str, Any]]:
    """Links on top of each dashboard to all of them, with the same time."""
    return [
        {
            "type": "link", "title": title, "url": f"/d/{uid}", "keepTime": True,
            "includeVars": False, "asDropdown": False, "targetBlank": False, "icon": "dashboard",
            "tags": [], "tooltip": "",
        }
        for uid, title in TITLES.items()
    ]  # fmt: skip


def _dashboard(uid: str, column: str) -> str:
    return f"/d/{uid}?var-match=${{__data.fields.{column}}}&{_RANGE}"


def _link(title: str, url: str, *, new: bool = False) -> dict[str, Any]:
    return {"title": title, "url": url, "targetBlank": new}
