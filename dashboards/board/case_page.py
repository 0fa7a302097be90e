"""The page of one case: what was seen, what is known of it, and what can be done about it."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from alerts.action import Kind
from alerts.case import Case
from dashboards.board import questions
from dashboards.board.acting import Answer, act, case_fields, fingerprint, may
from dashboards.board.ranking import due, leading
from dashboards.board.visit import Visit
from dashboards.board.words import market_name, selection_name
from forensics.failures import StoreRefused, StoreUnavailable
from forensics.store import Store

T = TypeVar("T")
_SPANS = ("near", "play", "all")
_BEFORE = timedelta(hours=2)


async def case_page(visit: Visit) -> Response:
    """Show a case."""
    return await _shown(visit, found(visit), 200, "")


async def match_page(visit: Visit) -> Response:
    """Lead from a match to its case, for links from elsewhere."""
    case = visit.sources.live.find(visit.request.path_params["match"])
    if case is None:
        raise HTTPException(404, "No alert was raised for this match, so it has no case.")
    return RedirectResponse(f"/cases/{case.case_id}", 303)


async def act_on_case(visit: Visit) -> Response:
    """Do what the form asks, then show the case as it has become."""
    case = found(visit)
    outcome = await act(visit, case_fields(visit, case), visit.field("seen"))
    if outcome.answer is Answer.DONE and outcome.seen:
        return RedirectResponse(f"/cases/{case.case_id}", 303)
    return await _shown(visit, found(visit), outcome.answer, outcome.sentence)


async def accounts_page(visit: Visit) -> Response:
    """Show who bet on the match, after it has been logged who asks and why."""
    case = found(visit)
    why = visit.field("comment")
    if not why and may(visit.person.role, Kind.VIEW_ACCOUNTS):
        return await _shown(visit, case, 422, "Say why you look at accounts; it is logged.")
    fields = {"kind": Kind.VIEW_ACCOUNTS, "case": case.case_id, "comment": why}
    outcome = await act(visit, fields, None)
    if outcome.answer is not Answer.DONE:
        return await _shown(visit, case, outcome.answer, outcome.sentence)
    rows, trouble = await asked(visit, lambda store: questions.accounts(store, case.match))
    return visit.page("accounts.html", case=case, rows=rows, trouble=trouble, why=why)


def found(visit: Visit) -> Case:
    """The case of the address.

    Raises
    ------
    HTTPException
        404 when there is none.
    """
    case = visit.sources.live.find(visit.request.path_params["name"])
    if case is None:
        read = visit.sources.live.read
        raise HTTPException(
            404, "There is no such case." if read else "Still reading the alerts; try again soon."
        )
    return case


async def _shown(visit: Visit, case: Case, status: int, message: str) -> Response:
    answer, trouble = await asked(visit, lambda store: _known(store, case.match))
    known = answer or {}
    alert = leading(case)
    return visit.page(
        "case.html",
        status,
        case=case,
        alert=alert,
        message=message,
        seen=fingerprint(case),
        due=due(case),
        may={kind.value: may(visit.person.role, kind) for kind in Kind},
        officers=visit.officers(),
        trouble=trouble,
        lines=_lines(known, alert),
        **{name: known.get(name, []) for name in ("events", "fixtures", "books", "deliveries")},
        snoozes=[s for s in visit.sources.live.snoozes(visit.now) if _holds(s, case)],
        missing=unknown(case, known, visit.now) if not trouble else [],
    )


def _holds(snooze: Any, case: Case) -> bool:
    return any(snooze.covers(alert) for alert in case.alerts)


def _known(store: Store, match: str) -> dict[str, Any]:
    return {
        "lines": questions.priced_lines(store, match),
        "events": questions.events(store, match),
        "fixtures": questions.fixtures(store, match),
        "books": questions.books(store, match),
    }


def unknown(case: Case, known: dict[str, Any], now: datetime) -> list[str]:
    """Say in sentences what the feeds did not tell, for its absence changes what alerts mean."""
    told = {row["event"] for row in known["events"]}
    start = case.fixture.start if case.fixture else None
    sentences = []
    if not known["fixtures"]:
        sentences.append("No register or feed has told of this fixture.")
    elif len(known["fixtures"]) == 1:
        only = known["fixtures"][0]["source"]
        sentences.append(f"Only one source ({only}) knows the fixture; no other vouches for it.")
    if not told & {"news", "line_up"}:
        sentences.append("No news and no line-up was fed; an explanation may be known elsewhere.")
    if start and now > start and "kick_off" not in told:
        sentences.append("No kick-off was told: score, cards and clock are not known.")
    if not known["lines"]:
        sentences.append("No price of this match is in the store.")
    if case.fixture and not any(row["line"] is None for row in known["lines"]):
        sentences.append("The match result is not priced by any book.")
    return sentences


def _lines(known: dict[str, Any], alert: Any) -> list[dict[str, Any]]:
    """Lines to choose from; the one that the leading alert is about is chosen at first."""
    lines = []
    for row in known.get("lines", []):
        wanted = alert and (row["market"], row["line"]) == (alert.market, alert.line)
        lines.append(
            {
                "market": row["market"],
                "line": "" if row["line"] is None else f"{row['line']:g}",
                "name": market_name(row["market"], row["line"]),
                "chosen": bool(wanted),
            }
        )
    return lines


async def asked(visit: Visit, ask: Callable[[Store], T]) -> tuple[T | None, str]:
    """Ask the store beside the loop; what is in the way comes back as a sentence."""
    store = visit.sources.store
    if store is None:
        return None, "No store is at hand."
    try:
        return await asyncio.to_thread(ask, store), ""
    except (StoreUnavailable, StoreRefused) as error:
        return None, str(error)


def event_words(row: dict[str, Any], case: Case) -> str:
    """Say what happened, to whom, and the score."""
    words = str(row["event"]).replace("_", " ")
    if row["team"]:
        words += f", {selection_name(row['team'], case.fixture)}"
    if row["home_score"] is not None:
        words += f", {row['home_score']}–{row['away_score']}"
    return words
