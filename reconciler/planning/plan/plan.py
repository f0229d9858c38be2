"""The plan: an immutable list of changes that apply the declared state, and all that is left unchanged."""

from __future__ import annotations

from dataclasses import field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.model.clients import ClientSpec, Field, Location, UnsupportedClient
from reconciler.planning.plan.modes import OnDrift as OnDrift  # noqa: PLC0414  (re-exported for users of this module)
from reconciler.planning.plan.modes import Prune as Prune  # noqa: PLC0414  (re-exported for users of this module)
from reconciler.planning.plan.resume import Resume
from reconciler.support.frozen import frozen

if TYPE_CHECKING:
    from reconciler.model.recipients import Recipient
    from reconciler.planning.plan.issuer_change import IssuerChange


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

BASE_LACKS = "base-lacks-files"
"""Code of the note that the base has no declarations where they are now."""

NOT_APPLIED = "not-applied"
"""Reason code for creating a client that the base declares as well, and that no apply is known to have created."""

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
    """Earliest time, by the instance's clock, at which its secret stops working if its successor is created now. Not
    compared: a plan made a minute later does the same."""


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
    recipients: tuple[Recipient, ...] = ()
    """Who gets the new secret, sink by sink; empty where no sink covers the client."""
    resume: Resume | None = None
    """What an earlier run left unfinished of it; None if there is nothing."""

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
    recipients: tuple[Recipient, ...] = ()
    """Who is told of a new name, sink by sink; empty unless it is a rename."""

    @property
    def name(self) -> str:
        """The name that the client will have."""
        return self.after.name

    @property
    def is_rename(self) -> bool:
        """Whether the name changes, perhaps with other fields."""
        return self.before.name != self.after.name

    def with_risks(self, risks: tuple[Note, ...]) -> Update:
        """The same update with these risks. With `dataclasses.replace`, a plan of updates takes 4 % longer."""
        before, after = self.before, self.after
        return Update(
            self.id, before, after, self.reason, self.source, self.owner, risks, self.origins, self.recipients
        )


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
    recipients: tuple[Recipient, ...] = ()
    """Who must have the secret of that one first."""
    earlier: Location | None = field(default=None, compare=False)
    """Of one that was taken out: its entry, at the base or narrowed. Only for people, not saved."""

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
class Deliver:
    """Hand the id and secret of a live client to at least one recipient: one that did not have them, or lost them.

    Nothing is written to the instance, so it is no `Change`. `name` is the one after the plan's other changes.
    """

    id: int
    name: str
    recipients: tuple[Recipient, ...]
    before: tuple[Recipient, ...]
    """Everybody who had the secret before, as far as that is known."""
    reason: Note
    source: Location
    owner: str | None = None
    risks: tuple[Note, ...] = ()


@frozen
class Waived:
    """What an entry in sync waives with `allow:`; for other entries, the risks of their changes say so."""

    name: str
    source: Location
    notes: tuple[Note, ...]


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
    source: Location | None = field(default=None, compare=False)
    """Of one that was taken out: the entry that declares its name for other instances. Only for people, not saved."""
    earlier: Location | None = field(default=None, compare=False)
    """Of one that was taken out: where the base has its entry, without the commit. Only for people, not saved."""


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
    deliveries: tuple[Deliver, ...] = ()
    """The new recipients of secrets, by the name of the client, then its id."""
    again: tuple[Deliver, ...] = ()
    """Secrets that sinks have lost, to the recipients that had them; no change. In the order of `deliveries`."""
    issuer: IssuerChange | None = None
    """How it alters who issues the personal access tokens of all users; None if it does not."""
    waived: tuple[Waived, ...] = ()
    """The waivers of entries that no change shows, in the order of the names."""
    known: frozenset[Note | Waived] = field(default=frozenset(), compare=False)
    """Those of `notes` and `waived` that the base has too. Only for people, so that they are not saved."""
    configuration: tuple[Note, ...] = ()
    """How the configuration differs from the trusted one, and what the base lacks: what a reviewer reads first."""

    @property
    def has_changes(self) -> bool:
        """Whether an apply changes anything: a client, or who has its secret."""
        return bool(self.changes or self.deliveries)


def needs_delivery(change: Change) -> bool:
    """Whether an applied change must be delivered to sinks: the client is new to them, or has a new name."""
    return isinstance(change, Create) or (isinstance(change, Update) and change.is_rename)


def is_drift(origin: Origin) -> bool:
    """Whether it was changed manually on the instance, whether or not git changed it too."""
    return origin is not Origin.GIT
