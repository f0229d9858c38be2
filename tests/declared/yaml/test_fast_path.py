"""Everyday YAML is read as the parser reads it, or left to it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reconciler.declared.yaml import fast_path, fast_path_flow
from reconciler.declared.yaml.document import LineIndex, YamlMapping, YamlSequence
from reconciler.declared.yaml.fast_path import read_fast
from reconciler.declared.yaml.parse import HAS_LIBYAML, parse
from tests.benchmarks.projects import write_project
from tests.tiers import examples, search

ROOT = Path(__file__).parents[3]
SHIPPED = [*(ROOT / "clients").glob("*.yaml"), ROOT / "reconciler.yaml"]
CASES = [*(ROOT / "tests" / "cases").rglob("*.yaml"), *(ROOT / "docs").rglob("*.yaml")]

WORDS = [
    "a",
    "a b",
    "1",
    "012",
    "-9",
    "true",
    "null",
    "no",
    "~",
    "é",
    "a#b",
    "a:b",
    "https://${host}/cb?x=1",
    "2026-05-01T09:00Z",
]
QUOTED = ['""', "'q'", '"a # b"', "'a: b'", '"true"', "'*'"]
FLOW = ["[]", "{}", "[a, b]", "[a,b]", '[ a , "b" ]', "{a: b}", "{ a: [b, {c: d}], e: 1 }", '{a: "b, c", d: true}']
FLOW += ["[a,\n  b]", "{a: b,\n\n  c: d\n  }", "[ # c\n  a]", "{a: [b,\nc]}"]
ODD = [
    "a: b",
    "a:",
    "a :b",
    "a ",
    "a  # c",
    "'it''s'",
    '"\\n"',
    "[a, ]",
    "{a}",
    "{a: }",
    "[a: b]",
    "{a: b, a: c}",
    "&a b",
    "*a",
    "!t b",
    "|",
    ">",
]
ODD += ["[a\n  b]", "[a,\n...]", "[a,\n- b]", "{a:\n  b}", "[a,  # c\n]", "{a: b,\n%c: d}"]
ODD += [
    "- a",
    "-",
    "? a",
    "%a",
    "@a",
    "`a",
    "a\tb",
    "a\u2028b",
    "a\x85b",
    "\ufeffa",
    "\xa0",
    "a\x00",
    '"a',
    "[a",
    "{a: b",
    "a]",
    "#",
    "a\rb",
]
VALUES = st.sampled_from(WORDS * 3 + QUOTED * 3 + FLOW * 3 + ODD)
KEYS = st.sampled_from(["a", "b", "name", "grants", "x.y", "_k", "k-1", "true", "a b", "é", "1", "<<", '"q"'])


@st.composite
def blocks(draw: st.DrawFn, indent: int = 0, depth: int = 0) -> list[str]:
    """The lines of a mapping or a list, most of them as they should be."""
    lines: list[str] = []
    for _ in range(draw(st.integers(1, 3))):
        lines += draw(st.sampled_from([[]] * 8 + [[""], ["# c"], ["   # c"], ["  "], ["\t"], ["---"], ["..."]]))
        here = " " * (indent + draw(st.sampled_from([0] * 15 + [1, 2])))
        end = draw(st.sampled_from([""] * 6 + [" ", " # c", "# c"]))
        dash = draw(st.sampled_from(["", "", "", "- ", "-   ", "- - ", "-"]))
        if depth < 3 and draw(st.integers(0, 2)) == 0:
            inner = draw(blocks(indent + len(dash) + draw(st.sampled_from([0, 1, 2, 2, 2, 4])), depth + 1))
            lines += [f"{here}{dash}{draw(KEYS)}:{end}", *inner]
        elif draw(st.integers(0, 4)):
            lines.append(f"{here}{dash}{draw(KEYS)}:{draw(st.sampled_from([' ', ' ', '  ', '']))}{draw(VALUES)}{end}")
        else:
            lines.append(f"{here}{dash or '- '}{draw(VALUES)}{end}")
    return lines


TEXTS = st.tuples(
    st.sampled_from(["", "---\n", "# c\n", "--- a\n"]), blocks().map("\n".join), st.sampled_from(["", "\n", "\n\n"])
).map("".join)
PIECES = st.lists(
    st.sampled_from([*WORDS, *QUOTED, *FLOW, *ODD, ": ", "- ", "\n", "\n  ", "a: ", "b:\n  "]), max_size=12
).map("".join)


def assert_alike(ours: object, theirs: object) -> None:
    """Equal values of one type, equal keys in one order, and their places kept at the same positions."""
    assert type(ours) is type(theirs)
    assert ours == theirs
    match ours, theirs:
        case YamlMapping(), YamlMapping():
            assert (list(ours), ours.first) == (list(theirs), theirs.first)
            for key in ours:
                assert_alike(ours[key], theirs[key])
        case YamlSequence(), YamlSequence():
            assert ours.first == theirs.first
            for mine, other in zip(ours, theirs, strict=True):
                assert_alike(mine, other)


def check(text: str, *, libyaml: bool) -> bool:
    """Hold what is read of a text to what the parser says; whether anything was."""
    lines, expected = LineIndex(text), LineIndex(text)
    found = read_fast(text, lines)
    if found is None:
        assert not lines.places
        return False
    document, problems = parse(text, "f", expected, libyaml=libyaml)
    assert problems == []
    assert document is not None
    assert found[0] == document.start
    assert_alike(found[1], document.root)
    assert lines.places == expected.places
    return True


PARSERS = pytest.mark.parametrize(
    "libyaml",
    [pytest.param(True, marks=pytest.mark.skipif(not HAS_LIBYAML, reason="this PyYAML has no libyaml")), False],
)


@PARSERS
@search("yaml", tests=2)
@examples(5)
@given(TEXTS | PIECES)
@example("a:\n- b\nc:\n  - d: e\n    f:\n    - g\n")
@example("a: b\n  c\n")
@example("a: b\n  - c\n")
@example("a:\nb: c\n")
@example("- a:\n  - b\n- c: d\n")
@example("- a\n  b\n")
@example("  a: b\n c: d\n")
@example("a: b\n---\nc: d\n")
def test_what_is_read_is_what_the_parser_gives_values_and_places(libyaml: bool, text: str) -> None:
    check(text, libyaml=libyaml)


# Texts that Python misreads before 3.11.5 (gh-106052) where a group is repeated possessively.
@PARSERS
@pytest.mark.parametrize(
    "text", ["- team #\n", '- a""\n', "- https://a/cb # prod\n", "a: b #c\n  c\n", "- a\n-\n- b #\n"]
)
def test_it_is_the_same_with_every_python(libyaml: bool, text: str) -> None:
    check(text, libyaml=libyaml)


def test_no_group_is_possessive() -> None:
    """Or the first Pythons of 3.11 would read other values than those that stand there."""
    for pattern in (fast_path._LINE, fast_path_flow._VALUE, fast_path_flow._PAIR, fast_path_flow._END):
        assert re.search(r"\)(?:[*?+]|\{[0-9,]+\})\+|\(\?>", pattern.pattern) is None


@PARSERS
@pytest.mark.parametrize("file", CASES, ids=lambda file: str(file.relative_to(ROOT)))
def test_so_it_is_with_every_file_of_the_tests_and_the_documentation(file: Path, libyaml: bool) -> None:
    try:
        text = file.read_bytes().decode()
    except UnicodeDecodeError:
        return  # said before anything is read
    check(text, libyaml=libyaml)


EVERYDAY = [
    "clients: []\n",
    "clients:\n- name: A\n  grants: {password: true}\n",
    "---\n# ours\n\nclients:\n  - name: A  # the first\n    grants:\n      password: true\n\n  # two\n  - name: 'B'\n",
    'clients:\n  - name: "A: B"\n    instances: [production, "staging-*"]\n    ids: {production: 17}\n',
    "clients:\n  - name: Müller & Söhne\n    grants:\n      a:\n        b:\n          - https://a/cb\n          - https://b/cb\n",
    "a: {b: c,\n  d: e}\nf: g\n",
    "a: [ # first\n  b,  # second\n\n  {c: d,\ne: f}\n]\ng: h\n",
    "- [a,\n  b]\n- {c: 'it''s'}",
    "a: b",
    "- a\n-   b: c\n    d: e\n",
    "a:   \n  b: c   \n",
    "a: " + "x" * 5000 + "\nb: [" + "x, " * 5000 + "x]\n",
]


@pytest.mark.parametrize("text", EVERYDAY)
def test_what_people_write_every_day_is_read_without_the_parser(text: str) -> None:
    assert check(text, libyaml=False)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_so_are_the_files_that_come_with_the_program(file: Path) -> None:
    assert check(file.read_text(encoding="utf-8"), libyaml=False)


def test_so_are_the_files_of_the_benchmark(tmp_path: Path) -> None:
    write_project(tmp_path, 20)
    assert check((tmp_path / "clients" / "clients.yaml").read_text(encoding="utf-8"), libyaml=False)


LEFT_ALONE = [
    "",
    "# nothing\n",
    "a:\n",
    "a: b\na: c\n",
    "a:\n  b: c\na:\n  d: e\n",
    "a: &x b\nc: *x\n",
    "a: !!str b\n",
    "a: |\n  b\n",
    "a: b\n  c\n",
    'a: "\\t"\n',
    "a: {b: c\n  d: e}\n",
    "a: {b: c,\n...: e}\n",
    "a: [b\n  c]\n",
    "a: [b,\n  ]\n",
    "a: [b\n",
    "a:\tb\n",
    "a: b\r\n",
    "a: b\n---\nc: d\n",
    "a: b\n...\n",
    "%YAML 1.1\n---\na: b\n",
    "a\n",
    "? a\n: b\n",
    "<<: a\n",
    "a: b\x07\n",
    "a: b\u2028c\n",
    "a" * 200 + ": b\n",
    "".join(f"{'  ' * depth}a:\n" for depth in range(60)) + "  " * 60 + "a: b\n",
    "a: " + "[" * 30 + "]" * 30 + "\n",
]


# One text for each letter and rule at the edge of what is read here: few random texts come near one.
LEFT_ALONE += [
    "a: b\ufffe\n",
    "a: b\x80\n",
    "a: b\x7f\n",
    "---\n---\na: b\n",
    "---\xa0\na: b\n",
    "---\x0c\na: b\n",
    "a: b:\n",
    "a: b # \x07\n",
    "a: b # c\r  d: e\n",
    "a: [b?c]\n",
    "a: {b: c, b: d}\n",
    "a: {b:c}\n",
    "a: %b\n",
    "a: @b\n",
    "a: `b\n",
]


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_what_is_not_surely_understood_is_left_to_the_parser(text: str) -> None:
    assert read_fast(text, LineIndex(text)) is None


@pytest.mark.parametrize(
    "line",
    [
        "a: x" + " " * 300_000 + "\x01",
        "a: " + "b:" * 150_000 + "\x01",
        "a: [" + " " * 300_000,
        "# " + " " * 300_000 + "\x01",
        " " * 300_000 + "\x01",
        "- " * 150_000,
        "a" * 300_000,
    ],
)
def test_no_line_takes_more_than_a_look_at_each_of_its_letters(line: str) -> None:
    """A line that does not fit is not tried in other ways: at 300,000 letters, this test would not end today."""
    assert read_fast(line, LineIndex(line)) is None
