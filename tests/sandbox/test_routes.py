"""Methods, ids, sessions and the forms of an error, beyond those that were recorded."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import Browser

JSON = {"Accept": "application/json"}
CLIENT = {"name": "x", "types": ["password_client"]}


@pytest.mark.parametrize(
    ("method", "path", "supported"),
    [
        ("PATCH", "/oauth/clients", "GET, HEAD, POST"),
        ("PUT", "/oauth/clients", "GET, HEAD, POST"),
        ("DELETE", "/oauth/clients", "GET, HEAD, POST"),
        ("POST", "/oauth/clients/3", "GET, HEAD, PUT, DELETE"),
        ("PURGE", "/oauth/clients/3", "GET, HEAD, PUT, DELETE"),
        ("PUT", "/login", "GET, HEAD, POST"),
        ("POST", "/logout", "GET, HEAD"),
        ("POST", "/oauth/scopes", "GET, HEAD"),
        ("DELETE", "/keep-alive", "GET, HEAD, POST"),
        ("POST", "/nowhere", "GET, HEAD"),
        ("POST", "/", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_told_which_are_right(method: str, path: str, supported: str, stranger: Browser) -> None:
    """No session is started, nor needed; a GET finds something everywhere."""
    answer = stranger.call(method, path)
    route = path.strip("/") or "/"
    assert answer.status_code == 405
    assert answer.json() == {
        "message": f"The {method} method is not supported for route {route}. Supported methods: {supported}."
    }
    assert "Set-Cookie" not in answer.headers
    page = stranger.call(method, path, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Content-Type"]) == (405, "text/html; charset=UTF-8")


def test_options_names_the_methods(stranger: Browser) -> None:
    answer = stranger.call("OPTIONS", "/oauth/clients/3")
    assert (answer.status_code, answer.headers["Allow"], answer.content) == (200, "GET,HEAD,PUT,DELETE", b"")


def test_head_is_get_without_a_body(admin: Browser) -> None:
    whole = admin.call("GET", "/oauth/clients")
    head = admin.call("HEAD", "/oauth/clients")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]


def test_a_post_may_mean_another_method(admin: Browser) -> None:
    client_id = admin.create(name="x").json()["id"]
    renamed = admin.call("POST", f"/oauth/clients/{client_id}", json={**CLIENT, "name": "y", "_method": "put"})
    assert (renamed.status_code, renamed.json()["name"]) == (200, "y")
    assert admin.call("POST", f"/oauth/clients/{client_id}", headers={"X-HTTP-Method-Override": "DELETE"}).ok
    assert client_id not in admin.names()


@pytest.mark.parametrize("loose", ["{}abc", "0{}", "%20{}", "+{}", "{}.0", "{}e0", "{}.", "{}/", "{}%00", "%09{}x"])
def test_an_id_is_the_number_that_it_begins_with(loose: str, admin: Browser) -> None:
    client_id = admin.create(name="loose").json()["id"]
    answer = admin.call("PUT", f"/oauth/clients/{loose.format(client_id)}", json=CLIENT)
    assert (answer.status_code, answer.json()["id"]) == (200, client_id)


@pytest.mark.parametrize(
    "missing", ["0x6", "6.9", "-6", "abc", "%C2%A06", "6e9999", "999999999999999999999", "a6", "٦"]
)
def test_another_id_is_a_server_error(missing: str, admin: Browser) -> None:
    admin.create(name="the sixth, or later")
    for method in ("PUT", "DELETE"):
        answer = admin.call(method, f"/oauth/clients/{missing}", json=CLIENT)
        assert (answer.status_code, answer.json()) == (500, {"message": "Server Error"})


def test_a_slash_inside_an_id_is_another_page(admin: Browser) -> None:
    assert admin.call("GET", "/oauth/clients/6%2F7").status_code == 404
    assert admin.call("GET", "/oauth/clients/6/7").status_code == 404


def test_a_page_that_is_not_there_is_html_for_everybody_with_a_session(admin: Browser, stranger: Browser) -> None:
    found = admin.call("GET", "/nowhere")
    assert (found.status_code, found.headers["Content-Type"]) == (404, "text/html; charset=UTF-8")
    assert stranger.call("GET", "/nowhere").status_code == 401
    page = stranger.call("GET", "/nowhere", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["Location"]) == (302, f"{stranger.base}/login")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Accept": "application/json"}, 422),
        ({"Accept": "application/json, text/html"}, 422),
        ({"Accept": "application/problem+json"}, 422),
        ({"Accept": "APPLICATION/JSON"}, 422),
        ({"Accept": "text/html;q=0.5, application/json;q=0.9"}, 422),
        ({"Accept": "text/html, application/json"}, 302),
        ({"Accept": "*/*"}, 302),
        ({"Accept": None}, 302),
        ({"Accept": "application/json;q=0.5, */*"}, 302),
        ({"Accept": "*/*", "X-Requested-With": "XMLHttpRequest"}, 422),
        ({"Accept": None, "X-Requested-With": "XMLHttpRequest"}, 422),
        ({"Accept": "text/html", "X-Requested-With": "XMLHttpRequest"}, 302),
        ({"Accept": "*/*", "X-Requested-With": "fetch"}, 302),
    ],
)
def test_json_must_be_what_is_liked_best(headers: dict[str, str | None], status: int, admin: Browser) -> None:
    assert admin.call("POST", "/oauth/clients", json={}, headers=headers).status_code == status


def test_a_refusal_in_html_leads_back_to_the_page_before(admin: Browser) -> None:
    html = {"Accept": "text/html"}
    admin.call("GET", "/oauth/clients?x=1")
    assert admin.call("POST", "/oauth/clients", json={}, headers=html).headers["Location"] == (
        f"{admin.base}/oauth/clients?x=1"
    )
    admin.call("GET", "/a%0D%0Ab?c=%0A")
    assert admin.call("POST", "/oauth/clients", json={}, headers=html).headers["Location"] == (
        f"{admin.base}/a%0D%0Ab?c=%0A"
    )
    from_elsewhere = {**html, "Referer": "https://elsewhere.example/page"}
    assert admin.call("POST", "/oauth/clients", json={}, headers=from_elsewhere).headers["Location"] == (
        "https://elsewhere.example/page"
    )


@pytest.mark.parametrize("cookie", ["x", "stranger.!!!", "stranger.", "a b", "%00", "\x7f"])
def test_a_garbage_cookie_is_no_session(cookie: str, stranger: Browser) -> None:
    headers = {"Cookie": f"processmaker_session={cookie}"}
    assert stranger.call("GET", "/oauth/clients", headers=headers).status_code == 500
    assert stranger.call("GET", "/oauth/scopes", headers=headers).status_code == 401


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_verb_needs_a_session_before_anything_else(method: str, stranger: Browser) -> None:
    answer = stranger.call(method, "/oauth/clients", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (500, "text/html; charset=UTF-8")


def test_every_answer_of_a_route_sets_the_session_cookie(admin: Browser, stranger: Browser) -> None:
    for browser in (admin, stranger):
        for path in ("/oauth/clients", "/oauth/scopes", "/login", "/", "/nowhere"):
            assert "processmaker_session=" in browser.call("GET", path).headers["Set-Cookie"]


def test_a_put_that_changes_nothing_keeps_the_time_of_change(admin: Browser) -> None:
    made = admin.create(name="same").json()
    assert admin.call("PUT", f"/oauth/clients/{made['id']}", json={**CLIENT, "name": "same"}).json() == made


def test_a_deleted_client_can_be_changed_and_stays_hidden(admin: Browser) -> None:
    client_id = admin.create(name="gone").json()["id"]
    assert admin.call("DELETE", f"/oauth/clients/{client_id}").status_code == 204
    assert admin.call("PUT", f"/oauth/clients/{client_id}", json=CLIENT).json()["revoked"] is True
    assert admin.call("DELETE", f"/oauth/clients/{client_id}").status_code == 204
    assert client_id not in admin.names()


def test_a_body_over_eight_megabytes_is_refused(admin: Browser) -> None:
    answer = admin.call("POST", "/oauth/clients", data=b"x" * (8 * 1024 * 1024 + 1))
    assert answer.status_code == 413
