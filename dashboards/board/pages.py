"""Templates, and the words that they use."""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboards.board import words
from dashboards.board.case_page import event_words
from dashboards.board.ranking import Need, calling, due, leading, need

_FOLDER = Path(__file__).parent / "templates"


def pages() -> Environment:
    """Templates that escape everything they are given and refuse what they are not given."""
    found = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters |= {
        "age": words.age,
        "clock": words.clock,
        "minute": words.minute,
        "iso": lambda at: at.isoformat(),
        "epoch": datetime.timestamp,
        "rarity": words.rarity,
        "teams": words.teams,
        "told": words.told,
        "typology": words.typology_name,
        "done": words.done,
        "why_refused": words.why_refused,
        "amount": lambda value: f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.2f}",
    }
    found.globals |= {
        "figure": words.figure,
        "market_name": words.market_name,
        "selection_name": words.selection_name,
        "event_words": event_words,
        "FINDINGS": words.FINDINGS,
        "Need": Need,
        "need": need,
        "due_of": due,
        "calling": calling,
        "leading": leading,
    }
    return found
