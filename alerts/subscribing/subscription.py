"""The subscription: who is told of which alerts, by which channel, when and how often."""

import re
from datetime import datetime, time
from typing import Annotated, Literal, NamedTuple, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    ValidationError,
    model_validator,
)

from alerts.alert import Alert, Level, Marking

TLP: tuple[Marking, ...] = ("TLP:CLEAR", "TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("control characters and line breaks are not allowed")
    return text


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("not a time zone of the IANA list, such as Europe/Athens") from None
    return name


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("https://HOST/PATH is wanted")
    if parts.username or parts.password:
        raise ValueError("a user and a password in the address are not allowed: use signatures")
    if parts.fragment:
        raise ValueError("a fragment (#...) is never sent; leave it out")
    if parts.port == 0:
        raise ValueError("port 0 is not a port")
    return url


def _plain_address(address: str) -> str:
    # Python reads encoded words (RFC 2047) in addresses that it writes, and breaks off or lets
    # line ends through; addresses that need SMTPUTF8 are beyond most servers.
    if "=?" in address or not address.isascii():
        raise ValueError("an address of plain ASCII without '=?' is wanted")
    return address


Line = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_one_line)]
Zone = Annotated[str, AfterValidator(_zone)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Filter(_Part):
    """Which alerts. An empty list asks for nothing in particular; letters' case does not count.

    `countries` are looked for as whole words in the names of competition and teams, for alerts
    name no country by themselves: `England` finds `England Premier League` and `England v Wales`.
    """

    levels: tuple[Level, ...] = Field(("amber", "red"), min_length=1)
    typologies: tuple[Line, ...] = ()
    sports: tuple[Line, ...] = ()
    competitions: tuple[Line, ...] = ()
    tiers: tuple[Annotated[int, Field(ge=0, le=255)], ...] = ()
    teams: tuple[Line, ...] = ()
    books: tuple[Line, ...] = ()
    markets: tuple[Line, ...] = ()
    countries: tuple[Line, ...] = ()

    def matches(self, alert: Alert) -> bool:
        """Whether an alert is among those asked for.

        Every list that is not empty must name something of the alert.
        """
        fixture, evidence = alert.fixture, alert.evidence
        return (
            alert.level in self.levels
            and (not self.tiers or fixture.tier in self.tiers)
            and _named(self.typologies, alert.typology)
            and _named(self.sports, fixture.sport)
            and _named(self.competitions, fixture.competition)
            and _named(self.teams, fixture.home, fixture.away)
            and _named(self.books, *(book for one in evidence for book in one.books))
            and _named(self.markets, alert.market, *(one.market for one in evidence))
            and _spoken(self.countries, fixture.competition, fixture.home, fixture.away)
        )


def _named(wanted: tuple[str, ...], *names: str) -> bool:
    if not wanted:
        return True
    there = {name.casefold() for name in names}
    return any(one.casefold() in there for one in wanted)


def _spoken(wanted: tuple[str, ...], *names: str) -> bool:
    text = " / ".join(names).casefold()
    return not wanted or any(
        re.search(rf"\b{re.escape(one.casefold())}\b", text) is not None for one in wanted
    )


class Email(_Part):
    """Delivery by e-mail, to an address that has been confirmed."""

    kind: Literal["email"] = "email"
    address: Annotated[EmailStr, Field(max_length=254), AfterValidator(_plain_address)]


class Webhook(_Part):
    """Delivery by HTTP POST."""

    kind: Literal["webhook"] = "webhook"
    url: Annotated[str, Field(max_length=2000), AfterValidator(_one_line),
                   AfterValidator(_web_address)]  # fmt: skip

    @property
    def host(self) -> str:
        """The host, which may be logged; the rest of an address may be a secret."""
        return urlsplit(self.url).hostname or ""


class Digest(_Part):
    """Collected messages: every so many minutes, or at fixed times of the reader's day."""

    every_min: int | None = Field(None, ge=1, le=1440)
    at: tuple[time, ...] = Field((), max_length=24)

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.every_min is None) == (not self.at):
            raise ValueError("give either every_min, or at with the times of the shifts' ends")
        return self


class QuietHours(_Part):
    """Hours of the reader's day in which nothing is sent, but red if `red_breaks`."""

    start: time
    end: time
    red_breaks: bool = True

    @model_validator(mode="after")
    def _not_all_day(self) -> Self:
        if self.start == self.end:
            raise ValueError("start and end are the same; leave quiet out, or pause by a snooze")
        return self


class Rate(_Part):
    """At most so many single messages within a time; what is more comes in one summary."""

    most: int = Field(30, ge=1, le=100_000)
    within_min: int = Field(60, ge=1, le=1440)


class Wish(_Part):
    """What a subscriber asks for.

    `step` 0 is told at once; step 1 when the first deadline to acknowledge was missed, step 2 with
    the second, and so on. `cleared_for` is the highest marking that the reader may see.
    """

    name: Line
    channel: Annotated[Email | Webhook, Field(discriminator="kind")]
    filter: Filter = Field(default_factory=Filter)
    digest: Digest | None = None
    quiet: QuietHours | None = None
    rate: Rate = Field(default_factory=Rate)
    cleared_for: Marking = "TLP:AMBER"
    timezone: Zone = "UTC"
    step: int = Field(0, ge=0, le=9)


class Subscription(Wish):
    """A wish that was accepted. It holds no secret: those follow from `notify.key` and this.

    `generation` counts rotations of the webhook's secret; the one before is valid too until
    `previous_until`.
    """

    subscription: str = Field(pattern=r"^s-[0-9a-f]{16}$")
    created_at: AwareDatetime
    created_by: Line
    confirmed_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    generation: int = Field(0, ge=0)
    previous_until: AwareDatetime | None = None

    @property
    def active(self) -> bool:
        """Whether anything may be sent."""
        return self.confirmed_at is not None and self.ended_at is None

    def allowed(self, marking: Marking) -> bool:
        """Whether the reader may see what is marked so."""
        return TLP.index(marking) <= TLP.index(self.cleared_for)

    def local(self, at: datetime) -> datetime:
        """A moment in the reader's own time."""
        return at.astimezone(ZoneInfo(self.timezone))

    def to_json(self) -> bytes:
        """Encode as one line of JSON."""
        return self.model_dump_json().encode()


class Problem(NamedTuple):
    """Which field does not hold, and why."""

    field: str
    why: str


def problems(error: ValidationError) -> list[Problem]:
    """Say of each field that does not hold why.

    >>> try:
    ...     Wish.model_validate({"name": "desk", "channel": {"kind": "webhook", "url": "ftp://x"}})
    ... except ValidationError as error:
    ...     problems(error)
    [Problem(field='channel.url', why='https://HOST/PATH is wanted')]
    """
    return [Problem(_field(e["loc"]), _why(e["msg"])) for e in error.errors()]


def _field(where: tuple[int | str, ...]) -> str:
    # pydantic puts the kind of a channel between `channel` and its field
    parts = [str(p) for n, p in enumerate(where) if not (n == 1 and where[0] == "channel")]
    return ".".join(parts) or "subscription"


def _why(message: str) -> str:
    return message.removeprefix("Value error, ")
