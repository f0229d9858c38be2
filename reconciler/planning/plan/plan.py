"""The plan: an immutable list of changes that would make live equal to declared, and all that was left alone."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from reconciler.model.clients import ClientSpec, Field, Grant, Location, UnsupportedClient
from reconciler.model.fields import changed_fields, in_order
from reconciler.planning.plan.modes import OnDrift as OnDrift  # noqa: PLC0414  (also for those who import plans)
from reconciler.planning.plan.modes import Prune as Prune  # noqa: PLC0414  (also for those who import plans)
from reconciler.support.frozen import frozen


class Origin(StrEnum):
    """Which side a difference comes from, seen from the base."""

    GIT = "git"
    INSTANCE = "instance"
    """Drift: git has not changed it."""
    BOTH = "both"
    """A conflict: git has changed it, and the instance has something else again."""


@frozen
class Note:
    """A remark with a stable code for programs and a sentence for people."""

    code: str
    text: str


@frozen
class FieldOrigin:
    """Which side changed a field since the base."""

    field: Field
    origin: Origin


ROTATED = "rotated"
"""The code of the reason why an old client goes whose successor has its name."""


@frozen
class Replaced:
    """The client in whose place a new one of its name is made."""

    id: int
    before: ClientSpec
    keep_old: timedelta
    """How long it stays beside its successor; nothing if it goes with the same plan."""
    stops_at: datetime = field(compare=False)
    """When its secret stops working at the earliest, by the instance's clock, as if its successor were made now.

    Not compared: a plan that is made a minute later does the same.
    """


@frozen
class Create:
    """Make a client, perhaps in the place of an older one. `origin` is None where no base is known."""

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
    """Replace fields of a client; with a new name it is a rename, which keeps id and secret."""

    id: int
    before: ClientSpec
    after: ClientSpec
    reason: Note
    source: Location
    owner: str | None = None
    risks: tuple[Note, ...] = ()
    origins: tuple[FieldOrigin, ...] = ()
    """Of each field that changes; empty where no base is known."""

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
    """The live client that has taken its place in a rotation; None if there is none, or the same plan makes it."""

    @property
    def name(self) -> str:
        """The name that the client has."""
        return self.before.name

    @property
    def is_rotation(self) -> bool:
        """Whether a client of the same name stays, or is made by the same plan."""
        return self.reason.code == ROTATED


Change = Create | Update | Delete


@frozen
class FieldChange:
    """One field of an update, as text for people (`grants` as a comma-separated list, None as absent)."""

    field: Field
    before: str | None
    after: str | None


@frozen
class Blocked:
    """A declared client that the plan leaves alone because something about it is not certain."""

    name: str
    reason: Note
    source: Location
    way_out: str


@frozen
class Unmanaged:
    """A live client that no entry declares for this instance. `note` says why that may be a surprise."""

    id: int
    name: str
    system: bool = False
    note: Note | None = None


@frozen
class FieldDrift:
    """A field that a person changed on the instance, as text for people; None where there is no value."""

    field: Field
    origin: Origin
    declared: str | None
    live: str | None


@frozen
class Kept:
    """A difference that is left as a person made it (`--on-drift keep`)."""

    name: str
    """The declared name; of a client that would be deleted, the live one."""
    id: int | None
    """None: the client is declared, and a person has deleted it."""
    origin: Origin
    source: Location | None
    """The entry; None for a client that no entry declares any more."""
    fields: tuple[FieldDrift, ...] = ()
    """What stays different; empty where the client as a whole does: it stays deleted, or stays live."""


@frozen
class Plan:
    """What would make one instance equal to what is declared, and what was left alone.

    The order is that of applying: updates and renames, creates, deletes; each by name, then id.
    """

    instance: str
    identity: str
    """The instance's URL, or `embedded:` and its path."""
    changes: tuple[Change, ...] = ()
    left_out: int = 0
    """How many more changes were planned, and not chosen by `--only` and `--owner`."""
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
    base: str | None = None
    """The commit whose declarations tell what git changed from what a person did; None where there is none."""
    on_drift: OnDrift | None = None
    """What happens to drift; None without a base."""
    kept: tuple[Kept, ...] = ()
    configuration: tuple[Note, ...] = ()
    """How the configuration differs from the one that is trusted: what a reviewer has to read first."""


def origins_of(change: Change) -> tuple[Origin, ...]:
    """Where a change comes from: one origin, or one for each field; none where no base is known."""
    match change:
        case Update(origins=origins):
            return tuple(each.origin for each in origins)
        case Create(origin=origin) | Delete(origin=origin):
            return () if origin is None else (origin,)
        case _:
            assert_never(change)


def concerns_sinks(change: Change) -> bool:
    """Whether sinks have to hear of a change that was made: a client is new to them, or has another name."""
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
    """Whether a person changed it on the instance, whatever git did."""
    return origin is not Origin.GIT


def grants_text(grants: frozenset[Grant]) -> str:
    """The grants as people read them, in the platform's order: `authorization_code, password`."""
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
