"""The fields of a client, in one table, and the only codec of `ClientSpec`.

All code that compares, saves, shows or sends clients uses the rows of `FIELDS`. A new field needs an attribute of
`ClientSpec`, a member of `Field`, a row here, and a key in the schemas.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cache
from itertools import compress
from operator import attrgetter, ne
from typing import Any

from reconciler.model.clients import ClientSpec, Field, Grant, UnsupportedClient
from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonData, JsonValue, WrongShape


@frozen(eq=False)
class FieldRow:
    """One field: its attribute, and how its value is written and read in each form."""

    field: Field
    """Its key in plan files, observations, journals and JSON output."""
    attribute: str
    """The attribute of `ClientSpec`."""
    to_json: Callable[[ClientSpec], JsonData | None]
    """Its value in those documents."""
    from_json: Callable[[JsonValue], object]
    """The attribute's value from those documents. Raises `WrongShape`."""
    texts: Callable[[ClientSpec], tuple[str, ...]]
    """Its values as text for users; empty if the client has none. May contain any character that a name may contain."""
    one_per_line: bool = False
    """Whether its values are shown one per line, with added and removed ones marked."""
    declared: Callable[[Mapping[str, Any]], object] | None = None
    """The attribute's value from an entry as written; None if it depends on the instance or on other fields."""
    sent_as: str | None = None
    """The key in the platform's JSON, if the value has the same form there; None if the platform uses another form."""

    def value(self, spec: ClientSpec) -> object:
        """The attribute of a client."""
        return getattr(spec, self.attribute)

    def text(self, spec: ClientSpec) -> str | None:
        """All values on one line; None if the client has none."""
        return (", " if not self.one_per_line else ",").join(self.texts(spec)) or None


def join_urls(urls: Iterable[str]) -> str | None:
    """Join redirect URLs with commas to the text that the platform stores; None if there are none."""
    return ",".join(urls) or None


def split_urls(stored: str | None) -> tuple[str, ...]:
    """Split a stored text into redirect URLs; joining them gives the same text. None and an empty text have none."""
    return tuple(stored.split(",")) if stored else ()


def stored_urls(urls: Iterable[str]) -> tuple[str, ...]:
    """The redirect URLs as the platform stores them: a comma inside one separates two there."""
    return split_urls(join_urls(urls))


def in_order(grants: Collection[Grant]) -> tuple[Grant, ...]:
    """Grants in the order in which the platform lists them."""
    return _in_order(frozenset(grants))


@cache  # there are few combinations of grants, and many clients
def _in_order(grants: frozenset[Grant]) -> tuple[Grant, ...]:
    return tuple(grant for grant in Grant if grant in grants)


@cache
def _grant_values(grants: frozenset[Grant]) -> tuple[str, ...]:
    return tuple(grant.value for grant in _in_order(grants))


@frozen
class FieldChange:
    """One field of an update, as text for people (`grants` as a comma-separated list, None as absent)."""

    field: Field
    before: str | None
    after: str | None


FIELDS = (
    FieldRow(
        Field.NAME,
        attribute="name",
        to_json=lambda spec: spec.name,
        from_json=JsonValue.valid_text,
        texts=lambda spec: (spec.name,),
    ),
    FieldRow(
        Field.GRANTS,
        attribute="grants",
        to_json=lambda spec: list(_grant_values(spec.grants)),
        from_json=lambda value: frozenset(value.each(lambda grant: grant.one_of(Grant))),
        texts=lambda spec: in_order(spec.grants),
    ),
    FieldRow(
        Field.REDIRECT_URL,
        attribute="redirect_urls",
        to_json=lambda spec: join_urls(spec.redirect_urls),
        from_json=lambda value: split_urls(value.unless_null(JsonValue.valid_text)),
        texts=lambda spec: spec.redirect_urls,
        one_per_line=True,
    ),
)
"""In the order in which fields are shown and saved. Names are shown separately."""

_VALUES = attrgetter(*(row.attribute for row in FIELDS))
"""The attributes of a client, in the order of the table."""

PLAIN_FIELDS = tuple(row for row in FIELDS if row.declared is not None)
"""The fields read directly from an entry, which the platform stores in the same form."""

KEYS = tuple(row.field.value for row in FIELDS)


def spec_values(spec: ClientSpec) -> dict[str, JsonData | None]:
    """A client as plain JSON values, under KEYS."""
    return {key: row.to_json(spec) for key, row in zip(KEYS, FIELDS, strict=True)}


def read_spec(value: JsonValue) -> ClientSpec:
    """Read a client from an object with only the values of `spec_values`. Raises `WrongShape`."""
    return spec_of(value.record(KEYS))


def spec_of(values: Mapping[str, JsonValue]) -> ClientSpec:
    """Read a client from its values under KEYS. Raises `WrongShape`, also for an impossible client."""
    attributes: dict[str, Any] = {row.attribute: row.from_json(values[row.field]) for row in FIELDS}
    spec = ClientSpec(**attributes)
    if not spec.grants:
        raise WrongShape(f"`{values[Field.GRANTS].place}` is empty")
    if (Grant.AUTHORIZATION_CODE in spec.grants) != bool(spec.redirect_urls):
        place = values[Field.REDIRECT_URL].place
        raise WrongShape(f"`{place}` does not fit the grants: it goes with authorization_code")
    return spec


def unsupported_values(client: UnsupportedClient) -> dict[str, JsonData | None]:
    """A client that cannot be declared, as plain JSON values."""
    created_at = client.created_at.isoformat() if client.created_at else None
    return {"id": client.id, "name": client.name, "why": client.why, "created_at": created_at}


def read_unsupported(value: JsonValue) -> UnsupportedClient:
    """The client that `unsupported_values` wrote. Raises `WrongShape`."""
    values = value.record(("id", "name", "why", "created_at"))
    created_at = values["created_at"].unless_null(JsonValue.time)
    return UnsupportedClient(values["id"].client_id(), values["name"].text(), values["why"].text(), created_at)


def changed_fields(before: ClientSpec, after: ClientSpec) -> tuple[FieldRow, ...]:
    """The rows of the fields that differ, in the table's order."""
    return _rows(tuple(map(ne, _VALUES(before), _VALUES(after))))


@cache  # there are few combinations of fields, and many updates
def _rows(differ: tuple[bool, ...]) -> tuple[FieldRow, ...]:
    return tuple(compress(FIELDS, differ))


def grants_text(grants: frozenset[Grant]) -> str:
    """The grants as text for people, in the platform's order: `authorization_code, password`."""
    return ", ".join(in_order(grants))


def field_changes(before: ClientSpec, after: ClientSpec) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the table of fields."""
    return tuple(FieldChange(row.field, row.text(before), row.text(after)) for row in changed_fields(before, after))


def value_of(spec: ClientSpec, field: Field) -> object:
    """The value of one field."""
    return next(row for row in FIELDS if row.field is field).value(spec)


def with_fields_from(spec: ClientSpec, other: ClientSpec, fields: Collection[Field]) -> ClientSpec:
    """A copy of `spec` with these fields taken from `other`."""
    attributes: dict[str, Any] = {row.attribute: row.value(other if row.field in fields else spec) for row in FIELDS}
    return ClientSpec(**attributes)


def with_plain_fields(spec: ClientSpec, read: Callable[[FieldRow], object]) -> ClientSpec:
    """A copy of `spec` with the plain fields' values that `read` returns."""
    values: dict[str, Any] = {row.attribute: read(row) for row in PLAIN_FIELDS}
    return replace(spec, **values)
