"""A ClickHouse over TLS by settings alone: its certificate is checked, and so are we."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from forensics.archive import Archive
from forensics.connection import connections
from forensics.migrate import migrate
from forensics.store import StoreSettings, StoreUnavailable, open_store
from markets.records import Gap, Price
from streams.configuration import load
from tests.certificate import make_certificate
from tests.forensics.clickhouse_https import PASSWORD, USER, clickhouse_https

NOON = datetime(2026, 7, 4, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Settings of a server whose certificate is its own authority."""
    folder = tmp_path_factory.mktemp("clickhouse")
    certificate, key = make_certificate(folder)
    with clickhouse_https(folder / "engine", certificate, key) as port:
        yield {
            "host": "127.0.0.1", "port": port, "secure": True, "ca_cert": certificate,
            "username": USER, "password": PASSWORD,
        }  # fmt: skip
        connections(str(certificate)).clear()


def refused(server: dict[str, Any], **other: Any) -> str:
    with pytest.raises(StoreUnavailable) as told, open_store(StoreSettings(**(server | other))):
        pass
    assert PASSWORD not in str(told.value)
    return str(told.value)


def test_the_archive_writes_and_questions_are_answered_over_tls(
    server: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in server.items():
        monkeypatch.setenv(f"SOGAWATCH_STORE__{name.upper()}", str(value))
    price = Price(at=NOON, match="a-v-b", market="1x2", selection="home", book="x", price=2.5)
    gap = Gap(at=NOON, source="betfair", reason="conflated")
    with open_store(load().store) as store:
        assert migrate(store)
        counts = Archive(store).write([(0, 17, NOON, [price, gap])])
        assert counts == {"prices": 1, "health": 1, "frames": 1}
        asked = "SELECT book, price FROM prices WHERE match = {match:String}"
        assert store.rows(asked, {"match": "a-v-b"}) == [{"book": "x", "price": 2.5}]


def test_a_certificate_of_an_unknown_authority_is_refused(server: dict[str, Any]) -> None:
    assert "certificate verify failed" in refused(server, ca_cert=None)


def test_a_certificate_for_another_host_is_refused(server: dict[str, Any]) -> None:
    told = refused(server, host="127.0.0.2")
    assert "127.0.0.2" in told
    assert "cannot be reached" in told


def test_a_password_is_not_sent_in_plain_text_to_a_server_that_speaks_tls(
    server: dict[str, Any],
) -> None:
    assert "cannot be reached" in refused(server, secure=False, ca_cert=None)


def test_a_wrong_password_is_told(server: dict[str, Any]) -> None:
    assert "wrong password" in refused(server, password="other")
