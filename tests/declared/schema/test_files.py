"""The schemas themselves: what editors show, what every engine reads alike, and what this program says beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.declared.schema.files import SCHEMA_NAMES, schema_text
from reconciler.model.platform import TRIMMED

INPUTS = pytest.mark.parametrize("name", ["auth-clients", "reconciler"])


def schema(name: str) -> Any:
    return json.loads(schema_text(name))


def parts(node: Any, way: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """Every schema inside of a schema, with the way to it."""
    if not isinstance(node, dict):
        return
    yield way, node
    for keyword in ("properties", "definitions"):
        for key, inner in node.get(keyword, {}).items():
            yield from parts(inner, (*way, keyword, key))
    for keyword in ("items", "additionalProperties", "propertyNames", "if", "then", "else", "not"):
        yield from parts(node.get(keyword), (*way, keyword))
    for inner in node.get("allOf", ()):
        yield from parts(inner, (*way, "allOf"))


def described(name: str) -> list[tuple[tuple[str, ...], dict[str, Any]]]:
    """The schemas of what people write: keys, items and the whole file; not the conditions on them."""
    conditions = {"if", "then", "else", "not", "allOf", "propertyNames"}
    return [(way, part) for way, part in parts(schema(name)) if not conditions & set(way)]


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_it_is_a_draft_7_schema_with_an_id_that_is_no_address(name: str) -> None:
    found = schema(name)
    Draft7Validator.check_schema(found)
    assert found["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert found["$id"].startswith("urn:")


@INPUTS
def test_every_key_and_item_has_a_title_and_a_description_to_hover_over(name: str) -> None:
    bare = [
        way
        for way, part in described(name)
        if "$ref" not in part and way[-2:] != ("definitions", "name") and way[-2:] != ("definitions", "plain_grant")
        and not (part.get("title") and (part.get("description") or "allOf" in part))
    ]  # fmt: skip
    assert bare == []


@INPUTS
def test_every_mapping_is_closed_or_says_what_its_values_are(name: str) -> None:
    mappings = [(way, part) for way, part in described(name) if "object" in part.get("type", ())]
    assert len(mappings) >= 3
    assert [way for way, part in mappings if part.get("additionalProperties", True) is True] == []


@INPUTS
def test_every_reference_leads_to_a_definition_and_none_to_itself(name: str) -> None:
    """The program writes references out before it judges, which would never end in a circle."""
    whole = schema(name)
    json.dumps(_without_references(whole, whole["definitions"], 0))


def _without_references(node: Any, definitions: dict[str, Any], depth: int) -> Any:
    assert depth < 50
    if isinstance(node, dict) and "$ref" in node:
        assert list(node) == ["$ref"], "draft-07 ignores what stands beside $ref"
        return _without_references(definitions[node["$ref"].removeprefix("#/definitions/")], definitions, depth + 1)
    if isinstance(node, dict):
        return {key: _without_references(value, definitions, depth + 1) for key, value in node.items()}
    return [_without_references(value, definitions, depth + 1) for value in node] if isinstance(node, list) else node


@INPUTS
def test_patterns_use_nothing_that_engines_read_differently(name: str) -> None:
    patterns = [part["pattern"] for _, part in parts(schema(name)) if "pattern" in part]
    assert patterns
    for pattern in patterns:
        re.compile(pattern)
        assert not re.search(r"\$|\\[sSdDwWbBAZz]|\(\?[^:!=]|\(\?<", pattern), pattern


@INPUTS
def test_every_sentence_is_for_a_keyword_that_can_fail_there(name: str) -> None:
    for way, part in parts(schema(name)):
        for keyword in part.get("x-errors", {}):
            assert keyword in part, f"{'/'.join(way)}: x-errors has a sentence for {keyword}, which is not there"


@INPUTS
def test_every_example_is_valid(name: str) -> None:
    whole = schema(name)
    examples = [(part, shown) for _, part in parts(whole) for shown in part.get("examples", ())]
    assert len(examples) >= 10
    for part, shown in examples:
        judge = Draft7Validator({**part, "definitions": whole["definitions"]})
        assert [problem.message for problem in judge.iter_errors(shown)] == []


ENDS = st.sampled_from([*TRIMMED, "\x1c", "\x1f", "\x7f", "\x80", "\u200c", "\u00ad", "x", "é", "🦊", "", "\n"])
CONTROL = {*map(chr, range(32)), *map(chr, range(127, 160))}


@given(ENDS, st.text(st.sampled_from(["a", " ", "\t", "\u2028", "🦊", "\x00", "\x85"]), max_size=4), ENDS)
@example("a", "\n", "")
@example("", "", "")
@example("a", "\u2028", "")
@example("\u2028", "", "a")
@example("\U000e0020", "a", "")
@example("a", "", "\U000e0020")
@example("", "", "\U0001d420")
def test_a_name_has_nothing_at_its_ends_that_the_platform_trims_and_no_control_characters(
    start: str, middle: str, end: str
) -> None:
    name = start + middle + end
    judge = Draft7Validator(schema("auth-clients")["definitions"]["name"])
    fine = bool(name) and name == name.strip(TRIMMED) and not CONTROL & set(name)
    assert judge.is_valid(name) == fine


@pytest.mark.parametrize(("length", "fine"), [(255, True), (256, False)])
def test_a_name_has_at_most_255_characters_however_many_bytes(length: int, fine: bool) -> None:
    judge = Draft7Validator(schema("auth-clients")["definitions"]["name"])
    assert judge.is_valid("🦊" * length) == fine
