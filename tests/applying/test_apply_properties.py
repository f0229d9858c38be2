"""What holds of every apply: it converges, it touches nothing else, and no fault makes a duplicate."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.applying.apply import apply_plan
from reconciler.applying.report import Applied, Report, is_complete, wrote_anything
from reconciler.model.clients import ClientSpec, Declarations, Listing
from reconciler.model.errors import LoginRefused, NotAuthenticated, NotPermitted, Unavailable, UnexpectedResponse
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Create, Plan, Prune
from tests.memory_gateway import Fault, MemoryGateway, Unrecorded
from tests.strategies import certainties, declarations, listings, policies

FAULTS = [
    Fault(Unavailable("no answer"), done=True),
    Fault(Unavailable("no answer")),
    Fault(UnexpectedResponse("a page")),
    Fault(UnexpectedResponse("other values"), done=True),
    Fault(NotAuthenticated("ended")),
    Fault(NotPermitted("may not")),
    Fault(LoginRefused("no")),
]


def instance(seen: Listing) -> MemoryGateway:
    return MemoryGateway.holding(seen)


def apply(plan: Plan, gateway: MemoryGateway, stop_after: int | None = None) -> Report:
    """Eight writes at once; perhaps somebody says stop after so many requests."""

    def stop() -> bool:
        return stop_after is not None and len(gateway.requests) >= stop_after

    return apply_plan(plan, gateway, journal=Unrecorded(), on_progress=lambda _: None, parallelism=8, stop=stop)


@given(declarations(), listings(), policies)
def test_planning_again_after_applying_gives_an_empty_plan(
    declared: Declarations, seen: Listing, policy: PlanPolicy
) -> None:
    """Where nothing is blocked, one apply is enough; but what is renamed and rotated, is renamed first."""
    gateway = instance(seen)
    plan = make_plan(declared, seen, policy)
    assume(not plan.blocked and "rotation-follows" not in [note.code for note in plan.notes])
    report = apply(plan, gateway)
    assert is_complete(report)
    after = make_plan(declared, gateway.live, policy)
    assert (after.changes, after.blocked) == ((), ())


@given(declarations(), listings(), policies)
def test_what_is_blocked_may_need_further_applies_but_comes_to_rest(
    declared: Declarations, seen: Listing, policy: PlanPolicy
) -> None:
    """A change may free a name that another entry waited for; every round settles at least one entry."""
    gateway = instance(seen)
    for _ in range(2 * len(declared.present) + len(declared.absent) + 2):
        apply(make_plan(declared, gateway.live, policy), gateway)
    assert make_plan(declared, gateway.live, policy).changes == ()


@given(declarations(), listings(), policies)
def test_nothing_outside_the_plan_is_touched_and_each_write_is_sent_once(
    declared: Declarations, seen: Listing, policy: PlanPolicy
) -> None:
    gateway = instance(seen)
    plan = make_plan(declared, seen, policy)
    apply(plan, gateway)
    planned = {change.id for change in plan.changes if not isinstance(change, Create)}
    after = {client.id: client for client in gateway.live.clients}
    assert all(after[client.id] == client for client in seen.clients if client.id not in planned)
    assert gateway.live.unsupported == seen.unsupported
    assert len(gateway.requests) == (len(plan.changes) + 1 if plan.changes else 0)


faults = st.dictionaries(st.integers(1, 12), st.sampled_from(FAULTS), max_size=4)
"""By the number of the request that they hit."""
stops = st.none() | st.integers(0, 8)


@given(certainties(), st.sampled_from(Prune), faults, stops)
def test_any_faults_and_a_stop_then_a_clean_run_converges_with_no_duplicate(
    scenario: tuple[Declarations, list[ClientSpec]], prune: Prune, faults: dict[int, Fault], stop_after: int | None
) -> None:
    """Whatever requests they hit, and whether those were carried out or not; and what is called applied is there."""
    declared, there = scenario
    policy = PlanPolicy("staging", "https://staging.example.com", prune=prune)
    gateway = MemoryGateway(there, faults=faults)
    plan = make_plan(declared, gateway.live, policy)
    assert not plan.blocked
    report = apply(plan, gateway, stop_after)
    assert [outcome.change for outcome in report.outcomes] == list(plan.changes)
    live = {client.id: client.spec for client in gateway.live.clients}
    for outcome in report.outcomes:
        if isinstance(outcome, Applied):
            assert live.get(outcome.id) == getattr(outcome.change, "after", None)
    assert sum(request.startswith("create") for request in gateway.requests) <= creates(plan)
    gateway.faults.clear()
    assert is_complete(apply(make_plan(declared, gateway.live, policy), gateway))
    after = make_plan(declared, gateway.live, policy)
    assert (after.changes, after.blocked) == ((), ())
    assert len(gateway.names) == len(set(gateway.names))


@given(certainties(), st.sampled_from(Prune), faults, stops)
def test_nothing_is_said_to_be_unwritten_that_was_written(
    scenario: tuple[Declarations, list[ClientSpec]], prune: Prune, faults: dict[int, Fault], stop_after: int | None
) -> None:
    """Exit code 1 promises that nothing was written."""
    declared, there = scenario
    policy = PlanPolicy("staging", "https://staging.example.com", prune=prune)
    gateway = MemoryGateway(there, faults=faults)
    before = gateway.live
    report = apply(make_plan(declared, before, policy), gateway, stop_after)
    if gateway.live != before:
        assert wrote_anything(report)


def creates(plan: Plan) -> int:
    return sum(isinstance(change, Create) for change in plan.changes)
