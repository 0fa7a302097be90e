from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(StoreSettings(directory=tmp_path / "store")) as opened:
        migrate(opened)
        yield opened
