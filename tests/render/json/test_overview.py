"""The JSON output: valid by its schema, exact where text is escaped, and the same for the same plan."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import SCHEMA_NAMES, schema_text
from reconciler.model.diagnostics import Diagnostic
from reconciler.model.errors import ReconcilerError
from reconciler.planning.guard import Refusal
from reconciler.planning.plan.plan import Plan
from reconciler.render.json.overview import (
    FORMAT_VERSION,
    plan_entry,
    render_diagnostics,
    render_instances,
    render_overview_json,
    report_entry,
    stopped_entry,
)
from reconciler.results import Overview
from tests.golden.scenes import SCENES, Scene
from tests.golden.test_golden import json_text
from tests.render.overviews import overviews
from tests.render.strategies import diagnostics, errors, plans, refusals, reports_of, wild_plans
from tests.tiers import examples

SCHEMA = json.loads(schema_text("output"))


@cache
def validator() -> Draft7Validator:
    return Draft7Validator(SCHEMA)


def read(text: str) -> dict[str, Any]:
    """A document that is ASCII, ends in one line feed, and is what the schema describes."""
    assert text.isascii()
    assert text.endswith("}\n")
    document: dict[str, Any] = json.loads(text)
    problems = [f"{problem.json_path}: {problem.message}" for problem in validator().iter_errors(document)]
    assert problems == []
    return document


def test_the_schema_is_a_draft_07_schema_that_the_program_ships() -> None:
    """Under the name that `reconciler schema output` takes."""
    Draft7Validator.check_schema(SCHEMA)
    assert "output" in SCHEMA_NAMES
    assert SCHEMA["$id"] == "urn:processmaker-reconciler:schema:output"


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_every_telling_plan_is_a_valid_document(scene: Scene) -> None:
    """Also with names that text has to escape: JSON has them exactly."""
    instance = read(json_text(scene))["instances"][0]
    written = (*scene.plan.changes, *scene.plan.deliveries)
    assert [change["name"] for change in instance["changes"]] == [change.name for change in written]


@given(wild_plans, refusals)
def test_any_plan_is_a_valid_document(plan: Plan, refused: tuple[Refusal, ...]) -> None:
    """Whatever its texts hold; nothing is shortened."""
    entry = read(render_instances("plan", [plan_entry(plan, refused)]))["instances"][0]
    assert entry["status"] == ("refused" if refused else "planned")
    assert [client["name"] for client in entry["unmanaged"]] == [client.name for client in plan.unmanaged]
    assert [client["name"] for client in entry["ignored"]] == [client.name for client in plan.ignored]


@given(st.data())
def test_any_report_is_a_valid_document(data: st.DataObject) -> None:
    """Each change says what became of it."""
    plan = data.draw(wild_plans)
    report = data.draw(reports_of(plan))
    entry = read(render_instances("apply", [report_entry(plan, report)]))["instances"][0]
    told = [change["outcome"]["status"] for change in entry["changes"]]
    assert (entry["status"] == "applied") == (not report.interrupted and set(told) <= {"applied"})


@given(errors)
def test_an_instance_that_could_not_be_planned_says_why(error: ReconcilerError) -> None:
    """In plan and in apply alike."""
    for kind in ("plan", "apply"):
        entry = stopped_entry("production", "https://acme.example.com", error)
        found = read(render_instances(kind, [entry]))["instances"][0]["error"]
        assert found == {"message": error.message, "hint": error.hint, "exit_code": error.exit_code}


@given(st.lists(diagnostics, max_size=3))
def test_any_diagnostics_are_a_valid_document(found: list[Diagnostic]) -> None:
    """With the numbers that their severities give."""
    document = read(render_diagnostics(found))
    assert sum(document["counts"].values()) == len(document["diagnostics"]) == len(found)


@given(plans())
def test_equal_plans_give_equal_bytes(plan: Plan) -> None:
    """A copy of a plan, with its sets built in another order, renders the same."""
    copy = _rebuilt(plan)
    assert render_instances("plan", [plan_entry(plan, ())]) == render_instances("plan", [plan_entry(copy, ())])


def _rebuilt(plan: Plan) -> Plan:
    from dataclasses import replace

    def respecified(change: Any) -> Any:
        sides = {side: getattr(change, side) for side in ("before", "after") if hasattr(change, side)}
        fresh = {s: replace(spec, grants=frozenset(sorted(spec.grants, reverse=True))) for s, spec in sides.items()}
        return replace(change, **fresh)

    return replace(plan, changes=tuple(map(respecified, plan.changes)))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda entry: entry.pop("counts"),
        lambda entry: entry.update(extra=1),
        lambda entry: entry.update(status="done"),
        lambda entry: entry["changes"][0].update(outcome={"status": "applied"}),
        lambda entry: entry["changes"][0]["location"].update(line=0),
    ],
    ids=["missing key", "unknown key", "unknown status", "outcome of a plan", "line 0"],
)
def test_the_schema_refuses_what_is_never_printed(spoil: Callable[[dict[str, Any]], object]) -> None:
    """So that the tests above can fail."""
    document = json.loads(json_text(SCENES["everything-at-once"]))
    spoil(document["instances"][0])
    assert not validator().is_valid(document)


def test_everything_in_the_schema_is_described() -> None:
    """Each property and definition has a title and a description; each object is closed and has all its keys."""
    for node in _schemas(SCHEMA):
        if "$ref" not in node and node.get("type") != "null":
            assert node["title"], node
            assert node["description"], node
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert node["required"] == list(node["properties"])


def _schemas(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    below = [*node.get("properties", {}).values(), *node.get("definitions", {}).values(), *node.get("oneOf", ())]
    for child in below + ([node["items"]] if "items" in node else []):
        yield from _schemas(child)


def test_every_definition_is_used() -> None:
    """What nothing refers to is never printed."""
    referred = {node["$ref"].removeprefix("#/definitions/") for node in _schemas(SCHEMA) if "$ref" in node}
    assert referred == set(SCHEMA["definitions"])


def test_the_schema_is_of_the_version_that_is_printed() -> None:
    """Every document kind says so."""
    documents = [SCHEMA["definitions"][f"{kind}_document"] for kind in ("validate", "plan", "apply")]
    assert {each["properties"]["format_version"]["const"] for each in documents} == {FORMAT_VERSION}


@examples(0.5)
@given(overviews())
def test_a_report_is_a_document_as_well(overview: Overview) -> None:
    """Whatever came of the run."""
    read(render_overview_json(overview))
