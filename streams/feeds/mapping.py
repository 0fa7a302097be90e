"""How foreign odds and wagers are read: a mapping in YAML, declared by whoever knows the source."""

from collections.abc import Mapping as AnyMapping
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from alerts.complaint import Misuse
from streams.feeds.documents import Wrong, missing

LARGEST = 1024 * 1024
OddsFormat = Literal["decimal", "american", "fractional", "hongkong", "malay", "indonesian"]
Encoding = Literal["utf-8", "latin-1", "cp1252", "utf-16"]
TimeUnit = Literal["iso", "s", "ms", "us", "text"]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Words = dict[str, Name]

TARGETS: dict[str, tuple[str, ...]] = {
    "odds": ("at", "market", "selection", "price", "book"),
    "wagers": ("at", "market", "selection", "price", "stake", "wager", "account", "book"),
}
OPTIONAL = (
    "match", "home", "away", "start", "competition", "line", "size", "status", "in_play", "side",
    "currency", "country", "opened", "device", "counterparty", "fill",
    "account_wagers", "account_median_stake", "account_last", "account_limit",
)  # fmt: skip
FIELDS = frozenset({*TARGETS["odds"], *TARGETS["wagers"], *OPTIONAL})


class BadMapping(Misuse, ValueError):
    """A mapping that cannot be used; the message names the field and the reason."""


class Constant(BaseModel):
    """A value that is the same in every row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: str | int | float | bool


class Mapping(BaseModel):
    """Where each field of our records is found in a source, and in what unit.

    `fields` gives for each of ours the source's: a column, the path to a value within JSON
    (`bet.stake`), or `{value: ...}` for one that never changes. Words of the source are translated
    by `markets`, `selections`, `sides` and `statuses`; a word that is in none of them is refused,
    unless it is one of ours already. What is not mapped does not pass the door.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["odds", "wagers"]
    source: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
    fields: dict[str, Name | Constant]
    topic: Annotated[str, Field(max_length=249)] | None = None
    sport: Name = "football"
    time: TimeUnit = Field("iso", description="iso, s, ms or us since 1970, or text")
    time_format: str | None = Field(None, description="strptime format, with time: text")
    timezone: str = Field("UTC", description="of times without an offset")
    odds: OddsFormat = "decimal"
    unit: Annotated[float, Field(gt=0)] = Field(1.0, description="of amounts; 0.01 for cents")
    decimal_comma: bool = False
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: Encoding = "utf-8"
    join_fills_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        10.0, description="seconds within which fills of one bet are joined"
    )
    markets: Words = {}
    selections: Words = {}
    sides: Words = {}
    statuses: Words = {}
    covers: tuple[Name, ...] = Field((), description="competitions the source vouches for")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        needed = [f for f in TARGETS[self.kind] if f not in self.fields and f != "book"]
        if needed:
            raise ValueError(f"fields: {', '.join(needed)} must be mapped for {self.kind}")
        if unknown := sorted(self.fields.keys() - FIELDS):
            raise ValueError(f"fields: {', '.join(unknown)}: not known; there are {_listed()}")
        named = {"home", "away", "start"} <= self.fields.keys()
        if not named and "match" not in self.fields:
            raise ValueError("fields: map match, or home, away and start: what is bet on?")
        if (self.time == "text") != (self.time_format is not None):
            raise ValueError("time: text needs time_format, and only text takes it")
        if self.time_format is not None:
            _check_format(self.time_format)
        self.zone  # noqa: B018 - an unknown zone is told here
        return self

    @cached_property
    def zone(self) -> tzinfo:
        """Time zone of times without an offset."""
        try:
            return ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"timezone: {self.timezone!r} is none, as in Europe/Athens") from None

    def columns(self) -> set[str]:
        """Columns of the source that are read."""
        return {place for place in self.fields.values() if isinstance(place, str)}

    def needed_columns(self) -> set[str]:
        """Those of them without which no row can be read."""
        named = {"home", "away", "start"}
        needed = {*TARGETS[self.kind]} - {"book"}
        needed |= named if named <= self.fields.keys() else {"match"}
        places = {self.fields[field] for field in needed}
        return {place for place in places if isinstance(place, str)}

    def value(self, row: AnyMapping[str, Any], field: str) -> object:
        """Get the source's value for one of our fields; raises `Wrong` when it has none."""
        found = self.optional(row, field)
        if found is None:
            raise Wrong(missing(field))
        return found

    def optional(self, row: AnyMapping[str, Any], field: str) -> object:
        """Get the source's value for one of our fields, None where it is blank or not there."""
        place = self.fields.get(field)
        if place is None:
            return None
        if isinstance(place, Constant):
            return place.value
        found = row.get(place)
        if found is None and "." in place:
            found = _within(row, place.split("."))
        return None if isinstance(found, str) and not found.strip() else found


def load_mapping(path: Path) -> Mapping:
    """Read a mapping.

    Raises
    ------
    BadMapping
        When it cannot be read, is not YAML, or does not say what is needed.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise BadMapping(f"{path}: is over {LARGEST} bytes, far too large for a mapping")
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadMapping(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadMapping(f"{path}: cannot be read: is no text in UTF-8") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise BadMapping(f"{path}: is not YAML: {error}") from None
    if not isinstance(held, dict):
        raise BadMapping(f"{path}: is no mapping: lines of `name: value` are wanted, as kind: odds")
    try:
        return Mapping.model_validate(held)
    except ValidationError as error:
        raise BadMapping("\n".join(f"{path}: {_reason(e)}" for e in error.errors())) from None


def _within(row: Any, path: list[str]) -> object:
    for name in path:
        row = row.get(name) if isinstance(row, dict) else None
    return row


def _listed() -> str:
    return ", ".join(sorted(FIELDS))


def _check_format(written: str) -> None:
    day = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)
    try:
        datetime.strptime(day.strftime(written), written)  # noqa: DTZ007 - only its form counts
    except ValueError:
        raise ValueError(f"time_format: {written[:80]!r} is none, as in %d/%m/%Y %H:%M") from None


def _reason(error: Any) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] == "extra_forbidden":
        return f"{where}: is no setting of a mapping; there are {', '.join(Mapping.model_fields)}"
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
