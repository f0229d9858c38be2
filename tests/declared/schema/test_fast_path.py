"""The fast verdict on structure is that of jsonschema, on files that are right but for one change or two."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from reconciler.declared.schema.fast_path import compile_schema
from reconciler.declared.schema.files import schema_text
from reconciler.declared.schema.validate import _content, fits_schema
from reconciler.declared.yaml.load import load_text
from tests.declared.schema.test_files import parts
from tests.declared.schema.test_validate import VALUES, WORDS
from tests.tiers import examples, search

ROOT = Path(__file__).parents[3]


def sound(schema: str, *globs: str) -> list[Any]:
    """The documents in the repository that the schema allows, as plain values."""
    texts = [file.read_bytes() for glob in globs for file in sorted(ROOT.glob(glob))]
    loaded = [document.root for text in texts for document in load_text(text, "f").documents]
    validator = Draft7Validator(json.loads(schema_text(schema)))
    return [plain for root in loaded if validator.is_valid(plain := json.loads(json.dumps(root)))]


CLIENTS = sound("auth-clients", "tests/cases/*/*/clients/**/*.yaml", "clients/**/*.yaml")
SETTINGS = sound("reconciler", "tests/cases/*/*/reconciler.yaml", "reconciler.yaml")
VALIDATORS = {name: Draft7Validator(json.loads(schema_text(name))) for name in ("auth-clients", "reconciler")}


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a value, with each of its keys."""
    for key in node if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ():
        yield node, key
        yield from places(node[key])


@st.composite
def changed(draw: st.DrawFn, documents: list[Any]) -> Any:
    """A sound document in which a few values were replaced, taken out, or joined by another."""
    document = copy.deepcopy(draw(st.sampled_from(documents)))
    for _ in range(draw(st.integers(0, 2))):
        if not (found := [*places(document)]):
            break
        container, key = draw(st.sampled_from(found))
        match draw(st.sampled_from(["replace", "remove", "add", "repeat"])):
            case "replace":
                container[key] = draw(VALUES)
            case "remove":
                del container[key]
            case "add" if isinstance(container, dict):
                container[draw(st.sampled_from(WORDS))] = draw(VALUES)
            case _ if isinstance(container, list):
                container.append(container[key])
    return document


def test_there_are_documents_to_change() -> None:
    assert len(CLIENTS) > 5
    assert len(SETTINGS) > 5


@search("schema", tests=2)
@examples(3)
@given(changed(CLIENTS) | st.none())
def test_declared_clients_fit_if_jsonschema_says_so(document: Any) -> None:
    assert fits_schema("auth-clients")(document) == VALIDATORS["auth-clients"].is_valid(document)


@search("schema", tests=2)
@examples(3)
@given(changed(SETTINGS) | st.none())
def test_a_configuration_fits_if_jsonschema_says_so(document: Any) -> None:
    assert fits_schema("reconciler")(document) == VALIDATORS["reconciler"].is_valid(document)


def test_lists_of_other_things_than_text_are_left_to_jsonschema() -> None:
    assert compile_schema({"uniqueItems": True})(["a", "1"])
    assert not compile_schema({"uniqueItems": True})([1, 2])


@pytest.mark.parametrize(
    "schema",
    [
        {"format": "uri"},
        {"properties": {"a": {"anyOf": [{}]}}},
        {"enum": [1, 2]},
        {"not": {"items": {"uniqueItems": True}}},
        {"if": {"uniqueItems": True}},
    ],
    ids=str,
)
def test_what_cannot_be_judged_is_refused_not_waved_through(schema: Any) -> None:
    with pytest.raises(ValueError, match="cannot judge"):
        compile_schema(schema)({"a": 1})


@pytest.mark.parametrize("name", ["auth-clients", "reconciler"])
def test_every_part_of_the_schemas_can_be_judged(name: str) -> None:
    """Also those of keys that no file here has: a key's part is compiled when a file has it."""
    found = list(parts(_content(name)))
    assert len(found) > 50
    for _, part in found:
        compile_schema(part)
