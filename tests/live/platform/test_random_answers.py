"""Whatever JSON or bytes a server comes up with: clients, or a GatewayError."""

from __future__ import annotations

import json

import responses
from hypothesis import given
from hypothesis import strategies as st

from reconciler.live.platform.codec import read_client, read_row
from reconciler.live.platform.gateway import connect
from reconciler.live.platform.listing import read_listing
from reconciler.model.clients import ClientSpec, Grant, Listing, LiveClient, UnsupportedClient
from reconciler.model.errors import GatewayError
from reconciler.support.json_reader import WrongShape
from reconciler.support.text import printable
from tests.live.servers import CREDENTIALS, ONCE, platform, row, serving
from tests.tiers import examples, search

URL = "https://acme.example"
SPEC = ClientSpec("Customer portal", frozenset({Grant.PASSWORD}))

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()) | st.just("2026-11-23")
documents = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from([*row(), "data", "errors", "?"]), inner)
    ),
    max_leaves=20,
)
rows = st.dictionaries(st.sampled_from(list(row())), documents).map(lambda fields: {**row(), **fields})
listings = st.lists(rows | documents, max_size=4).map(lambda entries: {"data": entries})
statuses = st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 422, 429, 500, 503])


@given(document=documents | listings)
def test_any_document_is_a_listing_or_of_the_wrong_shape(document: object) -> None:
    try:
        found = read_listing(document)
    except WrongShape:
        return
    ids = [client.id for client in found.clients]
    assert ids == sorted(set(ids))


@given(document=documents | rows)
def test_any_document_is_a_client_or_of_the_wrong_shape(document: object) -> None:
    try:
        read = read_row(document)
    except WrongShape:
        return
    assert read.id > 0
    read.name.encode()


TYPES = ["authorization_code_grant", "personal_access_client", "password_client", "device_code"]
lists_of_types = st.lists(st.sampled_from(TYPES), max_size=3)
usual_rows = st.fixed_dictionaries(
    {},
    optional={
        "types": lists_of_types | lists_of_types.map(lambda names: dict.fromkeys(names, 1)) | st.sampled_from(TYPES),
        "redirect": st.sampled_from(["", "https://a.example/cb", "https://é.example/cb", "\ud800", None]),
        "name": st.sampled_from(["A", "é", "\ud800", "", None, 5]),
        "revoked": st.sampled_from([False, True, 0, None]),
        "id": st.sampled_from([1, True, 0, -1, 2**63, 2**63 - 1, 1.0, "1"]),
        "created_at": st.sampled_from([None, "2026-11-23", "2026-11-23T06:24:57.000000Z", "x", 5]),
    },
).map(lambda fields: {**row(), **fields})


@search("rows")
@examples(5)
@given(document=usual_rows | rows)
def test_a_row_that_looks_usual_is_read_as_every_other(document: object) -> None:
    """In a listing most rows are read with one look; what that gives is what reading them field by field does."""
    try:
        listing: object = read_listing({"data": [document]})
    except WrongShape as error:
        listing = str(error)
    try:
        read = read_row(document)
        client = read_client(read)
        expected: object = (
            Listing()
            if read.revoked
            else Listing(
                (client,) if isinstance(client, LiveClient) else (),
                (client,) if isinstance(client, UnsupportedClient) else (),
            )
        )
    except WrongShape as error:
        expected = str(error)
    assert listing == expected


@given(document=documents | listings | rows, status=statuses, probe=statuses)
def test_any_json_at_any_status_is_an_answer_or_a_gateway_error(document: object, status: int, probe: int) -> None:
    body = json.dumps(document)
    with responses.RequestsMock(assert_all_requests_are_fired=False) as web:
        web.post(f"{URL}/login", status=204)
        web.get(f"{URL}/logout", status=302)
        web.post(f"{URL}/oauth/token/refresh", status=probe, body=body)
        for method in ("GET", "POST", "PUT", "DELETE"):
            path = "/oauth/clients" if method in ("GET", "POST") else "/oauth/clients/7"
            web.add(method, URL + path, body=body, status=status, content_type="application/json")
        with connect(URL, CREDENTIALS, retry_clock=ONCE) as gateway:
            for work in (
                gateway.list_clients,
                lambda: gateway.create_client(SPEC),
                lambda: gateway.update_client(7, SPEC),
                lambda: gateway.delete_client(7),
            ):
                try:
                    work()
                except GatewayError as error:
                    assert error.message == printable(error.message)  # noqa: PT017  (some of them do succeed)


@given(document=documents | listings, status=statuses)
def test_any_answer_to_a_login_is_a_session_or_a_gateway_error(document: object, status: int) -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as web:
        web.post(f"{URL}/login", status=status, body=json.dumps(document), content_type="application/json")
        web.get(f"{URL}/logout", status=302)
        try:
            with connect(URL, CREDENTIALS):
                assert status == 204
        except GatewayError as error:
            assert error.message == printable(error.message)  # noqa: PT017  (one of the answers does succeed)


lines = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 204 \r\n",
        b"Content-Length: 12\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Content-Type: application/json\r\n",
        b"Set-Cookie: a=\xff; expires=never; domain=.\r\n",
        b"Location: //[\r\n",
        b": \r\n",
        b" folded\r\n",
        b"\r\n",
        b"c\r\n",
        b'{"data": []}',
    ]
)


@examples(0.6)
@given(pieces=st.lists(lines | st.binary(max_size=20), max_size=8))
def test_any_bytes_are_an_answer_or_a_gateway_error(pieces: list[bytes]) -> None:
    with (
        serving(platform(list=b"".join(pieces))) as server,
        connect(server.url, CREDENTIALS, timeout=30, retry_clock=ONCE) as gateway,
    ):
        try:
            gateway.list_clients()
        except GatewayError as error:
            assert error.message == printable(error.message)  # noqa: PT017  (some of them do succeed)
