"""Decide how creates go on with what earlier runs left unfinished: finish it, or delete it and begin again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set
from dataclasses import replace

from reconciler.model.clients import Listing
from reconciler.model.settings import SinkScope
from reconciler.planning.notes.unfinished import with_resume
from reconciler.planning.plan.plan import Change, Create, Plan
from reconciler.planning.plan.resume import Resume, ResumeMode

HasSecret = Callable[[Create, int], bool]
"""Whether every sink that covers a create has the secret of the unfinished client with this id."""


def with_own_marks(listing: Listing, nonces: Set[str]) -> Listing:
    """The listing, with the unfinished creates that are ours by these nonces."""
    known = tuple(replace(begun, ours=begun.nonce in nonces) for begun in listing.unfinished)
    return replace(listing, unfinished=known)


def finishing_what_sinks_have(plan: Plan, has_secret: HasSecret) -> Plan:
    """The plan, finishing each unfinished create whose secret every sink has."""
    return replace(plan, changes=tuple(_finishing(change, has_secret) for change in plan.changes))


def finishing_without_sinks(plan: Plan, sinks: Iterable[SinkScope]) -> Plan:
    """The plan, finishing what no sink covers: the secrets are not wanted."""
    scopes = tuple(sinks)
    return finishing_what_sinks_have(
        plan, lambda create, _: not any(scope.covers(create.name, create.owner) for scope in scopes)
    )


def _finishing(change: Change, has_secret: HasSecret) -> Change:
    if not isinstance(change, Create) or change.resume is None or change.resume.mode is ResumeMode.FINISH:
        return change
    ids = change.resume.deleted
    for found in ids:
        if has_secret(change, found):
            others = tuple(each for each in ids if each != found)
            return with_resume(change, Resume(ResumeMode.FINISH, found, others))
    return change
