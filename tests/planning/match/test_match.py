"""Which live client an entry means: by id, by name, by previous name; and when nobody can say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.model.clients import AbsentClient, Declarations, DesiredClient, Listing, LiveClient, UnsupportedClient
from reconciler.model.unfinished import UnfinishedCreate
from reconciler.planning.plan.plan import Create, Delete, Plan, Prune, Update
from tests.builders import CODE, PASSWORD, absent, declare, listing, live, plan_of, present, spec, unsupported


def blocked_codes(plan: Plan) -> list[tuple[str, str]]:
    return [(each.name, each.reason.code) for each in plan.blocked]


def test_a_declared_name_that_is_not_live_is_created() -> None:
    plan = plan_of(declare(present("Portal", owner="team-a")), listing())
    [change] = plan.changes
    assert isinstance(change, Create)
    assert (change.after, change.reason.code, change.owner) == (spec("Portal"), "declared-not-live", "team-a")


def test_a_declared_name_that_is_live_once_is_that_client() -> None:
    plan = plan_of(declare(present(spec("Portal", PASSWORD))), listing(live(7, "Portal")))
    [change] = plan.changes
    assert isinstance(change, Update)
    assert (change.id, change.before, change.after) == (7, spec("Portal"), spec("Portal", PASSWORD))
    assert change.reason.code == "differs"


def test_names_match_exactly_and_not_by_case() -> None:
    plan = plan_of(declare(present("Portal", allow=["name-lookalike"])), listing(live(7, "PORTAL")))
    assert [type(change) for change in plan.changes] == [Create]


def test_an_id_matches_before_the_name() -> None:
    plan = plan_of(declare(present("Portal", id=9)), listing(live(7, "Other"), live(9, "Old portal")))
    [change] = plan.changes
    assert isinstance(change, Update)
    assert (change.id, change.is_rename, change.reason.code) == (9, True, "pinned-by-id")


def test_an_id_tells_clients_of_one_name_apart() -> None:
    """The other one is a duplicate that nobody declared: unmanaged, nothing more."""
    plan = plan_of(declare(present("Portal", id=9)), listing(live(7, "Portal"), live(9, "Portal")))
    assert (plan.changes, plan.blocked, plan.in_sync) == ((), (), 1)
    assert [(each.id, each.note and each.note.code) for each in plan.unmanaged] == [(7, "ambiguous")]


def test_a_previous_name_that_is_live_is_renamed_and_keeps_its_id() -> None:
    plan = plan_of(declare(present("Desktop", previous=["Warehouse", "Depot"])), listing(live(7, "Depot")))
    [change] = plan.changes
    assert isinstance(change, Update)
    assert (change.id, change.before.name, change.after.name) == (7, "Depot", "Desktop")
    assert change.reason.code == "renamed"
    assert "keeps its id and secret" in change.reason.text


def test_a_rename_may_change_only_the_case() -> None:
    plan = plan_of(declare(present("Desktop", previous=["desktop"])), listing(live(7, "desktop")))
    assert [type(change) for change in plan.changes] == [Update]


def test_previous_names_that_are_not_live_do_not_prevent_a_create() -> None:
    plan = plan_of(declare(present("Desktop", previous=["Warehouse"])), listing(live(7, "Other")))
    assert [type(change) for change in plan.changes] == [Create]


def test_a_live_new_name_wins_and_a_live_previous_name_gets_a_note() -> None:
    plan = plan_of(
        declare(present("Desktop", previous=["Warehouse"])), listing(live(7, "Desktop"), live(8, "Warehouse"))
    )
    assert (plan.changes, plan.in_sync) == ((), 1)
    [note] = plan.notes
    assert note.code == "previous-name-live"
    assert "'Warehouse' (client 8)" in note.text
    assert [each.id for each in plan.unmanaged] == [8]


def test_an_absent_client_that_is_live_is_deleted() -> None:
    plan = plan_of(declare(absent("Old CRM", line=4)), listing(live(7, "Old CRM")))
    [change] = plan.changes
    assert isinstance(change, Delete)
    assert (change.id, change.before, change.reason.code) == (7, spec("Old CRM"), "declared-absent")
    assert change.source is not None
    assert change.source.line == 4


@pytest.mark.parametrize("entry", [absent("Old CRM"), absent("Old CRM", id=7)])
def test_an_absent_client_that_is_not_live_is_in_sync(entry: AbsentClient) -> None:
    """Also by id: the id is gone for good once the client was deleted, and the plan must come to rest."""
    plan = plan_of(declare(entry), listing(live(8, "Other")))
    assert (plan.changes, plan.blocked, plan.in_sync) == ((), (), 1)


def test_an_absent_client_by_id_leaves_its_namesake_alone() -> None:
    plan = plan_of(declare(absent("Old CRM", id=7)), listing(live(7, "Old CRM"), live(8, "Old CRM")))
    assert [change.id for change in plan.changes if isinstance(change, Delete)] == [7]
    assert [each.id for each in plan.unmanaged] == [8]


BLOCKED: list[tuple[str, Declarations, Listing, list[tuple[str, str]]]] = [
    (
        "an id that is not live",
        declare(present("Portal", id=9)),
        listing(live(7, "Portal")),
        [("Portal", "id-not-live")],
    ),
    (
        "an id that is live in an unsupported form",
        declare(present("Portal", id=9)),
        listing(unsupported(9, "Portal")),
        [("Portal", "unsupported")],
    ),
    (
        "a name that is live in an unsupported form",
        declare(present("Portal")),
        listing(unsupported(9, "Portal")),
        [("Portal", "unsupported")],
    ),
    (
        "an absent name that is live in an unsupported form",
        declare(absent("Portal")),
        listing(unsupported(9, "Portal")),
        [("Portal", "unsupported")],
    ),
    (
        "a previous name that is live in an unsupported form",
        declare(present("Portal", previous=["Old"])),
        listing(unsupported(9, "Old")),
        [("Portal", "unsupported")],
    ),
    (
        "a name that is live twice",
        declare(present("Portal")),
        listing(live(7, "Portal"), live(9, "Portal")),
        [("Portal", "ambiguous")],
    ),
    (
        "a name that is live twice, once unsupported",
        declare(present("Portal")),
        listing(live(7, "Portal"), unsupported(9, "Portal")),
        [("Portal", "ambiguous")],
    ),
    (
        "an absent name that is live twice",
        declare(absent("Portal")),
        listing(live(7, "Portal"), live(9, "Portal")),
        [("Portal", "ambiguous")],
    ),
    (
        "two previous names that are live",
        declare(present("Portal", previous=["A", "B"])),
        listing(live(7, "A"), live(9, "B")),
        [("Portal", "previous-names-ambiguous")],
    ),
    (
        "a previous name that is live twice",
        declare(present("Portal", previous=["A"])),
        listing(live(7, "A"), live(9, "A")),
        [("Portal", "previous-names-ambiguous")],
    ),
    (
        "one client claimed by two previous names",
        declare(present("New", previous=["Old"], line=1), present("Newer", previous=["Old"], line=9)),
        listing(live(7, "Old")),
        [("New", "clashing"), ("Newer", "clashing")],
    ),
    (
        "one client claimed by its name and by another's previous name",
        declare(present("Old", line=1), present("New", previous=["Old"], line=9)),
        listing(live(7, "Old")),
        [("New", "clashing"), ("Old", "clashing")],
    ),
    (
        "one client to be renamed and to be deleted",
        declare(present("New", previous=["Old"]), absent("Old")),
        listing(live(7, "Old")),
        [("New", "clashing"), ("Old", "clashing")],
    ),
    (
        "one client claimed by two ids",
        declare(present("A", id=7), present("B", id=7)),
        listing(live(7, "Old")),
        [("A", "clashing"), ("B", "clashing")],
    ),
    (
        "a swap of two names: neither is free",
        declare(present("A", id=7), present("B", id=8)),
        listing(live(7, "B"), live(8, "A")),
        [("A", "name-taken"), ("B", "name-taken")],
    ),
    (
        "an id for deletion that belongs to another name by now",
        declare(absent("Old CRM", id=7)),
        listing(live(7, "Payments")),
        [("Old CRM", "id-has-another-name")],
    ),
    (
        "a new name that differs only in case",
        declare(present("portal")),
        listing(live(7, "Portal")),
        [("portal", "name-lookalike")],
    ),
    (
        "a new name that differs only in normalisation",
        declare(present("Caf\u00e9")),
        listing(live(7, "Cafe\u0301")),
        [("Caf\u00e9", "name-lookalike")],
    ),
    (
        "a new name that differs only in an invisible character",
        declare(present("Portal")),
        listing(live(7, "Por\u200btal")),
        [("Portal", "name-lookalike")],
    ),
    (
        "a rename to a name that reads like another client's",
        declare(present("Portal", previous=["Old"])),
        listing(live(7, "Old"), live(8, "PORTAL")),
        [("Portal", "name-lookalike")],
    ),
    (
        "a new name that reads like an unsupported client's",
        declare(present("portal")),
        listing(unsupported(7, "Portal")),
        [("portal", "name-lookalike")],
    ),
    (
        "one name declared twice, and not live: neither is created",
        declare(present("A", line=1), present("A", line=9)),
        listing(),
        [("A", "declared-twice"), ("A", "declared-twice")],
    ),
]


@pytest.mark.parametrize(("declared", "seen", "expected"), [each[1:] for each in BLOCKED], ids=[e[0] for e in BLOCKED])
def test_what_is_not_certain_is_blocked(declared: Declarations, seen: Listing, expected: list[tuple[str, str]]) -> None:
    """Blocked entries change nothing, have a way out, and hold the clients they may mean, even against prune all."""
    plan = plan_of(declared, seen, prune=Prune.ALL)
    assert blocked_codes(plan) == expected
    assert (plan.changes, plan.unmanaged) == ((), ())
    assert all(each.way_out and each.reason.text for each in plan.blocked)
    assert set(plan.held) == set(plan.live_ids)


def test_a_lookalike_of_an_ignored_client_is_blocked_too() -> None:
    plan = plan_of(declare(present("Za\u200bpier")), listing(live(7, "Zapier")), ignore=("Zapier*",))
    assert blocked_codes(plan) == [("Za\u200bpier", "name-lookalike")]


def test_a_lookalike_that_is_allowed_is_created() -> None:
    plan = plan_of(declare(present("portal", allow=["name-lookalike"])), listing(live(7, "Portal")))
    assert [type(change) for change in plan.changes] == [Create]
    assert [(each.id, each.note and each.note.code) for each in plan.unmanaged] == [(7, "name-lookalike")]


def test_a_doubt_about_one_entry_does_not_hold_up_the_others() -> None:
    seen = listing(live(7, "A"), live(8, "A"), live(9, "B"))
    plan = plan_of(declare(present("A"), present(spec("B", PASSWORD)), present("C")), seen)
    assert blocked_codes(plan) == [("A", "ambiguous")]
    assert [change.name for change in plan.changes] == ["B", "C"]


def test_names_are_not_unique_so_an_ambiguous_one_is_told_with_ids_and_dates() -> None:
    """Contract: "Names are not unique, though the manual says so"."""
    plan = plan_of(declare(present("Portal")), listing(live(9, "Portal"), live(7, "Portal"), live(20, "Portal")))
    [blocked] = plan.blocked
    form = "authorization_code to 'https://app.example.com/cb'"
    assert blocked.reason.text == (
        f"3 live clients have this name: 7 ({form}, created 2026-01-08), 9 ({form}, created 2026-01-10), "
        f"20 ({form}, created 2026-01-21)"
    )
    assert blocked.way_out == (
        "add `ids: {staging: 7}` to the entry, with the id of the right one, "
        "or remove the others on the Auth Clients page"
    )


def test_two_equal_namesakes_may_be_a_rotation_whose_key_was_taken_out_too_early() -> None:
    plan = plan_of(declare(present("Portal")), listing(live(7, "Portal"), live(9, "Portal")))
    [blocked] = plan.blocked
    assert blocked.way_out == (
        "if a rotation is in progress, put `rotate:` back; otherwise add `ids: {staging: 9}` to the entry, "
        "with the id of the right one, or remove the other on the Auth Clients page"
    )


def test_two_namesakes_that_differ_are_no_rotation() -> None:
    found = listing(live(7, "Portal"), live(9, spec("Portal", PASSWORD)))
    [blocked] = plan_of(declare(present("Portal")), found).blocked
    assert "rotat" not in str(blocked.way_out)


def test_a_hundred_namesakes_are_told_in_one_line_that_can_be_read() -> None:
    """Contract: the platform's own DevLink feature makes several clients with the same name."""
    plan = plan_of(declare(present("devlink")), listing(*(live(n, "devlink") for n in range(1, 101))))
    [blocked] = plan.blocked
    assert blocked.reason.text.startswith("100 live clients")
    assert blocked.reason.text.endswith(" and 90 more")


def test_a_client_without_a_creation_date_is_listed_all_the_same() -> None:
    seen = listing(LiveClient(7, spec("Portal")), live(9, "Portal"))
    [blocked] = plan_of(declare(present("Portal")), seen).blocked
    assert "7 (authorization_code to 'https://app.example.com/cb', creation date unknown)" in blocked.reason.text


@pytest.mark.parametrize("entry", [present("zapier hooks"), absent("zapier hooks")])
def test_a_declared_name_that_is_ignored_is_blocked(entry: DesiredClient | AbsentClient) -> None:
    plan = plan_of(declare(entry), listing(live(7, "zapier hooks")), ignore=("Zapier*",))
    assert blocked_codes(plan) == [("zapier hooks", "ignored")]
    assert [each.id for each in plan.ignored] == [7]


@pytest.mark.parametrize("entry", [present("Hooks", id=7), present("Hooks", previous=["Zapier hooks"])])
def test_an_entry_that_means_an_ignored_client_is_blocked(entry: DesiredClient) -> None:
    plan = plan_of(declare(entry), listing(live(7, "Zapier hooks")), ignore=("Zapier*",))
    assert blocked_codes(plan) == [("Hooks", "ignored")]
    assert plan.changes == ()


@pytest.mark.parametrize("one", [live(7, "Zapier"), unsupported(7, "Zapier")])
def test_ignored_clients_are_counted_and_nothing_else(one: LiveClient | UnsupportedClient) -> None:
    plan = plan_of(declare(), listing(one), ignore=("zap*",), prune=Prune.ALL)
    assert (plan.changes, plan.unmanaged, plan.unsupported) == ((), (), ())
    assert [(each.id, each.name) for each in plan.ignored] == [(7, "Zapier")]


def test_the_redirect_is_the_only_thing_that_can_make_two_specs_of_one_name_differ_beside_grants() -> None:
    same, other = live(7, spec("A", CODE)), live(7, spec("A", CODE, redirect="https://b.example/cb"))
    assert plan_of(declare(present("A")), listing(same)).changes == ()
    assert len(plan_of(declare(present("A")), listing(other)).changes) == 1


@pytest.mark.parametrize("clock", [True, False])
def test_when_an_unfinished_create_is_taken_over_is_said_where_the_instance_has_a_clock(clock: bool) -> None:
    """Without one, it never is."""
    made = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
    begun = UnfinishedCreate(7, "Portal", "a-run", "0" * 32, made)
    now = replace(listing(at=made if clock else None), unfinished=(begun,))
    [found] = plan_of(declare(present("Portal")), now).blocked
    assert found.reason.code == "unfinished-create"
    assert ("taken over from 2026-05-01 10:00 UTC on" in found.way_out) is clock
    assert ("remove client 7 on the Auth Clients page" in found.way_out) is not clock
