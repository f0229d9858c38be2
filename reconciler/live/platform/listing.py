"""Read all clients of an instance, and their secrets, from the platform's listing."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import Any

from reconciler.live.gateway import ClientSecret
from reconciler.live.platform.codec import WireClient, read_client, read_row
from reconciler.live.platform.fast_path import read_usual_row
from reconciler.model.clients import Listing, LiveClient, UnsupportedClient
from reconciler.model.fields import PLAIN_FIELDS
from reconciler.model.secret import Secret
from reconciler.support.json_reader import WrongShape

_BY_ID = attrgetter("id")


def read_listing(document: object, at: datetime | None = None) -> Listing:
    """Read all clients of `{"data": [...]}`, sorted by id; `at` is when the instance had them.

    Deleted clients are left out. Raises WrongShape.
    """
    listed = _data(document)
    ids: set[int] = set()
    clients: list[LiveClient] = []
    unsupported: list[UnsupportedClient] = []
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
            clients.append(client)
        else:
            unsupported.append(client)
    if len(ids) < len(listed):
        raise WrongShape("two clients in the list have the same id")
    clients.sort(key=_BY_ID)
    unsupported.sort(key=_BY_ID)
    return Listing(tuple(clients), tuple(unsupported), at)


def read_secrets(document: object) -> tuple[ClientSecret, ...]:
    """Read the secrets of the clients that `read_listing` reads; in the document each must be a `Secret`.

    Raises WrongShape.
    """
    rows = ((read_row(row, index), row) for index, row in enumerate(_data(document), 1))
    issued = [_issued(row, values.get("secret")) for row, values in rows if not row.revoked]
    return tuple(sorted(issued, key=lambda each: each.id))


def _data(document: object) -> list[Any]:
    data = document.get("data") if isinstance(document, dict) else None
    if not isinstance(data, list):
        raise WrongShape("it has no list of clients")
    return data


def _issued(row: WireClient, secret: object) -> ClientSecret:
    if not (secret is None or isinstance(secret, Secret)):
        raise WrongShape(f"`secret` of client {row.id} is not text")
    return ClientSecret(row.id, None if secret == Secret("") else secret, row.created_at)
