"""The plan: an immutable list of changes that apply the declared state, and all that is left unchanged."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from reconciler.model.clients import ClientSpec, Field, Grant, Location, UnsupportedClient
from reconciler.model.fields import changed_fields, in_order
from reconciler.planning.plan.modes import OnDrift as OnDrift  # noqa: PLC0414  (re-exported for users of this module)
from reconciler.planning.plan.modes import Prune as Prune  # noqa: PLC0414  (re-exported for users of this module)
from reconciler.support.frozen import frozen


class Origin(StrEnum):
    """Which side has changed since the base."""

    GIT = "git"
    INSTANCE = "instance"
    """Drift: not changed in git."""
    BOTH = "both"
    """Conflict: changed in git, and differently on the instance."""


@frozen
class Note:
    """A note: a stable code for programs and a sentence for people."""

    code: str
    text: str


@frozen
class FieldOrigin:
    """Which side changed a field since the base."""

    field: Field
    origin: Origin


ROTATED = "rotated"
"""Reason code for deleting an old client whose successor has the same name."""

PRUNED, REMOVED = "pruned", "removed"
"""Reason codes for pruning a client that no entry declares, and one whose entry was removed since the base."""


@frozen
class Replaced:
    """The old client, which a new one with the same name replaces."""

    id: int
    before: ClientSpec
    keep_old: timedelta
    """How long it stays beside its successor; zero if the same plan deletes it."""
    stops_at: datetime = field(compare=False)
    """Earliest time, by the instance's clock, at which its secret stops working if its successor is created now.

    Not compared: a plan made a minute later does the same.
    """


@frozen
class Create:
    """Create a client, perhaps to replace an older one. `origin` is None if there is no base."""

    after: ClientSpec
    reason: Note
    source: Location
    owner: str | None = None
    risks: tuple[Note, ...] = ()
    origin: Origin | None = None
    replaces: Replaced | None = None

    @property
    def name(self) -> str:
        """The name that the client will have."""
        return self.after.name


@frozen
class Update:
    """Update fields of a client; with a new name it is a rename, which keeps id and secret."""

    id: int
    before: ClientSpec
    after: ClientSpec
    reason: Note
    source: Location
    owner: str | None = None
    risks: tuple[Note, ...] = ()
    origins: tuple[FieldOrigin, ...] = ()
    """One for each field that changes; empty if there is no base."""

    @property
    def name(self) -> str:
        """The name that the client will have."""
        return self.after.name

    @property
    def is_rename(self) -> bool:
        """Whether the name changes, perhaps with other fields."""
        return self.before.name != self.after.name


@frozen
class Delete:
    """Revoke a client and every token issued to it. `source` is None for a prune."""

    id: int
    before: ClientSpec
    reason: Note
    source: Location | None
    owner: str | None = None
    risks: tuple[Note, ...] = ()
    origin: Origin | None = None
    successor: int | None = None
    """The live client that has replaced it in a rotation; None if there is none, or the same plan creates it."""

    @property
    def name(self) -> str:
        """The name that the client has."""
        return self.before.name

    @property
    def is_rotation(self) -> bool:
        """Whether a client with the same name stays, or is created by the same plan."""
        return self.reason.code == ROTATED

    @property
    def is_prune(self) -> bool:
        """Whether no entry asks for it. In a saved plan, `source` and `reason` may contradict each other."""
        return self.source is None or self.reason.code in (PRUNED, REMOVED)


Change = Create | Update | Delete


@frozen
class FieldChange:
    """One field of an update, as text for people (`grants` as a comma-separated list, None as absent)."""

    field: Field
    before: str | None
    after: str | None


@frozen
class Blocked:
    """A declared client that the plan leaves unchanged because something about it is ambiguous."""

    name: str
    reason: Note
    source: Location
    way_out: str


@frozen
class Unmanaged:
    """A live client that no entry declares for this instance. `note` says why that may be unexpected."""

    id: int
    name: str
    system: bool = False
    note: Note | None = None


@frozen
class FieldDrift:
    """A field that was changed manually on the instance, as text for people; None where there is no value."""

    field: Field
    origin: Origin
    declared: str | None
    live: str | None


@frozen
class Kept:
    """A manual change that is kept (`--on-drift keep`)."""

    name: str
    """The declared name; for a client that would be deleted, the live one."""
    id: int | None
    """None: the client is declared, and was deleted manually."""
    origin: Origin
    source: Location | None
    """The entry; None for a client that no entry declares any more."""
    fields: tuple[FieldDrift, ...] = ()
    """Fields that stay different; empty if the client as a whole stays deleted or stays live."""


@frozen
class Plan:
    """The changes that apply the declared state to one instance, and what is left unchanged.

    The order is that of applying: updates and renames, creates, deletes; each by name, then id.
    """

    instance: str
    identity: str
    """The instance's URL, or `embedded:` and its path."""
    changes: tuple[Change, ...] = ()
    left_out: int = 0
    """How many more changes were planned, but are excluded by `--only` or `--owner`."""
    blocked: tuple[Blocked, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    ignored: tuple[Unmanaged, ...] = ()
    unsupported: tuple[UnsupportedClient, ...] = ()
    notes: tuple[Note, ...] = ()
    in_sync: int = 0
    declared_present: int = 0
    live: int = 0
    """How many clients the listing contains, of every kind."""
    live_ids: tuple[int, ...] = ()
    """Their ids, ascending: a client with another id is new since this plan was made."""
    held: tuple[int, ...] = ()
    """Ids of live clients that a blocked entry may mean, ascending: neither unmanaged nor pruned."""
    base: str | None = None
    """The commit that separates changes in git from manual changes; None if there is no base."""
    on_drift: OnDrift | None = None
    """How drift is handled; None without a base."""
    kept: tuple[Kept, ...] = ()
    configuration: tuple[Note, ...] = ()
    """How the configuration differs from the trusted one: what a reviewer has to read first."""


def origins_of(change: Change) -> tuple[Origin, ...]:
    """The origins of a change: one, or one for each field; none if there is no base."""
    match change:
        case Update(origins=origins):
            return tuple(each.origin for each in origins)
        case Create(origin=origin) | Delete(origin=origin):
            return () if origin is None else (origin,)
        case _:
            assert_never(change)


def needs_delivery(change: Change) -> bool:
    """Whether an applied change must be delivered to sinks: the client is new to them, or has a new name."""
    match change:
        case Create():
            return True
        case Delete():
            return False
        case Update():
            return change.is_rename
        case _:
            assert_never(change)


def is_drift(origin: Origin) -> bool:
    """Whether it was changed manually on the instance, whether or not git changed it too."""
    return origin is not Origin.GIT


def grants_text(grants: frozenset[Grant]) -> str:
    """The grants as text for people, in the platform's order: `authorization_code, password`."""
    return ", ".join(in_order(grants))


def field_changes(before: ClientSpec, after: ClientSpec) -> tuple[FieldChange, ...]:
    """The fields that differ, in the order of the table of fields."""
    return tuple(FieldChange(row.field, row.text(before), row.text(after)) for row in changed_fields(before, after))


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
