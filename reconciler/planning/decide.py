"""Decide what to do about each difference between declared and live clients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import assert_never

from reconciler.model.clients import AbsentClient, ClientSpec, DesiredClient, Field, LiveClient, Location, Rotation
from reconciler.model.fields import changed_fields
from reconciler.model.lines import UP_TO_4_15, Capabilities
from reconciler.planning.drift.base import (
    Base,
    conflict_notes,
    expected_spec,
    field_origins,
    kept_fields,
    origin_of_create,
    origin_of_delete,
    origin_of_prune,
    without_drift,
)
from reconciler.planning.drift.removals import Removals
from reconciler.planning.match.blocked import created, created_at, moment
from reconciler.planning.match.match import Ambiguous, LiveIndex, Match, MatchedBy, MatchResult, NotLive, RotationMatch
from reconciler.planning.match.rotation import RotationStep
from reconciler.planning.notes.risks import create_risks, delete_risks, replace_risks, retire_risks, update_risks
from reconciler.planning.notes.unmanaged import waivers
from reconciler.planning.plan.plan import (
    NOT_APPLIED,
    PRUNED,
    REMOVED,
    ROTATED,
    Change,
    Create,
    Delete,
    FieldOrigin,
    Kept,
    Note,
    OnDrift,
    Origin,
    Prune,
    Replaced,
    Unmanaged,
    Update,
    is_drift,
)
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted


@frozen
class PlanPolicy:
    """What planning needs besides the clients. `ignore`, `protected` and `system_clients` are globs."""

    instance: str
    identity: str
    """The instance's URL, or `embedded:` and its path."""
    ignore: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    system_clients: tuple[str, ...] = ()
    prune: Prune = Prune.NONE
    on_drift: OnDrift = OnDrift.REFUSE
    """How to handle drift. Has no effect without a base, which is needed to detect it."""


@frozen
class Decision:
    """What to do about a difference: apply changes, keep manual changes, or some of both."""

    changes: tuple[Change, ...] = ()
    kept: Kept | None = None
    notes: tuple[Note, ...] = ()
    """What the base has where a manual change of something that git changed too is kept."""


class Decider:
    """Decide by the policy and, with a base, by the origin of each difference."""

    def __init__(
        self, policy: PlanPolicy, index: LiveIndex, base: Base | None, capabilities: Capabilities = UP_TO_4_15
    ) -> None:
        self.policy = policy
        self._capabilities = capabilities
        self.index = index
        self.base = base

    def on_entry(self, found: MatchResult) -> Decision | None:
        """Decide about an entry; None if it is in sync or ambiguous."""
        match found:
            case Match(DesiredClient() as entry, live, how):
                return self._update(entry, live, how)
            case Match(AbsentClient() as entry, live):
                return self._delete(entry, live)
            case RotationMatch(entry, rotate, step):
                return self._rotate(entry, rotate, step)
            case NotLive(DesiredClient() as entry):
                return self._create(entry)
            case NotLive() | Ambiguous() | Match():
                return None
            case _:
                assert_never(found)

    def on_unmanaged(
        self, client: LiveClient, unmanaged: Unmanaged, removals: Removals | None, still_declared: str | None = None
    ) -> Decision | None:
        """Decide about a client that no entry matches; None if it is left unchanged.

        `still_declared` says for which other instances its name is declared.
        """
        removed = removals.removed(client) if removals else None
        match self.policy.prune:
            case Prune.REMOVED if removed is not None:
                pass
            case Prune.ALL:
                pass
            case _:
                return None
        if unmanaged.system:
            return None
        earlier = None
        if removals and removed:
            reason = Note(REMOVED, f"removed: {removals.in_words(removed)}")
            earlier = unmanaged.source or unmanaged.earlier
        else:
            reason = Note(PRUNED, f"pruned: {unmanaged.note.text if unmanaged.note else 'no entry declares it'}")
        origin = origin_of_prune(client, self.base) if self.base else None
        owner = removed.owner if removed else None
        still = (Note("still-declared", still_declared),) if removed and still_declared else ()
        risks = (*still, *delete_risks(client.spec, self._capabilities))
        return self._unless_kept(Delete(client.id, client.spec, reason, None, owner, risks, origin, earlier=earlier))

    def _create(self, entry: DesiredClient) -> Decision:
        origin = self._origin_of_create(entry)
        again = origin is not None and is_drift(origin)
        own_risks = create_risks(entry.spec, again=again, capabilities=self._capabilities)
        conflicts = conflict_notes(entry, None, self.base) if origin is Origin.BOTH else ()
        risks = (*conflicts, *own_risks, *waivers(entry, self.index))
        create = Create(entry.spec, self._why_not_live(entry), entry.source, entry.owner, risks, origin)
        return self._unless_kept(self._resuming(create))

    def _origin_of_create(self, entry: DesiredClient) -> Origin | None:
        if self.base is None:
            return None
        # What a run left unfinished was never there, so nobody has deleted it.
        return Origin.GIT if self.index.unfinished(entry.name) else origin_of_create(entry, self.base)

    def _resuming(self, create: Create) -> Create:
        if not self.index.unfinished(create.name):
            return create
        from reconciler.planning.notes.unfinished import resume_of, with_resume  # for few plans

        return with_resume(create, resume_of(create.name, self.index, self._capabilities))

    def _why_not_live(self, entry: DesiredClient) -> Note:
        if self.base is None or self.base.was_applied(entry) or self.base.entry_for(entry) is None:
            return Note("declared-not-live", "declared, and not live")
        unknown = "nothing here says whether that was ever applied: somebody may have deleted it on the instance"
        why = "no apply of that was completed" if self.base.is_applied else unknown
        return Note(NOT_APPLIED, f"declared, and not live; the base declares it as well, and {why}")

    def _delete(self, entry: AbsentClient, live: LiveClient) -> Decision:
        conflicts = conflict_notes(entry, live.spec, self.base)
        risks = (*conflicts, *delete_risks(live.spec, self._capabilities), *waivers(entry))
        reason = Note("declared-absent", "declared with `state: absent`")
        origin = origin_of_delete(entry, live, self.base) if self.base else None
        return self._unless_kept(Delete(live.id, live.spec, reason, entry.source, entry.owner, risks, origin))

    def _unless_kept(self, change: Create | Delete) -> Decision:
        """The change, unless it would undo a manual change that the policy keeps."""
        if self.policy.on_drift is not OnDrift.KEEP or change.origin is None or not is_drift(change.origin):
            return Decision((change,))
        client_id = change.id if isinstance(change, Delete) else None
        return Decision(kept=Kept(change.name, client_id, change.origin, change.source))

    def _update(self, entry: DesiredClient, live: LiveClient, how: MatchedBy) -> Decision | None:
        if expected_spec(entry, live.spec) == live.spec:
            return None
        after, origins, kept = self._aim(entry, live)
        conflicts = self._kept_conflicts(entry, live) if kept is not None else ()
        if kept is not None and after == live.spec:
            return Decision(kept=kept, notes=conflicts)
        reason, cause = _reason(live, how), _cause(entry, live.spec, after)
        risks = self._risks_of_update(entry, live, after)
        return Decision(
            (Update(live.id, live.spec, after, reason, cause, entry.owner, risks, origins),), kept, conflicts
        )

    def _kept_conflicts(self, entry: DesiredClient, live: LiveClient) -> tuple[Note, ...]:
        found = conflict_notes(entry, live.spec, self.base)
        return tuple(Note(note.code, f"{quoted(entry.name)}: {note.text}") for note in found)

    def _aim(self, entry: DesiredClient, live: LiveClient) -> tuple[ClientSpec, tuple[FieldOrigin, ...], Kept | None]:
        """The target state of a client, the origins of its differences, and the manual changes that are kept."""
        after = expected_spec(entry, live.spec)
        origins = field_origins(entry, live.spec, self.base) if self.base else ()
        if self.policy.on_drift is not OnDrift.KEEP:
            return after, origins, None
        after = without_drift(live.spec, after, origins)
        kept = kept_fields(entry, live, after, origins)
        return after, tuple(each for each in origins if not is_drift(each.origin)), kept

    def _rotate(self, entry: DesiredClient, rotate: Rotation, step: RotationStep) -> Decision | None:
        old, successor = step.old, step.successor
        if successor is None:
            return self._replace(entry, rotate, old, step.stops_at)
        update = self._update(entry, successor, MatchedBy.NAME) or Decision()
        if step.is_over:
            since = f"client {successor.id}, which was {created_at(successor)}"
            reason = Note(ROTATED, f"replaced by {since}: the time of `keep_old` is over")
            update = replace(update, changes=(*update.changes, self._retire(entry, rotate, old, reason, successor.id)))
        return update if update.changes or update.kept else None

    def _replace(self, entry: DesiredClient, rotate: Rotation, old: LiveClient, stops_at: datetime) -> Decision:
        """Create the successor; with `keep_old: 0`, delete the old client in the same plan."""
        after, origins, kept = self._aim(entry, old)
        time = moment(rotate.created_before)
        text = f"client {old.id} was {created_at(old)}; `rotate:` replaces what is older than {time}"
        risks = replace_risks(old, after, rotate.keep_old, self.policy.system_clients, self._capabilities)
        create = Create(
            after,
            Note("created-before", text),
            rotate.source,
            entry.owner,
            (*conflict_notes(entry, old.spec, self.base), *risks, *waivers(entry)),
            self._origin_of_rotation(origins),
            Replaced(old.id, old.spec, rotate.keep_old, stops_at),
        )
        changes: tuple[Change, ...] = (self._resuming(create),)
        if not rotate.keep_old:
            reason = Note(ROTATED, "replaced as soon as the new secret is delivered: `keep_old: 0`")
            changes += (self._retire(entry, rotate, old, reason, None),)
        return Decision(changes, kept)

    def _retire(
        self, entry: DesiredClient, rotate: Rotation, old: LiveClient, reason: Note, successor: int | None
    ) -> Delete:
        origin = self._origin_of_rotation(())
        risks = retire_risks(old, self._capabilities)
        return Delete(old.id, old.spec, reason, rotate.source, entry.owner, risks, origin, successor)

    def _origin_of_rotation(self, origins: Iterable[FieldOrigin]) -> Origin | None:
        """GIT, since rotations are declared in git; BOTH if there are manual changes too; None without a base."""
        if self.base is None:
            return None
        return Origin.BOTH if any(is_drift(each.origin) for each in origins) else Origin.GIT

    def _risks_of_update(self, entry: DesiredClient, live: LiveClient, after: ClientSpec) -> tuple[Note, ...]:
        renamed_among = self.index if live.name != after.name else None
        policy = self.policy
        risks = update_risks(live.spec, after, policy.protected, policy.system_clients, self._capabilities)
        keeps = self.base is None or policy.on_drift is OnDrift.KEEP
        conflicts = () if keeps else conflict_notes(entry, live.spec, self.base)
        return (*conflicts, *risks, *waivers(entry, renamed_among, live.id))


def _reason(live: LiveClient, how: MatchedBy) -> Note:
    match how:
        case MatchedBy.NAME:
            text = f"matched by name: client {live.id}, {created(live.created_at)}, differs from what is declared"
            return Note("differs", text)
        case MatchedBy.ID:
            return Note("pinned-by-id", f"`ids:` says that client {live.id} is this one, and it differs")
        case MatchedBy.PREVIOUS_NAME:
            return Note("renamed", f"{quoted(live.name)} is a previous name of it; it keeps its id and secret")
        case _:
            assert_never(how)


def _cause(entry: DesiredClient, before: ClientSpec, after: ClientSpec) -> Location:
    changed = changed_fields(before, after)
    match changed[0].field if len(changed) == 1 else None:
        case Field.REDIRECT_URL:
            return entry.redirect_source
        case Field.GRANTS:
            return entry.grants_source
        case _:
            return entry.source
