"""Check what a saved plan claims against today's declarations: whoever can replace the file can claim anything.

Two claims would lift a guard: that a client has a successor, and that something is declared where clients are pruned.
Who gets secrets is a claim as well (`delivery_claims.py`). Everything else that the guards need is in the settings, or
is compared with what is live.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import assert_never

from reconciler.model.clients import Declarations, Listing, LiveClient
from reconciler.planning.guard import Refusal, prune_declared, rotation_not_declared
from reconciler.planning.match.blocked import moment
from reconciler.planning.match.match import (
    Ambiguous,
    LiveIndex,
    MatchResult,
    RotationMatch,
    candidate_ids,
    match_all,
    matched_clients,
)
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Plan, Replaced, Update
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted


@frozen
class CheckedClaims:
    """A plan whose claims were checked."""

    plan: Plan
    """For the guards: only claims that are true lift any of them."""
    refusals: tuple[Refusal, ...]
    """One for each claim that is not true."""


def needs_declarations(plan: Plan) -> bool:
    """Whether the plan can only be judged with today's declarations: it prunes, or it rotates a client."""
    return any(_makes_a_claim(change) for change in plan.changes)


def check_claims(plan: Plan, declared: Declarations, live: Listing, *, ignore: Sequence[str] = ()) -> CheckedClaims:
    """Compare the claims of a saved plan with today's declarations. `ignore` are the globs of `ignore:`."""
    if not needs_declarations(plan):
        return CheckedClaims(plan, ())
    today = _Today(plan, declared, LiveIndex(live, ignore, plan.instance))
    false_claims = {number: found for number, change in enumerate(plan.changes) if (found := today.refusal(change))}
    changes = (_unclaimed(each) if number in false_claims else each for number, each in enumerate(plan.changes))
    judged = replace(plan, changes=tuple(changes), declared_present=len(declared.present))
    return CheckedClaims(judged, tuple(false_claims.values()))


def _makes_a_claim(change: Change) -> bool:
    match change:
        case Create(replaces=replaces):
            return replaces is not None
        case Update():
            return False
        case Delete():
            return change.is_prune or _is_of_a_rotation(change)
        case _:
            assert_never(change)


def _is_of_a_rotation(delete: Delete) -> bool:
    return delete.is_rotation or delete.successor is not None


def _unclaimed(change: Change) -> Change:
    """The change as the guards must judge it: a delete without a successor."""
    if not isinstance(change, Delete):
        return change
    return replace(change, successor=None, reason=Note("unproven", change.reason.text))


class _Today:
    """Today's declarations, matched with today's live clients."""

    def __init__(self, plan: Plan, declared: Declarations, index: LiveIndex) -> None:
        found = tuple(match_all((*declared.present, *declared.absent), index))
        self._instance = plan.instance
        self._rotations = {each.step.old.id: each for each in found if isinstance(each, RotationMatch)}
        self._declared_ids = {client_id for each in found for client_id in _claimed_ids(each, index)}
        self._replaced_at_once = frozenset(
            change.replaces.id
            for change in plan.changes
            if isinstance(change, Create) and change.replaces is not None and self._stops_at_once(change)
        )

    def refusal(self, change: Change) -> Refusal | None:
        """Why a change is not what today's declarations ask for; None if it is, or claims nothing."""
        match change:
            case Create(replaces=Replaced() as replaces) if why := next(self._against_replacing(change, replaces), ""):
                who = f"client {replaces.id}, {quoted(replaces.before.name)}, would be replaced"
                return rotation_not_declared(change, f"{who}, {why}", self._instance)
            case Delete() if _is_of_a_rotation(change) and (why := next(self._against_retiring(change), "")):
                who = f"client {change.id}, {quoted(change.name)}, would be deleted as the old one of a rotation"
                return rotation_not_declared(change, f"{who}, {why}", self._instance)
            case Delete() if change.is_prune and change.id in self._declared_ids and not _is_of_a_rotation(change):
                who = f"client {change.id}, {quoted(change.name)}, would be pruned"
                text = f"{who}, and today's declarations have an entry for it"
                return prune_declared(change, text, self._instance)
            case _:
                return None

    def _against_replacing(self, change: Create, replaces: Replaced) -> Iterator[str]:
        found = self._rotations.get(replaces.id)
        if replaces.before.name != change.name:
            yield f"and its successor has another name: {quoted(change.name)}"
        if found is None or found.entry.name != change.name:
            yield "and today's declarations do not rotate it"
        elif found.step.successor is not None:
            yield f"and it has a successor already: client {found.step.successor.id}"
        elif (found.rotate.keep_old, found.entry.owner) != (replaces.keep_old, change.owner):
            yield "and today's entry has another `keep_old:` or `owner:` than the plan"

    def _against_retiring(self, change: Delete) -> Iterator[str]:
        if change.successor is None:
            if change.id not in self._replaced_at_once:
                yield "and neither a successor is live, nor do today's declarations replace it at once"
            return
        found = self._rotations.get(change.id)
        if found is None:
            yield "and today's declarations do not rotate it"
        elif not _is(found.step.successor, change.successor):
            needed = "a successor has the same name, and was created after `created_before:`"
            yield f"and client {change.successor} is not its successor: {needed}"
        elif not found.step.is_over:
            yield f"and today's `keep_old:` keeps it until {moment(found.step.stops_at)}"
        elif found.entry.owner != change.owner:
            yield "and today's entry has another `owner:` than the plan"

    def _stops_at_once(self, change: Create) -> bool:
        """Whether today's declarations ask for this replacement, and for the deletion of the old client with it."""
        replaces = change.replaces
        if replaces is None or replaces.keep_old != timedelta(0):
            return False
        return not any(self._against_replacing(change, replaces))


def _claimed_ids(found: MatchResult, index: LiveIndex) -> Iterator[int]:
    """The ids of all live clients that an entry means, or may mean."""
    yield from (client.id for client in matched_clients(found))
    if isinstance(found, Ambiguous):
        yield from candidate_ids(found.entry, index)


def _is(client: LiveClient | None, client_id: int) -> bool:
    return client is not None and client.id == client_id
