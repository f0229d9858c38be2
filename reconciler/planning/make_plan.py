"""Compare declared and live clients and make a plan. Pure, and linear in the number of clients."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from reconciler.model.clients import Declarations, DesiredClient, Listing
from reconciler.planning.decide import Decider, Decision, PlanPolicy
from reconciler.planning.drift.base import Base
from reconciler.planning.drift.removals import Removals
from reconciler.planning.match.blocked import Entry
from reconciler.planning.match.fast_path import match_declared
from reconciler.planning.match.match import Ambiguous, LiveIndex, MatchResult, candidate_ids, matched_clients
from reconciler.planning.notes.confusables import notes_on_confusables
from reconciler.planning.notes.renames import notes_on_renames
from reconciler.planning.notes.unmanaged import UnmanagedNotes, notes_on_previous_names, notes_on_rotation, waivers
from reconciler.planning.plan.order import order_of_applying
from reconciler.planning.plan.plan import BASE_LACKS, Change, Note, Plan, Unmanaged, Waived

__all__ = ["PlanPolicy", "make_plan"]


def make_plan(declared: Declarations, live: Listing, policy: PlanPolicy, base: Base | None = None) -> Plan:
    """Plan the changes that apply the declared state. Never raises; the order of the inputs does not matter.

    Ambiguous entries are blocked one by one, and the live clients that they may mean are held: neither unmanaged nor
    pruned. With a `base`, every difference is labelled with its origin, and manual changes on the instance are
    refused, kept or reverted, depending on the policy.
    """
    index = LiveIndex(live, policy.ignore, policy.instance)
    matched = match_declared(declared, index)
    findings = matched.findings
    doubts = tuple(found for found in findings if isinstance(found, Ambiguous))
    held = {live_id for doubt in doubts for live_id in candidate_ids(doubt.entry, index)}
    deciding = Decider(policy, index, base, live.capabilities)
    on_entries = [decision for found in findings if (decision := deciding.on_entry(found))]
    unmatched = tuple(_unmatched(declared, live, held | matched.in_sync_ids | _matched_ids(findings), deciding))
    decisions = [*on_entries, *(decision for _, decision in unmatched if decision)]
    changes = tuple(sorted((change for each in decisions for change in each.changes), key=order_of_applying))
    unmanaged = _by_name(unmanaged for unmanaged, decision in unmatched if decision is None)
    shown = {*(change.name for change in changes), *(doubt.entry.name for doubt in doubts)}
    notes = tuple(_notes(findings, index))
    waived = _waived(declared, shown)
    return Plan(
        instance=policy.instance,
        identity=policy.identity,
        changes=changes,
        blocked=tuple(sorted((d.blocked for d in doubts), key=lambda b: (b.name, b.source, b.reason.code))),
        unmanaged=unmanaged,
        ignored=_by_name(Unmanaged(each.id, each.name) for each in index.ignored),
        unsupported=tuple(
            sorted((u for u in live.unsupported if not index.ignores(u.name)), key=lambda u: (u.name, u.id))
        ),
        notes=_sorted(
            (
                *notes,
                *(note for each in decisions for note in each.notes),
                *notes_on_renames(changes, unmanaged, index),
                *notes_on_confusables(changes, index),
                *_notes_on_few(declared, live, shown, changes, doubts),
            )
        ),
        in_sync=len(matched.in_sync_ids) + len(findings) - len(doubts) - len(on_entries),
        declared_present=len(declared.present),
        live=len(index.all),
        live_ids=tuple(sorted(index.by_id)),
        held=tuple(sorted(held)),
        base=base.commit if base else None,
        configuration=tuple(_of_base(base)) if base else (),
        on_drift=policy.on_drift if base else None,
        waived=tuple(found for _, found in waived),
        known=frozenset((*_known_notes(notes, index, base), *_known_waivers(waived, base))),
        kept=tuple(sorted((each.kept for each in decisions if each.kept), key=lambda kept: (kept.name, kept.id or 0))),
    )


def _of_base(base: Base) -> Iterator[Note]:
    if base.missing is not None:
        what = f"the base {base.commit[:12]} has no {base.missing}"
        yield Note(BASE_LACKS, f"{what}: everything counts as new in git, and what was taken out is not known")


def _notes_on_few(
    declared: Declarations, live: Listing, shown: Set[str], changes: Iterable[Change], doubts: Iterable[Ambiguous]
) -> Iterator[Note]:
    """Notes on what few plans have."""
    if declared.labels:
        from reconciler.planning.notes.labels import notes_on_labels

        yield from notes_on_labels(declared, shown)
    if live.unfinished:
        from reconciler.planning.notes.unfinished import notes_on_unfinished

        yield from notes_on_unfinished(live, changes, (doubt.blocked for doubt in doubts))


def _unmatched(
    declared: Declarations, live: Listing, accounted: Set[int], deciding: Decider
) -> Iterator[tuple[Unmanaged, Decision | None]]:
    """The live clients that no entry matches, with the decision for each; None if it is left unchanged."""
    index, base = deciding.index, deciding.base
    clients = [each for each in live.clients if each.id not in accounted and not index.ignores(each.name)]
    if not clients:
        return
    removals = Removals(declared, index, base) if base else None
    remarks = UnmanagedNotes(declared, clients, index, deciding.policy.system_clients, removals)
    for client in clients:
        unmanaged = remarks.on(client)
        yield unmanaged, deciding.on_unmanaged(client, unmanaged, removals, remarks.still_declared(client))


def _matched_ids(findings: Iterable[MatchResult]) -> set[int]:
    return {live.id for found in findings for live in matched_clients(found)}


def _notes(findings: Iterable[MatchResult], index: LiveIndex) -> Iterator[Note]:
    for found in findings:
        entry = found.entry
        if not isinstance(entry, DesiredClient) or not (entry.previous_names or entry.rotate):
            continue
        if live := matched_clients(found):
            yield from notes_on_previous_names(entry, live[-1], index)
        yield from notes_on_rotation(found, index)


def _known_notes(notes: Sequence[Note], index: LiveIndex, base: Base | None) -> Iterator[Note]:
    """Those of the notes that the declarations of the base would have got from the same instance."""
    if base is not None and notes:
        earlier = set(_notes(match_declared(base.declarations, index).findings, index))
        yield from (note for note in notes if note in earlier)


def _waived(declared: Declarations, shown: Set[str]) -> list[tuple[Entry, Waived]]:
    """The entries with waivers, apart from those with these names, which the plan shows anyway."""
    entries: tuple[Entry, ...] = (*declared.present, *declared.absent)
    silent = [entry for entry in entries if entry.waivers and entry.name not in shown]
    found = [(entry, Waived(entry.name, entry.source, tuple(waivers(entry)))) for entry in silent]
    return sorted(found, key=lambda pair: (pair[1].name, pair[1].source))


def _known_waivers(waived: Iterable[tuple[Entry, Waived]], base: Base | None) -> Iterator[Waived]:
    """Those whose entries waive the same rules at the base."""
    for entry, found in waived:
        before = base.entry_for(entry) if base is not None else None
        if before is not None and all(waiver.rule in before.allow for waiver in entry.waivers):
            yield found


def _sorted(notes: Iterable[Note]) -> tuple[Note, ...]:
    return tuple(sorted(notes, key=lambda note: (note.code, note.text)))


def _by_name(clients: Iterable[Unmanaged]) -> tuple[Unmanaged, ...]:
    return tuple(sorted(clients, key=lambda each: (each.name, each.id)))
