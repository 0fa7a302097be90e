"""The pages in a real browser: what an officer sees and does, with a mouse and without."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from alerts.action import Action, Kind
from alerts.request import Request
from dashboards.board.acting import fingerprint
from forensics.store import Store
from tests.dashboards.board.conftest import Floor, Serve
from tests.dashboards.board.scene import HOSTILE, KICK_OFF, NOW, an_alert

Tab = Callable[..., Page]
PEOPLE = {"vic": "viewer", "ona": "officer", "sue": "supervisor"}
GRAVE = ("serious", "critical")


def fill(floor: Floor) -> None:
    """Cases in every state, so that every part of the pages is there."""
    later = KICK_OFF + timedelta(minutes=28)
    floor.live.take(
        [
            (an_alert(), None),
            (an_alert(level="amber", typology="steam-move", score=0.99), None),
            (an_alert("c-v-d", "amber", home="Corvel", away="Dunvra", opened=later), None),
            (an_alert("e-v-f", "red", home="Elsmor", away="Fennick"), None),
            (an_alert("g-v-h", "green", home="Galdor", away="Harnow"), None),
            (an_alert("i-v-j", "red", home="Istrel", away="Jorvan"), None),
        ]
    )
    wanted = [
        Request(kind=Kind.ACKNOWLEDGE, case="c-v-d"),
        Request(kind=Kind.ESCALATE, case="e-v-f", to="sue", comment="ask the league"),
        Request(kind=Kind.SNOOZE, scope="team", value="Corvel", until=NOW + timedelta(hours=2),
                comment="friendly, known"),
        Request(kind=Kind.CLOSE, case="i-v-j", verdict="innocent", cause="injury",
                comment="keeper hurt in the warm-up"),
        Request(kind=Kind.REPORT_MISS, case="k-v-l", typology="late-drift", when=KICK_OFF,
                comment="a bookmaker called"),
    ]  # fmt: skip
    for request in wanted:
        done = floor.live.decide(request, at=NOW, actor="ona", role="officer")
        assert isinstance(done, Action), done
        floor.live.take(actions=[done])


def case_path(floor: Floor, match: str = "a-v-b") -> str:
    case = floor.live.find(match)
    assert case is not None
    return f"/cases/{case.case_id}"


def sign_in(page: Page, floor: Floor, name: str) -> None:
    page.goto(f"{floor.address}/sign-in")
    page.get_by_label("Token").fill(floor.tokens[name])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def grave_faults(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{v['id']}: {n['html'][:120]} {n.get('failureSummary', '')[:160]}"
        for v in found
        if v["impact"] in GRAVE
        for n in v["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_a_grave_fault_of_accessibility(
    fed: Store, serve: Serve, tab: Tab, scheme: str
) -> None:
    floor = serve(PEOPLE)
    fill(floor)
    page = tab(color_scheme=scheme)
    page.goto(f"{floor.address}/sign-in")
    faults = {"sign-in": grave_faults(page)}
    sign_in(page, floor, "sue")
    for path in ("/?show=all", case_path(floor), case_path(floor, "i-v-j"), "/hand-over",
                 "/snoozes", "/misses", "/deliveries", "/cases/none", "/?level=green"):  # fmt: skip
        page.goto(floor.address + path)
        if page.locator("#chart").count():
            page.wait_for_selector("#chart canvas, #chart-words:not(:text('Loading'))")
        for fold in page.locator("details").all():
            fold.evaluate("d => d.open = true")
        faults[path] = grave_faults(page)
    page.goto(floor.address + case_path(floor))
    page.get_by_label("Why do you look?").fill("stakes")
    page.get_by_role("button", name="Show accounts").click()
    expect(page.locator("h1")).to_have_text("Accounts")
    faults["accounts"] = grave_faults(page)
    assert {where: what for where, what in faults.items() if what} == {}


def test_the_check_of_accessibility_finds_a_fault(serve: Serve, tab: Tab) -> None:
    page = tab()
    page.goto(serve().address)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(fault.startswith("button-name") for fault in grave_faults(page))


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844), (320, 640)])
def test_pages_fit_their_screen(
    fed: Store, serve: Serve, tab: Tab, width: int, height: int
) -> None:
    floor = serve()
    fill(floor)
    page = tab(viewport={"width": width, "height": height})
    for path in ("/?show=all", case_path(floor), "/hand-over", "/snoozes", "/misses"):
        page.goto(floor.address + path)
        beyond = page.evaluate(
            "[...document.body.querySelectorAll('*')].filter(e => !e.closest('.wide, nav') && "
            f"e.getBoundingClientRect().right > {width} + 1).map(e => e.outerHTML.slice(0, 90))"
        )
        assert (path, beyond) == (path, [])
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_floor_ranks_and_filters_as_cases_come(fed: Store, serve: Serve, tab: Tab) -> None:
    """Nothing, then red before amber, what somebody has taken up after; filters narrow."""
    floor, page = serve(), tab()
    page.goto(floor.address)
    expect(page.locator(".empty")).to_contain_text("1 matches are watched at 2 books")
    fill(floor)
    expect(page.locator(".group h2").first).to_have_text(re.compile("Needs an officer now"))
    names = page.locator(".cases .match a").all_inner_texts()
    assert names == ["Aldmar v Brinsk", "k-v-l", "Elsmor v Fennick", "Corvel v Dunvra"]
    page.get_by_label("With").select_option("sue")
    expect(page.locator(".cases .match a")).to_have_text(["Elsmor v Fennick"])
    until_live(page)
    page.get_by_label("Level").select_option("green")
    expect(page.locator(".empty")).to_contain_text("Nothing matches these filters")
    page.goto(f"{floor.address}/?show=closed")
    expect(page.locator(".cases .due")).to_have_text("Innocent")


def test_a_case_is_worked_by_clicking(fed: Store, serve: Serve, tab: Tab) -> None:
    floor, page = serve(PEOPLE), tab()
    floor.live.take([(an_alert(), None)])
    sign_in(page, floor, "ona")
    page.get_by_role("link", name="Aldmar v Brinsk").click()
    status = page.locator(".status")
    page.get_by_role("button", name="Acknowledge").click()
    expect(status).to_have_text("acknowledged")
    page.locator("#act-escalate summary").click()
    page.get_by_label("To (may be left out)").fill("sue")
    page.locator("#act-escalate").get_by_label("Why").fill("two detectors agree")
    page.get_by_role("button", name="Escalate").click()
    expect(status).to_have_text("escalated")
    page.locator("#act-close summary").click()
    page.get_by_label("Manipulation suspected").check()
    page.locator("#act-close").get_by_label("Why").fill("league informed")
    page.get_by_role("button", name="Close the case").click()
    expect(status).to_have_text("closed")
    expect(page.locator(".history li")).to_have_count(3)
    expect(page.locator("#act-reopen")).to_have_count(0)
    done = [(a.kind.value, a.actor, a.comment) for a in floor.actions()]
    assert done == [
        ("acknowledge", "ona", ""),
        ("escalate", "ona", "two detectors agree"),
        ("close", "ona", "league informed"),
    ]
    sign_out_and_in(page, floor, "sue")
    page.goto(floor.address + case_path(floor))
    page.locator("#act-reopen summary").click()
    page.locator("#act-reopen").get_by_label("Why").fill("the league asks again")
    page.locator("#act-reopen").get_by_role("button", name="Reopen").click()
    expect(status).to_have_text("open again")


def sign_out_and_in(page: Page, floor: Floor, name: str) -> None:
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, floor, name)


def test_a_viewer_has_no_buttons_and_is_refused(fed: Store, serve: Serve, tab: Tab) -> None:
    floor, page = serve(PEOPLE), tab()
    floor.live.take([(an_alert(), None)])
    sign_in(page, floor, "vic")
    page.goto(floor.address + case_path(floor))
    expect(page.locator(".act")).to_contain_text("acting takes the role of an officer")
    for kind in ("acknowledge", "escalate", "close", "snooze", "comment", "view_accounts"):
        expect(page.locator(f"#do-{kind}")).to_have_count(0)
    case = floor.live.all()[0]
    form = {
        "form_token": page.locator("[name=form_token]").first.get_attribute("value") or "",
        "seen": fingerprint(case),
        "comment": "curious",
    }
    own = page.context.request
    for kind in ("acknowledge", "comment", "view_accounts"):
        answer = own.post(floor.address + case_path(floor), form=form | {"kind": kind})
        assert (kind, answer.status) == (kind, 403)
    answer = own.post(f"{floor.address}{case_path(floor)}/accounts", form=form)
    assert answer.status == 403
    assert "acct-1" not in answer.text()
    assert floor.actions() == []


def test_looking_at_accounts_is_logged_before_anything_shows(
    fed: Store, serve: Serve, tab: Tab
) -> None:
    floor, page = serve(PEOPLE), tab()
    floor.live.take([(an_alert(), None)])
    sign_in(page, floor, "ona")
    page.goto(floor.address + case_path(floor))
    assert "acct-1" not in page.content()
    page.get_by_label("Why do you look?").fill("who bought away")
    page.get_by_role("button", name="Show accounts").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    looked = [(a.kind, a.actor, a.comment, a.match) for a in floor.actions()]
    assert looked == [(Kind.VIEW_ACCOUNTS, "ona", "who bought away", "a-v-b")]


def test_nobody_decides_on_what_he_has_not_seen(serve: Serve, tab: Tab) -> None:
    floor, page = serve(), tab()
    floor.live.take([(an_alert(level="amber"), None)])
    page.goto(floor.address + case_path(floor))
    expect(page.locator("#link")).to_have_text("Live")
    floor.live.take([(an_alert(typology="steam-move"), None)])
    expect(page.locator("#changed")).to_be_visible()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("alert")).to_contain_text("has changed since you opened it")
    assert floor.actions() == []
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.locator(".status")).to_have_text("acknowledged")


def test_the_keyboard_is_enough(serve: Serve, tab: Tab) -> None:
    """Tab to the case, Enter, Tab to Acknowledge, Enter; then the same by single keys."""
    floor, page = serve(), tab()
    floor.live.take([(an_alert(), None), (an_alert("c-v-d", home="Corvel", away="Dunvra"), None)])
    page.goto(floor.address)
    tab_to(page, "Aldmar v Brinsk")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    tab_to(page, "Acknowledge")
    page.keyboard.press("Enter")
    expect(page.locator(".status")).to_have_text("acknowledged")
    until_live(page)
    page.keyboard.press("f")
    page.wait_for_url(f"{floor.address}/")
    until_live(page)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*")
    until_live(page)
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.locator(".status")).to_have_text("acknowledged")
    assert {(a.kind, a.match) for a in floor.actions()} == {
        (Kind.ACKNOWLEDGE, "a-v-b"),
        (Kind.ACKNOWLEDGE, "c-v-d"),
    }
    until_live(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def until_live(page: Page) -> None:
    """Wait for the page's scripts, without which single keys and choices do nothing yet."""
    expect(page.locator("#link")).to_have_text("Live")


def tab_to(page: Page, text: str) -> None:
    """Press Tab until the focus is on what carries this text, and see that it shows."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == text:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
            return
    raise AssertionError(f"{text}: not within 60 tabs")


def test_hostile_text_stays_text(serve: Serve, tab: Tab) -> None:
    floor, page = serve(), tab()
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    floor.live.take(
        [(an_alert(home=HOSTILE, away="x' onmouseover='alert(3)", headline=HOSTILE), None)]
    )
    page.goto(floor.address)
    expect(page.locator(".cases .match a")).to_contain_text("<script>alert(1)</script>")
    page.locator(".cases .match a").click()
    page.locator("#act-comment summary").click()
    page.get_by_label("Comment").fill(HOSTILE)
    page.get_by_role("button", name="Add the comment").click()
    expect(page.locator(".said")).to_have_text(HOSTILE)
    page.goto(f"{floor.address}/hand-over")
    expect(page.locator(".plainlist")).to_contain_text(HOSTILE)
    page.goto(f"{floor.address}/?show=all&level={HOSTILE}&who={HOSTILE}")
    assert page.locator("main img, main script").count() == 0


def test_hand_over_snooze_and_miss_go_their_way(serve: Serve, tab: Tab) -> None:
    floor, page = serve(PEOPLE), tab()
    floor.live.take([(an_alert(), None)])
    sign_in(page, floor, "ona")
    page.goto(floor.address + case_path(floor))
    page.get_by_role("button", name="Acknowledge").click()
    page.locator("#act-snooze summary").click()
    page.get_by_label("What").select_option("home")
    page.locator("#act-snooze").get_by_label("Why").fill("friendly, known")
    page.locator("#do-snooze").click()
    page.goto(f"{floor.address}/snoozes")
    expect(page.locator("tbody tr")).to_contain_text("team Aldmar")
    page.get_by_role("button", name="Lift the snooze of team Aldmar").click()
    expect(page.locator(".empty")).to_contain_text("Nothing is snoozed")
    page.goto(f"{floor.address}/hand-over")
    page.get_by_label("To").fill("sue")
    page.get_by_label("Note for the next shift").fill("league answers at nine")
    page.get_by_role("button", name="Hand over").click()
    expect(page.locator(".history .said")).to_have_text("league answers at nine")
    page.goto(f"{floor.address}/misses")
    page.get_by_label("Match").fill("x-v-y")
    page.get_by_label("Typology").fill("spot-fix")
    page.get_by_label("When, UTC").fill("2026-06-11T18:30")
    page.get_by_label("What you saw").fill("corners bought in minute 3")
    page.get_by_role("button", name="Report").click()
    expect(page.locator("h1")).to_contain_text("x-v-y")
    done = [action.kind.value for action in floor.actions()]
    assert done == ["acknowledge", "snooze", "unsnooze", "hand_over", "report_miss"]
