"""An instance that people have used for years: what a first plan advises can be pasted, and then it is empty."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from reconciler.model.clients import ClientSpec, Grant
from tests.cli.projects import Platform, Project, stored, wanted

Entry = dict[str, Any]


def _advice(project: Project) -> str:
    """What the plan says about its only surprise, of which JSON has the same text as people."""
    ended = project.run("plan", "--format", "json")
    [plan] = ended.document["instances"]
    texts = [blocked["hint"] for blocked in plan["blocked"]] + [note["message"] for note in plan["notes"]]
    texts += [client["note"]["message"] for client in plan["unmanaged"] if client["note"]]
    assert len(texts) == 1, texts
    return str(texts[0])


def _pasted(advice: str, key: str) -> Entry:
    """The line that the advice shows for a key: `ids: {staging: 6}` or `previous_names: [Portal]`."""
    line = re.search(rf"`{key}: ([^`]*)`", advice)
    assert line, advice
    if key == "ids":
        return {key: {"staging": int(re.sub(r"\D", "", line[1].partition(":")[2]))}}
    return {key: [line[1][1:-1].strip('"')]}


def _live(*names: str) -> Callable[[Platform], None]:
    return lambda staging: staging.has(*(stored(name, "https://app.example.com/cb") for name in names))


@pytest.mark.parametrize(
    ("seen", "name", "key"),
    [
        (_live("Portal", "Portal"), "Portal", "ids"),
        (_live("PORTAL"), "Portal", "previous_names"),
        (_live("Gateway"), "Portal", "previous_names"),
    ],
    ids=["several of one name", "another spelling", "probably a rename"],
)
def test_what_a_first_plan_advises_leads_to_an_empty_plan_without_a_new_client(
    project: Project, staging: Platform, seen: Callable[[Platform], None], name: str, key: str
) -> None:
    """Nobody's application loses its id and secret on the first day."""
    seen(staging)
    before = staging.secrets()
    entry: Entry = wanted(name, "https://app.example.com/cb")
    project.declare(entry)
    project.declare({**entry, **_pasted(_advice(project), key)})
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    assert staging.secrets() == before
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_the_second_of_two_clients_of_one_name_gets_an_entry_under_a_name_of_its_own(
    project: Project, staging: Platform
) -> None:
    """The first is pinned already; what the plan says of the other can be pasted too."""
    staging.has(stored("Portal"), stored("Portal"))
    first: Entry = wanted("Portal", ids={"staging": 6})
    project.declare(first)
    second: Entry = wanted("Portal two", **_pasted(_advice(project), "ids"))
    project.declare(first, second)
    assert project.run("apply", "-i", "staging", "--yes").code == 0
    assert staging.clients() == {"Portal": 6, "Portal two": 7}


def test_clients_that_nobody_declares_are_counted_with_the_command_that_declares_them(
    project: Project, staging: Platform
) -> None:
    staging.has(stored("One"), stored("Two"))
    project.declare()
    shown = project.run("plan").out
    assert "2 live, and not declared; to declare them: reconciler export --instance staging --update\n" in shown


def test_a_waiver_reaches_the_reviewer_of_the_plan(project: Project, staging: Platform) -> None:
    """From the policy in reconciler.yaml, over the entry's `allow:`, to the change."""
    settings = project.folder / "reconciler.yaml"
    settings.write_text(
        settings.read_text().replace('{"instances"', '{"policy": {"forbidden_grants": ["password"]}, "instances"')
    )
    entry = {"name": "Desktop", "grants": {"password": {"justification": "no browser"}}}
    project.declare(entry)
    assert project.run("plan").code == 3
    project.declare({**entry, "allow": ["grant-forbidden"]})
    ended = project.run("plan")
    assert ended.code == 0
    assert "! waives grant-forbidden: 'Desktop' uses the grant password, which the policy forbids\n" in ended.out


def test_a_client_that_a_rule_keeps_out_of_an_export_gets_the_reason_instead_of_the_command(
    project: Project, staging: Platform
) -> None:
    staging.has(ClientSpec("Desk", frozenset({Grant.PASSWORD})), stored("Shop"))
    rule = {"password-without-justification": {"severity": "error", "waivable": False}}
    settings = project.folder / "reconciler.yaml"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | {"rules": rule}))
    project.declare()
    shown = project.run("plan").out
    assert "Desk (id 6): `export` cannot declare it: password lets an application ask people for their" in shown
    assert (
        "justification; write 'password: {justification: why it is needed}' [password-without-justification]" in shown
    )
    assert "1 live, and not declared; to declare it: reconciler export --instance staging --update\n" in shown
    project.declare(wanted("Shop"))
    assert "reconciler export" not in project.run("plan").out
