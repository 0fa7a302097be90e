"""The door: raw values become records here, or are refused with the field and the reason.

The pydantic models are derived from the records, so that each constraint stands once.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache, reduce
from operator import or_
from types import GenericAlias, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    create_model,
)

from markets.records import EARLIEST, LATEST, Record

_CONFIG = ConfigDict(extra="forbid", allow_inf_nan=False)
_NAMED = 6
_BOUNDS = ("gt", "ge", "lt", "le", "min_length", "max_length")
RECORDS: dict[str, type[Record]] = {
    str(kind.__struct_config__.tag): kind for kind in get_args(Record)
}


class Refused(ValueError):
    """A raw record that may not enter; the message names the field and the reason.

    `plain` says the same without any of the values, for what must not be repeated.
    """

    def __init__(self, message: str, plain: str = "refused") -> None:
        super().__init__(message)
        self.plain = plain


def admit(raw: Mapping[str, Any]) -> Record:
    """Turn a raw mapping into a record.

    Parameters
    ----------
    raw
        Field values as JSON has them (times as ISO 8601 text) or as Python has them.

    Returns
    -------
    Record
        With `at` and other times in UTC.

    Raises
    ------
    Refused
        When a field is missing, unknown, or out of its bounds; the first six faults are named.

    Examples
    --------
    >>> admit({"kind": "heartbeat", "at": "2026-06-11T21:00:00+02:00", "source": "betfair"}).at
    datetime.datetime(2026, 6, 11, 19, 0, tzinfo=datetime.timezone.utc)
    >>> admit({"kind": "heartbeat", "at": "2026-06-11T21:00:00", "source": "betfair"})
    Traceback (most recent call last):
    ...
    markets.door.Refused: at: Input should have timezone info, got '2026-06-11T21:00:00'
    """
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in RECORDS:
        raise Refused(f"kind: {_shown(kind)} is not one of {', '.join(RECORDS)}")
    try:
        values = vars(_model(kind).model_validate(raw))
    except ValidationError as error:
        raise Refused(_reasons(error), _plain(error)) from None
    del values["kind"]
    return RECORDS[kind](**values)


def admit_json(line: bytes) -> Record:
    """Turn one line of JSON into a record; see `admit`.

    >>> admit_json(b'{"kind": "gap"')
    Traceback (most recent call last):
    ...
    markets.door.Refused: not JSON: Input data was truncated
    """
    return admit(json_object(line))


def json_object(line: bytes) -> dict[str, Any]:
    """Decode one line that must be a JSON object; NaN and infinity are not JSON."""
    try:
        raw = msgspec.json.decode(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Refused(f"not JSON: {error}") from None
    if not isinstance(raw, dict):
        raise Refused(f"not a JSON object but {type(raw).__name__}")
    return raw


@cache
def _model(kind: str) -> type[BaseModel]:
    fields = {"kind": Literal[kind], **_fields(RECORDS[kind])}
    return create_model(kind.title(), __config__=_CONFIG, **fields)


def _fields(struct: type[msgspec.Struct]) -> dict[str, Any]:
    hints = get_type_hints(struct, include_extras=True)
    fields: dict[str, Any] = {}
    for field in msgspec.structs.fields(struct):
        hint = _as_pydantic(hints[field.name])
        fields[field.name] = hint if field.required else (hint, field.default)
    return fields


def _nested(struct: type[msgspec.Struct]) -> Any:
    """Validate a struct inside a record by a model of its own, and make the struct of it."""
    model = create_model(struct.__name__, __config__=_CONFIG, **_fields(struct))
    return Annotated[model, AfterValidator(lambda valid: struct(**vars(valid)))]


def _as_pydantic(hint: Any) -> Any:
    """Translate the constraints of an annotation from msgspec's spelling to pydantic's."""
    if get_origin(hint) is Annotated:
        base, *metas = get_args(hint)
        if base is datetime:
            return Annotated[AwareDatetime, AfterValidator(_in_utc)]
        bounds = {name: getattr(metas[0], name) for name in _BOUNDS}
        known = {k: v for k, v in bounds.items() if v is not None}
        return Annotated[_as_pydantic(base), Field(**known)]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _nested(hint)
    inner = tuple(_as_pydantic(arg) for arg in get_args(hint))
    if get_origin(hint) in (Union, UnionType):
        return reduce(or_, inner)
    return GenericAlias(tuple, inner) if get_origin(hint) is tuple else hint


def _in_utc(at: datetime) -> datetime:
    # Compared before it is converted: near the ends of the calendar there is no UTC to convert to.
    if not EARLIEST <= at <= LATEST:
        raise ValueError(f"must lie between the years {EARLIEST.year} and {LATEST.year}")
    return at.astimezone(UTC)


def _reasons(error: ValidationError) -> str:
    return _listed([_reason(e["loc"], e["msg"], e["input"]) for e in error.errors()])


def _plain(error: ValidationError) -> str:
    return _listed([f"{'.'.join(map(str, e['loc']))[:80]}: {e['msg']}" for e in error.errors()])


def _listed(reasons: list[str]) -> str:
    """Name the first faults of a record, and how many more there are."""
    more = len(reasons) - _NAMED
    return "; ".join(reasons[:_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _reason(where: tuple[int | str, ...], message: str, got: object) -> str:
    field = ".".join(map(str, where))[:80]
    if message == "Field required":
        return f"{field}: missing"
    if isinstance(got, float) and not math.isfinite(got):
        message = "Input should be a finite number"
    return f"{field}: {message}, got {_shown(got)}"


def _shown(got: object) -> str:
    try:
        return repr(got)[:80]
    except ValueError:  # an integer of more digits than Python turns into text
        return "a very long number"
