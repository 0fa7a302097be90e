"""From a graph of our objects to plain structures and back, what is shared staying shared.

Scalars stand for themselves, everything else is `[code, ...]`. What is met a second time is a
reference to the first, so aliases survive; objects are made before what they hold, so cycles do.
Nothing but the classes of `kinds` is ever made, and nothing is called but their constructors.
"""

from array import array
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache, partial
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import Struct
from pydantic import BaseModel

from detectors.foreign import PLAIN
from streams.snapshots.kinds import Kind, fields, functions, kinds

_REF, _LIST, _TUPLE, _DICT, _SET, _FROZEN, _DEQUE, _ARRAY, _PARTIAL, _ABSENT, _FOREIGN = range(11)
_FIRST_KIND = 32
_SCALARS = frozenset({type(None), bool, int, float, str, bytes})
_NO_OFFSET = timedelta(0)
_MISSING = object()

Plain = Any
Write = Callable[["_Writer", Any], Plain]


class NotPlain(TypeError):
    """Something that a snapshot cannot hold: no class of ours, and no container we know."""


class BadSnapshot(ValueError):
    """Bytes that are no snapshot of this code."""


def write(root: object, shared: Sequence[object] = ()) -> bytes:
    """Write a graph; the `shared` objects are not written, the reader has its own.

    Raises
    ------
    NotPlain
        When the graph holds what cannot be written.
    """
    return msgspec.msgpack.encode(_Writer(shared).plain(root))


def read(data: bytes, shared: Sequence[object] = ()) -> Any:
    """Make anew what `write` wrote.

    >>> one = [1.5]
    >>> again = read(write({"a": one, "b": (one, None)}))
    >>> again, again["a"] is again["b"][0]
    ({'a': [1.5], 'b': ([1.5], None)}, True)

    Raises
    ------
    BadSnapshot
        When the bytes are no snapshot of this code.
    """
    try:
        return _Reader(shared).made(msgspec.msgpack.decode(data))
    except (msgspec.DecodeError, LookupError, TypeError, ValueError, RecursionError) as error:
        raise BadSnapshot(f"{type(error).__name__}: {error}") from error


class _Writer:
    __slots__ = ("_alive", "_seen")

    def __init__(self, shared: Sequence[object]) -> None:
        self._seen = {id(one): number for number, one in enumerate(shared)}
        self._alive = list(shared)  # an id is good only as long as its object lives

    def plain(self, value: Any) -> Plain:
        kind = type(value)
        if kind in _SCALARS:
            return value
        if kind is datetime:
            return _moment(value)
        if (number := self._seen.get(id(value))) is not None:
            return [_REF, number]
        self._seen[id(value)] = len(self._alive)
        self._alive.append(value)
        return _writer_of(kind)(self, value)  # type: ignore[arg-type]

    def all(self, values: Any) -> Plain:
        """Write values; most are all scalars, which is seen without looking at each."""
        if _SCALARS.issuperset(map(type, values)):
            return values
        return [self.plain(value) for value in values]


def _place(member: object) -> str:
    """Where a member of a set is written, so that equal states are equal bytes.

    It is found before members are written, or what refers to one would find another.
    """
    return repr(member if type(member) in _SCALARS else _Writer(()).plain(member))


def _moment(at: datetime) -> datetime:
    if at.utcoffset() != _NO_OFFSET:
        raise NotPlain(f"{at!r} is not UTC")
    return at.astimezone(UTC)


_CONTAINERS: dict[Kind, Write] = {
    list: lambda w, v: [_LIST, w.all(v)],
    tuple: lambda w, v: [_TUPLE, w.all(v)],
    dict: lambda w, v: [_DICT, w.all(list(v)), w.all(list(v.values()))],
    set: lambda w, v: [_SET, w.all(sorted(v, key=_place))],
    frozenset: lambda w, v: [_FROZEN, w.all(sorted(v, key=_place))],
    deque: lambda w, v: [_DEQUE, v.maxlen, w.all(list(v))],
    array: lambda _, v: [_ARRAY, v.typecode, v.tolist()],
    partial: lambda w, v: [_PARTIAL, _function(v.func), w.all(v.args), w.plain(v.keywords)],
}


@cache
def _codes() -> dict[Kind, int]:
    return {kind: code for code, kind in enumerate(kinds(), _FIRST_KIND)}


def _function(function: Callable[..., Any]) -> int:
    try:
        return functions().index(function)
    except ValueError:
        raise NotPlain(f"{function!r} is no function of a module that may be written") from None


@cache
def _writer_of(kind: Kind) -> Write:
    if kind in _CONTAINERS:
        return _CONTAINERS[kind]
    if kind in PLAIN:
        number, out = list(PLAIN).index(kind), PLAIN[kind][0]
        return lambda _, v: [_FOREIGN, number, list(out(v))]
    if (code := _codes().get(kind)) is None:
        raise NotPlain(f"{kind.__module__}.{kind.__qualname__} cannot be written to a snapshot")
    if issubclass(kind, Enum):
        return lambda _, v: [code, v.value]
    if issubclass(kind, tuple):
        return lambda w, v: [code, w.all(v)]
    return _writer_of_fields(kind, code, fields(kind))


def _writer_of_fields(kind: Kind, code: int, names: tuple[str, ...]) -> Write:
    if not names:
        return lambda *_: [code, []]
    found = attrgetter(*names) if len(names) > 1 else lambda v: (getattr(v, names[0]),)

    def written(writer: _Writer, value: Any) -> Plain:
        values: Any
        if more := getattr(value, "__dict__", {}).keys() - set(names):
            raise NotPlain(f"{kind.__qualname__} holds {sorted(more)}, which no method sets")
        try:
            values = found(value)
        except AttributeError:  # not every attribute is set from the beginning
            values = [getattr(value, name, _MISSING) for name in names]
            return [code, [[_ABSENT] if v is _MISSING else writer.plain(v) for v in values]]
        return [code, writer.all(values)]

    return written


# Names that many matches have, of markets and books, are one string in all of them. Those of
# accounts pass through; interned, they would stay in CPython 3.12 for as long as the process.
_same = lru_cache(maxsize=16_384)(str)


class _Reader:
    __slots__ = ("_made",)

    def __init__(self, shared: Sequence[object]) -> None:
        self._made: list[Any] = list(shared)

    def made(self, plain: Plain) -> Any:
        kind = type(plain)
        if kind is str:
            return _same(plain)
        if kind is not list:
            return plain
        code = plain[0]
        if code == _REF:
            return self._referred(plain[1])
        if code == _ABSENT:
            return _MISSING
        number = len(self._made)
        self._made.append(_MISSING)
        return _reader_of(code)(self, plain, number)

    def _referred(self, number: int) -> Any:
        if (found := self._made[number]) is _MISSING:
            raise BadSnapshot("a value that holds itself")
        return found

    def all(self, plain: Sequence[Plain]) -> Sequence[Any]:
        if _NUMBERS.issuperset(map(type, plain)):
            return plain
        return [self.made(one) for one in plain]

    def keep(self, number: int, made: Any) -> Any:
        self._made[number] = made
        return made


_NUMBERS = frozenset({type(None), bool, int, float})
Read = Callable[[_Reader, Plain, int], Any]


def _read_list(reader: _Reader, plain: Plain, number: int) -> list[Any]:
    made: list[Any] = reader.keep(number, [])
    made.extend(reader.all(plain[1]))
    return made


def _read_dict(reader: _Reader, plain: Plain, number: int) -> dict[Any, Any]:
    made: dict[Any, Any] = reader.keep(number, {})
    keys = reader.all(plain[1])
    made.update(zip(keys, reader.all(plain[2]), strict=True))
    return made


def _read_deque(reader: _Reader, plain: Plain, number: int) -> deque[Any]:
    made: deque[Any] = reader.keep(number, deque(maxlen=plain[1]))
    made.extend(reader.all(plain[2]))
    return made


def _read_set(reader: _Reader, plain: Plain, number: int) -> set[Any]:
    made: set[Any] = reader.keep(number, set())
    made.update(reader.all(plain[1]))
    return made


def _read_partial(reader: _Reader, plain: Plain, number: int) -> Any:
    arguments, keywords = reader.all(plain[2]), reader.made(plain[3])
    return reader.keep(number, partial(functions()[plain[1]], *arguments, **keywords))


_READERS: dict[int, Read] = {
    _LIST: _read_list,
    _TUPLE: lambda r, p, n: r.keep(n, tuple(r.all(p[1]))),
    _DICT: _read_dict,
    _SET: _read_set,
    _FROZEN: lambda r, p, n: r.keep(n, frozenset(r.all(p[1]))),
    _DEQUE: _read_deque,
    _ARRAY: lambda r, p, n: r.keep(n, array(p[1], p[2])),
    _PARTIAL: _read_partial,
    _FOREIGN: lambda r, p, n: r.keep(n, list(PLAIN.values())[p[1]][1](p[2])),
}


@cache
def _reader_of(code: int) -> Read:
    if code in _READERS:
        return _READERS[code]
    kind = kinds()[code - _FIRST_KIND] if code >= _FIRST_KIND else None
    if kind is None:
        raise BadSnapshot(f"no class has the number {code}")
    if issubclass(kind, Enum):
        return lambda r, p, n: r.keep(n, kind(p[1]))
    if issubclass(kind, tuple):
        make: Callable[..., Any] = vars(kind)["_make"].__get__(None, kind)
        return lambda r, p, n: r.keep(n, make(r.all(p[1])))
    if issubclass(kind, Struct | BaseModel):
        return _reader_by_name(kind)
    return _reader_by_attribute(kind)


def _reader_by_name(kind: Kind) -> Read:
    """Make records and alerts by the names of their fields; they were checked when first made."""
    names = fields(kind)
    make: Callable[..., Any] = kind.model_construct if issubclass(kind, BaseModel) else kind

    def made(reader: _Reader, plain: Plain, number: int) -> Any:
        return reader.keep(number, make(**dict(zip(names, reader.all(plain[1]), strict=True))))

    return made


def _reader_by_attribute(kind: Kind) -> Read:
    names: Mapping[str, Any] = dict.fromkeys(fields(kind))
    setters = [_setter(kind, name) for name in names]

    def made(reader: _Reader, plain: Plain, number: int) -> Any:
        one = reader.keep(number, object.__new__(kind))
        for set_one, value in zip(setters, reader.all(plain[1]), strict=True):
            if value is not _MISSING:
                set_one(one, value)
        return one

    return made


def _setter(kind: Kind, name: str) -> Callable[[Any, Any], None]:
    """Set a slot as such: classes that are frozen, or that look at what is set, do not mind."""
    slot = next((vars(b)[name] for b in kind.__mro__ if name in vars(b)), None)
    if hasattr(slot, "__set__") and not isinstance(slot, property):
        return slot.__set__  # type: ignore[no-any-return, union-attr]
    return lambda one, value: object.__setattr__(one, name, value)
