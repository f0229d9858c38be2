"""Read all clients of an instance, and their secrets, from the platform's listing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from reconciler.live.gateway import ClientSecret
from reconciler.live.platform.codec import WireClient, read_client, read_row, read_time
from reconciler.live.platform.fast_path import read_usual_row
from reconciler.model.clients import Grant, Listing, LiveClient, UnsupportedClient
from reconciler.model.fields import PLAIN_FIELDS
from reconciler.model.lines import UP_TO_4_15, Capabilities
from reconciler.model.secret import Secret
from reconciler.model.unfinished import MARK_START, UnfinishedCreate, read_mark
from reconciler.support.json_reader import WrongShape

_BY_ID = attrgetter("id")


def read_listing(document: object, at: datetime | None = None, capabilities: Capabilities = UP_TO_4_15) -> Listing:
    """Read all clients of `{"data": [...]}`, sorted by id; `at` is when the instance had them.

    Deleted clients are left out. Raises WrongShape, also for a listing that has more pages than one.
    """
    listed = _data(document)
    _demand_all(document, len(listed))
    ids: set[int] = set()
    clients: list[LiveClient] = []
    unsupported: list[UnsupportedClient] = []
    unfinished: list[UnfinishedCreate] = []
    for index, values in enumerate(listed, 1):  # one row at a time: ten thousand of them take megabytes
        client: LiveClient | UnsupportedClient | None = None if PLAIN_FIELDS else read_usual_row(values)
        if client is None:
            row = read_row(values, index)
            ids.add(row.id)
            if row.revoked:
                continue
            client = read_client(row)
        ids.add(client.id)
        if isinstance(client, LiveClient):
            urls = client.spec.redirect_urls
            if urls and urls[0].startswith(MARK_START) and (begun := _unfinished(client, values)):
                unfinished.append(begun)
            else:
                clients.append(client)
        else:
            unsupported.append(client)
    if len(ids) < len(listed):
        raise WrongShape("two clients in the list have the same id")
    clients.sort(key=_BY_ID)
    unsupported.sort(key=_BY_ID)
    unfinished.sort(key=_BY_ID)
    return Listing(tuple(clients), tuple(unsupported), at, capabilities, tuple(unfinished))


def _unfinished(client: LiveClient, values: Mapping[str, object]) -> UnfinishedCreate | None:
    """The unfinished create that a client is; None if its mark does not fit, or it was changed since its create."""
    found = read_mark(client.spec.redirect_urls, client.name)
    untouched = client.created_at == read_time(values.get("updated_at"), client.id)
    if found is None or not untouched or client.spec.grants != {Grant.AUTHORIZATION_CODE}:
        return None
    run, nonce = found
    return UnfinishedCreate(client.id, client.name, run, nonce, client.created_at)


def read_secrets(document: object) -> tuple[ClientSecret, ...]:
    """Read the secrets of the clients that `read_listing` reads; in the document each must be a `Secret`.

    Raises WrongShape.
    """
    rows = ((read_row(row, index), row) for index, row in enumerate(_data(document), 1))
    issued = [_issued(row, values.get("secret")) for row, values in rows if not row.revoked]
    return tuple(sorted(issued, key=lambda each: each.id))


def read_secret(document: object) -> Secret | None:
    """Read the secret of one client, which in the document must be a `Secret`. Raises WrongShape."""
    return _issued(read_row(document), document.get("secret") if isinstance(document, dict) else None).secret


def texts_of(document: object, ids: Collection[int]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The texts of some clients of a listing that has been read, as they came: name, redirect and types."""
    if not ids:
        return
    for index, values in enumerate(_data(document), 1):
        if values["id"] in ids:
            row = read_row(values, index)
            yield row.id, (row.name, row.redirect, *row.types)


def _data(document: object) -> list[Any]:
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        raise WrongShape("it has no list of clients")
    return data


def _demand_all(document: Any, number: int) -> None:
    """Raise WrongShape if the listing says that it is a part: no version does, but what is missing would be created."""
    links, meta = document.get("links"), document.get("meta")
    following = links.get("next") if isinstance(links, dict) else None
    if following is not None:
        raise WrongShape("it is one page of several (`links.next`), and a part must not be taken for all clients")
    pages, total = (meta.get("last_page"), meta.get("total")) if isinstance(meta, dict) else (None, None)
    if pages not in (None, 0, 1):
        raise WrongShape("it is one page of several (`meta.last_page`), and a part must not be taken for all clients")
    if total is not None and total != number:
        raise WrongShape("it holds another number of clients than it says (`meta.total`)")


def _issued(row: WireClient, secret: object) -> ClientSecret:
    if not (secret is None or isinstance(secret, Secret)):
        raise WrongShape(f"`secret` of client {row.id} is not text")
    return ClientSecret(row.id, None if secret == Secret("") else secret, row.created_at)
