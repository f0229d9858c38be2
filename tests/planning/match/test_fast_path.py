"""What names alone match is what matching by everything matches."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import Declarations, Listing
from reconciler.planning.drift.base import expected_spec
from reconciler.planning.make_plan import PlanPolicy
from reconciler.planning.match.fast_path import match_declared
from reconciler.planning.match.match import LiveIndex, Match, MatchedBy, match_all
from tests.builders import REDIRECT, live, present, spec
from tests.strategies import declarations, listings, policies
from tests.tiers import examples, search


@st.composite
def mostly_in_sync(draw: st.DrawFn) -> tuple[Declarations, Listing]:
    """Declarations, and a listing that has most of them, and more."""
    declared, listing = draw(declarations()), draw(listings())
    number = draw(st.integers(0, len(declared.present)))
    known = tuple(live(1000 + at, entry.spec) for at, entry in enumerate(declared.present[:number]))
    clients = sorted((*listing.clients, *known), key=lambda each: each.id)
    return declared, Listing(tuple(clients), listing.unsupported, listing.at)


@search("matches")
@examples(3)
@given(mostly_in_sync(), policies)
def test_every_entry_means_what_it_means_without_the_shortcut(
    both: tuple[Declarations, Listing], policy: PlanPolicy
) -> None:
    declared, listing = both
    index = LiveIndex(listing, policy.ignore, policy.instance)
    matched = match_declared(declared, index)
    full = {id(found.entry): found for found in match_all((*declared.present, *declared.absent), index)}
    order = [key for key in full if key in {id(found.entry) for found in matched.findings}]
    assert [id(found.entry) for found in matched.findings] == order
    for found in matched.findings:
        assert found == full.pop(id(found.entry))
    for rest in full.values():
        assert isinstance(rest, Match)
        assert rest.how is MatchedBy.NAME
        assert rest.entry in declared.present
        assert expected_spec(rest.entry, rest.live.spec) == rest.live.spec
    assert {rest.live.id for rest in full.values() if isinstance(rest, Match)} == set(matched.in_sync_ids)
    assert len(full) == len(matched.in_sync_ids)


def test_most_of_a_usual_plan_is_settled() -> None:
    """Or the shortcut would be none, and nobody would see it."""
    entries = tuple(present(f"Client {number}", line=number) for number in range(1, 10))
    listing = Listing(tuple(live(number, f"Client {number}") for number in range(1, 9)))
    matched = match_declared(Declarations(entries), LiveIndex(listing, (), "production"))
    assert len(matched.in_sync_ids) == 8
    assert [found.entry.name for found in matched.findings] == ["Client 9"]


@pytest.mark.parametrize("redirect", [REDIRECT, "https://other.example/callback"])
def test_an_entry_that_another_one_claims_is_not_settled(redirect: str) -> None:
    """By an id that is somebody else's: then neither is certain, as without the shortcut."""
    entries = (present(spec("One", redirect=redirect)), present("Two", id=1))
    matched = match_declared(Declarations(entries), LiveIndex(Listing((live(1, "One"),)), (), "production"))
    assert not matched.in_sync_ids
    assert len(matched.findings) == 2
