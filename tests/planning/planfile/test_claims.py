"""What a saved plan claims of rotations and prunes: an honest plan is believed, whatever of it is done already."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import assert_never

from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import AbsentClient, Declarations, DesiredClient, Listing, LiveClient
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Change, Create, Delete, Plan, Prune, Update
from reconciler.planning.planfile.claims import check_claims, needs_declarations
from reconciler.planning.planfile.stale import Ready, reconcile_saved
from tests.builders import absent, declare, listing, live, plan_of, present, spec
from tests.strategies import declarations, listings, policies
from tests.tiers import examples

LATER = datetime(2026, 2, 1, tzinfo=UTC)


def written(seen: Listing, change: Change, new_id: int) -> Listing:
    """What is live once a change has been written."""
    match change:
        case Create(after=after):
            made = LiveClient(new_id, after, seen.at or LATER)
            return replace(seen, clients=(*seen.clients, made))
        case Update(id=client_id, after=after):
            clients = (replace(each, spec=after) if each.id == client_id else each for each in seen.clients)
            return replace(seen, clients=tuple(clients))
        case Delete(id=client_id):
            return replace(seen, clients=tuple(each for each in seen.clients if each.id != client_id))
        case _:
            assert_never(change)


@st.composite
def written_parts(draw: st.DrawFn, plan: Plan) -> tuple[Change, ...]:
    """The changes that an apply had written when it ended: deletes only after all others."""
    deletes = [change for change in plan.changes if isinstance(change, Delete)]
    others = [change for change in plan.changes if not isinstance(change, Delete)]
    if draw(st.booleans()):
        return tuple(each for each in others if draw(st.booleans()))
    return (*others, *(each for each in deletes if draw(st.booleans())))


def is_clear(declared: Declarations) -> bool:
    """Whether the rules take it: no name, previous name or id stands in it twice."""
    entries: tuple[DesiredClient | AbsentClient, ...] = (*declared.present, *declared.absent)
    names = [each.name for each in entries] + [name for each in declared.present for name in each.previous_names]
    ids = [each.id for each in entries if each.id is not None]
    return len({*names}) == len(names) and len({*ids}) == len(ids)


@given(declarations().filter(is_clear), listings().filter(lambda seen: seen.at is not None), policies, st.data())
@examples(2)
def test_an_honest_plan_is_believed_whatever_of_it_is_done(
    declared: Declarations, seen: Listing, policy: PlanPolicy, data: st.DataObject
) -> None:
    plan = make_plan(declared, seen, policy)
    now = seen
    for new_id, change in enumerate(data.draw(written_parts(plan)), 100):
        now = written(now, change, new_id)
    found = reconcile_saved(plan, now, ignore=policy.ignore)
    assert isinstance(found, Ready)
    checked = check_claims(found.plan, declared, now, ignore=policy.ignore)
    assert checked.refusals == ()
    assert checked.plan == found.plan


def test_only_prunes_and_rotations_need_the_declarations() -> None:
    seen = listing(live(1, "PmApi"), live(2, "Two"), live(3, "Old"), live(4, "Gone"), live(5, "Stranger"))
    two = present(spec("Two", redirect="https://new.example.com/cb"))
    declared = declare(present("One"), two, present("New", previous=["Old"]), absent("Gone"))
    assert not needs_declarations(plan_of(declared, seen))
    assert needs_declarations(plan_of(declared, seen, prune=Prune.ALL))
