"""Who gets in, and what is turned away at the door."""

import json
import logging
import socket
from pathlib import Path

import httpx
import pytest

from dashboards.board.acting import fingerprint
from dashboards.board.settings import BoardRefused, BoardSettings
from dashboards.board.tokens import Tokens, line_for, new_token
from tests.dashboards.board.conftest import Floor, Serve
from tests.dashboards.board.scene import an_alert

PEOPLE = {"vic": "viewer", "ona": "officer", "sue": "supervisor"}


@pytest.fixture
def floor(serve: Serve) -> Floor:
    """A board with one red case and three people."""
    floor = serve(PEOPLE)
    floor.live.take([(an_alert(), None)])
    return floor


def form_token(client: httpx.Client, path: str = "/hand-over") -> str:
    text = client.get(path).text
    mark = 'name="form_token" value="'
    return text[text.index(mark) + len(mark) :].split('"')[0]


def case_of(floor: Floor) -> str:
    return floor.live.all()[0].case_id


def test_without_a_token_nobody_sees_anything(floor: Floor) -> None:
    with floor.client() as client:
        for path in ("/", f"/cases/{case_of(floor)}", "/hand-over", "/deliveries"):
            answer = client.get(path, headers={"accept": "text/html"})
            assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")
        assert client.get("/events").status_code == 401
        assert client.get(f"/cases/{case_of(floor)}/chart").status_code == 401
        assert client.get("/api/cases").status_code == 401


def test_a_wrong_token_is_refused_and_a_right_one_opens_a_session(floor: Floor) -> None:
    with floor.client() as client:
        answer = client.post("/sign-in", data={"token": new_token()})
        assert answer.status_code == 403
        assert "not known" in answer.text
        answer = client.post("/sign-in", data={"token": floor.tokens["ona"], "next": "/hand-over"})
        assert answer.headers["location"] == "/hand-over"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert floor.tokens["ona"] not in cookie
        assert client.get("/").status_code == 200
    with floor.client() as other:
        other.cookies.set("sogawatch", "x" * 43)
        assert other.get("/", headers={"accept": "text/html"}).status_code == 303


def test_behind_tls_cookies_are_secure(serve: Serve) -> None:
    floor = serve(PEOPLE, tls_in_front=True)
    with floor.client() as client:
        answer = client.post("/sign-in", data={"token": floor.tokens["ona"]})
        assert answer.headers["set-cookie"].startswith("__Host-sogawatch=")
        assert "secure" in answer.headers["set-cookie"].lower()
        assert "max-age" in answer.headers["strict-transport-security"]


@pytest.mark.parametrize("away", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_sign_in_leads_nowhere_else(floor: Floor, away: str) -> None:
    with floor.client() as client:
        answer = client.post("/sign-in", data={"token": floor.tokens["vic"], "next": away})
        assert answer.headers["location"] == "/"


def test_signing_out_ends_the_session(floor: Floor) -> None:
    with floor.client("ona") as client:
        kept = client.cookies["sogawatch"]
        given = form_token(client, f"/cases/{case_of(floor)}")
        client.post("/sign-out", data={"form_token": given})
        client.cookies.set("sogawatch", kept)
        assert client.get("/events").status_code == 401


def test_a_token_taken_out_of_the_file_shuts_its_sessions_out(floor: Floor, tmp_path: Path) -> None:
    with floor.client("ona") as client:
        assert client.get("/").status_code == 200
        kept = [x for x in (tmp_path / "tokens").read_text().splitlines() if "ona" not in x]
        (tmp_path / "tokens").write_text("\n".join(kept) + "\n")
        assert client.get("/api/cases").status_code == 401


def test_a_form_without_its_token_does_nothing(floor: Floor) -> None:
    path, wanted = f"/cases/{case_of(floor)}", {"kind": "acknowledge"}
    with floor.client("ona") as client, floor.client("sue") as other:
        stolen = form_token(other, path)
        for form in (wanted, wanted | {"form_token": "x"}, wanted | {"form_token": stolen}):
            answer = client.post(path, data=form)
            assert answer.status_code == 403, form
            assert "not of your session" in answer.text
        answer = client.post(path.replace("/cases", "/api/cases") + "/actions", json=wanted)
        assert answer.status_code == 401
    assert floor.actions() == []


def test_another_site_cannot_act_even_with_everything_right(floor: Floor) -> None:
    path, seen = f"/cases/{case_of(floor)}", fingerprint(floor.live.all()[0])
    with floor.client("ona") as client:
        form = {"kind": "acknowledge", "form_token": form_token(client, path), "seen": seen}
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "same-site"},
        ):
            assert client.post(path, data=form, headers=headers).status_code == 403
        assert floor.actions() == []
        ours = {"origin": floor.address, "sec-fetch-site": "same-origin"}
        assert client.post(path, data=form, headers=ours).status_code == 303
    assert [action.actor for action in floor.actions()] == ["ona"]


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "10.0.0.1"])
def test_a_name_that_is_not_ours_is_refused(serve: Serve, host: str) -> None:
    floor = serve()
    with floor.client() as client:
        assert client.get("/", headers={"host": host}).status_code == 421
        assert client.get("/health", headers={"host": host}).status_code == 421


def test_names_of_the_settings_are_ours(serve: Serve) -> None:
    floor = serve(hosts=("board.example",))
    with floor.client() as client:
        assert client.get("/", headers={"host": "Board.Example:443"}).status_code == 200


def test_bodies_have_an_end(floor: Floor) -> None:
    with floor.client("ona") as client:
        token = form_token(client, f"/cases/{case_of(floor)}")
        long = {"kind": "comment", "comment": "x" * 70_000, "form_token": token}
        assert client.post(f"/cases/{case_of(floor)}", data=long).status_code == 413

        def chunks() -> object:
            yield b"a="
            for _ in range(20):
                yield b"x" * 8_000

        headers = {"content-type": "application/x-www-form-urlencoded"}
        answer = client.post("/sign-in", content=chunks(), headers=headers)
        assert answer.status_code == 413
        many = {f"f{n}": "x" for n in range(200)}
        assert client.post(f"/cases/{case_of(floor)}", data=many).status_code == 400
    assert floor.actions() == []


@pytest.mark.parametrize(
    "path",
    [
        "/static/../settings.py",
        "/static/%2e%2e/settings.py",
        "/static/..%2fsettings.py",
        "/static/vendor/../../app.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/",
    ],
)
def test_static_files_end_at_their_folder(serve: Serve, path: str) -> None:
    host, _, port = serve().address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.split(b" ")[1] == b"404"
    assert b"import" not in answer
    assert b"root:" not in answer


def test_every_answer_carries_the_headers(serve: Serve) -> None:
    with serve().client() as client:
        for path in ("/", "/static/board.css", "/nothing", "/api/cases", "/health"):
            headers = client.get(path).headers
            assert "unsafe" not in headers["content-security-policy"]
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "same-origin"


def test_no_page_has_inline_script_or_style(serve: Serve) -> None:
    floor = serve()
    floor.live.take([(an_alert(), None)])
    with floor.client() as client:
        for path in ("/", f"/cases/{case_of(floor)}", "/hand-over", "/misses", "/nothing"):
            text = client.get(path).text
            assert "style=" not in text
            assert "<style" not in text
            assert " onclick" not in text
            assert all("src=" in tag for tag in text.split("<script")[1:])


def test_tokens_are_never_logged(
    floor: Floor, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = new_token()
    with caplog.at_level(logging.DEBUG), floor.client() as client:
        client.post("/sign-in", data={"token": wrong})
        client.post("/sign-in", data={"token": floor.tokens["ona"]})
        bearer = {"authorization": f"Bearer {floor.tokens['sue']}"}
        client.get("/api/cases", headers=bearer)
        client.post(f"/api/cases/{case_of(floor)}/actions", content=b"{", headers=bearer)
    written = caplog.text + "".join(capfd.readouterr())
    assert "a sign-in was refused" in written
    assert not any(token in written for token in (wrong, *floor.tokens.values()))


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "board.example", "::"])
def test_a_network_is_not_served_without_tokens(serve: Serve, host: str) -> None:
    with pytest.raises(BoardRefused, match=r"no tokens.*sogawatch token"):
        serve(host=host)


def test_a_taken_port_is_told(serve: Serve) -> None:
    first = serve()
    with pytest.raises(BoardRefused, match="cannot listen"):
        serve_again(first)


def serve_again(first: Floor) -> None:
    from streams.board.serving import listen

    listen(BoardSettings(port=int(first.address.rpartition(":")[2]))).close()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no token"),
        ("ana boss sha256:" + "0" * 64, "line 1"),
        ("# all\nana officer sw_secret", "line 2"),
    ],
)
def test_a_wrong_file_of_tokens_is_told_without_its_text(
    tmp_path: Path, text: str, told: str
) -> None:
    (tmp_path / "tokens").write_text(text)
    with pytest.raises(BoardRefused, match=told) as raised:
        Tokens(tmp_path / "tokens")
    assert "sw_secret" not in str(raised.value)
    with pytest.raises(BoardRefused, match="cannot be read"):
        Tokens(tmp_path / "absent")
    with pytest.raises(ValueError, match="a name is"):
        line_for("two words", "officer", new_token())


def test_the_board_has_no_key_and_names_nobody(floor: Floor) -> None:
    """Not even a supervisor can put on record a look-up that the key was not used for."""
    wanted = {"kind": "reidentify", "accounts": ["p-" + "0" * 40], "comment": "request 7"}
    bearer = {"authorization": f"Bearer {floor.tokens['sue']}"}
    with floor.client() as client:
        path = f"/api/cases/{case_of(floor)}/actions"
        answer = client.post(path, json=wanted, headers=bearer)
    assert answer.status_code == 403
    assert "sogawatch reidentify" in answer.json()["error"]
    assert floor.actions() == []


def test_roles_over_the_api(floor: Floor) -> None:
    path = f"/api/cases/{case_of(floor)}/actions"
    with floor.client() as client:

        def act(name: str, **fields: object) -> httpx.Response:
            bearer = {"authorization": f"Bearer {floor.tokens[name]}"}
            return client.post(path, json=fields, headers=bearer)

        assert act("vic", kind="acknowledge").status_code == 403
        assert act("ona", kind="acknowledge").json()["back"] is True
        assert act("ona", kind="reopen", comment="why").status_code == 403
        assert act("ona", kind="close", comment="no verdict").status_code == 422
        close = {"kind": "close", "verdict": "undecided", "comment": "x"}
        assert act("ona", **close, seen="old").status_code == 409
        assert act("ona", **close).status_code == 200
        assert act("ona", kind="acknowledge").status_code == 409
        assert act("sue", kind="reopen", comment="look again").status_code == 200
        assert act("sue", kind="explode").status_code == 422
        assert act("sue", kind="comment", actor="ona", comment="as another").status_code == 422
        cases = client.get(
            "/api/cases", headers={"authorization": f"Bearer {floor.tokens['vic']}"}
        ).json()["cases"]
        assert [case["status"] for case in cases] == ["open"]
    done = [(action.kind.value, action.actor, action.role) for action in floor.actions()]
    assert done == [
        ("acknowledge", "ona", "officer"),
        ("close", "ona", "officer"),
        ("reopen", "sue", "supervisor"),
    ]
    assert json.loads(floor.live.all()[0].model_dump_json())["closings"] == 1
