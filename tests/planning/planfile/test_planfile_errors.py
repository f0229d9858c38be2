"""A file that is not a saved plan of this program gives one clear error that says what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.clients import Location
from reconciler.model.errors import Refused
from reconciler.model.settings import Instance
from reconciler.planning.planfile.planfile import check_identity, load_plan, target_of
from tests.planning.planfile.saving import document, one_of_each, saved, with_digest

Values = dict[str, Any]


def refusal(data: bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        load_plan(data, "plan.json")
    assert caught.value.exit_code == 4
    assert caught.value.message.startswith("plan.json ")
    assert "reconciler plan -o FILE" in str(caught.value.hint)
    return caught.value


DEEP = b'{"kind": "saved-plan", "format_version": 3, "x": %s}'


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not valid JSON: it is empty"),
        (b'{\n<<<<<<< HEAD\n"a": 1\n', "it has the marks of a merge conflict"),
        (b"version https://git-lfs.github.com/spec/v1\n", "it is a pointer of git LFS, and `git lfs pull` fetches"),
        (b"/annex/objects/SHA256E-s1--a.json\n", "it is a pointer of git-annex"),
        ('{"a": 1}'.encode("utf-16"), "it is in UTF-16, as a shell on Windows writes"),
        ('{"a": 1}'.encode("utf-16-le"), "it is in UTF-16, as a shell on Windows writes"),
        (b"PK\x03\x04rest", "it is a zip archive, as of a pipeline: unpack it"),
        (b"<!DOCTYPE html><title>Log in</title>", "it is a page of HTML"),
        (b'{"kind": "saved-plans"}', "is the index of several saved plans"),
        (b"clients: []\n", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b'"\xed\xa0\x80"', "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b'{"a":' * 200_000, "not valid JSON"),
        (b"9" * 10_000, "not valid JSON"),
        (b'{"live": NaN}', "not valid JSON"),
        (b'{"live": -Infinity}', "not valid JSON"),
        (b"null", "is not a saved plan"),
        (b"[]", "is not a saved plan"),
        (b"{}", "is not a saved plan"),
        (b'{"kind": ["saved-plan"]}', "is not a saved plan"),
        (b'{"kind": "saved-plan", "kind": "saved-plan"}', "the key 'kind' appears twice in one object"),
        (b'{"x": [{"\\u001b[31m": 1, "\\u001b[31m": 2}]}', r"the key '\u{1b}[31m' appears twice in one object"),
        (b'{"format_version": 1, "kind": "plan", "instances": []}', "what --format json prints"),
        (b'{"format_version": 1, "kind": "observation"}', "it is an observation, which is never applied"),
        (b'{"kind": "saved-plan"}', "of a format that no version of reconciler has written"),
        (b'{"kind": "saved-plan", "format_version": true}', "of a format that no version"),
        (b'{"kind": "saved-plan", "format_version": 0}', "of a format that no version"),
        (b'{"kind": "saved-plan", "format_version": 1e400}', "of a format that no version"),
        (b'{"kind": "saved-plan", "format_version": 1, "program_version": "0.1.0"}', "an older reconciler (0.1.0)"),
        (DEEP % (b"[" * 900 + b"]" * 900), "its digest does not fit"),
        (DEEP % b"1e400", "its digest does not fit"),
        (DEEP % b'"\\ud800"', "its digest does not fit"),
    ],
)
def test_what_is_no_saved_plan_is_refused_in_one_sentence(data: bytes, why: str) -> None:
    assert why in refusal(data).message


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_and_nothing_worse(data: bytes) -> None:
    refusal(data)


NULLABLE = {"owner", "source", "note", "created_at", "commit", "origin", "id", "declared", "live"}
"""Keys that are null in some places; `id` is that of what was kept."""


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    ),
    st.data(),
)
def test_any_value_in_any_place_is_refused_and_nothing_worse(value: Any, data: st.DataObject) -> None:
    """The digest is made to fit, so that every value is looked at."""
    values = document(saved(one_of_each()))
    holder: Any = values
    key = data.draw(st.sampled_from(sorted(set(values) - {"digest", "kind", "format_version"})))
    while isinstance(holder[key], dict | list) and holder[key] and data.draw(st.booleans()):
        holder = holder[key]
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
    same = type(holder[key]) is type(value)
    holder[key] = value
    try:
        load_plan(with_digest(values), "plan.json")
    except Refused as problem:
        assert problem.message.startswith("plan.json has another shape than a saved plan: ")  # noqa: PT017
    else:
        assert same or (value is None and key in NULLABLE)


def test_a_plan_of_a_newer_version_names_the_version_that_made_it() -> None:
    values = {**document(saved(one_of_each())), "format_version": 4, "program_version": "9.1.0", "new": {}}
    found = refusal(with_digest(values))
    assert found.message == "plan.json was saved by a newer reconciler (9.1.0)"
    assert "apply it with that version" in str(found.hint)


@pytest.mark.parametrize(
    "edit",
    [
        lambda values: values["changes"].pop(),
        lambda values: values["changes"].reverse(),
        lambda values: values["changes"][0].update(id=99),
        lambda values: values.update(identity="https://other.example.com"),
        lambda values: values.update(created_at="2026-03-02T09:00:00Z"),
        lambda values: values.update(declared_present=100),
        lambda values: values.update(digest="sha256:" + "0" * 64),
        lambda values: values.update(digest=None),
        lambda values: values.pop("digest"),
        lambda values: values.update(extra=1),
    ],
)
def test_a_plan_that_was_edited_is_refused_by_its_digest(edit: Callable[[Values], object]) -> None:
    values = document(saved(one_of_each()))
    edit(values)
    found = refusal(json.dumps(values).encode())
    assert found.message == "plan.json is not as it was saved: its digest does not fit, so it was edited or damaged"


UPDATE, RENAME, CREATE, REPLACE, DELETE = range(5)


@pytest.mark.parametrize(
    ("keys", "value", "why"),
    [
        (("changes",), {}, "`changes` is not a list"),
        (("changes", CREATE), [], "`changes[2]` is not an object"),
        (
            ("changes", CREATE, "action"),
            "make",
            "`changes[2].action` is not one of create, replace, update, rename, delete",
        ),
        (("changes", CREATE, "action"), ["create"], "`changes[2].action` is not one of"),
        (("changes", CREATE, "action"), "replace", "`changes` does not fit the rest of the plan"),
        (("changes", REPLACE, "replaces"), None, "`counts` does not fit the rest of the plan"),
        (("changes", REPLACE, "replaces", "id"), 0, "`changes[3].replaces.id` is not a whole number from 1 on"),
        (("changes", REPLACE, "replaces", "keep_old_seconds"), 10**17, "`changes` does not fit the rest of the plan"),
        (("changes", REPLACE, "replaces", "stops_at"), "2026-01-01", "`changes[3].replaces.stops_at` is not a time"),
        (("changes", DELETE, "replaces"), {}, "`changes[4].replaces.id` is missing"),
        (("changes", DELETE, "successor"), 0, "`changes[4].successor` is not a whole number from 1 on"),
        (("changes", CREATE, "id"), 7, "`changes[2].id` is not null"),
        (("changes", CREATE, "before"), {}, "`changes[2].before` is not null"),
        (("changes", CREATE, "source"), None, "`changes[2].source` is not an object"),
        (("changes", DELETE, "after"), {}, "`changes[4].after` is not null"),
        (("changes", DELETE, "id"), 0, "`changes[4].id` is not a whole number from 1 on"),
        (("changes", DELETE, "id"), 2**63, "`changes[4].id` is not a whole number"),
        (("changes", DELETE, "id"), 8.0, "`changes[4].id` is not a whole number"),
        (("changes", DELETE, "id"), True, "`changes[4].id` is not a whole number"),
        (("changes", UPDATE, "action"), "rename", "`changes` does not fit the rest of the plan"),
        (("changes", RENAME, "after", "name"), 5, "`changes[1].after.name` is not text"),
        (("changes", RENAME, "after", "name"), "\ud800", "`changes[1].after.name` is not text that can be sent"),
        (("changes", RENAME, "after", "grants"), [], "`changes[1].after.grants` is empty"),
        (("changes", RENAME, "after", "grants"), ["implicit"], "`changes[1].after.grants[0]` is not one of"),
        (("changes", RENAME, "after", "grants"), ["password"], "`changes[1].after.redirect_url` does not fit"),
        (("changes", RENAME, "after", "redirect_url"), "", "`changes[1].after.redirect_url` does not fit"),
        (("changes", RENAME, "after", "redirect_url"), None, "`changes[1].after.redirect_url` does not fit"),
        (("changes", RENAME, "after", "secret"), "s3cret", "'changes[1].after.secret' is not a key of this format"),
        (("changes", RENAME, "risks"), None, "`changes[1].risks` is not a list"),
        (("blocked", 0, "source", "line"), 0, "`blocked[0].source.line` is not a whole number from 1 on"),
        (("counts", "delete"), 0, "`counts` does not fit the rest of the plan"),
        (("unmanaged", 0, "system"), 1, "`unmanaged[0].system` is not true or false"),
        (("unsupported", 0, "created_at"), "2026-01-01", "`unsupported[0].created_at` is not a time with a time zone"),
        (("created_at",), "yesterday", "`created_at` is not a time with a time zone"),
        (("prune",), "some", "`prune` is not one of none, removed, all"),
        (("live_ids", 0), "1", "`live_ids[0]` is not a whole number from 1 on"),
        (("live",), -1, "`live` is not a whole number from 0 on"),
        (("\x1b[0m",), 1, r"'\u{1b}[0m' is not a key of this format"),
    ],
)
def test_another_shape_is_refused_by_the_name_of_the_key(keys: tuple[Any, ...], value: Any, why: str) -> None:
    values = document(saved(one_of_each()))
    *way, last = keys
    holder: Any = values
    for key in way:
        holder = holder[key]
    holder[last] = value
    found = refusal(with_digest(values))
    assert why in found.message
    assert "s3cret" not in found.message
    assert "it was written by reconciler 1.2.3" in str(found.hint)


@pytest.mark.parametrize("key", sorted(set(document(saved(one_of_each()))) - {"digest", "kind", "format_version"}))
def test_every_key_must_be_there(key: str) -> None:
    values = document(saved(one_of_each()))
    del values[key]
    assert f"`{key}` is missing" in refusal(with_digest(values)).message


def test_the_file_name_in_a_message_cannot_reach_the_terminal() -> None:
    with pytest.raises(Refused) as caught:
        load_plan(b"", "\x1b[2J.json")
    assert "\x1b" not in caught.value.message


def instance(name: str, url: str) -> Instance:
    return Instance(name, Location("reconciler.yaml", 1, 1), url=url)


def test_a_plan_is_for_the_instance_of_its_name_and_url() -> None:
    plan = load_plan(saved(one_of_each()).encode(), "plan.json")
    right = instance("staging", "https://staging.example.com")
    assert target_of(plan, [instance("production", "https://acme.example.com"), right]) is right


def test_a_plan_for_another_url_is_refused_naming_both() -> None:
    plan = load_plan(saved(one_of_each()).encode(), "plan.json")
    with pytest.raises(Refused) as caught:
        check_identity(plan, "https://new.example.com")
    assert caught.value.message == (
        "the saved plan is for another instance: "
        "it was made for 'https://staging.example.com', and staging is 'https://new.example.com' now"
    )


def test_a_plan_for_an_instance_that_nobody_configured_is_refused() -> None:
    """Also where another name has the same URL: which of the two is meant is for people to say."""
    plan = load_plan(saved(one_of_each()).encode(), "plan.json")
    with pytest.raises(Refused) as caught:
        target_of(plan, [instance("production", "https://staging.example.com")])
    assert "'staging', which reconciler.yaml does not name" in caught.value.message
    assert "production" in str(caught.value.hint)
