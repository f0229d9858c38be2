"""JSON with an indentation, byte for byte as the standard library writes it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.support.json_writer import PLACE, Filled, Form, indented_json


class Word(StrEnum):
    """Text of a kind that documents have, too."""

    ONE = "öne"


TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.sampled_from(Word))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.one_of(TEXT, st.sampled_from(Word)), inner, max_size=4),
    ),
    max_leaves=30,
)


@given(VALUES)
@example([[[[[[{"a": {}}, [], (), {"b": [1, True, None, 0.5, Word.ONE]}]]]]]])
def test_every_value_is_written_as_the_standard_library_writes_it(value: object) -> None:
    """Near the top, where a document is written item by item, and far below."""
    for levels in range(6):
        assert indented_json(value) == json.dumps(value, indent=2, ensure_ascii=True)
        value = {"below": [value]} if levels % 2 else [value]


def test_an_iterator_is_written_as_a_list() -> None:
    deep: Any = [[[[[iter("ab"), iter(())]]]]]
    assert indented_json({"found": iter("ab"), "none": iter(()), "deep": deep}) == json.dumps(
        {"found": ["a", "b"], "none": [], "deep": [[[[[["a", "b"], []]]]]]}, indent=2
    )


def test_an_object_in_a_form_is_written_like_any_other() -> None:
    form = Form({"what": PLACE, "root": "%SRCROOT%", "at": [{"line": PLACE}]})
    texts = ('100 "%s"', "\0")
    found: Any = [Filled(form, (text, line)) for line, text in enumerate(texts)]
    meant: Any = [{"what": text, "root": "%SRCROOT%", "at": [{"line": line}]} for line, text in enumerate(texts)]
    for levels in range(6):
        assert indented_json(found) == json.dumps(meant, indent=2)
        found, meant = ({"below": found}, {"below": meant}) if levels % 2 else ([found], [meant])
