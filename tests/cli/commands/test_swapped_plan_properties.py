"""A saved plan, changed in any one value, never does what the guards refuse for an honest one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.model.names import is_system_client, matches_any
from reconciler.sandbox.store import Store
from tests.cli.projects import REPORTS_A_BUG, Ended, Project, stored, wanted
from tests.cli.sinking import DOCUMENT
from tests.planning.planfile.saving import document, with_digest
from tests.tiers import examples

DATABASE = "live.sqlite3"
SYSTEM = ("Corp*",)
OLD, NEW = 2020, 2022
ROTATE = {"created_before": "2021-01-01T00:00Z"}

Values = dict[str, Any]
Row = tuple[str, str, bool, bool]
"""Name, redirect, personal access, password."""
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Scenario:
    """Clients of an instance, what is declared, what the guards are, and what an honest plan may do at most."""

    live: Sequence[tuple[str, int]]
    """Names and years of creation; the ids start at 6."""
    declared: Sequence[Mapping[str, object]]
    flags: Sequence[str] = ()
    protected: Sequence[str] = ()
    limits: tuple[int, int, int] = (1, 1, 1)
    """Creates, updates, deletes."""
    sinks: bool = True
    refused: bool = False
    """Whether the honest plan is refused."""
    spared: frozenset[int] = frozenset()
    """Clients that no guard would let go, although their names are not protected."""
    rotated: frozenset[int] = frozenset()
    """Protected clients that may go nevertheless: their successors are live or made."""


def rotated(name: str, keep_old: str | int) -> Mapping[str, object]:
    return {**wanted(name, owner="team-a"), "rotate": {**ROTATE, "keep_old": keep_old}}


def gone(name: str) -> Mapping[str, object]:
    return {"name": name, "state": "absent"}


SCENARIOS = {
    "changes": Scenario(
        live=[("Two", OLD), ("Old", OLD), ("Gone", OLD), ("Payments", OLD), ("Payments", OLD), ("Corp SSO", OLD)],
        declared=[
            wanted("One"),
            {**wanted("Two"), "grants": {"password": True}},
            {**wanted("New"), "previous_names": ["Old"]},
            gone("Gone"),
        ],
        protected=["Payments*", "Two"],
        limits=(1, 2, 1),
    ),
    "a system client": Scenario(
        live=[("Corp SSO", OLD), ("Corp SSO", OLD), ("Gone", OLD)],
        declared=[
            {**wanted("Corp SSO", "https://new.example.com/cb"), "ids": {"local": 6}, "allow": ["system-client-name"]},
            gone("Gone"),
        ],
    ),
    "replaced at once": Scenario(
        live=[("Portal", OLD), ("Payments", OLD), ("Portal ", OLD)],
        declared=[rotated("Portal", 0)],
        protected=["P*"],
        rotated=frozenset({6}),
    ),
    "replaced at once, and pinned": Scenario(
        live=[("Portal", OLD), ("Portal", OLD), ("Payments", OLD)],
        declared=[{**rotated("Portal", 0), "ids": {"local": 6}}],
        protected=["P*"],
        rotated=frozenset({6}),
    ),
    "replaced, and kept": Scenario(
        live=[("Portal", OLD), ("Payments", OLD)], declared=[rotated("Portal", "7d")], protected=["P*"]
    ),
    "the rotation is over": Scenario(
        live=[("Portal", OLD), ("Portal", NEW), ("Payments", NEW), ("Payments", OLD)],
        declared=[rotated("Portal", "7d"), wanted("Payments", owner="team-b", ids={"local": 9})],
        protected=["P*"],
        rotated=frozenset({6}),
    ),
    "nobody gets the new secret": Scenario(
        live=[("Portal", OLD), ("Payments", OLD)],
        declared=[rotated("Portal", 0)],
        sinks=False,
        refused=True,
        spared=frozenset({6, 7}),
    ),
    "a prune": Scenario(
        live=[("One", OLD), ("Twice", OLD), ("Twice", OLD), ("Payments", OLD), ("Corp SSO", OLD)],
        declared=[wanted("One"), {**wanted("Twice"), "ids": {"local": 7}}, wanted("Payments")],
        flags=["--prune", "all"],
        protected=["Payments"],
        spared=frozenset({6, 7}),
    ),
    "a prune of what is protected": Scenario(
        live=[("One", OLD), ("Payments", OLD)],
        declared=[wanted("One")],
        flags=["--prune", "all"],
        protected=["Payments"],
        refused=True,
    ),
    "a prune with nothing declared": Scenario(
        live=[("One", OLD)], declared=[], flags=["--prune", "all"], refused=True, spared=frozenset({6})
    ),
    "too many": Scenario(
        live=[("Two", OLD), ("Three", OLD), ("Gone", OLD), ("Gone too", OLD)],
        declared=[
            *(wanted(name, f"https://{name.lower()}.example.com/new") for name in ("Two", "Three")),
            *(wanted(name) for name in ("One", "Four")),
            gone("Gone"),
            gone("Gone too"),
        ],
        refused=True,
    ),
}

WORDS = (
    *("rotated", "pruned", "removed", "declared-absent", "pinned-by-id", "unproven", "created-before", "differs"),
    *("none", "all", "refuse", "keep", "revert", "git", "instance", "both", "delete", "create", "replace", "update"),
    *("Payments", "Portal", "Portal ", "One", "Two", "Corp SSO", "PmApi", "Elsewhere", "local", "team-b"),
    *("https://payments.example.com/cb", "2019-01-01T00:00:00Z", "a" * 40, "-d", ""),
)
PLACE = {"path": "clients/all.yaml", "line": 1, "column": 1}


def places(value: object, at: Path = ()) -> Iterator[Path]:
    """The place of every value in a document, containers included."""
    if at:
        yield at
    items: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, each in items:
        yield from places(each, (*at, key))


def found(values: object, at: Path) -> Any:
    for key in at:
        values = values[key]  # type: ignore[index]
    return values


def others(values: Values, old: object) -> st.SearchStrategy[object]:
    """What may stand in the place of a value: mostly its kind, but also anything simple, and values from elsewhere."""
    elsewhere = st.sampled_from([found(values, at) for at in places(values)])
    anything: st.SearchStrategy[object] = st.sampled_from([None, True, False, [], {}, PLACE, "rotated", 0, 7])
    match old:
        case None:
            return st.one_of(st.sampled_from([PLACE, True, *range(1, 12)]), st.sampled_from(WORDS), elsewhere)
        case str():
            return st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), elsewhere, anything)
        case int():
            return st.one_of(st.integers(0, 12), st.integers(0, 12), st.just(10**6), elsewhere, anything)
        case list():
            shorter = [[*old[:at], *old[at + 1 :]] for at in range(len(old))]
            longer = [[*old, *old], *([*old, each] for each in range(1, 12))]
            return st.one_of(st.sampled_from([*shorter, *longer]), st.permutations(old), elsewhere, anything)
        case _:
            return st.one_of(elsewhere, anything)


@st.composite
def swapped(draw: st.DrawFn, text: str) -> Values:
    """A plan with another value in one place: half of the time in its changes, where most is to be found."""
    values = document(text)
    keys = st.sampled_from(sorted(values.keys() - {"digest", "kind", "format_version"}))
    key = draw(st.one_of(st.just("changes"), keys))
    at = (key, *draw(st.sampled_from([(), *places(values[key])])))
    holder, old = found(values, at[:-1]), found(values, at)
    holder[at[-1]] = json.loads(json.dumps(draw(others(values, old))))
    return values


def limiting(scenario: Scenario) -> list[str]:
    """The limits as flags: an embedded instance has none of its own."""
    kinds = ("--max-creates", "--max-updates", "--max-deletes")
    return [word for kind, most in zip(kinds, scenario.limits, strict=True) for word in (kind, str(most))]


def prepare(project: Project, scenario: Scenario) -> str:
    """Save the honest plan of a scenario; its text."""
    instance = {
        "embedded": DATABASE,
        "system_clients": list(SYSTEM),
        "sinks": [DOCUMENT] if scenario.sinks else [],
    }
    project.configure({"local": instance}, protected=list(scenario.protected))
    project.declare(*scenario.declared)
    for number, (name, year) in enumerate(scenario.live):
        with Store(project.folder / DATABASE, clock=datetime(year, 6, 1 + number, tzinfo=UTC).timestamp) as store:
            [url] = stored(name).redirect_urls
            store.create(name, url, False, False)
    ended = project.run("plan", "-o", "plan.json", *limiting(scenario), *scenario.flags)
    assert ended.code == (4 if scenario.refused else 0), ended.out + ended.err
    return (project.folder / "plan.json").read_text()


def rows(project: Project) -> dict[int, Row]:
    """The live clients by id."""
    with Store(project.folder / DATABASE) as store:
        return {row[0]: (row[1], row[3], bool(row[5]), bool(row[6])) for row in store.clients()}


def check(scenario: Scenario, before: Mapping[int, Row], after: Mapping[int, Row], ended: Ended) -> None:
    """What no plan may do."""
    assert ended.code in (0, 1, 4, 5), ended.err
    assert REPORTS_A_BUG not in ended.err
    assert before == after or "applied" in ended.out
    lost = before.keys() - after.keys()
    changed = {each for each in before.keys() & after.keys() if before[each] != after[each]}
    done = (len(after.keys() - before.keys()), len(changed), len(lost))
    assert all(number <= most for number, most in zip(done, scenario.limits, strict=True)), done
    assert not lost & scenario.spared
    for each in lost | changed:
        name, *_ = before[each]
        new = after.get(each)
        if is_system_client(name, SYSTEM):
            assert new is not None
            assert new[0] == name
            assert all(now or not then for then, now in zip(before[each][1:], new[1:], strict=True)), "no grant is lost"
        if matches_any(scenario.protected, name):
            assert each in scenario.rotated if new is None else matches_any(scenario.protected, new[0])
    for each in lost & scenario.rotated:
        assert any(number > each and row[0] == before[each][0] for number, row in after.items())


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_an_honest_plan_does_what_it_says(project: Project, scenario: Scenario) -> None:
    prepare(project, scenario)
    before = rows(project)
    ended = project.run("apply", "plan.json", *limiting(scenario))
    after = rows(project)
    check(scenario, before, after, ended)
    assert ended.code == (4 if scenario.refused else 0)
    assert (before == after) is scenario.refused


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
@given(data=st.data())
@settings(examples(0.2), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_plan_with_another_value_in_one_place_does_nothing_that_the_guards_refuse(
    project: Project, scenario: Scenario, data: st.DataObject
) -> None:
    database, file = project.folder / DATABASE, project.folder / "plan.json"
    kept = project.folder / "honest.json"
    if not kept.exists():
        kept.write_text(prepare(project, scenario))
        (project.folder / "pristine").write_bytes(database.read_bytes())
    for left in project.folder.glob(f"{DATABASE}-*"):
        left.unlink()
    database.write_bytes((project.folder / "pristine").read_bytes())
    file.write_bytes(with_digest(data.draw(swapped(kept.read_text()))))
    before = rows(project)
    ended = project.run("apply", "plan.json", *limiting(scenario))
    check(scenario, before, rows(project), ended)
