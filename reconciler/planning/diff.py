"""The diff: what is declared and what is live, to a plan. Pure, and linear in the number of clients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from reconciler.model import (
    ClientSpec,
    Declarations,
    DesiredClient,
    Field,
    Grant,
    Listing,
    LiveClient,
    Location,
)
from reconciler.planning.matching import Doubt, Finding, How, LiveIndex, Match, Missing, match_all, possible
from reconciler.planning.plan import (
    Change,
    Create,
    Delete,
    Note,
    Plan,
    Prune,
    Unmanaged,
    Update,
    field_changes,
    order_of_applying,
)
from reconciler.planning.risks import create_risks, delete_risks, update_risks
from reconciler.planning.surprises import Remarks, notes_on_previous_names, waivers
from reconciler.text import quoted


@dataclass(frozen=True, slots=True)
class PlanPolicy:
    """What planning needs to know of an instance beyond its clients. `ignore` to `system_clients` are globs."""

    instance: str
    identity: str
    """The instance's URL, or `embedded:` and its path."""
    ignore: tuple[str, ...] = ()
    protected: tuple[str, ...] = ()
    system_clients: tuple[str, ...] = ()
    prune: Prune = Prune.NONE


def make_plan(declared: Declarations, live: Listing, policy: PlanPolicy) -> Plan:
    """What would make the instance equal to what is declared. Never raises; the order of the inputs does not matter.

    What is not certain is blocked, client by client, and the live clients that it may be about are held: neither
    unmanaged nor pruned.
    """
    index = LiveIndex(live, policy.ignore)
    findings = tuple(match_all((*declared.present, *declared.absent), index))
    doubts = tuple(found for found in findings if isinstance(found, Doubt))
    held = {live_id for doubt in doubts for live_id in possible(doubt.entry, index)}
    changes = [change for found in findings if (change := _change(found, policy, index))]
    unmanaged, pruned = _the_rest(declared, live, index, held | _matched_ids(findings), policy)
    return Plan(
        instance=policy.instance,
        identity=policy.identity,
        changes=tuple(sorted((*changes, *pruned), key=order_of_applying)),
        blocked=tuple(sorted((d.blocked for d in doubts), key=lambda b: (b.name, b.source, b.reason.code))),
        unmanaged=_by_name(unmanaged),
        ignored=_by_name(Unmanaged(each.id, each.name) for each in index.all if index.ignores(each.name)),
        unsupported=tuple(
            sorted((u for u in live.unsupported if not index.ignores(u.name)), key=lambda u: (u.name, u.id))
        ),
        notes=_notes(findings, index),
        in_sync=len(findings) - len(doubts) - len(changes),
        declared_present=len(declared.present),
        live=len(index.all),
        live_ids=tuple(sorted(index.by_id)),
        held=tuple(sorted(held)),
    )


def _change(found: Finding, policy: PlanPolicy, index: LiveIndex) -> Change | None:
    """What to do about an entry; None if it is in sync or in doubt."""
    match found:
        case Match(entry, live, how) if isinstance(entry, DesiredClient):
            return _update(entry, live, how, policy, index)
        case Match(entry, live):
            reason = Note("declared-absent", "declared with `state: absent`")
            return Delete(live.id, live.spec, reason, entry.source, entry.owner, (*delete_risks(), *waivers(entry)))
        case Missing(entry) if isinstance(entry, DesiredClient):
            reason = Note("declared-not-live", "declared, and not live")
            return Create(
                entry.spec, reason, entry.source, entry.owner, (*create_risks(entry.spec), *waivers(entry, index))
            )
        case Missing() | Doubt():
            return None
        case _:
            assert_never(found)


def _update(entry: DesiredClient, live: LiveClient, how: How, policy: PlanPolicy, index: LiveIndex) -> Update | None:
    wanted = _wanted(entry, live.spec)
    if wanted == live.spec:
        return None
    renamed_among = index if live.name != wanted.name else None
    risks = update_risks(live.spec, wanted, policy.protected, policy.system_clients)
    risks = (*risks, *waivers(entry, renamed_among, live.id))
    reason = _reason(entry, live, how)
    return Update(live.id, live.spec, wanted, reason, _cause(entry, live.spec, wanted), entry.owner, risks)


def _wanted(entry: DesiredClient, live: ClientSpec) -> ClientSpec:
    """The declared client, with the live redirect if that is ignored and both have one."""
    wanted = entry.spec
    keeps = Field.REDIRECT_URL in entry.ignore_changes
    if keeps and Grant.AUTHORIZATION_CODE in wanted.grants and Grant.AUTHORIZATION_CODE in live.grants:
        return replace(wanted, redirect_url=live.redirect_url)
    return wanted


def _reason(entry: DesiredClient, live: LiveClient, how: How) -> Note:
    match how:
        case How.ID:
            return Note("pinned-by-id", f"`ids:` says that client {live.id} is this one, and it differs")
        case How.NAME:
            return Note("differs", "the live client differs from what is declared")
        case How.PREVIOUS_NAME:
            return Note("renamed", f"{quoted(live.name)} is a previous name of it; it keeps its id and secret")
        case _:
            assert_never(how)


def _cause(entry: DesiredClient, before: ClientSpec, after: ClientSpec) -> Location:
    match [change.field for change in field_changes(before, after)]:
        case [Field.REDIRECT_URL]:
            return entry.redirect_source
        case [Field.GRANTS]:
            return entry.grants_source
        case _:
            return entry.source


def _the_rest(
    declared: Declarations, live: Listing, index: LiveIndex, accounted: set[int], policy: PlanPolicy
) -> tuple[Sequence[Unmanaged], Sequence[Delete]]:
    """Of the live clients that no entry is about: those left alone, and those pruned."""
    rest = [each for each in live.clients if each.id not in accounted and not index.ignores(each.name)]
    if not rest:
        return (), ()
    remarks = Remarks(declared, index, policy.system_clients)
    seen = [(client, remarks.on(client)) for client in rest]
    if policy.prune is Prune.NONE:
        return [unmanaged for _, unmanaged in seen], ()
    return [each for _, each in seen if each.system], [_prune(client, each) for client, each in seen if not each.system]


def _prune(client: LiveClient, unmanaged: Unmanaged) -> Delete:
    why = unmanaged.note.text if unmanaged.note else "no entry declares it"
    return Delete(client.id, client.spec, Note("pruned", f"pruned: {why}"), None, None, delete_risks())


def _matched_ids(findings: Iterable[Finding]) -> set[int]:
    return {found.live.id for found in findings if isinstance(found, Match)}


def _notes(findings: Iterable[Finding], index: LiveIndex) -> tuple[Note, ...]:
    matches = (found for found in findings if isinstance(found, Match))
    notes = (note for found in matches for note in notes_on_previous_names(found, index))
    return tuple(sorted(notes, key=lambda note: (note.code, note.text)))


def _by_name(clients: Iterable[Unmanaged]) -> tuple[Unmanaged, ...]:
    return tuple(sorted(clients, key=lambda each: (each.name, each.id)))
