"""What a platform team demands under `policy:`, at the top or of one instance: which rule finds it, and where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.declared.config.settings import read_settings
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.load import load_text
from reconciler.model.clients import Grant, Location
from reconciler.model.diagnostics import Diagnostic, Severity
from reconciler.model.settings import Policy
from tests.declared.declaring import PRODUCTION, SANDBOX, declared, demanding, names_of, only, settings, shared

PASSWORD = "grants: {password: {justification: a reason}}"
PERSONAL = "grants: {personal_access_token: {justification: a reason}}"
INSTANCES = "instances:\n  sandbox: {embedded: x}\n  production:\n    embedded: y\n"


def policies(text: str) -> list[Policy]:
    """The policy in force for each instance of a reconciler.yaml."""
    loaded = load_text(text.encode(), "reconciler.yaml")
    assert validate_document(loaded.documents[0], "reconciler") == []
    found, problems = read_settings(loaded.documents[0], Path("/srv"))
    assert found is not None, problems
    return [instance.policy for instance in found.instances]


def problems(policy: str) -> list[Diagnostic]:
    """What is wrong with a policy at the top, on line 5."""
    loaded = load_text(f"{INSTANCES}policy: {policy}\n".encode(), "reconciler.yaml")
    assert validate_document(loaded.documents[0], "reconciler") == []
    return read_settings(loaded.documents[0], Path("/srv"))[1]


def test_an_instance_without_a_policy_of_its_own_has_the_one_at_the_top() -> None:
    assert (
        policies(INSTANCES + "policy: {forbidden_grants: [password]}\n")
        == [Policy(forbidden_grants=(Grant.PASSWORD,))] * 2
    )


def test_a_key_of_an_instance_replaces_the_same_key_at_the_top_and_no_other() -> None:
    """Whole lists are replaced, not joined: what an instance says is what holds there."""
    own = "    policy: {allowed_redirect_hosts: [one.example], forbidden_grants: []}\n"
    top = "policy: {allowed_redirect_hosts: ['*.two.example'], forbidden_grants: [password], name_pattern: 'A.*'}\n"
    on_sandbox, on_production = policies(INSTANCES + own + top)
    assert on_sandbox == Policy(("*.two.example",), forbidden_grants=(Grant.PASSWORD,), name_pattern="A.*")
    assert on_production == Policy(("one.example",), name_pattern="A.*")


@pytest.mark.parametrize("key", ["allowed_redirect_hosts", "allowed_owners", "deny_personal_access_outside"])
def test_an_empty_list_of_what_is_allowed_is_a_decision(key: str) -> None:
    """Nothing is allowed then; leaving the key out is no decision at all."""
    assert policies(f"{INSTANCES}policy: {{{key}: []}}\n") == [replace(Policy(), **{key: ()})] * 2  # type: ignore[arg-type]
    assert policies(INSTANCES) == [Policy()] * 2


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("[a-z", "unterminated character set at character 1"),
        ("(", "missing ), unterminated subpattern at character 1"),
        ("a**", "multiple repeat at character 3"),
        ("[[a]", "Possible nested set at position 1"),
        ("a{99999999999}", "the repetition number is too large"),
    ],
)
@pytest.mark.parametrize("key", ["name_pattern", "justification_mentions"])
def test_a_pattern_that_cannot_be_read_is_an_error_at_its_place(key: str, pattern: str, fault: str) -> None:
    """Also one that a later Python would read otherwise: nothing is printed but this."""
    (found,) = problems(f"{{{key}: '{pattern}'}}")
    assert found.message == f"'{pattern}' is not a regular expression: {fault}"
    assert (found.rule, found.severity) == ("policy", Severity.ERROR)
    assert found.location == Location("reconciler.yaml", 5, 12 + len(key))


def test_a_pattern_of_an_instance_is_judged_where_it_stands() -> None:
    text = INSTANCES + "    policy: {name_pattern: '('}\n"
    found, diagnostics = read_settings(load_text(text.encode(), "reconciler.yaml").documents[0], Path("/srv"))
    assert found is None
    assert [d.location for d in diagnostics] == [Location("reconciler.yaml", 5, 28)]


def test_personal_access_only_on_an_instance_that_there_is_not_is_a_slip() -> None:
    """It would deny personal access everywhere, and look as if it did not."""
    (found,) = problems("{deny_personal_access_outside: [sandbx, 'prod*']}")
    assert str(found) == (
        "reconciler.yaml:5:41: error: no instance is called or matched by 'sandbx'; did you mean 'sandbox'? [policy]"
    )


@pytest.mark.parametrize(
    ("owner", "rules"), [("", ["required-field"]), ("\n  owner: ' '", ["required-field"]), ("\n  owner: team", [])]
)
def test_a_required_field_must_be_there_and_not_blank(owner: str, rules: list[str]) -> None:
    """An entry that is to disappear needs no owner."""
    having = demanding(required_fields=("owner",))
    assert names_of(declared(f"clients:\n- name: A\n  {PASSWORD}{owner}", having)) == rules
    assert names_of(declared("clients:\n- name: A\n  state: absent", having)) == []


@pytest.mark.parametrize(("name", "fine"), [("portal", True), ("portal-2", False), ("Portal", False), ("2", False)])
def test_a_name_must_match_its_pattern_as_a_whole_and_case_counts(name: str, fine: bool) -> None:
    having = demanding(name_pattern="[a-z]+")
    assert names_of(declared(f"clients:\n- name: '{name}'\n  {PASSWORD}", having)) == ([] if fine else ["name-pattern"])


def test_the_name_of_an_absent_client_is_what_it_is() -> None:
    """Else a client that breaks the pattern could not even be deleted."""
    assert names_of(declared("clients:\n- name: OLD\n  state: absent", demanding(name_pattern="[a-z]+"))) == []


def test_a_name_pattern_is_shown_with_the_name_that_breaks_it() -> None:
    found = only(declared(f"clients:\n- name: Portal\n  {PASSWORD}", demanding(name_pattern="[a-z]+")))
    assert str(found) == (
        "clients/all.yaml:2:9: error: 'Portal' does not match the name pattern of the policy; "
        "the whole name must match name_pattern, '[a-z]+' [name-pattern]"
    )


@pytest.mark.parametrize(("owner", "fine"), [("team-a", True), ("TEAM-B", True), ("teem-a", False)])
def test_an_owner_must_be_one_of_those_allowed(owner: str, fine: bool) -> None:
    """Globs, as everywhere."""
    text = f"clients:\n- name: A\n  owner: {owner}\n  {PASSWORD}"
    found = declared(text, demanding(allowed_owners=("team-*",)))
    assert names_of(found) == ([] if fine else ["owner-not-allowed"])
    assert [d.location.line for d in found.diagnostics] == ([] if fine else [3])


def test_that_there_is_no_owner_is_for_another_rule() -> None:
    """`required_fields` demands one."""
    assert names_of(declared(f"clients:\n- name: A\n  {PASSWORD}", demanding(allowed_owners=()))) == []


def test_every_forbidden_grant_is_found_at_its_key() -> None:
    grants = "    personal_access_token: {justification: j}\n    password: {justification: j}"
    text = f"clients:\n- name: A\n  grants:\n{grants}"
    found = declared(text, demanding(forbidden_grants=(Grant.PASSWORD, Grant.PERSONAL_ACCESS_TOKEN)))
    assert names_of(found) == ["grant-forbidden"] * 2
    assert [(d.location.line, d.location.column) for d in found.diagnostics] == [(4, 5), (5, 5)]
    assert found.diagnostics[1].hint == "use another grant; forbidden_grants has 'password' and 'personal_access_token'"


def test_a_demand_of_one_instance_names_it() -> None:
    """The entry is fine elsewhere."""
    having = settings(SANDBOX, *demanding(forbidden_grants=(Grant.PASSWORD,)).instances)
    found = only(declared(f"clients:\n- name: A\n  {PASSWORD}", having))
    assert found.message == "'A' uses the grant password, which the policy forbids (on production)"
    text = f"clients:\n- name: A\n  instances: [sandbox]\n  {PASSWORD}"
    assert names_of(declared(text, having)) == []


def test_personal_access_is_denied_outside_of_the_named_instances() -> None:
    having = demanding(SANDBOX, PRODUCTION, shared("staging"), deny_personal_access_outside=("sand*", "staging"))
    found = only(declared(f"clients:\n- name: A\n  {PERSONAL}", having))
    assert (found.rule, found.location) == ("personal-access-denied", Location("clients/all.yaml", 3, 12))
    assert found.message == "'A' uses personal_access_token, which the policy denies here (on production)"
    assert found.hint == "remove the grant, or declare the client for 'sand*' and 'staging' only, under 'instances:'"
    assert names_of(declared(f"clients:\n- name: A\n  instances: [sandbox, staging]\n  {PERSONAL}", having)) == []


def test_personal_access_can_be_denied_everywhere() -> None:
    found = only(declared(f"clients:\n- name: A\n  {PERSONAL}", demanding(deny_personal_access_outside=())))
    assert found.message.endswith("(on production)")
    assert found.hint == "remove the grant; deny_personal_access_outside allows no instance at all"


@pytest.mark.parametrize(
    ("grants", "rules"),
    [
        ("password: {justification: no browser}", ["justification-without-mention"]),
        ("password: {justification: no browser (WH-311)}", []),
        ("password: true", ["password-without-justification"]),
        ("personal_access_token: {justification: ' '}", ["personal-access-token-without-justification"]),
        ("authorization_code: {redirect_url: https://a.example/cb}", []),
    ],
)
def test_a_justification_must_mention_what_the_policy_demands(grants: str, rules: list[str]) -> None:
    """Somewhere in it. That there is none at all has rules of its own."""
    having = demanding(justification_mentions="[A-Z]+-[0-9]+")
    assert names_of(declared(f"clients:\n- name: A\n  grants: {{{grants}}}", having)) == rules


@pytest.mark.parametrize(
    ("policy", "rule"),
    [
        ({"forbidden_grants": (Grant.PASSWORD,)}, "grant-forbidden"),
        ({"name_pattern": "[a-z]+"}, "name-pattern"),
        ({"allowed_owners": ()}, "owner-not-allowed"),
        ({"justification_mentions": "[0-9]"}, "justification-without-mention"),
    ],
)
def test_a_demand_can_be_waived_where_the_reviewer_sees_it(policy: dict[str, object], rule: str) -> None:
    text = f"clients:\n- name: A\n  owner: b\n  {PASSWORD}"
    assert names_of(declared(text, demanding(**policy))) == [rule]
    assert names_of(declared(f"{text}\n  allow: [{rule}]", demanding(**policy))) == []
