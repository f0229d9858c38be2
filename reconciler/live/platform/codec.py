"""Between clients as the platform's JSON has them and clients as this program has them. Every field is checked."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from itertools import combinations
from operator import attrgetter
from typing import Any, NamedTuple, TypeGuard

from reconciler.live.gateway import ClientSecret
from reconciler.live.platform.responses import one_line
from reconciler.model.clients import ClientSpec, Grant, Listing, LiveClient, UnsupportedClient
from reconciler.model.secret import Secret
from reconciler.support.json_reader import WrongShape

_TYPES = {
    Grant.AUTHORIZATION_CODE: "authorization_code_grant",
    Grant.PERSONAL_ACCESS_TOKEN: "personal_access_client",
    Grant.PASSWORD: "password_client",
}
"""In the order in which the platform lists them."""

_GRANTS = {name: grant for grant, name in _TYPES.items()}
_USUAL = {
    types: frozenset(map(_GRANTS.__getitem__, types))
    for number in range(1, len(_GRANTS) + 1)
    for types in combinations(_TYPES.values(), number)
}
"""The grants of every client that can be declared, by its types in the platform's order."""
_LARGEST_ID = 2**63 - 1


class WireClient(NamedTuple):
    """A client as the platform gives it, its fields checked one by one."""

    id: int
    name: str
    redirect: str
    revoked: bool
    types: tuple[str, ...]
    created_at: datetime | None


def request_body(spec: ClientSpec) -> dict[str, object]:
    """What to send for a client: all of it, since a PUT replaces the whole. No redirect is stored as an empty one."""
    body: dict[str, object] = {"name": spec.name, "types": [_TYPES[grant] for grant in Grant if grant in spec.grants]}
    if spec.redirect_url is not None:
        body["redirect"] = spec.redirect_url
    return body


def read_listing(document: object, at: datetime | None = None) -> Listing:
    """All clients of `{"data": [...]}` in ascending id, as the instance had them `at` a time.

    Deleted ones are left out. Raises WrongShape.
    """
    listed = _data(document)
    ids: set[int] = set()
    clients: list[LiveClient] = []
    unsupported: list[UnsupportedClient] = []
    for index, values in enumerate(listed, 1):  # one row at a time: ten thousand of them take megabytes
        client: LiveClient | UnsupportedClient | None = _usual(values)
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
    clients.sort(key=_id)
    unsupported.sort(key=_id)
    return Listing(tuple(clients), tuple(unsupported), at)


_id = attrgetter("id")


def _usual(values: Any) -> LiveClient | None:
    """The client of a row that is as nearly all are; None if it takes a closer look. Raises WrongShape."""
    try:
        client_id, name, redirect, types = values["id"], values["name"], values["redirect"], values["types"]
        grants = _USUAL[tuple(types)]
        if (
            type(types) is list
            and type(client_id) is int
            and 0 < client_id <= _LARGEST_ID
            and values["revoked"] is False
            and type(name) is type(redirect) is str
            and (name.isascii() or name.isprintable())
            and (redirect.isascii() or redirect.isprintable())
            and (Grant.AUTHORIZATION_CODE in grants) == (redirect != "")
        ):
            created_at = _read_time(values.get("created_at"), client_id)
            return LiveClient(client_id, ClientSpec(name, grants, redirect or None), created_at)
    except (KeyError, TypeError):
        pass
    return None


def read_secrets(document: object) -> tuple[ClientSecret, ...]:
    """The secrets of the clients that `read_listing` reads from the same document, where each is a `Secret`.

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


def read_row(row: object, index: int = 1) -> WireClient:
    """The checked fields of one client; keys that are not known are left alone. Raises WrongShape."""
    if not isinstance(row, dict):
        raise WrongShape(f"entry {index} is not a client")
    client_id, name, revoked = row.get("id"), row.get("name"), row.get("revoked")
    redirect, types = row.get("redirect"), row.get("types")
    if type(client_id) is not int or not 0 < client_id <= _LARGEST_ID:
        raise WrongShape(f"`id` of entry {index} is not a positive number")
    if not _is_text(name):
        raise WrongShape(f"`name` of client {client_id} is not text")
    if not (redirect is None or _is_text(redirect)):
        raise WrongShape(f"`redirect` of client {client_id} is not text")
    if not isinstance(revoked, bool):
        raise WrongShape(f"`revoked` of client {client_id} is neither true nor false")
    if not (types is None or (isinstance(types, list) and all(map(_is_text, types)))):
        raise WrongShape(f"`types` of client {client_id} is not a list of texts")
    created_at = _read_time(row.get("created_at"), client_id)
    return WireClient(client_id, name, redirect or "", revoked, tuple(types or ()), created_at)


def read_client(row: WireClient) -> LiveClient | UnsupportedClient:
    """The client that a row stands for."""
    why = _inexpressible(row)
    if why is not None:
        return UnsupportedClient(row.id, row.name, why, row.created_at)
    return LiveClient(row.id, ClientSpec(row.name, _grants(row.types), row.redirect or None), row.created_at)


def difference(row: WireClient, sent: ClientSpec) -> str | None:
    """The first field that was stored otherwise than sent, in words; None if there is none."""
    sent_types = [_TYPES[grant] for grant in Grant if grant in sent.grants]
    pairs = (
        ("name", row.name, sent.name),
        ("types", ", ".join(sorted(set(row.types))), ", ".join(sorted(sent_types))),
        ("redirect", row.redirect, sent.redirect_url or ""),
    )
    for field, stored, wanted in pairs:
        if stored != wanted:
            return f'`{field}` was stored as "{one_line(stored)}", and sent as "{one_line(wanted)}"'
    return None


@lru_cache(maxsize=64)
def _grants(types: tuple[str, ...]) -> frozenset[Grant]:
    # Thousands of clients share a handful of sets.
    return frozenset(_GRANTS[name] for name in types)


def _inexpressible(row: WireClient) -> str | None:
    """Why a client cannot be declared, if so."""
    if not row.types:
        return "it has no type"
    for name in row.types:
        if name not in _GRANTS:
            return f"its type '{one_line(name, 50)}' is not known"
    # The platform derives the one from the other (observed on 4.15.6).
    if ("authorization_code_grant" in row.types) and not row.redirect:
        return "it has the authorization code grant, but no redirect URL"
    if row.redirect and "authorization_code_grant" not in row.types:
        return "it has a redirect URL, but not the authorization code grant"
    return None


def _is_text(value: object) -> TypeGuard[str]:
    """Whether a value is text that can be shown and sent again: JSON may hold halves of characters."""
    if not isinstance(value, str):
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def _read_time(value: object, client_id: int) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        time = None
    if time is None:
        raise WrongShape(f"`created_at` of client {client_id} is not a time")
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
