"""The entries of `clients:` as written, before they are resolved for an instance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reconciler.declared.yaml.document import Document
from reconciler.model.clients import EMPTY, EntryLocations, Grant, Location
from reconciler.model.labels import covers
from reconciler.model.settings import Instance
from reconciler.support.frozen import frozen

_CODE = Grant.AUTHORIZATION_CODE.value  # a plain string: looking up an enum member is slower


@frozen(eq=False)
class Entry:
    """One entry of a file: its values and their locations."""

    document: Document
    index: int
    fields: Mapping[str, Any]
    """The entry as written; it matches the schema."""
    name: str
    grants: Mapping[str, Any]
    """The value of each grant as written, by the grant's name."""
    redirects: tuple[str, ...]
    """The redirect URLs as written, before substitution; none without the authorization code grant."""

    @property
    def source(self) -> Location:
        """The location of the name."""
        return self.document.at(self.document.offset_in(self.fields, "name"))

    @property
    def present(self) -> bool:
        """Whether the client should exist; if not, it should be deleted."""
        return bool(self.fields.get("state") != "absent")

    @property
    def owner(self) -> str | None:
        """Who is responsible for the client."""
        return self.fields.get("owner")

    @property
    def ids(self) -> Mapping[str, int]:
        """The ID of the live client, by the instance's name."""
        return self.fields.get("ids") or {}

    @property
    def previous_names(self) -> Sequence[str]:
        """Names that the live client may still have."""
        return self.fields.get("previous_names") or ()

    @property
    def instances(self) -> tuple[str, ...] | None:
        """Names, labels and globs of the instances it is for; None for all."""
        return tuple(self.fields["instances"]) if "instances" in self.fields else None

    @property
    def allow(self) -> Sequence[str]:
        """The rules that it waives."""
        return self.fields.get("allow") or ()

    def covers(self, instance: Instance) -> bool:
        """Whether the entry is for an instance."""
        return "instances" not in self.fields or covers(self.fields["instances"], instance)

    def place(self, *keys: str | int, key: bool = False) -> Location:
        """The location of a value of the entry, or with `key` of its key."""
        return self.document.location("clients", self.index, *keys, key=key)

    def grant_place(self, grant: Grant) -> Location:
        """The location of the value of a grant."""
        return self.place("grants", grant.value)

    def redirect_place(self, position: int) -> Location:
        """The location of one of its redirect URLs, counted from 0; in a list, of the item."""
        return self.place("grants", Grant.AUTHORIZATION_CODE.value, "redirect_url", position)

    def places(self, at: Callable[[int], Location]) -> EntryLocations:
        """The locations of its name, grants and redirect URL (of the grants again if there is no redirect URL)."""
        offset_in, fields = self.document.offset_in, self.fields
        grants = offset_in(fields, "grants")
        redirect = offset_in(self.grants[_CODE], "redirect_url") if self.redirects else grants
        return EntryLocations(at, offset_in(fields, "name"), grants, redirect)


def is_blank(value: object) -> bool:
    """Whether a value of an entry is missing, empty, or only blanks."""
    return not value.strip() if isinstance(value, str) else not value


def read_entries(document: Document) -> list[Entry]:
    """The entries of a document that match the schema, in the order of the file."""
    root: Any = document.root
    return [
        _entry(document, index, fields) for index, fields in enumerate(root["clients"]) if index not in document.broken
    ]


def _entry(document: Document, index: int, fields: Mapping[str, Any]) -> Entry:
    grants = fields.get("grants", EMPTY)
    redirects = _redirects(grants[_CODE]["redirect_url"]) if _CODE in grants else ()
    return Entry(document, index, fields, fields["name"], grants, redirects)


def _redirects(written: str | list[str]) -> tuple[str, ...]:
    return (written,) if isinstance(written, str) else tuple(written)
