"""What holds of every saved plan, whatever happened since."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import assert_never

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import Declarations, Listing, LiveClient
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Change, Create, Delete, Update
from reconciler.planning.planfile.stale import Ready, Stale, reconcile_saved
from tests.builders import at
from tests.strategies import declarations, listings, policies


def after(seen: Listing, change: Change, new_id: int) -> Listing:
    """What is live once a change has been written."""
    match change:
        case Create():
            return replace(seen, clients=(*seen.clients, LiveClient(new_id, change.after)))
        case Update():
            clients = (replace(c, spec=change.after) if c.id == change.id else c for c in seen.clients)
            return replace(seen, clients=tuple(clients))
        case Delete():
            return replace(seen, clients=tuple(c for c in seen.clients if c.id != change.id))
        case _:
            assert_never(change)


@given(declarations(), listings(), policies)
def test_a_plan_is_not_stale_where_nothing_happened(declared: Declarations, seen: Listing, policy: PlanPolicy) -> None:
    plan = make_plan(declared, seen, policy)
    assert reconcile_saved(plan, seen, ignore=policy.ignore) == Ready(plan)


@given(declarations(), listings(), policies, st.data())
def test_an_apply_that_was_broken_off_anywhere_can_go_on(
    declared: Declarations, seen: Listing, policy: PlanPolicy, data: st.DataObject
) -> None:
    """Whichever changes were written, in whatever order: those are done, the others are left, none is stale.

    In a rotation there is only one order: the old client is deleted once its successor is there, and knows it.
    """
    plan = make_plan(declared, seen, policy)
    drawn = data.draw(st.lists(st.sampled_from(plan.changes), unique=True) if plan.changes else st.just([]))
    rotated = {change.replaces.id for change in plan.changes if isinstance(change, Create) and change.replaces}
    written: list[Change] = []
    successors: dict[int, int] = {}
    now = seen
    for new_id, change in enumerate(drawn, 100):
        if isinstance(change, Delete) and change.id in rotated - successors.keys():
            continue
        if isinstance(change, Create) and change.replaces:
            successors[change.replaces.id] = new_id
        written.append(change)
        now = after(now, change, new_id)
    found = reconcile_saved(plan, now, ignore=policy.ignore)
    assert isinstance(found, Ready)
    assert set(found.already_live) == set(written)
    left = [change for change in plan.changes if change not in written]
    assert found.plan.changes == tuple(
        replace(change, successor=successors[change.id])
        if isinstance(change, Delete) and change.id in successors
        else change
        for change in left
    )


@given(declarations(), listings(), listings(), policies, st.randoms(use_true_random=False))
def test_the_order_of_the_listing_does_not_matter(
    declared: Declarations, seen: Listing, now: Listing, policy: PlanPolicy, order: random.Random
) -> None:
    plan = make_plan(declared, seen, policy)
    mixed = Listing(
        tuple(order.sample(now.clients, len(now.clients))), tuple(order.sample(now.unsupported, len(now.unsupported)))
    )
    assert reconcile_saved(plan, mixed, ignore=policy.ignore) == reconcile_saved(plan, now, ignore=policy.ignore)


@given(declarations(), listings(), listings(), policies)
def test_what_is_ready_is_exactly_what_was_planned(
    declared: Declarations, seen: Listing, now: Listing, policy: PlanPolicy
) -> None:
    """Every change is done or left; what is left starts from what is live, and takes no name that is there."""
    plan = make_plan(declared, seen, policy)
    found = reconcile_saved(plan, now, ignore=policy.ignore)
    if isinstance(found, Stale):
        assert found.reasons
        assert all(reason.change in plan.changes and reason.text.isprintable() for reason in found.reasons)
        return
    assert sorted(map(repr, (*found.plan.changes, *found.already_live))) == sorted(map(repr, plan.changes))
    specs = {client.id: client.spec for client in now.clients}
    names = {client.name for client in now.clients} | {client.name for client in now.unsupported}
    for change in found.plan.changes:
        if not isinstance(change, Create):
            assert specs[change.id] == change.before
        if isinstance(change, Create) or (isinstance(change, Update) and change.is_rename):
            assert change.after.name not in names or (isinstance(change, Create) and change.replaces is not None)


@given(declarations(), listings(), policies, st.data())
def test_one_touched_client_that_differs_stops_everything(
    declared: Declarations, seen: Listing, policy: PlanPolicy, data: st.DataObject
) -> None:
    plan = make_plan(declared, seen, policy)
    touching = [change for change in plan.changes if not isinstance(change, Create)]
    if not touching:
        return
    change = data.draw(st.sampled_from(touching))
    other = replace(change.before, name=change.before.name + "!")
    now = after(seen, Update(change.id, change.before, other, change.reason, at(1)), 0)
    found = reconcile_saved(plan, now, ignore=policy.ignore)
    assert isinstance(found, Stale)
    assert ("changed", change) in {(reason.code, reason.change) for reason in found.reasons}
