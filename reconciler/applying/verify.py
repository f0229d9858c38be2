"""Verify each write against a listing from after the writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import assert_never

from reconciler.applying.report import Applied, Failed, Outcome, Skipped
from reconciler.applying.send import Attempt, Sent, Unanswered
from reconciler.model.clients import AnyLive, Listing, LiveClient
from reconciler.model.errors import ClientNotFound, GatewayError, NotVerified
from reconciler.model.unfinished import UnfinishedCreate
from reconciler.planning.ownership import NOT_YOURS_WAY_OUT, foreign_text
from reconciler.planning.plan.plan import Change, Create, Delete, Plan, Update
from reconciler.support.frozen import frozen

PLAN_AGAIN = "plan again: it shows what is live now"


@frozen
class Evidence:
    """A listing from after the writes, compared with the plan."""

    by_id: Mapping[int, AnyLive]
    unclaimed: Sequence[AnyLive]
    """Clients that are new since the plan was made, and that no answer accounts for."""
    unfinished: Sequence[UnfinishedCreate] = ()


def gather_evidence(plan: Plan, attempts: Iterable[Attempt], listing: Listing) -> Evidence:
    """The evidence that a listing gives about the attempts of a plan."""
    seen: tuple[AnyLive, ...] = (*listing.clients, *listing.unsupported)
    answered = (attempt.id for attempt in attempts if isinstance(attempt, Sent | Unanswered))
    accounted = set(plan.live_ids).union(found for found in answered if found is not None)
    unclaimed = [each for each in seen if each.id not in accounted]
    return Evidence({each.id: each for each in seen}, unclaimed, listing.unfinished)


def judge_attempt(attempt: Attempt, evidence: Evidence) -> Outcome:
    """The outcome of an attempt: "applied" means that the evidence shows it."""
    match attempt:
        case Sent(change, client_id):
            return _confirm(change, client_id, evidence)
        case Unanswered(change, error):
            if isinstance(change, Create):
                return _verify_unanswered_create(attempt, change, evidence)
            return _verify_lost_write(change, error, evidence)
        case Failed() | Skipped():
            return attempt
        case _:
            assert_never(attempt)


def not_yours(client_id: int) -> ClientNotFound:
    """The error for a client that is listed, and that the platform does not let this account change."""
    return ClientNotFound(foreign_text(client_id), NOT_YOURS_WAY_OUT)


def without_evidence(attempt: Attempt, why: str) -> Outcome:
    """The outcome of an attempt if the clients could not be listed, for the given reason."""
    match attempt:
        case Sent(change):
            return Failed(change, NotVerified(f"written, not verified: {why}", PLAN_AGAIN))
        case Unanswered(change, error):
            message = f"sent, and neither answered nor verified: {error.message}; then {why}"
            return Failed(change, NotVerified(message, PLAN_AGAIN))
        case Failed() | Skipped():
            return attempt
        case _:
            assert_never(attempt)


def _confirm(change: Change, client_id: int, evidence: Evidence) -> Outcome:
    if _is_done(change, client_id, evidence):
        return _unless_shared(Applied(change, client_id), evidence)
    if isinstance(change, Delete):
        what = f"answered as deleted, but client {client_id} is still live"
    elif client_id not in evidence.by_id:
        what = f"written, but client {client_id} is not live any more: {_why_gone(change)}"
    else:
        what = f"written, but client {client_id} shows something else now: somebody may have changed it"
    return Failed(change, NotVerified(what, PLAN_AGAIN))


def _why_gone(change: Change) -> str:
    if not isinstance(change, Create):
        return "somebody may have deleted it"
    return (
        "somebody has deleted it, or the list is incomplete, or the URL leads to instances that do not share "
        "their database"
    )


def _unless_shared(applied: Applied, evidence: Evidence) -> Outcome:
    """The outcome, unless another run or a person used the same name at the same time: only this check finds it."""
    change = applied.change
    if not (isinstance(change, Create) or (isinstance(change, Update) and change.is_rename)):
        return applied
    others = [each.id for each in evidence.unclaimed if each.name == change.name and each.id != applied.id]
    if not others:
        return applied
    ids = " and ".join(map(str, [applied.id, *others]))
    what = f"it exists, but somebody else has used the same name at the same time: {ids}"
    return Failed(change, NotVerified(what, "remove all but one of them on the Auth Clients page"))


def _verify_lost_write(change: Update | Delete, error: GatewayError, evidence: Evidence) -> Outcome:
    if _is_done(change, change.id, evidence):
        return _unless_shared(Applied(change, change.id, adopted=True), evidence)
    live = evidence.by_id.get(change.id)
    if live is not None and isinstance(error, ClientNotFound):
        return Failed(change, not_yours(change.id))
    if live is None or (isinstance(live, LiveClient) and live.spec == change.before):
        return Failed(change, error)
    what = f"the answer was lost, and client {change.id} shows neither what was there nor what was sent"
    return Failed(change, NotVerified(f"{what}: {error.message}", PLAN_AGAIN))


def _verify_unanswered_create(attempt: Unanswered, change: Create, evidence: Evidence) -> Outcome:
    if attempt.id is None and attempt.nonce is None:
        return _verify_lost_create(change, attempt.error, evidence)
    left = [each.id for each in evidence.unfinished if attempt.id == each.id or attempt.nonce == each.nonce]
    if left:
        what = f"left unfinished as client {left[0]}: {attempt.error.message}"
        return Failed(change, NotVerified(what, "apply again: it continues with that client"))
    if attempt.id is None:
        return Failed(change, attempt.error)
    if _is_done(change, attempt.id, evidence):
        return _unless_shared(Applied(change, attempt.id, adopted=True), evidence)
    what = f"the answer was lost, and client {attempt.id} is neither unfinished nor what was sent"
    return Failed(change, NotVerified(f"{what}: {attempt.error.message}", PLAN_AGAIN))


def _verify_lost_create(change: Create, error: GatewayError, evidence: Evidence) -> Outcome:
    """Look for a client whose create was not answered. The platform allows equal names, so it is never resent."""
    namesakes = [each for each in evidence.unclaimed if each.name == change.name]
    twins = [each for each in namesakes if isinstance(each, LiveClient) and each.spec == change.after]
    if len(twins) == 1:
        return _unless_shared(Applied(change, twins[0].id, adopted=True), evidence)
    if not namesakes:
        return Failed(change, error)
    ids = " and ".join(str(each.id) for each in (twins or namesakes))
    if twins:
        what = f"the answer was lost, and more than one new client is what was sent: {ids}"
        return Failed(change, NotVerified(what, "remove all but one of them on the Auth Clients page"))
    what = f"the answer was lost, and the new client of this name is not what was sent: {ids}"
    return Failed(change, NotVerified(f"{what}: {error.message}", PLAN_AGAIN))


def _is_done(change: Change, client_id: int, evidence: Evidence) -> bool:
    live = evidence.by_id.get(client_id)
    if isinstance(change, Delete):
        return live is None
    return isinstance(live, LiveClient) and live.spec == change.after
