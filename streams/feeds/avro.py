"""Values of foreign topics: JSON, or Avro with its schema from a registry over HTTP."""

import io
import struct
from typing import Any

import fastavro
import httpx
import msgspec
from pydantic import SecretStr

from streams.feeds.documents import Wrong
from streams.feeds.live import FeedRefused

LONGEST_VALUE = 8 * 1024 * 1024
_HEAD = struct.Struct(">bI")
_TIMEOUT_S = 10.0
_MOST_SCHEMAS = 1000


class RegistrySilent(Exception):
    """The schema registry does not answer now; the value is not to be lost for it."""


class Values:
    """Decodes values; schemas are asked for once.

    A value that begins with a zero byte is Avro as registries frame it (a zero, the id of the
    schema in four bytes, the body); anything else is JSON.
    """

    def __init__(
        self, registry: str | None, username: str | None, password: SecretStr | None
    ) -> None:
        self._registry = registry
        secret = password.get_secret_value() if password is not None else ""
        auth = (username, secret) if username is not None else None
        self._http = httpx.Client(timeout=_TIMEOUT_S, auth=auth, follow_redirects=False)
        self._schemas: dict[int, Any] = {}

    def close(self) -> None:
        """Close the HTTP client."""
        self._http.close()

    def row(self, value: bytes) -> dict[str, Any]:
        """Decode a value to a row; the reason of a `Wrong` repeats nothing of it."""
        if len(value) > LONGEST_VALUE:
            raise Wrong(f"longer than {LONGEST_VALUE} bytes")
        if value[:1] != b"\0":
            return _json(value)
        if self._registry is None:
            raise Wrong("Avro, and feeds.kafka.schema_registry is not set")
        if len(value) < _HEAD.size:
            raise Wrong("Avro cut short")
        _, number = _HEAD.unpack_from(value)
        return _avro(value[_HEAD.size :], self._schema(number))

    def _schema(self, number: int) -> Any:
        if number not in self._schemas:
            if len(self._schemas) >= _MOST_SCHEMAS:
                self._schemas.clear()
            self._schemas[number] = self._ask(number)
        return self._schemas[number]

    def _ask(self, number: int) -> Any:
        try:
            answer = self._http.get(f"{self._registry}/schemas/ids/{number}")
        except httpx.HTTPError as error:
            raise RegistrySilent(f"schema registry: {type(error).__name__}") from None
        if answer.status_code in (401, 403):
            raise FeedRefused(
                f"the schema registry refuses the user ({answer.status_code}); check [feeds.kafka]"
            )
        if answer.status_code == 404:
            raise Wrong(f"Avro of schema {number}, which the registry does not have")
        if answer.status_code != 200:
            raise RegistrySilent(f"schema registry: status {answer.status_code}")
        try:
            told = msgspec.json.decode(answer.content, type=dict[str, Any])
            return fastavro.parse_schema(msgspec.json.decode(told["schema"]))
        except (msgspec.MsgspecError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise Wrong(f"schema {number} cannot be used: {type(error).__name__}") from None


def _json(value: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(value, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise Wrong("is no JSON object") from None


def _avro(body: bytes, schema: Any) -> dict[str, Any]:
    try:
        read = fastavro.schemaless_reader(io.BytesIO(body), schema, None)
    except Exception as error:  # noqa: BLE001 - it raises what the damage happens to hit
        raise Wrong(f"damaged Avro: {type(error).__name__}") from None
    if not isinstance(read, dict):
        raise Wrong("Avro that is no record")
    return read
