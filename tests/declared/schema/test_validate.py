"""Structure is judged by the schema alone. What is said about each mistake, word for word: tests/cases/invalid."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import schema_text
from reconciler.declared.schema.validate import validate_document
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text


def document(content: str) -> Document:
    loaded = load_text(content.encode(), "f")
    assert loaded.diagnostics == ()
    return loaded.documents[0]


def problems(content: str, schema: str = "auth-clients") -> list[str]:
    return [str(diagnostic) for diagnostic in validate_document(document(content), schema)]


def entry(fields: str) -> str:
    return f"clients: [{{name: x, {fields}}}]"


ONE_CAUSE = [
    entry("redirect_url: https://a.example.com/"),
    entry("authorization_code: {redirect_url: https://a.example.com/}"),
    entry("password: true"),
    entry("grant: {password: true}"),
    entry("grants: {password: false}"),
    entry("grants: {password: }"),
    entry("grants: {password: {justification: ' '}}"),
    entry("grants: {password: {justification: ''}}"),
    entry("grants: {passwd: true}"),
    entry("grants: {redirect_url: https://a.example.com/}"),
    entry("grants: {authorization_code: }"),
    entry("grants: {authorization_code: {redirect_uri: https://a.example.com/}}"),
    entry("state: absent, grants: {password: false, redirect_url: x}"),
    entry("state: abset"),
    entry("state: "),
    entry("owner: ' ', state: absent"),
    "clients: [{name: ' ', state: absent}]",
    'clients: [{name: "\\t\\n", state: absent}]',
    f"clients: [{{name: {'x' * 300}, state: absent}}]",
    "clients: [{nam: x, state: absent}]",
    "client: []",
]


@pytest.mark.parametrize("content", ONE_CAUSE)
def test_one_cause_is_one_problem(content: str) -> None:
    found = problems(content)
    assert len(found) == 1, found


def test_mistakes_in_a_shared_value_are_said_once_where_they_stand() -> None:
    shared = "clients:\n- {name: a, grants: &g {passwd: true}}\n" + "- {name: b, grants: *g}\n" * 50
    assert problems(shared) == ["f:2:25: error: unknown key 'passwd'; did you mean 'password'? [schema]"]


def test_a_key_that_is_missing_is_missing_from_the_key_above() -> None:
    assert problems(entry("grants: {authorization_code: {}}"))[0].startswith("f:1:30: error: authorization_code has no")


@pytest.mark.parametrize(("items", "repeated"), [("[a, b]", 0), ("[a, a]", 1), ("[a, a, a]", 2), ('["1", 1]', 0)])
def test_what_is_in_a_list_twice_is_said_at_the_second(items: str, repeated: int) -> None:
    found = [
        line for line in problems(entry(f"previous_names: {items}, grants: {{password: true}}")) if "twice" in line
    ]
    assert len(found) == repeated


def test_a_truth_value_is_not_the_number_that_it_equals_in_python() -> None:
    found = problems(entry("allow: [a, a, 1, true], state: absent"))
    assert [line for line in found if "twice" in line] == ["f:1:32: error: 'a' is in the list twice; keep one [schema]"]


def test_keys_from_a_file_cannot_reach_the_terminal() -> None:
    assert all(line.isprintable() for line in problems('"\\e]0;x\\a": 1\nclients: ["\\e[2J"]'))


SECRET = "hunter2-do-not-show"
PLACES = [
    "instances: {a: {url: https://a.example.com, credentials: %s}}",
    "instances: {a: {url: https://a.example.com, credentials: {username: %s, password: %s}}}",
    "instances: {a: {url: https://a.example.com, credentials: {username_env: U, password_env: %s}}}",
    "instances: {a: {url: https://a.example.com, username: %s, password: %s}}",
    "instances: {a: {url: https://a.example.com, credentials: [%s]}}",
    "instances: {a: {url: https://a.example.com, credentials: {username_env: U, password: {env: %s}}}}",
]


@pytest.mark.parametrize("content", PLACES)
def test_a_secret_that_was_written_into_the_file_is_an_error_and_never_shown(content: str) -> None:
    found = problems(content.replace("%s", SECRET), "reconciler")
    assert found
    assert not any(SECRET in line for line in found)


WORDS = [
    "name",
    "grants",
    "state",
    "clients",
    "instances",
    "url",
    "embedded",
    "credentials",
    "password",
    "ids",
    "rules",
]
WORDS += ["authorization_code", "redirect_url", "username_env", "password_env", "previous_names", "limits", "variables"]
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(["", "x", " ", "absent", "off"]))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*WORDS, "x", ""]), inner, max_size=4),
    max_leaves=15,
)
ENTRIES = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", " b", "c"])},
    optional={
        "grants": st.fixed_dictionaries({}, optional={"password": VALUES, "authorization_code": VALUES}),
        "state": st.sampled_from(["absent", "present", "x"]),
        "previous_names": st.lists(st.sampled_from(["a", "b", ""]), max_size=3),
        "ids": st.dictionaries(st.sampled_from(["a", "b"]), st.integers(-1, 3), max_size=2),
        "redirect_url": VALUES,
    },
)
FILES = VALUES | st.fixed_dictionaries({"clients": st.lists(ENTRIES | VALUES, max_size=3)})


@given(FILES.filter(lambda value: value is not None), st.sampled_from(["auth-clients", "reconciler"]))
def test_the_verdict_is_that_of_the_schema_as_it_is_shipped(value: Any, schema: str) -> None:
    """Nothing that is done to say less, or to be faster, may let a mistake through."""
    found = validate_document(document(json.dumps(value)), schema)
    assert bool(found) != Draft7Validator(json.loads(schema_text(schema))).is_valid(value)
    assert all(diagnostic.message and "this breaks the schema" not in diagnostic.message for diagnostic in found)
