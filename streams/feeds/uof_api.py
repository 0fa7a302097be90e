"""Sportradar's HTTP API beside the message queue: fixtures, and asking for a recovery."""

from datetime import datetime

import httpx

from streams.feeds.documents import shown
from streams.feeds.live import FeedRefused
from streams.feeds.settings import UofSettings

_TIMEOUT_S = 15.0
_LONGEST = 8 * 1024 * 1024


class Api:
    """Asks the HTTP API; the token travels in a header and is in no error."""

    def __init__(self, settings: UofSettings, token: str) -> None:
        self._settings = settings
        self._http = httpx.Client(
            headers={"x-access-token": token}, timeout=_TIMEOUT_S, follow_redirects=False
        )

    def close(self) -> None:
        """Close the HTTP client."""
        self._http.close()

    def fixture(self, event: str) -> bytes | None:
        """Ask for the fixture of an event; None where it cannot be had now."""
        url = f"{self._settings.api_url}/v1/sports/en/sport_events/{event}/fixture.xml"
        try:
            answer = self._http.get(url)
        except httpx.HTTPError:
            return None
        usable = answer.status_code == 200 and len(answer.content) <= _LONGEST
        return answer.content if usable else None

    def recover(self, product: str, since: datetime | None, request: int) -> str | None:
        """Ask for what was missed since a moment, or for all; tells why it was not taken.

        Raises
        ------
        FeedRefused
            When the token is not accepted.
        """
        name = self._settings.products[product]
        asked: dict[str, str | int] = {"request_id": request}
        if since is not None:
            asked["after"] = int(since.timestamp() * 1000)
        url = f"{self._settings.api_url}/v1/{name}/recovery/initiate_request"
        try:
            answer = self._http.post(url, params=asked)
        except httpx.HTTPError as error:
            return f"no answer to the request for a recovery: {type(error).__name__}"
        if answer.status_code in (401, 403):
            raise FeedRefused(
                f"Sportradar refuses the token ({answer.status_code}); check feeds.uof.access_token"
            )
        if answer.status_code not in (200, 202):
            return f"the request for a recovery was not taken: status {shown(answer.status_code)}"
        return None
