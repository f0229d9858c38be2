"""Loading, held against PyYAML's own loaders on generated texts."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_text
from reconciler.model.clients import Location

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co")), max_size=8)
KEYS = TEXT.filter(lambda key: key != "<<")
SCALARS = st.one_of(TEXT, st.sampled_from(["true", "null", "", "5", "012", "no", "12:30", "2026-11-23"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
STYLES = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from([None, "'", '"', "|"]),
        "indent": st.integers(2, 6),
        "width": st.sampled_from([20, 1000]),
        "line_break": st.sampled_from(["\n", "\r\n"]),
        "allow_unicode": st.booleans(),
    }
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Any document of text, lists and mappings, as PyYAML writes it."""
    style: dict[str, Any] = draw(STYLES)
    written: str = yaml.dump({"root": draw(VALUES)}, None, yaml.Dumper, **style)
    return written


def as_text(value: Any) -> Any:
    """The value with every scalar as it is written, for a loader that knows no types."""
    match value:
        case dict():
            return {key: as_text(inner) for key, inner in value.items()}
        case list():
            return [as_text(inner) for inner in value]
        case bool():
            return str(value).lower()
        case None:
            return ("null", "")
        case _:
            return str(value)


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, tuple):
        return theirs in ours
    if isinstance(ours, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return bool(ours == theirs)


def places(document: Document) -> dict[tuple[str | int, ...], tuple[Location, Location]]:
    """The place of every value and key."""
    found: dict[tuple[str | int, ...], tuple[Location, Location]] = {}
    ways: list[tuple[tuple[str | int, ...], object]] = [((), document.root)]
    for way, value in ways:
        found[way] = (document.location(*way), document.location(*way, key=True))
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        ways.extend(((*way, step), deeper) for step, deeper in inner)
    return found


@given(texts())
def test_values_are_those_of_pyyaml_but_for_types(text: str) -> None:
    loaded = load_text(text.encode(), "x.yaml")
    assert loaded.diagnostics == ()
    assert same(as_text(loaded.documents[0].root), yaml.load(text, yaml.BaseLoader))


@given(texts())
def test_libyaml_and_the_parser_in_python_give_the_same_values_and_places(text: str) -> None:
    fast, slow = (load_text(text.encode(), "x.yaml", libyaml=libyaml) for libyaml in (True, False))
    assert fast.diagnostics == slow.diagnostics == ()
    assert fast.documents[0].root == slow.documents[0].root
    assert places(fast.documents[0]) == places(slow.documents[0])


@given(texts())
def test_the_place_of_a_plain_key_is_where_its_text_stands(text: str) -> None:
    lines = text.splitlines()
    place = load_text(text.encode(), "x.yaml").documents[0].location("root", key=True)
    assert lines[place.line - 1][place.column - 1 :].lstrip("\"'").startswith("root")


@given(st.binary(max_size=60), st.booleans())
@example(b"\xef\xbb\xbf", True)
@example(b"\xff\xfe", False)
@example(b"- &a\n- *a", True)
def test_no_bytes_raise(data: bytes, libyaml: bool) -> None:
    loaded = load_text(data, "x.yaml", libyaml=libyaml)
    assert loaded.documents or loaded.diagnostics


MARKS = [*"a[]{},'\"#>|@%:-", "&x ", "*x ", "!y ", "<<: ", "é", "true", "5"]
BLANKS = ["\n", "\t", "\x00", "\u2028", "\ufeff", "\\", "\\ud800", "---\n", "...\n", "- ", "b: ", ": ", "? ", "  "]
PIECES = st.sampled_from(MARKS + BLANKS)


@given(st.lists(PIECES, max_size=15).map("".join), st.booleans())
@example('"\\U99999999"', False)
@example('"\\x', True)
@example("%YAML 1.1\n%YAML 1.1\n--- a", False)
@example("!<", True)
def test_no_mess_of_yaml_raises_and_every_problem_stands_in_the_text(text: str, libyaml: bool) -> None:
    loaded = load_text(text.encode(), "x.yaml", libyaml=libyaml)
    assert loaded.documents or loaded.diagnostics
    height = text.count("\n") + text.count("\r") + 1
    assert all(1 <= d.location.line <= height and d.location.column >= 1 for d in loaded.diagnostics)
