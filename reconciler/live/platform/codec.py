"""Convert a client between the platform's JSON and this program's types. Every field is checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple, TypeGuard

from reconciler.live.platform.responses import one_line
from reconciler.model.clients import ClientSpec, Field, Grant, LiveClient, UnsupportedClient
from reconciler.model.fields import PLAIN_FIELDS, FieldRow, join_urls, split_urls, with_plain_fields
from reconciler.support.json_reader import JsonValue, WrongShape

TYPES = {
    Grant.AUTHORIZATION_CODE: "authorization_code_grant",
    Grant.PERSONAL_ACCESS_TOKEN: "personal_access_client",
    Grant.PASSWORD: "password_client",
}
"""In the order in which the platform lists them."""

GRANTS = {name: grant for grant, name in TYPES.items()}
LARGEST_ID = 2**63 - 1


class WireClient(NamedTuple):
    """A client as the platform returns it, each field checked."""

    id: int
    name: str
    redirect: str
    revoked: bool
    types: tuple[str, ...]
    created_at: datetime | None
    plain: Mapping[Field, object]
    """The values of the plain fields, which are the same on the platform and in this program."""


def request_body(spec: ClientSpec) -> dict[str, object]:
    """The body for a client: all fields, since a PUT replaces all. A missing redirect is stored as an empty one."""
    body: dict[str, object] = {"name": spec.name, "types": [TYPES[grant] for grant in Grant if grant in spec.grants]}
    redirect = join_urls(spec.redirect_urls)
    if redirect is not None:
        body["redirect"] = redirect
    return body | {str(row.sent_as): row.to_json(spec) for row in PLAIN_FIELDS}


def read_row(row: object, index: int = 1) -> WireClient:
    """Check and return the fields of one client; unknown keys are ignored. Raises WrongShape."""
    if not isinstance(row, dict):
        raise WrongShape(f"entry {index} is not a client")
    client_id, name, revoked = row.get("id"), row.get("name"), row.get("revoked")
    redirect, types = row.get("redirect"), row.get("types")
    if type(client_id) is not int or not 0 < client_id <= LARGEST_ID:
        raise WrongShape(f"`id` of entry {index} is not a positive number")
    if not _is_text(name):
        raise WrongShape(f"`name` of client {client_id} is not text")
    if not (redirect is None or _is_text(redirect)):
        raise WrongShape(f"`redirect` of client {client_id} is not text")
    if not isinstance(revoked, bool):
        raise WrongShape(f"`revoked` of client {client_id} is neither true nor false")
    if not (types is None or (isinstance(types, list) and all(map(_is_text, types)))):
        raise WrongShape(f"`types` of client {client_id} is not a list of texts")
    created_at = read_time(row.get("created_at"), client_id)
    plain = {each.field: _plain(each, row, client_id) for each in PLAIN_FIELDS}
    return WireClient(client_id, name, redirect or "", revoked, tuple(types or ()), created_at, plain)


def read_client(row: WireClient) -> LiveClient | UnsupportedClient:
    """Convert a row to a client."""
    why = _inexpressible(row)
    if why is not None:
        return UnsupportedClient(row.id, row.name, why, row.created_at)
    spec = ClientSpec(row.name, _grants(row.types), split_urls(row.redirect))
    if PLAIN_FIELDS:
        spec = with_plain_fields(spec, lambda each: row.plain[each.field])
    return LiveClient(row.id, spec, row.created_at)


def difference(row: WireClient, sent: ClientSpec, quote: Callable[[str], str] = str) -> str | None:
    """Describe the first field that was stored differently than sent; None if there is none. `quote` cleans values."""
    sent_types = [TYPES[grant] for grant in Grant if grant in sent.grants]
    pairs = (
        ("name", row.name, sent.name),
        ("types", ", ".join(sorted(set(row.types))), ", ".join(sorted(sent_types))),
        ("redirect", row.redirect, join_urls(sent.redirect_urls) or ""),
        *((str(each.sent_as), str(row.plain[each.field]), str(each.value(sent))) for each in PLAIN_FIELDS),
    )
    for field, stored, wanted in pairs:
        if stored != wanted:
            if stored and not quote(stored):
                return f'`{field}` was not stored as it was sent: "{one_line(wanted)}"'
            return f'`{field}` was stored as "{one_line(quote(stored))}", and sent as "{one_line(wanted)}"'
    return None


def _plain(field: FieldRow, row: Mapping[str, object], client_id: int) -> object:
    key = str(field.sent_as)
    return field.from_json(JsonValue(row.get(key), f"{key} of client {client_id}"))


@lru_cache(maxsize=64)
def _grants(types: tuple[str, ...]) -> frozenset[Grant]:
    # Thousands of clients share a handful of sets.
    return frozenset(GRANTS[name] for name in types)


def _inexpressible(row: WireClient) -> str | None:
    """Why a client cannot be declared; None if it can."""
    if not row.types:
        return "it has no type"
    for name in row.types:
        if name not in GRANTS:
            return f"its type '{one_line(name, 50)}' is not known"
    # The platform derives the one from the other (observed on 4.15.6).
    if ("authorization_code_grant" in row.types) and not row.redirect:
        return "it has the authorization code grant, but no redirect URL"
    if row.redirect and "authorization_code_grant" not in row.types:
        return "it has a redirect URL, but not the authorization code grant"
    return None


def _is_text(value: object) -> TypeGuard[str]:
    """Whether a value is text that can be printed and sent: JSON may contain lone surrogates."""
    if not isinstance(value, str):
        return False
    return value.isascii() or not any("\ud800" <= character <= "\udfff" for character in value)


def read_time(value: object, client_id: int) -> datetime | None:
    """Parse a time of a client, in UTC if it has no zone; None for null. Raises WrongShape."""
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        time = time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time
        if time is not None:
            time.astimezone(UTC)
    except (ValueError, OverflowError):  # the latter in the first or last hours that datetime covers
        time = None
    if time is None:
        raise WrongShape(f"`created_at` of client {client_id} is not a time")
    return time
