"""The responses of the platform, one function for each kind."""

from __future__ import annotations

import json
from collections.abc import Iterable

from werkzeug.wrappers import Response

from reconciler.sandbox.data.client_store import ClientRow
from reconciler.sandbox.php import Value
from reconciler.sandbox.platforms import Words
from reconciler.sandbox.validation import AUTHORIZATION_CODE, PASSWORD, PERSONAL_ACCESS, Messages, summary

_HTML = "text/html; charset=UTF-8"
_JSON = "application/json"
_quoted = json.encoder.encode_basestring_ascii

# Indexed by redirect, personal access, password; always in this order, whatever was sent.
_TYPES = tuple(
    json.dumps(
        [kind for kind, has in zip((AUTHORIZATION_CODE, PERSONAL_ACCESS, PASSWORD), bits, strict=True) if has == "1"]
    )
    for bits in (f"{number:03b}" for number in range(8))
)


def empty(status: int = 204) -> Response:
    """No body, and so no content type."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def html(status: int, heading: str) -> Response:
    """An HTML page. The platform's own are longer."""
    return Response(f"<!DOCTYPE html>\n<title>{heading}</title>\n<h1>{heading}</h1>\n", status, content_type=_HTML)


def text(content: str, *, media: str = _HTML) -> Response:
    """200 with a few words."""
    return Response(content, 200, content_type=media)


def redirect(location: str) -> Response:
    """302 to a URL."""
    response = html(302, "Redirecting")
    response.headers["Location"] = location
    return response


def value(status: int, content: object) -> Response:
    """A value as JSON."""
    return Response(json.dumps(content), status, content_type=_JSON)


def message(status: int, text: str, *, as_json: bool) -> Response:
    """An error: a message in JSON, or a page."""
    return value(status, {"message": text}) if as_json else html(status, text)


def refusal(status: int, messages: Messages, words: Words) -> Response:
    """422, or 429: a summary, and all messages by field."""
    return value(status, {"message": summary(messages, words), "errors": messages})


def client(status: int, row: ClientRow, name: Value, *, shows_secret: bool) -> Response:
    """One client, with its name as it was sent; its secret is null if it is not shown."""
    return Response(_client_json(row, json.dumps(name), shows_secret), status, content_type=_JSON)


def clients(rows: Iterable[ClientRow], *, shows_secrets: bool) -> Response:
    """The list of clients. Built as text, which is several times faster for ten thousand clients."""
    listed = ",".join(_client_json(row, _quoted(row[1]), shows_secrets) for row in rows)
    return Response(f'{{"data":[{listed}]}}', 200, content_type=_JSON)


def _client_json(row: ClientRow, name: str, shows_secret: bool) -> str:
    client_id, _, secret, address, revoked, personal_access, password, created_at, updated_at, _, _ = row
    types = _TYPES[4 * bool(address) + 2 * bool(personal_access) + bool(password)]
    shown = f'"{secret}"' if shows_secret else "null"
    return (
        f'{{"id":{client_id},"name":{name},"secret":{shown},"redirect":{_quoted(address)},'
        f'"revoked":{"true" if revoked else "false"},"types":{types},'
        f'"created_at":"{created_at}","updated_at":"{updated_at}"}}'
    )
