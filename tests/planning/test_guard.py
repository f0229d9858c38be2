"""What is refused before the first write, with every reason at once and the way out."""

from __future__ import annotations

import pytest

from reconciler.model.settings import Limits
from reconciler.planning.guard import Guards, refusals
from reconciler.planning.plan.plan import Plan, Prune
from tests.builders import CODE, PASSWORD, absent, declare, listing, live, plan_of, present, spec

FREE = Guards(Limits())


def codes(plan: Plan, guards: Guards = FREE) -> list[str]:
    return [refusal.code for refusal in refusals(plan, guards)]


def test_nothing_is_refused_where_nothing_would_change() -> None:
    """Not even on a frozen instance with an empty listing: a plan that does nothing is green."""
    plan = plan_of(declare(absent("Gone")), listing())
    assert refusals(plan, Guards(Limits(0, 0, 0), frozen="audit")) == ()


def test_a_frozen_instance_is_refused_with_its_reason() -> None:
    [refusal] = refusals(
        plan_of(declare(present("A")), listing(live(1, "B"))), Guards(Limits(), frozen="audit until May")
    )
    assert refusal.code == "frozen"
    assert "audit until May" in refusal.text


def three_of_each() -> Plan:
    seen = listing(*(live(n, f"old {n}") for n in range(1, 4)), *(live(n, f"gone {n}") for n in range(4, 7)))
    renamed = [
        present(spec("old 1", PASSWORD)),
        present("new 2", previous=["old 2"]),
        present("new 3", previous=["old 3"]),
    ]
    gone = [absent(f"gone {n}") for n in range(4, 7)]
    return plan_of(declare(*renamed, *gone, present("x"), present("y"), present("z")), seen)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (Limits(), []),
        (Limits(3, 3, 3), []),
        (Limits(2, 3, 3), ["--max-creates 3"]),
        (Limits(3, 2, 3), ["--max-updates 3"]),
        (Limits(3, 3, 0), ["--max-deletes 3"]),
        (Limits(2, 2, 2), ["--max-creates 3", "--max-updates 3", "--max-deletes 3"]),
    ],
)
def test_more_changes_than_the_limit_name_the_flag_that_allows_exactly_this(
    limits: Limits, expected: list[str]
) -> None:
    """Renames count as updates."""
    found = refusals(three_of_each(), Guards(limits))
    assert [refusal.way_out.partition(": ")[2] for refusal in found] == expected


def test_a_limit_says_what_was_planned_and_what_is_allowed() -> None:
    [refusal] = refusals(plan_of(declare(absent("A")), listing(live(1, "A"))), Guards(Limits(deletes=0)))
    assert refusal.text == "1 delete planned, and the limit is 0"


def test_a_protected_client_is_never_deleted() -> None:
    plan = plan_of(declare(absent("Payments EU")), listing(live(1, "Payments EU")))
    [refusal] = refusals(plan, Guards(Limits(), protected=("payments*",)))
    assert refusal.code == "protected"
    assert "remove the entry" in refusal.way_out


def test_a_protected_client_is_never_pruned() -> None:
    plan = plan_of(declare(present("A")), listing(live(1, "A"), live(2, "Payments")), prune=Prune.ALL)
    [refusal] = refusals(plan, Guards(Limits(), protected=("Payments*",)))
    assert "declare it" in refusal.way_out


@pytest.mark.parametrize(
    ("new_name", "globs", "expected"),
    [
        ("Payments US", ("Payments*",), []),
        ("Billing", ("Payments*",), ["protected"]),
        ("Billing", ("Payments*", "Billing"), ["protected"]),
        ("Billing EU", ("Payments*", "*EU"), []),
        ("Billing", ("Other*",), []),
    ],
    ids=["within", "out of it", "into another pattern", "still within one of two", "not protected"],
)
def test_a_protected_client_is_never_renamed_out_of_its_pattern(
    new_name: str, globs: tuple[str, ...], expected: list[str]
) -> None:
    plan = plan_of(declare(present(new_name, previous=["Payments EU"])), listing(live(1, "Payments EU")))
    assert codes(plan, Guards(Limits(), protected=globs)) == expected


def test_a_protected_client_may_be_updated() -> None:
    plan = plan_of(declare(present(spec("Payments", PASSWORD))), listing(live(1, "Payments")))
    assert codes(plan, Guards(Limits(), protected=("*",))) == []


def test_client_4_issues_every_personal_access_token_so_it_is_never_deleted() -> None:
    """Contract: deleting it breaks personal access tokens for everybody, and no API call repairs it."""
    name = "ProcessMaker Personal Access Client"
    [refusal] = refusals(plan_of(declare(absent(name)), listing(live(4, name))), FREE)
    assert refusal.code == "system-client"
    assert refusal.way_out.startswith("no flag allows this")


def test_system_clients_are_never_renamed_or_robbed_of_a_grant() -> None:
    plan = plan_of(
        declare(present(spec("Ours", PASSWORD), previous=["PmApi"])), listing(live(1, spec("PmApi", CODE, PASSWORD)))
    )
    texts = [refusal.text for refusal in refusals(plan, FREE)]
    assert [text.partition("needs, and ")[2] for text in texts] == [
        "would be renamed to 'Ours'",
        "would lose its grant authorization_code",
    ]


def test_system_clients_are_known_whatever_their_case_and_by_the_settings() -> None:
    plan = plan_of(declare(absent("pmapi"), absent("Corp SSO")), listing(live(1, "pmapi"), live(2, "Corp SSO")))
    assert codes(plan, Guards(Limits(), system_clients=("corp*",))) == ["system-client", "system-client"]


def test_a_system_client_may_get_another_redirect_or_a_further_grant() -> None:
    wanted = spec("PmApi", CODE, PASSWORD, redirect="https://new.example/cb")
    plan = plan_of(declare(present(wanted)), listing(live(1, "PmApi")))
    assert codes(plan) == []


def test_pruning_where_nothing_is_declared_is_refused_whatever_the_limits() -> None:
    plan = plan_of(declare(absent("Gone")), listing(live(1, "A")), prune=Prune.ALL)
    [refusal] = refusals(plan, FREE)
    assert refusal.code == "nothing-declared"
    assert "no flag allows this" in refusal.way_out


def test_deleting_what_is_declared_absent_is_no_prune() -> None:
    plan = plan_of(declare(absent("A")), listing(live(1, "A"), live(2, "B")))
    assert codes(plan) == []


def test_a_listing_without_any_client_is_not_believed() -> None:
    """Contract: a fresh installation already has five system clients."""
    plan = plan_of(declare(present("A")), listing())
    [refusal] = refusals(plan, FREE)
    assert refusal.code == "empty-listing"
    assert "expect_system_clients: false" in refusal.way_out
    assert codes(plan, Guards(Limits(), expect_system_clients=False)) == []


def test_every_reason_is_given_at_once_and_always_in_the_same_order() -> None:
    seen = listing(live(1, "PmApi"), live(2, "Payments"), live(3, "Other"))
    plan = plan_of(declare(absent("PmApi")), seen, prune=Prune.ALL)
    guards = Guards(Limits(deletes=2), protected=("Pay*",), frozen="audit")
    assert codes(plan, guards) == ["frozen", "nothing-declared", "protected", "system-client", "limit-deletes"]


def test_a_refusal_about_a_client_knows_the_line_that_asks_for_it() -> None:
    """So that it can be shown there; one about the whole plan stands at no client's line."""
    declared = declare(present(spec("PmApi", PASSWORD), line=4), absent("Payments", line=9))
    plan = plan_of(declared, listing(live(1, spec("PmApi", CODE)), live(6, "Payments")))
    found = refusals(plan, Guards(Limits(deletes=0), protected=("Pay*",)))
    lines = {refusal.code: refusal.source and refusal.source.line for refusal in found}
    assert lines == {"protected": 9, "system-client": 4, "limit-deletes": None}
