"""A board that is served for real, and a browser that is driven for real."""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from alerts.action import Action
from dashboards.board.live import LiveCases
from dashboards.board.settings import BoardSettings
from dashboards.board.tokens import Role, line_for, new_token
from dashboards.board.visit import Sources
from forensics.archive import Archive
from forensics.migrate import migrate
from forensics.store import Store, StoreSettings, open_store
from streams.board.sending import StoreSender
from streams.board.serving import served
from tests.dashboards.board.scene import NOW, records

_CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WATCHING = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (e) => {
  window.violations.push(`${e.violatedDirective} ${e.blockedURI}`);
});
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of the system; skipped where there is none, which CI does not allow."""
    path = next((found for name in _CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium: apt-get install chromium")
        pytest.skip("no Chromium: apt-get install chromium")
    with sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=path, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages, and fails the test when one of them broke its policy or threw."""
    faults: list[str] = []
    pages: list[Page] = []
    contexts: list[BrowserContext] = []

    def open_page(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1366, "height": 768}} | options)
        contexts.append(context)
        context.add_init_script(WATCHING)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: faults.append(f"threw: {error}"))
        page.on("console", lambda m: faults.append(m.text) if "Security Policy" in m.text else None)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        faults.extend(page.evaluate("window.violations ?? []"))
    for context in contexts:
        context.close()
    assert faults == []


class Floor:
    """A served board with its cases, its store and what was sent."""

    def __init__(self, live: LiveCases, store: Store, tokens: dict[str, str]) -> None:
        self.live = live
        self.store = store
        self.tokens = tokens
        self.address = ""

    @contextmanager
    def client(self, name: str = "") -> Iterator[httpx.Client]:
        """An HTTP client, signed in by a form where a name is given."""
        with httpx.Client(base_url=self.address, timeout=30) as client:
            if name:
                answer = client.post("/sign-in", data={"token": self.tokens[name], "next": "/"})
                assert answer.status_code == 303, answer.text
            yield client

    def actions(self) -> list[Action]:
        """What is in the store."""
        rows = self.store.rows("SELECT body FROM actions ORDER BY at")
        return [Action.model_validate_json(row["body"]) for row in rows]


Serve = Callable[..., Floor]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One store for the tests of a file: opening one takes seconds."""
    folder = tmp_path_factory.mktemp("board") / "store"
    with open_store(StoreSettings(directory=folder)) as opened:
        migrate(opened)
        yield opened


@pytest.fixture
def serve(store: Store, tmp_path: Path) -> Iterator[Serve]:
    """Serves a board from the store, without actions yet; with `people` it takes tokens."""
    for table in ("actions", "cases"):
        store.command(f"TRUNCATE TABLE {table}")
    archive = Archive(store)
    with ExitStack() as stack:

        def start(people: dict[str, Role] | None = None, **settings: object) -> Floor:
            live, tokens = LiveCases(), {name: new_token() for name in people or {}}
            floor = Floor(live, store, tokens)
            if people:
                lines = [line_for(name, role, tokens[name]) for name, role in people.items()]
                (tmp_path / "tokens").write_text("\n".join(lines) + "\n", encoding="utf-8")
                settings["tokens_file"] = tmp_path / "tokens"
            begun = time.monotonic()
            sources = Sources(
                live=live,
                store=store,
                send=StoreSender(archive, live),
                now=lambda: NOW + timedelta(seconds=time.monotonic() - begun),
            )
            board = BoardSettings(port=0, **settings)  # type: ignore[arg-type]
            floor.address = stack.enter_context(served(board, sources))
            live.caught_up()
            return floor

        yield start


@pytest.fixture(scope="module")
def fed(store: Store) -> Store:
    """The store with the prices of a match in it."""
    Archive(store).write([(3, 1, datetime.now(UTC), records())])
    return store
