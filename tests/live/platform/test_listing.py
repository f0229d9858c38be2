"""From the platform's listing to live clients."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from reconciler.live.platform.gateway import connect
from reconciler.live.platform.listing import read_listing
from reconciler.model.clients import ClientSpec, Grant, Listing, LiveClient, UnsupportedClient
from reconciler.model.errors import GatewayError, NotAuthenticated, NotPermitted, Unavailable, UnexpectedResponse
from reconciler.model.fields import split_urls
from reconciler.support.json_reader import WrongShape
from tests.live.servers import CLIENT_SECRET, CREDENTIALS, ONCE, Answering, Pieces, answer, platform, row, serving

CREATED = datetime(2026, 11, 23, 6, 24, 57, tzinfo=UTC)
URL = "https://portal.example.com/oauth/callback"
SESSION = answer(200, [])
CODE, ACCESS, PASSWORD = "authorization_code_grant", "personal_access_client", "password_client"


def listing(*rows: object) -> Listing:
    return read_listing({"data": list(rows)})


def list_error(listed: Pieces | Answering, probe: Pieces = SESSION) -> GatewayError:
    """What listing raises when the platform answers so."""
    with serving(platform(list=listed, probe=probe)) as server:
        with connect(server.url, CREDENTIALS, retry_clock=ONCE) as gateway, pytest.raises(GatewayError) as caught:
            gateway.list_clients()
        assert server.lines[-1] == "GET /logout"
        return caught.value


def test_the_list_is_read_into_clients_without_their_secrets() -> None:
    with serving(platform()) as server, connect(server.url, CREDENTIALS) as gateway:
        found = gateway.list_clients()
    spec = ClientSpec("Customer portal", frozenset({Grant.AUTHORIZATION_CODE}), split_urls(URL))
    assert found == Listing((LiveClient(7, spec, CREATED),))
    assert CLIENT_SECRET not in repr(found)


@pytest.mark.parametrize(
    ("types", "redirect", "grants"),
    [
        ([CODE], URL, {Grant.AUTHORIZATION_CODE}),
        ([CODE], f"{URL},https://b.example/cb", {Grant.AUTHORIZATION_CODE}),
        ([PASSWORD], "", {Grant.PASSWORD}),
        ([ACCESS], None, {Grant.PERSONAL_ACCESS_TOKEN}),
        ([CODE, ACCESS, PASSWORD], URL, set(Grant)),
        ([PASSWORD, PASSWORD], "", {Grant.PASSWORD}),
    ],
)
def test_types_and_redirect_become_grants_and_redirect_url(
    types: list[str], redirect: str | None, grants: set[Grant]
) -> None:
    found = listing(row(types=types, redirect=redirect))
    assert [client.spec for client in found.clients] == [
        ClientSpec("Customer portal", frozenset(grants), split_urls(redirect or None))
    ]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"types": []}, "it has no type"),
        ({"types": None}, "it has no type"),
        ({"types": ["device_code"]}, "its type 'device_code' is not known"),
        ({"types": [CODE, "a\x1b[31m"]}, "its type 'a\\u{1b}[31m' is not known"),
        ({"redirect": ""}, "it has the authorization code grant, but no redirect URL"),
        ({"types": [PASSWORD]}, "it has a redirect URL, but not the authorization code grant"),
    ],
)
def test_the_grant_is_there_if_and_only_if_there_is_a_redirect_and_anything_else_is_unsupported(
    fields: dict[str, object], why: str
) -> None:
    """⚠ The authorization code grant is derived from the redirect."""
    found = listing(row(**fields))
    assert found == Listing(unsupported=(UnsupportedClient(7, "Customer portal", why, CREATED),))


def test_a_client_without_types_is_unsupported() -> None:
    fields = row()
    del fields["types"]
    assert [client.why for client in listing(fields).unsupported] == ["it has no type"]


def test_clients_are_in_ascending_id_whatever_the_order_of_the_answer() -> None:
    found = listing(row(9), row(1), row(30), row(8, types=[]), row(2, types=[]))
    assert [client.id for client in found.clients] == [1, 9, 30]
    assert [client.id for client in found.unsupported] == [2, 8]


def test_equal_names_are_different_clients() -> None:
    """⚠ Names are not unique."""
    assert [client.name for client in listing(row(1), row(2)).clients] == 2 * ["Customer portal"]


def test_a_deleted_client_is_not_live() -> None:
    assert listing(row(1, revoked=True), row(2)).clients == listing(row(2)).clients


def test_keys_that_are_not_known_are_left_alone() -> None:
    assert listing(row(scopes=["*"], plain_secret=CLIENT_SECRET)) == listing(row())


@pytest.mark.parametrize(
    ("text", "time"),
    [
        (None, None),
        ("2026-11-23T06:24:57.000000Z", CREATED),
        ("2026-11-23 06:24:57", CREATED),
        ("2026-11-23T08:24:57+02:00", CREATED.astimezone(timezone(timedelta(hours=2)))),
    ],
)
def test_the_time_of_creation_has_a_time_zone(text: str | None, time: datetime | None) -> None:
    assert listing(row(created_at=text)).clients[0].created_at == time


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"id": "7"}, "`id` of entry 1"),
        ({"id": True}, "`id` of entry 1"),
        ({"id": 0}, "`id` of entry 1"),
        ({"id": 7.0}, "`id` of entry 1"),
        ({"id": 2**63}, "`id` of entry 1"),
        ({"id": None}, "`id` of entry 1"),
        ({"name": None}, "`name` of client 7"),
        ({"name": 5}, "`name` of client 7"),
        ({"name": "half \ud83d"}, "`name` of client 7"),
        ({"redirect": 5}, "`redirect` of client 7"),
        ({"redirect": ["https://a.example"]}, "`redirect` of client 7"),
        ({"revoked": None}, "`revoked` of client 7"),
        ({"revoked": 0}, "`revoked` of client 7"),
        ({"types": PASSWORD}, "`types` of client 7"),
        ({"types": [5]}, "`types` of client 7"),
        ({"types": {"password_client": True}}, "`types` of client 7"),
        ({"created_at": "yesterday"}, "`created_at` of client 7"),
        ({"created_at": 1700000000}, "`created_at` of client 7"),
    ],
)
def test_a_field_of_another_kind_makes_the_whole_list_unexpected(fields: dict[str, object], said: str) -> None:
    with pytest.raises(WrongShape) as caught:
        listing(row(**fields))
    assert said in str(caught.value)


@pytest.mark.parametrize("document", [b"null", [], {}, "x", {"data": None}, {"data": {"1": {}}}, {"error": "?"}])
def test_json_of_another_shape_is_unexpected_not_an_empty_instance(document: object) -> None:
    error = list_error(answer(200, document))
    assert isinstance(error, UnexpectedResponse)
    assert "it has no list of clients" in error.message
    assert error.message.startswith("cannot list the auth clients of http://127.0.0.1:")


@pytest.mark.parametrize("entries", [[5], [None], [[]], [row(), row()]])
def test_entries_that_are_no_clients_and_ids_that_come_twice_are_unexpected(entries: list[object]) -> None:
    assert isinstance(list_error(answer(200, {"data": entries})), UnexpectedResponse)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"data": [NaN, }',
        b"\xff\xfe\x00",
        b'"' + b"\\ud800" + b'"',
        b"[" * 100_000,
        b'{"data": [' + b"9" * 5000 + b"]}",
        b'{"data": ' * 20_000,
    ],
    ids=["empty", "cut", "bad", "not-utf-8", "surrogate", "deep-lists", "huge-number", "deep-objects"],
)
def test_a_body_that_is_not_json_of_a_sane_kind_is_unexpected(body: bytes) -> None:
    assert isinstance(list_error(answer(200, body)), UnexpectedResponse)


@pytest.mark.parametrize("content_type", ["text/html; charset=UTF-8", "text/plain", "", "application/octet-stream"])
def test_a_page_where_data_should_be_is_unexpected(content_type: str) -> None:
    error = list_error(answer(200, {"data": [row()]}, content_type=content_type))
    assert isinstance(error, UnexpectedResponse)
    assert "a web page instead of data" in error.message


def test_data_may_come_with_a_charset() -> None:
    listed = answer(200, {"data": [row()]}, content_type="Application/JSON; charset=utf-8")
    with serving(platform(list=listed)) as server, connect(server.url, CREDENTIALS) as gateway:
        assert len(gateway.list_clients().clients) == 1


@pytest.mark.parametrize(
    ("probe", "kind", "said"),
    [
        (answer(401, {"error": "Unauthenticated."}), NotAuthenticated, "the session has ended"),
        (answer(200, []), Unavailable, "the server failed (500)"),
        (answer(500, {"message": "Server Error"}), Unavailable, "the server failed (500)"),
        (answer(503), Unavailable, "the server failed (500)"),
        (b"", Unavailable, "the server failed (500)"),
    ],
    ids=["no-session", "session", "ill", "maintenance", "no-answer"],
)
def test_a_500_is_told_from_a_missing_session_by_the_probe(probe: bytes, kind: type[GatewayError], said: str) -> None:
    """⚠ Without a valid session every verb answers 500, the same as a real failure of the server."""
    error = list_error(answer(500, {"message": "Server Error"}), probe)
    assert type(error) is kind
    assert said in error.message


def test_one_401_means_that_the_session_is_gone() -> None:
    """An account whose password was changed gets one 401, then 500."""
    error = list_error(answer(401, {"error": "Unauthenticated."}))
    assert isinstance(error, NotAuthenticated)
    assert error.hint is not None
    assert "password" in error.hint


def test_a_redirect_to_the_login_page_means_that_the_session_is_gone() -> None:
    assert isinstance(list_error(answer(302, headers="Location: /login\r\n")), NotAuthenticated)


def test_a_redirect_elsewhere_is_not_followed() -> None:
    error = list_error(answer(302, headers="Location: https://elsewhere.example/oauth/clients\r\n"))
    assert isinstance(error, UnexpectedResponse)
    assert "redirect to https://elsewhere.example" in error.message


def test_403_names_the_permission_as_the_manual_does() -> None:
    error = list_error(answer(403, {"message": "This action is unauthorized."}))
    assert isinstance(error, NotPermitted)
    assert '"Auth Clients: View Auth Clients"' in error.message
    assert error.hint is not None
    assert "Permissions" in error.hint
    assert "firewall" not in error.hint


def test_403_that_is_not_the_platforms_own_says_so() -> None:
    error = list_error(answer(403, b"<html>Forbidden", content_type="text/html"))
    assert isinstance(error, UnexpectedResponse)
    assert error.hint is not None
    assert "firewall" in error.message
    assert "url" not in error.hint


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (204, UnexpectedResponse),
        (400, UnexpectedResponse),
        (404, UnexpectedResponse),
        (405, UnexpectedResponse),
        (418, UnexpectedResponse),
        (429, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (504, Unavailable),
    ],
)
def test_every_other_status_is_an_error_in_words(status: int, kind: type[GatewayError]) -> None:
    error = list_error(answer(status, b"<html>nginx", content_type="text/html"))
    assert type(error) is kind
    assert "nginx" not in error.message


def test_the_list_is_never_asked_for_one_client() -> None:
    """⚠ GET /oauth/clients/{id} is broken: always 500."""
    with serving(platform()) as server, connect(server.url, CREDENTIALS) as gateway:
        gateway.list_clients()
        gateway.update_client(7, gateway.list_clients().clients[0].spec)
    assert [line for line in server.lines if line.startswith("GET /oauth/clients/")] == []


def test_ten_thousand_clients_are_read() -> None:
    body = json.dumps({"data": [row(number, name=f"Client {number}") for number in range(1, 10_001)]}).encode()
    with serving(platform(list=answer(200, body))) as server, connect(server.url, CREDENTIALS) as gateway:
        assert len(gateway.list_clients().clients) == 10_000
