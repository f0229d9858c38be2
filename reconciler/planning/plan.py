"""The plan: an immutable list of changes that would make live equal to declared, and all that was left alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from reconciler.model import ClientSpec, Field, Grant, Location, UnsupportedClient


class Prune(StrEnum):
    """Which clients are deleted though no entry says `state: absent`."""

    NONE = "none"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Note:
    """A remark with a stable code for programs and a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Create:
    """Make a client."""

    after: ClientSpec
    reason: Note
    source: Location
    owner: str | None = None
    risks: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The name that the client will have."""
        return self.after.name


@dataclass(frozen=True, slots=True)
class Update:
    """Replace fields of a client; with a new name it is a rename, which keeps id and secret."""

    id: int
    before: ClientSpec
    after: ClientSpec
    reason: Note
    source: Location
    owner: str | None = None
    risks: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The name that the client will have."""
        return self.after.name

    @property
    def is_rename(self) -> bool:
        """Whether the name changes, perhaps with other fields."""
        return self.before.name != self.after.name


@dataclass(frozen=True, slots=True)
class Delete:
    """Revoke a client and every token issued to it. `source` is None for a prune."""

    id: int
    before: ClientSpec
    reason: Note
    source: Location | None
    owner: str | None = None
    risks: tuple[Note, ...] = ()

    @property
    def name(self) -> str:
        """The name that the client has."""
        return self.before.name


Change = Create | Update | Delete


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of an update, as text for people (`grants` as a comma-separated list, None as absent)."""

    field: Field
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Blocked:
    """A declared client that the plan leaves alone because something about it is not certain."""

    name: str
    reason: Note
    source: Location
    way_out: str


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """A live client that no entry declares for this instance. `note` says why that may be a surprise."""

    id: int
    name: str
    system: bool = False
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would make one instance equal to what is declared, and what was left alone.

    The order is that of applying: updates and renames, creates, deletes; each by name, then id.
    """

    instance: str
    identity: str
    """The instance's URL, or `embedded:` and its path."""
    changes: tuple[Change, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    ignored: tuple[Unmanaged, ...] = ()
    unsupported: tuple[UnsupportedClient, ...] = ()
    notes: tuple[Note, ...] = ()
    in_sync: int = 0
    declared_present: int = 0
    live: int = 0
    """How many live clients the listing held, of every kind."""
    live_ids: tuple[int, ...] = ()
    """Their ids, ascending: a client with another id is new since this plan was made."""
    held: tuple[int, ...] = ()
    """Live clients that a blocked entry may mean, ascending: neither unmanaged nor pruned."""


def grants_text(grants: frozenset[Grant]) -> str:
    """The grants as people read them, in the platform's order: `authorization_code, password`."""
    return ", ".join(grant for grant in Grant if grant in grants)


def field_changes(before: ClientSpec, after: ClientSpec) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order name, grants, redirect_url."""
    pairs = (
        FieldChange(Field.NAME, before.name, after.name),
        FieldChange(Field.GRANTS, grants_text(before.grants), grants_text(after.grants)),
        FieldChange(Field.REDIRECT_URL, before.redirect_url, after.redirect_url),
    )
    return tuple(pair for pair in pairs if pair.before != pair.after)


def order_of_applying(change: Change) -> tuple[int, str, int]:
    """The sort key of changes: updates and renames, creates, deletes; each by name, then id."""
    match change:
        case Update():
            return 0, change.name, change.id
        case Create():
            return 1, change.name, 0
        case Delete():
            return 2, change.name, change.id
        case _:
            assert_never(change)
