"""`--only` and `--owner`: choosing among the changes of a finished plan."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import Location
from reconciler.model.names import matches
from reconciler.model.settings import Limits
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.plan.plan import Create, Delete, Note, Plan, Update
from reconciler.planning.targets import limit_to_targets, names_of
from tests.builders import spec
from tests.render.strategies import plans

NOTE = Note("code", "text")
HERE = Location("clients/a.yaml", 1, 1)
PLAN = Plan(
    "staging",
    "embedded:x",
    (
        Update(6, spec("Old portal"), spec("Portal"), NOTE, HERE, "team-a"),
        Create(spec("Brand new"), NOTE, HERE, "team-b"),
        Create(spec("Nobody's"), NOTE, HERE),
        Delete(8, spec("Gone"), NOTE, HERE, "Team-A"),
        Delete(9, spec("Stranger"), NOTE, None),
    ),
    declared_present=3,
    live=9,
)


@pytest.mark.parametrize(
    ("only", "owners", "chosen"),
    [
        ((), (), ["Portal", "Brand new", "Nobody's", "Gone", "Stranger"]),
        (("portal",), (), ["Portal"]),
        (("old *",), (), ["Portal"]),
        (("port",), (), []),
        (("*",), (), ["Portal", "Brand new", "Nobody's", "Gone", "Stranger"]),
        (("brand*", "g?ne"), (), ["Brand new", "Gone"]),
        ((), ("team-a",), ["Portal", "Gone"]),
        ((), ("*",), ["Portal", "Brand new", "Gone"]),
        (("*o*",), ("team-*",), ["Portal", "Gone"]),
        (("stranger",), ("*",), []),
    ],
)
def test_a_change_is_chosen_by_a_name_and_by_an_owner(
    only: tuple[str, ...], owners: tuple[str, ...], chosen: list[str]
) -> None:
    plan = limit_to_targets(PLAN, only, owners)
    assert [change.name for change in plan.changes] == chosen
    assert plan.left_out == len(PLAN.changes) - len(chosen)


GLOBS = st.lists(st.sampled_from(["*", "a*", "*b", "?", "", "team-*"]) | st.text(max_size=3), max_size=3).map(tuple)


@given(plan=plans(), only=GLOBS, owners=GLOBS)
def test_choosing_takes_changes_away_and_alters_nothing_else(
    plan: Plan, only: tuple[str, ...], owners: tuple[str, ...]
) -> None:
    """No deletion comes in, no order changes, and what the guards need to know stays."""
    chosen = limit_to_targets(plan, only, owners)
    kept = iter(plan.changes)
    assert all(any(change == each for each in kept) for change in chosen.changes)
    assert len(chosen.changes) + chosen.left_out == len(plan.changes) + plan.left_out
    assert replace(chosen, changes=plan.changes, left_out=plan.left_out) == plan
    for change in chosen.changes:
        assert not only or any(matches(glob, name) for glob in only for name in names_of(change))
        assert not owners or any(matches(glob, change.owner or "\0") for glob in owners)


def test_the_limits_judge_what_is_chosen() -> None:
    guards = Guards(Limits(creates=1))
    assert [refusal.code for refusal in refusals(PLAN, guards)] == ["limit-creates"]
    assert refusals(limit_to_targets(PLAN, ("Brand new",), ()), guards) == ()


def test_a_prune_without_declarations_is_refused_however_little_of_it_is_chosen() -> None:
    plan = limit_to_targets(replace(PLAN, declared_present=0), ("stranger",), ())
    assert [refusal.code for refusal in refusals(plan, Guards(Limits()))] == ["nothing-declared"]
