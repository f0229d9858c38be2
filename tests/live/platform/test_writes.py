"""Creating, updating, deleting: what is sent, and what is made of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from reconciler.live.gateway import Gateway
from reconciler.live.platform.gateway import connect
from reconciler.model.clients import ClientSpec, Grant
from reconciler.model.errors import GatewayError, NotPermitted, Rejected, Unavailable, UnexpectedResponse
from reconciler.model.fields import split_urls
from tests.live.servers import CREDENTIALS, ONCE, answer, platform, row, serving

URL = "https://portal.example.com/oauth/callback"
PORTAL = ClientSpec("Customer portal", frozenset({Grant.AUTHORIZATION_CODE}), split_urls(URL))
DESKTOP = ClientSpec("Desktop", frozenset({Grant.PASSWORD, Grant.PERSONAL_ACCESS_TOKEN}))

SESSION = answer(200, [])

Work = Callable[[Gateway], object]


def create(gateway: Gateway) -> object:
    return gateway.create_client(PORTAL)


def update(gateway: Gateway) -> object:
    return gateway.update_client(7, PORTAL)


def delete(gateway: Gateway) -> None:
    gateway.delete_client(7)


WRITES = {"create": create, "update": update, "delete": delete}


def error_of(write: str, answered: bytes, probe: bytes = SESSION) -> GatewayError:
    """What the write raises when it is answered so, once."""
    with serving(platform(**{write: answered}, probe=probe)) as server:
        with connect(server.url, CREDENTIALS, retry_clock=ONCE) as gateway, pytest.raises(GatewayError) as caught:
            WRITES[write](gateway)
        assert len([line for line in server.lines if line.split()[1].startswith("/oauth/clients")]) == 1
        assert server.lines[-1] == "GET /logout"
        return caught.value


def sent(write: Work, **answers: bytes) -> tuple[str, object]:
    with serving(platform(**answers)) as server, connect(server.url, CREDENTIALS) as gateway:
        write(gateway)
    request = server.requests[1]
    return request.line, json.loads(request.body) if request.body else None


def test_a_create_sends_every_field_and_returns_what_was_stored() -> None:
    with serving(platform(create=answer(201, row(12)))) as server, connect(server.url, CREDENTIALS) as gateway:
        made = gateway.create_client(PORTAL)
    assert (made.id, made.client.spec) == (12, PORTAL)
    assert json.loads(server.requests[1].body) == {
        "name": "Customer portal",
        "types": ["authorization_code_grant"],
        "redirect": URL,
    }


def test_an_update_sends_every_field_because_it_replaces_the_whole_client() -> None:
    """A part is refused by the platform. Types go in its own order; no redirect is stored as an empty one."""
    stored = row(7, name="Desktop", types=["personal_access_client", "password_client"], redirect="")
    line, body = sent(lambda gateway: gateway.update_client(7, DESKTOP), update=answer(200, stored))
    assert line == "PUT /oauth/clients/7"
    assert body == {"name": "Desktop", "types": ["personal_access_client", "password_client"]}


def test_a_delete_has_no_body() -> None:
    assert sent(delete) == ("DELETE /oauth/clients/7", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "Customer"}, '`name` was stored as "Customer", and sent as "Customer portal"'),
        ({"types": ["password_client"]}, '`types` was stored as "password_client"'),
        ({"redirect": "https://a.example/"}, f'`redirect` was stored as "https://a.example/", and sent as "{URL}"'),
        ({"redirect": None}, '`redirect` was stored as ""'),
        ({"name": 5}, "`name` of client 7 is not text"),
        ({"id": None}, "`id` of entry 1"),
    ],
)
@pytest.mark.parametrize("write", ["create", "update"])
def test_what_was_stored_is_compared_with_what_was_sent(write: str, fields: dict[str, object], said: str) -> None:
    error = error_of(write, answer(201 if write == "create" else 200, row(**fields)))
    assert isinstance(error, UnexpectedResponse)
    assert said in error.message


def test_an_update_answered_with_another_client_is_unexpected() -> None:
    error = error_of("update", answer(200, row(8)))
    assert isinstance(error, UnexpectedResponse)
    assert "another client, 8" in error.message


@pytest.mark.parametrize("name", ["Customer portal", "zombie"])
def test_an_update_answered_with_revoked_wrote_to_a_client_that_somebody_deleted(name: str) -> None:
    """⚠ 200 with "revoked": true for a deleted one, which stays deleted."""
    error = error_of("update", answer(200, row(revoked=True, name=name)))
    assert isinstance(error, UnexpectedResponse)
    assert "somebody has deleted client 7 meanwhile; it was not restored" in error.message


@pytest.mark.parametrize(
    ("write", "said"),
    [
        ("create", "the server failed (500)"),
        ("update", "there is no such client any more, or the server failed (500)"),
        ("delete", "there is no such client any more, or the server failed (500)"),
    ],
)
def test_a_500_with_a_session_means_no_such_client_or_a_failed_server(write: str, said: str) -> None:
    """⚠ 500 for an id that does not exist."""
    error = error_of(write, answer(500, {"message": "Server Error"}))
    assert isinstance(error, Unavailable)
    assert error.message.endswith(said)


@pytest.mark.parametrize(
    ("write", "permission"),
    [("create", "Create Auth Clients"), ("update", "Edit Auth Clients"), ("delete", "Delete Auth Clients")],
)
def test_403_names_the_permission_that_the_write_takes(write: str, permission: str) -> None:
    error = error_of(write, answer(403, {"message": "This action is unauthorized."}))
    assert isinstance(error, NotPermitted)
    assert f'"Auth Clients: {permission}"' in error.message


def test_422_shows_the_platforms_messages_field_by_field() -> None:
    errors = {
        "redirect": ["The Redirect field must be a valid URL."],
        "types.0": ["The selected Types.0 is invalid.", "No."],
    }
    error = error_of("create", answer(422, {"message": "…", "errors": errors}))
    assert isinstance(error, Rejected)
    assert error.message.endswith(
        "refused: redirect: The Redirect field must be a valid URL.; "
        "types.0: The selected Types.0 is invalid.; types.0: No."
    )


def test_422_cannot_flood_or_colour_a_terminal() -> None:
    errors = {f"field{number}\x1b[31m": ["x" * 5000 + "\r\n"] for number in range(40)}
    error = error_of("update", answer(422, {"errors": errors}))
    assert isinstance(error, Rejected)
    assert error.message.endswith("; and 30 more")
    assert len(error.message) < 3000
    assert error.message.isprintable()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"errors": 5}', b'{"errors": {"name": {"a": 1}}}', b"null"])
def test_422_of_another_shape_is_a_refusal_without_a_reason(body: bytes) -> None:
    error = error_of("create", answer(422, body))
    assert isinstance(error, Rejected)
    assert error.message.endswith("refused: no reason given")


@pytest.mark.parametrize(
    ("write", "status"),
    [("create", 200), ("create", 202), ("update", 201), ("update", 204), ("delete", 200), ("delete", 202)],
)
def test_only_the_one_status_of_a_write_is_its_success(write: str, status: int) -> None:
    assert isinstance(error_of(write, answer(status, row())), UnexpectedResponse)


@pytest.mark.parametrize("write", WRITES)
def test_a_write_whose_answer_is_lost_is_not_sent_again(write: str) -> None:
    """⚠ Names are not unique: a second POST would make a second client."""
    assert isinstance(error_of(write, b""), Unavailable)
