"""The entries of `clients:` as they are written, before anything is decided for an instance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from reconciler.declared.document import Document, YamlMapping
from reconciler.model import EMPTY, Grant, Location
from reconciler.names import matches_any
from reconciler.value import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One entry of a file: its values, and the way to the place of each."""

    document: Document
    index: int
    fields: Mapping[str, Any]
    """The entry as written; the schema has checked its shape."""
    name: str
    source: Location
    """Where the name stands."""
    grants: Mapping[str, Any]
    """What is written under each grant, by the grant's name."""
    redirects: tuple[str, ...]
    """The redirect URLs as written, before substitution; none without the authorization code grant."""
    instances: tuple[str, ...] | None
    """Names and globs of the instances it is for; None for every one."""
    allow: tuple[str, ...]

    @property
    def present(self) -> bool:
        """Whether the client shall exist; otherwise it shall not."""
        return bool(self.fields.get("state") != "absent")

    @property
    def owner(self) -> str | None:
        """Who answers for the client."""
        return self.fields.get("owner")

    @property
    def ids(self) -> Mapping[str, int]:
        """The live client that it is, by the instance's name."""
        return self.fields.get("ids") or {}

    @property
    def previous_names(self) -> Sequence[str]:
        """The names that the client may still have."""
        return self.fields.get("previous_names") or ()

    def covers(self, instance: str) -> bool:
        """Whether the entry is for an instance of this name."""
        return self.instances is None or matches_any(self.instances, instance)

    def place(self, *keys: str | int, key: bool = False) -> Location:
        """Where a value of the entry stands, or with `key` its key."""
        return self.document.location("clients", self.index, *keys, key=key)

    def grant_place(self, grant: Grant) -> Location:
        """Where the value of a grant stands."""
        return self.place("grants", grant.value)

    def redirect_place(self, position: int) -> Location:
        """Where one of its redirect URLs stands, counted from 0; for a list, the item."""
        return self.place("grants", Grant.AUTHORIZATION_CODE.value, "redirect_url", position)

    def desired_places(self) -> tuple[Location, Location]:
        """Where `grants` and `redirect_url` stand; the second is the first when there is no redirect."""
        grants_place = _place(self.document, self.fields, "grants")
        if not self.redirects:
            return grants_place, grants_place
        grant = self.grants[Grant.AUTHORIZATION_CODE]
        return grants_place, _place(self.document, grant, "redirect_url")


def is_blank(value: object) -> bool:
    """Whether a value of an entry says nothing: it is missing, or text without a word."""
    return not value.strip() if isinstance(value, str) else not value


def read_entries(document: Document) -> Iterator[Entry]:
    """The entries of a document that has the right shape, in the order of the file."""
    root: Any = document.root
    for index, fields in enumerate(root["clients"]):
        instances = fields.get("instances")
        grants = fields.get("grants", EMPTY)
        yield Entry(
            document,
            index,
            fields,
            fields["name"],
            _place(document, fields, "name"),
            grants,
            _redirects(grants),
            None if instances is None else tuple(instances),
            tuple(fields.get("allow", ())),
        )


def _redirects(grants: Mapping[str, Any]) -> tuple[str, ...]:
    grant = grants.get(Grant.AUTHORIZATION_CODE)
    if grant is None:
        return ()
    written = grant["redirect_url"]
    return (written,) if isinstance(written, str) else tuple(written)


def _place(document: Document, fields: Mapping[str, object], key: str) -> Location:
    # Two or three of these are wanted for every entry: walking down from the root each time would cost too much.
    place = cast(YamlMapping, fields).first + 2 * list(fields).index(key) + 1
    return document.lines.at(document.path, document.lines.places[place])
