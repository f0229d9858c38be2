"""What holds of every plan, whatever is declared and live."""

from __future__ import annotations

import random
from typing import TypeVar

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import Declarations, Listing
from reconciler.model.names import is_system_client, matches_any
from reconciler.model.settings import DEFAULT_LIMITS
from reconciler.planning.drift.base import Base
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Create, Delete, Plan, Update
from tests.strategies import bases, declarations, listings, policies

T = TypeVar("T")


@given(declarations(), listings(), policies, bases, st.randoms(use_true_random=False))
def test_any_order_of_the_inputs_gives_the_same_plan(
    declared: Declarations, seen: Listing, policy: PlanPolicy, base: Base | None, order: random.Random
) -> None:
    def shuffled(values: tuple[T, ...]) -> tuple[T, ...]:
        return tuple(order.sample(values, len(values)))

    plan = make_plan(declared, seen, policy, base)
    mixed = Declarations(shuffled(declared.present), shuffled(declared.absent), shuffled(declared.elsewhere))
    assert make_plan(mixed, Listing(shuffled(seen.clients), shuffled(seen.unsupported), seen.at), policy, base) == plan


@given(declarations(), listings(), policies, bases)
def test_a_plan_changes_what_it_says_and_only_what_differs(
    declared: Declarations, seen: Listing, policy: PlanPolicy, base: Base | None
) -> None:
    """Every change starts from what is live, ends elsewhere, and no client is changed twice."""
    plan = make_plan(declared, seen, policy, base)
    specs = {client.id: client.spec for client in seen.clients}
    touched = [change.id for change in plan.changes if not isinstance(change, Create)]
    assert len(touched) == len(set(touched))
    for change in plan.changes:
        if not isinstance(change, Create):
            assert specs[change.id] == change.before
        if isinstance(change, Update):
            assert change.before != change.after


@given(declarations(), listings(), policies, bases)
def test_a_name_is_never_given_twice(
    declared: Declarations, seen: Listing, policy: PlanPolicy, base: Base | None
) -> None:
    """Names that creates and renames give out are not live, and are given once; but for successors in a rotation."""
    plan = make_plan(declared, seen, policy, base)
    made = [c for c in plan.changes if isinstance(c, Create) and c.replaces is None]
    renamed = [c for c in plan.changes if isinstance(c, Update) and c.is_rename]
    given_out = [*(change.name for change in made), *(change.name for change in renamed)]
    taken = {client.name for client in seen.clients} | {client.name for client in seen.unsupported}
    assert len(given_out) == len(set(given_out))
    assert not taken.intersection(given_out)


@given(declarations(), listings(), policies, bases)
def test_a_prune_spares_the_ignored_the_needed_the_unsupported_and_the_uncertain(
    declared: Declarations, seen: Listing, policy: PlanPolicy, base: Base | None
) -> None:
    plan = make_plan(declared, seen, policy, base)
    strange = {client.id for client in seen.unsupported}
    for change in plan.changes:
        if isinstance(change, Delete) and change.source is None:
            assert not matches_any(policy.ignore, change.name)
            assert not is_system_client(change.name, policy.system_clients)
            assert change.id not in strange
            assert change.id not in plan.held
    doubtful = {blocked.name for blocked in plan.blocked}
    assert not [c for c in plan.changes if isinstance(c, Delete) and c.source is None and c.name in doubtful]


@given(declarations(), listings(), policies, bases)
def test_ignored_and_unsupported_clients_are_never_changed(
    declared: Declarations, seen: Listing, policy: PlanPolicy, base: Base | None
) -> None:
    plan = make_plan(declared, seen, policy, base)
    untouchable = {client.id for client in plan.unsupported} | {client.id for client in plan.ignored}
    assert not untouchable.intersection(c.id for c in plan.changes if not isinstance(c, Create))


def _has_other(gone: Delete, plan: Plan) -> bool:
    """Whether the entry whose old client goes has something else in the plan as well."""
    changed = {change.name for change in plan.changes if not isinstance(change, Delete)}
    return gone.name in changed | {kept.name for kept in plan.kept}


@given(declarations(), listings(), policies, bases)
def test_every_live_client_and_every_entry_is_accounted_for(
    declared: Declarations, seen: Listing, policy: PlanPolicy, base: Base | None
) -> None:
    """A client is changed, in sync, unmanaged, ignored, unsupported or held; or the old one of a rotation."""
    plan = make_plan(declared, seen, policy, base)
    rotating = {entry.name for entry in declared.present if entry.rotate is not None}
    going = [c for c in plan.changes if isinstance(c, Delete) and c.reason.code == "rotated"]
    assert {change.name for change in going} <= rotating
    declared_changes = [c for c in plan.changes if c.source is not None and not (c in going and _has_other(c, plan))]
    changed_in_part = {change.id for change in declared_changes if isinstance(change, Update)}
    changed_in_part |= {c.replaces.id for c in declared_changes if isinstance(c, Create) and c.replaces is not None}
    kept_whole = [kept for kept in plan.kept if kept.source is not None and kept.id not in changed_in_part]
    entries = len(declared.present) + len(declared.absent)
    assert len(declared_changes) + len(kept_whole) + plan.in_sync + len(plan.blocked) == entries
    shown = {each.id for each in (*plan.unmanaged, *plan.ignored)} | {each.id for each in plan.unsupported}
    shown |= {c.id for c in plan.changes if not isinstance(c, Create)} | set(plan.held)
    shown |= {kept.id for kept in plan.kept if kept.id is not None}
    shown |= {c.replaces.id for c in plan.changes if isinstance(c, Create) and c.replaces is not None}
    assert len(set(plan.live_ids) - shown) <= plan.in_sync + len(rotating)
    assert plan.live == len(plan.live_ids)


@given(declarations(), listings(), policies, bases)
def test_guards_judge_any_plan_and_always_show_a_way_out(
    declared: Declarations, seen: Listing, policy: PlanPolicy, base: Base | None
) -> None:
    plan = make_plan(declared, seen, policy, base)
    guards = Guards(DEFAULT_LIMITS, policy.protected, policy.system_clients)
    found = refusals(plan, guards)
    assert all(refusal.text and refusal.way_out for refusal in found)
    if not plan.changes:
        assert found == ()
    for change in plan.changes:
        if isinstance(change, Delete) and is_system_client(change.name, policy.system_clients):
            assert "system-client" in {refusal.code for refusal in found}
