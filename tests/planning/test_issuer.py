"""Who issues the personal access tokens of all users from 2026 on: found, named, and altered only on request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import ClientSpec, Listing, LiveClient
from reconciler.model.lines import HASHED, NEWEST, OWNER_NOT_ASKED, OWNER_ONLY, UP_TO_4_15, Capabilities
from reconciler.model.settings import Limits
from reconciler.planning.guard import Guards, Refusal, refusals
from reconciler.planning.issuer import claim_refusals, issuer_change, with_issuer
from reconciler.planning.plan.issuer_change import Issuer, IssuerChange
from reconciler.planning.plan.plan import Change, Create, Delete, Note, Plan, Prune, Replaced, Update
from reconciler.planning.planfile.planfile import dump_plan, load_plan
from tests.builders import CODE, PERSONAL, absent, at, declare, listing, live, plan_of, present, rotation, spec

REASON = Note("r", "r")
OTHER = spec("Other")
OLD = live(4, spec("Old", CODE, PERSONAL))
OLDER = live(1, spec("Older", PERSONAL))
PLAIN = live(7, "Plain")


def on_2026(*clients: LiveClient, line: Capabilities = NEWEST) -> Listing:
    return replace(listing(*clients), capabilities=line)


def refused(plan: Plan, seen: Listing, most: int | None = 0) -> tuple[Refusal, ...]:
    return refusals(plan, Guards(Limits(issuer_changes=most), capabilities=seen.capabilities, live=seen))


def codes(plan: Plan, seen: Listing, most: int | None = 0) -> list[str]:
    """The refusals for the issuer alone: whether creates work at all is none of its business."""
    return [each.code for each in refused(plan, seen, most) if "issuer" in each.code]


def both(change: IssuerChange | None) -> tuple[int | None, int | None]:
    assert change is not None
    ids = [None if each is None else each.id for each in (change.before, change.after)]
    return ids[0], ids[1]


SEEN = on_2026(OLDER, OLD, PLAIN)
CREATE = plan_of(declare(present(spec("New", PERSONAL))), SEEN)
GRANT = plan_of(declare(present(spec("Plain", CODE, PERSONAL))), SEEN)
LOSS = plan_of(declare(present(spec("Old", CODE))), SEEN)


@pytest.mark.parametrize(
    ("plan", "after"), [(CREATE, None), (GRANT, 7), (LOSS, 1)], ids=["create", "grant by PUT", "loss of the grant"]
)
def test_a_change_of_the_issuer_is_refused_unless_it_is_allowed_and_named_by_id(plan: Plan, after: int | None) -> None:
    assert both(issuer_change(plan, SEEN)) == (4, after)
    [refusal] = [each for each in refused(plan, SEEN) if "issuer" in each.code]
    assert refusal.code == "limit-issuer-changes"
    assert refusal.text.startswith("client 4, 'Old', issues the personal access tokens of all users now, and ")
    assert (f"client {after}, " if after else "the new client 'New'") in refusal.text
    assert refusal.way_out.endswith("--max-issuer-changes 1")
    assert codes(plan, SEEN, most=1) == codes(plan, SEEN, most=None) == []


@pytest.mark.parametrize("line", [OWNER_NOT_ASKED, OWNER_ONLY, HASHED])
def test_it_is_so_in_every_state_of_2026_and_nowhere_before(line: Capabilities) -> None:
    assert codes(LOSS, replace(SEEN, capabilities=line)) == ["limit-issuer-changes"]
    before = replace(SEEN, capabilities=UP_TO_4_15)
    assert (codes(LOSS, before), issuer_change(LOSS, before), with_issuer(LOSS, before)) == ([], None, LOSS)


def test_what_happens_to_older_clients_alters_nothing() -> None:
    """A client that gets the grant, and is older than the issuer, does not take over; nor does another redirect."""
    seen = on_2026(OLDER, OLD, live(2, "Second"))
    for entry in (
        present(spec("Second", CODE, PERSONAL)),
        present(spec("Older", CODE)),
        absent("Older"),
        present(spec("Old", CODE, PERSONAL, redirect="https://other.example/cb")),
    ):
        plan = plan_of(declare(entry), seen)
        assert plan.changes
        assert (codes(plan, seen), issuer_change(plan, seen)) == ([], None)


@pytest.mark.parametrize("prune", [Prune.NONE, Prune.ALL])
def test_the_issuer_is_never_deleted_in_one_step(prune: Prune) -> None:
    kept = present(OLDER.spec), present(PLAIN.spec)
    declared = declare(*kept, absent("Old")) if prune is Prune.NONE else declare(*kept)
    plan = plan_of(declared, SEEN, prune=prune)
    for most in (0, 1, None):
        [refusal] = [each for each in refused(plan, SEEN, most) if "issuer" in each.code]
        assert refusal.code == "issuer-deleted"
        assert "client 4, 'Old', issues the personal access tokens of all users now" in refusal.text
        assert "in two applies: first declare it without personal_access_token" in refusal.way_out
    # The second apply: the grant is gone, and so is the issuing.
    without = on_2026(OLDER, replace(OLD, spec=spec("Old", CODE)), PLAIN)
    assert codes(plan_of(declared, without, prune=prune), without) == []


def test_at_most_one_change_of_the_issuer_is_made_whatever_is_allowed() -> None:
    plan = plan_of(declare(present(spec("New", PERSONAL)), present(spec("Plain", CODE, PERSONAL))), SEEN)
    assert codes(plan, SEEN, most=None) == ["issuer-changes"]
    assert "--only" in next(each for each in refused(plan, SEEN) if each.code == "issuer-changes").way_out
    # Taken away from both of the newest at the same time, in any order.
    plan = plan_of(declare(present(spec("Older", CODE)), present(spec("Old", CODE))), SEEN)
    assert codes(plan, SEEN, most=1) == ["issuer-changes"]
    assert both(issuer_change(plan, SEEN)) == (4, None)


NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize("keep_old", [timedelta(days=7), timedelta()])
def test_a_rotation_of_the_issuer_hands_over_and_deletes_the_old_one_in_a_later_apply(keep_old: timedelta) -> None:
    entry = present(OLD.spec, rotate=rotation(NOW - timedelta(days=1), keep_old))
    seen = replace(on_2026(OLDER, OLD), at=NOW)
    plan = plan_of(declare(entry), seen)
    assert both(issuer_change(plan, seen)) == (4, None)
    if not keep_old:
        assert codes(plan, seen, most=1) == ["issuer-deleted"]
        assert "set `keep_old:`" in next(each for each in refused(plan, seen) if each.code == "issuer-deleted").way_out
        return
    assert codes(plan, seen) == ["limit-issuer-changes"]
    assert codes(plan, seen, most=1) == []
    successor = LiveClient(9, OLD.spec, NOW)
    later = replace(on_2026(OLDER, OLD, successor), at=NOW + timedelta(days=8))
    retiring = plan_of(declare(entry), later)
    assert [type(each) for each in retiring.changes] == [Delete]
    assert (codes(retiring, later), issuer_change(retiring, later)) == ([], None)


def test_a_rotation_of_an_older_client_with_the_grant_takes_over_too() -> None:
    entry = present(OLDER.spec, rotate=rotation(NOW - timedelta(days=1), timedelta()))
    seen = replace(on_2026(OLDER, OLD), at=NOW)
    plan = plan_of(declare(entry), seen)
    assert [type(each) for each in plan.changes] == [Create, Delete]
    assert codes(plan, seen) == ["limit-issuer-changes"]
    assert codes(plan, seen, most=1) == []


def test_the_plan_says_it_at_the_change_and_the_file_keeps_it() -> None:
    plan = with_issuer(LOSS, SEEN)
    assert plan.issuer == IssuerChange(Issuer(4, "Old"), Issuer(1, "Older"))
    [text] = [note.text for note in plan.changes[0].risks if note.code == "issuer-changes"]
    assert "client 4, 'Old', issues" in text
    assert "client 1, 'Older', would from then on" in text
    granted = with_issuer(GRANT, SEEN).changes[0].risks
    assert {note.code for note in granted} >= {"issuer-changes", "grant-added"}
    assert "issues-tokens" not in {note.code for note in granted}
    for each in (plan, with_issuer(CREATE, SEEN), LOSS):
        text = dump_plan(each, prune=Prune.NONE, created_at=NOW, program_version="1")
        assert load_plan(text.encode(), "plan.json").plan == each


def test_a_saved_plan_that_names_another_change_than_todays_is_refused() -> None:
    claimed = IssuerChange(Issuer(4, "Old"), Issuer(7, "Plain"))
    assert list(claim_refusals(claimed, claimed, "staging")) == []
    assert list(claim_refusals(claimed, None, "staging")) == []  # it is done already
    for said in (None, IssuerChange(Issuer(1, "Older"), Issuer(7, "Plain"))):
        [refusal] = claim_refusals(said, claimed, "staging")
        assert refusal.code == "issuer-not-as-planned"
        assert "client 4, 'Old', issues" in refusal.text


GRANTS = st.booleans()
BEFORE = st.lists(st.tuples(GRANTS, st.sampled_from(["keep", "toggle", "delete"])), max_size=5)


@given(BEFORE, st.lists(GRANTS, max_size=2), st.permutations(range(5)), st.booleans())
def test_whatever_the_order_no_plan_alters_it_more_often_than_it_says(
    before: Sequence[tuple[bool, str]], made: Sequence[bool], days: Sequence[int], dated: bool
) -> None:
    """Against every order in which independent changes can arrive: updates, creates, then deletes."""
    clients, changes = list[LiveClient](), list[Change]()
    for number, (holds, deed) in enumerate(before):
        created = datetime(2026, 1, 1 + days[number], tzinfo=UTC) if dated else None
        client = LiveClient(number + 1, held(f"c{number}", holds), created)
        clients.append(client)
        if deed == "toggle":
            changes.append(Update(client.id, client.spec, held(client.name, not holds), REASON, at(1)))
        elif deed == "delete":
            changes.append(Delete(client.id, client.spec, REASON, at(1)))
    changes += [Create(held(f"new {number}", holds), REASON, at(1)) for number, holds in enumerate(made)]
    seen, plan = on_2026(*clients), Plan("staging", "", tuple(changes))
    runs = list(histories(clients, changes))
    altered = max(sum(one != two for one, two in pairwise(run)) for run in runs)
    found = issuer_change(plan, seen)
    assert (found is not None) == (altered > 0)
    if found is not None:
        assert found.before is None if runs[0][0] is None else both(found)[0] == runs[0][0]
    if not codes(plan, seen, most=1):
        assert altered <= 1
        assert not any(isinstance(each, Delete) and each.id == runs[0][0] for each in changes)
    if not codes(plan, seen, most=0):
        assert altered == 0


def held(name: str, holds: bool) -> ClientSpec:
    return spec(name, CODE, PERSONAL) if holds else spec(name, CODE)


def histories(clients: Iterable[LiveClient], changes: Sequence[Change]) -> Iterator[list[int | None]]:
    """The issuers one after the other, for every order of the changes within each phase of an apply."""
    updates = [each for each in changes if isinstance(each, Update)]
    creates = [each for each in changes if isinstance(each, Create)]
    deletes = [each for each in changes if isinstance(each, Delete)]
    age = {each.id: (each.created_at or datetime.min.replace(tzinfo=UTC), each.id) for each in clients}
    start = {each.id for each in clients if PERSONAL in each.spec.grants}

    def issuer(holders: set[int], young: Sequence[int]) -> int | None:
        newest = [each for each in young if each in holders]
        return newest[-1] if newest else max(holders, key=age.__getitem__, default=None)

    for first in permutations(updates):
        for second in permutations(creates):
            for third in permutations(deletes):
                holders, young, run = set(start), list[int](), [issuer(start, ())]
                for number, each in enumerate((*first, *second, *third)):
                    match each:
                        case Update(id=client_id, after=after):
                            (holders.add if PERSONAL in after.grants else holders.discard)(client_id)
                        case Create(after=after) if PERSONAL in after.grants:
                            young.append(1000 + number)
                            holders.add(1000 + number)
                        case Create():
                            pass
                        case Delete(id=client_id):
                            holders.discard(client_id)
                    run.append(issuer(holders, young))
                yield run


def test_the_names_of_a_replacement_are_those_of_the_new_client() -> None:
    old = Replaced(4, OLD.spec, timedelta(days=7), NOW)
    plan = Plan("staging", "", (Create(OLD.spec, REASON, at(1), replaces=old),))
    assert issuer_change(plan, on_2026(OLD)) == IssuerChange(Issuer(4, "Old"), Issuer(None, "Old"))
