import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty store with all tables; to be copied, for making one costs a second."""
    folder = tmp_path_factory.mktemp("migrated") / "store"
    with open_store(StoreSettings(directory=folder)) as opened:
        migrate(opened)
    return folder


@pytest.fixture
def store(migrated: Path, tmp_path: Path) -> Iterator[Store]:
    """A migrated store of its own. The engine takes one directory per process at a time, so it is
    closed before the next test opens another."""
    shutil.copytree(migrated, tmp_path / "store", symlinks=True)
    with open_store(StoreSettings(directory=tmp_path / "store")) as opened:
        yield opened
