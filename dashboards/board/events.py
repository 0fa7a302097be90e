"""Word of changes to pages that are open, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from dashboards.board.floor import counts
from dashboards.board.live import LiveCases
from dashboards.board.visit import Visit

_BEAT_S = 15.0
_CALM_S = 0.2


class Ending:
    """Whether the board is about to stop, so that streams end and it can."""

    def __init__(self) -> None:
        self.ending = False


async def events(visit: Visit, ending: Ending) -> Response:
    """Tell the page whenever cases change; it asks for the rest itself."""
    headers = {"X-Accel-Buffering": "no"}  # nginx would keep the words to itself
    return StreamingResponse(_told(visit, ending), media_type="text/event-stream", headers=headers)


async def _news(live: LiveCases, told: int, ending: Ending) -> bool:
    return await live.until(lambda: live.version != told or ending.ending, _BEAT_S)


async def _told(visit: Visit, ending: Ending) -> AsyncIterator[str]:
    live, told = visit.sources.live, -1
    yield "retry: 2000\n\n"
    while not ending.ending and visit.welcome():
        if live.version == told:
            if not await _news(live, told, ending):
                yield ": still here\n\n"
                continue
            await asyncio.sleep(_CALM_S)  # what comes in a burst is told once
        told = live.version
        state = counts(live.all()) | {"version": told, "now": visit.now.timestamp()}
        yield f"event: changed\ndata: {json.dumps(state)}\n\n"
