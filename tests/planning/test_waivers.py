"""A waiver in the plan: whoever reviews it sees what an entry is excused from."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model.clients import DesiredClient, Waiver
from reconciler.planning.plan.plan import Note, Plan
from tests.builders import PASSWORD, absent, declare, listing, live, plan_of, present, spec
from tests.declared.declaring import declared, demanding

FORBIDDEN = Waiver("grant-forbidden", "'A' uses the grant password, which the policy forbids")
NOTE = Note("waived", "waives grant-forbidden: 'A' uses the grant password, which the policy forbids")


def waived(plan: Plan) -> list[Note]:
    (change,) = plan.changes
    return [risk for risk in change.risks if risk.code == "waived"]


def excused(entry: DesiredClient) -> DesiredClient:
    return replace(entry, waivers=(FORBIDDEN,))


def test_a_create_and_an_update_say_what_their_entry_waives() -> None:
    entry = excused(present(spec("A", PASSWORD)))
    assert waived(plan_of(declare(entry), listing())) == [NOTE]
    assert waived(plan_of(declare(entry), listing(live(7, "A")))) == [NOTE]


def test_a_delete_says_what_its_entry_waives() -> None:
    entry = replace(absent("A"), waivers=(FORBIDDEN,))
    assert waived(plan_of(declare(entry), listing(live(7, "A")))) == [NOTE]


def test_a_new_name_that_reads_like_a_live_one_says_which() -> None:
    """Only the plan can know: what is live is in no file."""
    note = Note(
        "waived",
        "waives name-lookalike: a live client has a name that reads the same: 7 ('portal', created 2026-01-08)",
    )
    seen = listing(live(7, "portal"), live(8, "Gateway"))
    assert waived(plan_of(declare(present("Portal", allow=["name-lookalike"])), seen)) == [note]
    renamed = present("Portal", previous=["Gateway"], allow=["name-lookalike"])
    assert waived(plan_of(declare(renamed), seen)) == [note]


def test_a_client_is_not_its_own_lookalike() -> None:
    """A rename that only changes the case gives no other client's name."""
    entry = present("Portal", previous=["portal"], allow=["name-lookalike"])
    assert waived(plan_of(declare(entry), listing(live(7, "portal")))) == []


def test_a_lookalike_that_was_live_before_is_no_news() -> None:
    """An update that keeps the name gives no name to anybody."""
    entry = present(spec("Portal", redirect="https://new.example.com/cb"), allow=["name-lookalike"])
    assert waived(plan_of(declare(entry), listing(live(7, "Portal"), live(8, "portal")))) == []


def test_only_what_a_rule_would_have_said_is_waived() -> None:
    """A name under `allow:` that has nothing to waive is no news; nor is one whose rule is not broken here."""
    text = "clients:\n- name: A\n  allow: [grant-forbidden, name-pattern]\n  grants: {password: {justification: j}}"
    found = declared(text, demanding(forbidden_grants=("password",)))
    assert found.diagnostics == ()
    (entry,) = found.by_instance.of("production").present
    assert entry.waivers == (FORBIDDEN,)
    (entry,) = declared(text, demanding()).by_instance.of("production").present
    assert entry.waivers == ()
