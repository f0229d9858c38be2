"""What a plan holds beside the matching: order, places, prunes, the unmanaged, and what is kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model.clients import ClientSpec, LabelUse, UnsupportedClient
from reconciler.planning.plan.plan import Create, Delete, Prune, Update
from tests.builders import (
    CODE,
    PASSWORD,
    PERSONAL,
    absent,
    declare,
    elsewhere,
    listing,
    live,
    plan_of,
    present,
    spec,
    unsupported,
)

OTHER = "https://other.example.com/cb"


def test_the_order_is_that_of_applying_updates_and_renames_then_creates_then_deletes() -> None:
    seen = listing(live(1, "b"), live(2, "Gone"), live(3, "Was c"), live(4, "Also gone"))
    declared = declare(
        absent("Gone"),
        present("z"),
        present("a"),
        present("c", previous=["Was c"]),
        present(spec("b", PASSWORD)),
        absent("Also gone"),
    )
    plan = plan_of(declared, seen)
    assert [(type(change), change.name) for change in plan.changes] == [
        (Update, "b"),
        (Update, "c"),
        (Create, "a"),
        (Create, "z"),
        (Delete, "Also gone"),
        (Delete, "Gone"),
    ]


def test_prunes_of_one_name_go_by_id() -> None:
    plan = plan_of(declare(present("x")), listing(live(9, "A"), live(7, "A"), live(1, "x")), prune=Prune.ALL)
    assert [change.id for change in plan.changes if isinstance(change, Delete)] == [7, 9]


@pytest.mark.parametrize(
    ("wanted", "line"),
    [
        (spec("A", redirect=OTHER), 12),
        (spec("A", CODE, PERSONAL), 11),
        (spec("A", CODE, PERSONAL, redirect=OTHER), 10),
        (spec("A", PASSWORD), 10),
    ],
    ids=["only the redirect", "only the grants", "both", "the redirect goes with its grant"],
)
def test_an_update_points_at_what_caused_it(wanted: ClientSpec, line: int) -> None:
    [change] = plan_of(declare(present(wanted, line=10)), listing(live(1, "A"))).changes
    assert change.source is not None
    assert change.source.line == line


def test_a_rename_points_at_the_entry() -> None:
    [change] = plan_of(declare(present("B", previous=["A"], line=10)), listing(live(1, "A"))).changes
    assert change.source is not None
    assert change.source.line == 10


def test_an_ignored_redirect_is_kept_as_it_is_live() -> None:
    entry = present(spec("A"), keep_redirect=True)
    plan = plan_of(declare(entry), listing(live(1, spec("A", redirect=OTHER))))
    assert (plan.changes, plan.in_sync) == ((), 1)


def test_an_ignored_redirect_is_kept_while_the_grants_change() -> None:
    entry = present(spec("A", CODE, PASSWORD), keep_redirect=True)
    [change] = plan_of(declare(entry), listing(live(1, spec("A", redirect=OTHER)))).changes
    assert isinstance(change, Update)
    assert change.after == spec("A", CODE, PASSWORD, redirect=OTHER)


@pytest.mark.parametrize(
    ("wanted", "there"),
    [(spec("A"), spec("A", PASSWORD)), (spec("A", PASSWORD), spec("A"))],
    ids=["nothing live to keep", "nothing declared to keep it for"],
)
def test_an_ignored_redirect_goes_and_comes_with_its_grant(wanted: ClientSpec, there: ClientSpec) -> None:
    [change] = plan_of(declare(present(wanted, keep_redirect=True)), listing(live(1, there))).changes
    assert isinstance(change, Update)
    assert change.after == wanted


def test_a_new_client_gets_its_declared_redirect_even_if_later_changes_are_ignored() -> None:
    [change] = plan_of(declare(present("A", keep_redirect=True)), listing()).changes
    assert isinstance(change, Create)
    assert change.after == spec("A")


def test_without_prune_an_undeclared_client_is_only_unmanaged() -> None:
    plan = plan_of(declare(), listing(live(7, "Portal")))
    assert plan.changes == ()
    assert [(each.id, each.name, each.system, each.note) for each in plan.unmanaged] == [(7, "Portal", False, None)]


def test_prune_all_deletes_what_is_unmanaged_and_says_why() -> None:
    plan = plan_of(declare(present("A")), listing(live(1, "A"), live(7, "B")), prune=Prune.ALL)
    [change] = plan.changes
    assert isinstance(change, Delete)
    assert (change.id, change.source, change.reason.code) == (7, None, "pruned")
    assert change.reason.text == "pruned: no entry declares it"
    assert plan.unmanaged == ()


def test_prune_all_spares_system_ignored_unsupported_and_held_clients() -> None:
    seen = listing(
        live(1, "PmApi"),
        live(2, "swagger ui auth"),
        live(3, "Corp SSO"),
        live(4, "Zapier"),
        live(5, "Twin"),
        live(6, "Twin"),
        unsupported(7, "Device"),
    )
    declared = declare(present("Twin"))
    plan = plan_of(declared, seen, ignore=("zap*",), system_clients=("corp*",), prune=Prune.ALL)
    assert plan.changes == ()
    assert [(each.id, each.system) for each in plan.unmanaged] == [(3, True), (1, True), (2, True)]
    assert plan.held == (5, 6)
    assert [each.id for each in plan.unsupported] == [7]


def test_a_client_declared_for_other_instances_is_unmanaged_here_and_pruned_by_all() -> None:
    declared = declare(present("A"), elsewhere("Portal", "production"), elsewhere("Portal", "eu-*"))
    seen = listing(live(1, "A"), live(7, "Portal"))
    [unmanaged] = plan_of(declared, seen).unmanaged
    assert unmanaged.note is not None
    assert unmanaged.note.text == "declared for eu-*, production only"
    [change] = plan_of(declared, seen, prune=Prune.ALL).changes
    assert change.reason.text == "pruned: declared for eu-*, production only"


def test_what_is_declared_for_other_instances_does_not_hide_that_a_name_is_shared_here() -> None:
    other, seen = elsewhere("Portal", "production"), listing(live(7, "Portal"), live(8, "Portal"))
    both = plan_of(declare(other), seen).unmanaged
    known = "declared for production only; 2 live clients have this name: "
    assert [each.note.text.startswith(known) for each in both if each.note] == [True, True]
    [left] = plan_of(declare(present("Portal", id=8), other), seen).unmanaged
    assert left.note is not None
    assert left.note.text.startswith("2 live clients have this name: "), "it is declared here too"


def test_a_plan_says_what_the_labels_of_its_changes_stand_for() -> None:
    declared = replace(
        declare(present("A"), present("B"), present("C"), absent("D")),
        labels=(
            LabelUse("label:eu", ("production", "berlin"), frozenset({"A"})),
            LabelUse("label:us", tuple(f"us-{number}" for number in range(20)), frozenset({"B", "D", "X"})),
            LabelUse("label:same", ("production",), frozenset({"C"})),
        ),
    )
    plan = plan_of(declared, listing(live(3, "C"), live(4, "D")))
    listed = ", ".join(f"us-{number}" for number in range(12))
    assert [note.text for note in plan.notes] == [
        "label:eu stands for production and berlin: it declares 'A' here",
        f"label:us stands for {listed} and 8 more: it declares 2 clients of this plan here",
    ]


def test_an_unmanaged_client_that_reads_like_a_declared_one_is_told() -> None:
    plan = plan_of(declare(present("Portal")), listing(live(1, "Portal"), live(2, "PORTAL")))
    assert [(each.id, each.note and each.note.code) for each in plan.unmanaged] == [(2, "name-lookalike")]


def test_several_devlink_clients_are_no_news() -> None:
    """Contract: the platform's own DevLink feature makes several clients named `devlink`."""
    plan = plan_of(declare(), listing(live(7, "devlink"), live(8, "devlink")))
    assert [(each.system, each.note) for each in plan.unmanaged] == [(True, None), (True, None)]


def test_unsupported_clients_are_reported_and_never_changed() -> None:
    one: UnsupportedClient = unsupported(7, "Device")
    plan = plan_of(declare(present("A")), listing(one), prune=Prune.ALL)
    assert plan.unsupported == (one,)
    assert [change.name for change in plan.changes] == ["A"]


def test_the_counts_say_what_was_looked_at() -> None:
    seen = listing(live(1, "A"), live(3, "B"), unsupported(2, "C"))
    plan = plan_of(declare(present("A"), present("N"), absent("Gone")), seen)
    assert (plan.live, plan.live_ids, plan.declared_present, plan.in_sync) == (3, (1, 2, 3), 2, 2)
    assert (plan.instance, plan.identity) == ("staging", "https://staging.example.com")


def test_a_change_of_the_order_of_several_redirects_is_a_change() -> None:
    """The platform stores the string: several URLs joined by commas, in the order given."""
    urls = "https://a.example/cb,https://b.example/cb"
    swapped = "https://b.example/cb,https://a.example/cb"
    plan = plan_of(declare(present(spec("A", redirect=urls))), listing(live(1, spec("A", redirect=swapped))))
    assert [type(change) for change in plan.changes] == [Update]
