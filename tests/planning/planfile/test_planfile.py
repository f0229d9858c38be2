"""A saved plan says all that the plan said, the same way each time, and nothing that was changed since is read."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from types import NoneType
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import schema_text
from reconciler.model.clients import ClientSpec, Declarations, Field, Grant, Listing, Location
from reconciler.model.errors import Refused
from reconciler.planning.make_plan import PlanPolicy, make_plan
from reconciler.planning.plan.plan import Change, Create, Delete, Note, OnDrift, Origin, Plan, Prune, Update
from reconciler.planning.plan.resume import ResumeMode
from reconciler.planning.planfile.planfile import SavedPlan, load_plan
from tests.builders import PERSONAL, at, spec
from tests.planning.planfile.saving import COMMIT, MADE, document, one_of_each, plans, saved, with_digest
from tests.strategies import declarations, listings, policies
from tests.support.types_of_values import leaves as type_leaves

SCHEMA = Draft7Validator(json.loads(schema_text("plan")))


def _before(change: Change) -> ClientSpec | None:
    if not isinstance(change, Create):
        return change.before
    return change.replaces.before if change.replaces else None


def can_be_sent(plan: Plan) -> bool:
    """Whether no client to be written has half a character in it: no instance and no YAML file gives such text."""
    specs = [
        value
        for change in plan.changes
        for value in (_before(change), getattr(change, "after", None))
        if isinstance(value, ClientSpec)
    ]
    return not any("\ud800" in value.name + "".join(value.redirect_urls) for value in specs)


@given(plans, st.sampled_from(Prune))
@example(one_of_each(), Prune.ALL)
def test_what_is_loaded_is_what_was_saved(plan: Plan, prune: Prune) -> None:
    """Half characters are kept wherever they are only shown, and refused in what would be sent."""
    data = saved(plan, prune=prune).encode()
    if not can_be_sent(plan):
        with pytest.raises(Refused, match="half a character"):
            load_plan(data, "plan.json")
        return
    loaded = load_plan(data, "plan.json")
    assert loaded == SavedPlan(plan, prune, MADE, COMMIT, "1.2.3", document(saved(plan, prune=prune))["digest"])


@given(plans)
@example(one_of_each())
def test_every_saved_plan_fits_the_schema(plan: Plan) -> None:
    assert [problem.message for problem in SCHEMA.iter_errors(document(saved(plan)))] == []


def test_the_plan_that_the_other_tests_change_has_something_in_every_list() -> None:
    plan = one_of_each()
    assert all(getattr(plan, field.name) for field in fields(plan) if field.compare)
    assert document(saved(plan))["counts"] == {
        "create": 1,
        "replace": 1,
        "update": 1,
        "rename": 1,
        "delete": 2,
        "deliver": 1,
    }


@given(declarations(), listings(), policies, st.randoms(use_true_random=False))
def test_equal_plans_are_saved_byte_for_byte_alike(
    declared: Declarations, seen: Listing, policy: PlanPolicy, order: Any
) -> None:
    mixed = Listing(tuple(order.sample(seen.clients, len(seen.clients))), seen.unsupported, seen.at)
    assert saved(make_plan(declared, seen, policy)) == saved(make_plan(declared, mixed, policy))


def test_the_date_changes_its_own_line_and_that_of_the_digest() -> None:
    early, late = (saved(one_of_each(), created_at=at).splitlines() for at in (MADE, MADE + timedelta(days=1)))
    changed = [line.split('"')[1] for line, other in zip(early, late, strict=True) if line != other]
    assert changed == ["digest", "created_at"]


def test_the_date_is_saved_in_utc_to_the_second() -> None:
    at = datetime(2026, 3, 1, 10, 30, 5, 999, tzinfo=timezone(timedelta(hours=2)))
    text = saved(one_of_each(), created_at=at)
    assert document(text)["created_at"] == "2026-03-01T08:30:05Z"
    assert load_plan(text.encode(), "plan.json").created_at == datetime(2026, 3, 1, 8, 30, 5, tzinfo=UTC)


def test_a_file_name_that_is_not_utf_8_survives() -> None:
    place = Location("clients/caf\udce9.yaml", 3, 5)
    plan = Plan("staging", "embedded:x", (Create(spec("A"), Note("c", "t"), place),))
    text = saved(plan)
    assert text.isascii()
    assert load_plan(text.encode(), "plan.json").plan == plan


@given(st.data())
def test_any_change_of_a_byte_is_refused_or_changes_nothing(data: st.DataObject) -> None:
    """A byte is replaced, taken out or put in, anywhere."""
    plan = load_plan(original := saved(one_of_each()).encode(), "plan.json")
    place = data.draw(st.integers(0, len(original) - 1))
    byte = bytes([data.draw(st.integers(0, 255) | st.sampled_from(b' \n"{}[]0:,-'))])
    kind = data.draw(st.sampled_from(["replaced", "removed", "inserted"]))
    new = {"replaced": byte, "removed": b"", "inserted": byte + original[place : place + 1]}[kind]
    try:
        loaded = load_plan(original[:place] + new + original[place + 1 :], "plan.json")
    except Refused:
        return
    assert loaded == plan


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.999])
def test_a_file_that_was_cut_off_is_refused(share: float) -> None:
    text = saved(one_of_each())
    with pytest.raises(Refused, match="is not valid JSON") as caught:
        load_plan(text[: int(len(text) * share)].encode(), "plan.json")
    assert "cut off" in str(caught.value.hint)


@pytest.mark.parametrize(
    "respell",
    [
        lambda text: json.dumps(json.loads(text)),
        lambda text: json.dumps(json.loads(text), sort_keys=True, ensure_ascii=False, indent="\t"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
    ],
    ids=["compact", "sorted", "CRLF", "byte order mark"],
)
def test_a_file_that_was_only_spelled_otherwise_is_the_same_plan(respell: Any) -> None:
    text = saved(one_of_each())
    assert load_plan(respell(text).encode(), "plan.json") == load_plan(text.encode(), "plan.json")


def test_the_digest_is_what_the_documentation_says() -> None:
    text = saved(one_of_each())
    assert json.loads(with_digest(document(text)))["digest"] == document(text)["digest"]


def test_a_redirect_may_be_any_text_that_the_platform_stores() -> None:
    plan = Plan("s", "u", (Delete(1, spec("\x00::error:: \u202e", redirect="x" * 2000), Note("c", "t"), None),))
    assert load_plan(saved(plan).encode(), "plan.json").plan == plan


def test_before_and_after_are_there_in_full() -> None:
    before, after = spec("A", redirect="https://a.example/cb"), spec("B", PERSONAL)
    plan = Plan("s", "u", (Update(7, before, after, Note("differs", "t"), at(3), "team"),))
    [change] = document(saved(plan))["changes"]
    assert change["before"] == {
        "name": "A",
        "grants": ["authorization_code"],
        "redirect_url": "https://a.example/cb",
    }
    assert change["after"] == {"name": "B", "grants": ["personal_access_token"], "redirect_url": None}
    assert (change["action"], change["id"], change["owner"]) == ("rename", 7, "team")


def test_no_type_that_is_saved_can_hold_a_secret() -> None:
    """Whoever adds a field to a plan meets this list: every leaf of it ends up in a file that others read."""
    leaves = set(type_leaves(SavedPlan, set()))
    assert leaves == {str, int, bool, NoneType, datetime, timedelta, Prune, Grant, Field, Origin, OnDrift, ResumeMode}


def test_a_plan_without_changes_can_be_saved_too() -> None:
    """A pipeline that always saves and applies needs no exception for a quiet day."""
    plan = replace(one_of_each(), changes=())
    assert load_plan(saved(plan).encode(), "plan.json").plan == plan
