"""A create that is probably a rename: the application behind the old client would stop working."""

from __future__ import annotations

import pytest

from reconciler.planning.plan.plan import Plan, Prune
from tests.builders import CODE, PASSWORD, declare, elsewhere, listing, live, plan_of, present, spec


def notes(plan: Plan) -> list[str]:
    return [note.text for note in plan.notes if note.code == "perhaps-renamed"]


def test_a_create_beside_one_undeclared_client_with_its_redirect_says_how_to_rename_it() -> None:
    """The name was changed in the file, or the client was made by hand under another one."""
    plan = plan_of(declare(present("Customer portal", line=3)), listing(live(7, "Portal #1")))
    assert notes(plan) == [
        "'Customer portal' will be created, though client 7 ('Portal #1', created 2026-01-08), which "
        'is not declared, has the same redirect_url; if it is the same client, add `previous_names: ["Portal #1"]` at '
        "clients/all.yaml:3, and it keeps its id and secret"
    ]


def test_the_same_is_said_where_the_other_client_would_be_pruned() -> None:
    """Then its id and secret are lost for good."""
    seen = listing(live(7, "Portal"), live(8, spec("Kept", PASSWORD)))
    plan = plan_of(declare(present("Customer portal"), present(spec("Kept", PASSWORD))), seen, prune=Prune.ALL)
    assert len(notes(plan)) == 1


def test_several_clients_with_one_redirect_are_no_hint() -> None:
    assert notes(plan_of(declare(present("Customer portal")), listing(live(7, "A"), live(8, "B")))) == []


def test_what_is_declared_here_or_elsewhere_or_ignored_or_needed_by_the_platform_is_no_candidate() -> None:
    new = present("New")
    assert notes(plan_of(declare(new, present("Known")), listing(live(7, "Known")))) == []
    assert notes(plan_of(declare(new, elsewhere("Known", "production")), listing(live(7, "Known")))) == []
    assert notes(plan_of(declare(new), listing(live(7, "Known")), ignore=("Known",))) == []
    assert notes(plan_of(declare(new), listing(live(1, "PmApi")))) == []


def test_a_client_without_a_redirect_is_like_every_other_one_without() -> None:
    plan = plan_of(declare(present(spec("New", PASSWORD))), listing(live(7, spec("Old", PASSWORD))))
    assert notes(plan) == []


def test_a_client_that_another_entry_may_mean_is_no_candidate() -> None:
    """It is held: whose it is has to be decided first."""
    seen = listing(live(7, spec("Twice", CODE)), live(8, spec("Twice", PASSWORD)))
    assert notes(plan_of(declare(present("New"), present("Twice")), seen)) == []


@pytest.mark.parametrize("name", [" Portal", "Portal\u200b", "Por\ntal", "\x7fPortal", "half \ud800"])
def test_a_client_whose_name_no_file_can_say_is_claimed_by_its_id(name: str) -> None:
    """The platform keeps such names if they came there otherwise; `validate` would refuse the advice."""
    [note] = notes(plan_of(declare(present("Customer portal")), listing(live(7, name))))
    assert "add `ids: {staging: 7}` at clients/all.yaml:1" in note
