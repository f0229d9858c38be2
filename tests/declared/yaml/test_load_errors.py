"""Texts that are not what they should be: each has one message, at the place to look at."""

from __future__ import annotations

import re

import pytest

from reconciler.declared.yaml.load import load_text
from tests.declared.yaml.test_load import PARSERS


def problems(data: str | bytes, *, libyaml: bool = True) -> list[str]:
    loaded = load_text(data.encode() if isinstance(data, str) else data, "f", libyaml=libyaml)
    return [str(diagnostic) for diagnostic in loaded.diagnostics]


def problem(data: str | bytes, *, libyaml: bool = True) -> str:
    found = problems(data, libyaml=libyaml)
    assert len(found) == 1, found
    return found[0]


NEEDS = "inside of { } or [ ], a '${' needs quotes: YAML takes its '{' for a mapping; "

MISTAKES = {
    "\tname: x": "f:1:1: error: a tab cannot indent; use blanks [yaml]",
    "a:\n\t- b": "f:2:1: error: a tab cannot indent",
    "a:\n  b: 1\n\tc: 2": "f:3:1: error: a tab cannot indent",
    "a: b\n  \tc: d": "f:2:3: error: a tab cannot indent",
    "a: Foo: bar": "f:1:7: error: a ':' is not expected here; quote the value if it contains ': '",
    "key\nfoo: bar": "f:2:4: error: a ':' is not expected here",
    "a: 'x\nb: c": "f:1:4: error: the quote that opens here is never closed",
    'a: "x\n---\nb': "f:1:4: error: the quote that opens here is never closed",
    "a: 'it's'": "f:1:8: error: there is more after the end of the value; quote the whole value",
    "a: [b] c": "f:1:8: error: there is more after the end of the value",
    "a: {b: https://${c}/d}": f"f:1:8: error: {NEEDS}write 'https://${{c}}/d'",
    "a: [x, ${c}-${d}:80/e, f]": f"f:1:8: error: {NEEDS}write '${{c}}-${{d}}:80/e'",
    'a: {b: PM_{INSTANCE}_U, c: "d"}': f"f:1:8: error: {NEEDS.replace('$', '')}write 'PM_{{INSTANCE}}_U'",
    "a: [x/{instance}]": f"f:1:5: error: {NEEDS.replace('$', '')}write 'x/{{instance}}'",
    "a: [x${c d}]": f"f:1:5: error: {NEEDS}put the whole value in quotes",
    "a: [1, 2\nb: c\n": "f:1:4: error: the list that '[' opens here lacks a ',' or its ']'",
    "a: {b: 1\nc: 2": "f:1:4: error: the mapping that '{' opens here lacks a ',' or its '}'",
    "a: @x": "f:1:4: error: a value cannot start with '@' without quotes; quote it",
    "a: %x": "f:1:4: error: a value cannot start with '%' without quotes; quote it",
    "a: [*]": "f:1:5: error: a value cannot start with '*' without quotes; quote it, as in \"*-staging\"",
    "a: *x-*": "f:1:4: error: a value cannot start with '*' without quotes",
    "a: & b": "f:1:4: error: a value cannot start with '&' without quotes",
    "a: !x!y 1": "f:1:4: error: the tag that starts with '!' is not supported",
    "- a\nb: c": "f:2:1: error: this is not part of the list before it; start it with '- ', or align it",
    "a: - b": "f:1:4: error: a '- ' is not expected here; start the list on a new line",
    "a: ? b": "f:1:4: error: a '? ' is not expected here",
    "a:\n  b: c\n d: e": "f:3:2: error: this does not fit the keys above it; align it with them",
    "a: |x\n  y": "f:1:4: error: only the text's lines may follow '|' or '>'",
    'a: "\\x4"': "f:1:7: error: an escape like \\x41 or \\u0041 lacks digits",
    'a: "x\\ud83d\\ude00"': "f:1:6: error: the escape \\ud83d is not a character",
    'a: "\\\\ud800 \\udC00"': "f:1:13: error: the escape \\udC00 is not a character",
    'a: "\\U0000D800"': "f:1:5: error: the escape \\U0000D800 is not a character",
    'a: "\\U00110000"': "f:1:5: error: the escape \\U00110000 is not a character",
    'a: "\\UFFFFFFFF"': "f:1:5: error: the escape \\UFFFFFFFF is not a character",
    'a: "\\ud800": b': "f:1:5: error: the escape \\ud800 is not a character",
    '"\\udfff": b': "f:1:2: error: the escape \\udfff is not a character",
    ": b": "f:1:1: error: there is no key before this ':'",
    "{: b}": "f:1:2: error: a value is missing here",
    "a: [1,\nb: {": "f:2:5: error: the file ends where a value should come; close the '[' or '{'",
    "a: ]": "f:1:4: error: a value is missing here, or must be quoted",
    "a: 1\n---\nb: 2": "f:2:1: error: a second document starts here; make it a separate file",
    "a: 1\n--- ": "f:2:1: error: a second document starts here",
    "%YAML 2.0\n---\na: 1": "f:1:1: error: this is not YAML (found incompatible YAML document",
    "a: x\x00": "f:1:5: error: the character U+0000 (NUL) is not allowed in YAML; remove it [character]",
    "é: 1\n# 🦊\x07": "f:2:4: error: the character U+0007 is not allowed in YAML",
    "a: \ufffe": "f:1:4: error: the character U+FFFE is not allowed in YAML",
    "a: 'x\nb: \x1b[31m": "f:2:4: error: the character U+001B (escape) is not allowed in YAML",
    "a: !!str 5": "f:1:4: error: the tag '!!str' is not supported; remove it; quotes make any value text: \"5\" [tag]",
    "a: !x {b: c}": "f:1:4: error: the tag '!x' is not supported; remove it [tag]",
    "a: ! x": "f:1:4: error: the tag '!' is not supported",
    "a: 1\nb: 2\n'a': 3": "f:3:1: error: the key 'a' is already there, on line 1; keep one of the two [duplicate-key]",
    "a: {<<: {b: 1}}": "f:1:5: error: `<<` (merge) is not supported; write the keys out",
    "? [a]\n: b": "f:1:3: error: a key must be text, not a list, a mapping or an alias [complex-key]",
    "a: &x 1\n*x : b": "f:2:1: error: a key must be text",
    "? {a: 1}\n: b": "f:1:3: error: a key must be text",
    "a: &a [*a]": "f:1:8: error: the alias *a refers to a value that contains it [alias]",
    "a: *Payments": "f:1:4: error: the alias *Payments has no anchor &Payments before it; quote it if it is text",
    "a: [*x]\nb: &x 1": "f:1:5: error: the alias *x has no anchor &x before it",
    "": "f:1:1: error: the file is empty [empty-file]",
    "# nothing\n\n": "f:1:1: error: the file is empty [empty-file]",
    "---\n...\n": "f:1:1: error: the file is empty [empty-file]",
    "null": "f:1:1: error: the file is empty [empty-file]",
    "[" * 65: "f:1:65: error: this is nested deeper than 64 levels [nesting]",
    "[" * 1_000_000: "f:1:65: error: this is nested deeper than 64 levels [nesting]",
    "{a: " * 65: "f:1:257: error: this is nested deeper than 64 levels [nesting]",
}


@PARSERS
@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: repr(text[:30]))
def test_a_mistake_is_said_once_in_words_and_at_its_place(text: str, libyaml: bool) -> None:
    assert problem(text, libyaml=libyaml).startswith(MISTAKES[text])


def test_mistakes_that_hide_nothing_are_all_reported() -> None:
    found = problems("a: 1\na: 2\nb: !x 1\n<<: 3\nc: *d\n? [e]\n: f\ng: 'x")
    assert [line.split("[")[-1] for line in found] == [
        "duplicate-key]", "tag]", "merge-key]", "alias]", "complex-key]", "yaml]",
    ]  # fmt: skip


def test_the_first_of_two_equal_keys_counts_so_that_the_rest_is_checked_too() -> None:
    loaded = load_text(b"a: 1\na: 2\nb: 3", "f")
    assert [document.root for document in loaded.documents] == [{"a": 1, "b": 3}]


def test_any_other_mistake_leaves_no_document() -> None:
    for text in ("a: !x 1", "<<: 1", "a: *b", "? [a]\n: b", "a: 'x"):
        assert load_text(text.encode(), "f").documents == ()


@PARSERS
def test_aliases_that_stand_for_very_many_values_are_refused(libyaml: bool) -> None:
    levels = "\n".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 10))
    found = problem(f"x0: &x0 lol\n{levels}", libyaml=libyaml)
    assert re.match(r"f:7:\d+: error: the aliases of this file stand for more than 1,000,000 values", found)


@PARSERS
def test_aliases_cannot_nest_deeper_than_brackets(libyaml: bool) -> None:
    text = "a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 30 + "*a" + "]" * 30
    assert problem(text, libyaml=libyaml) == "f:2:34: error: this is nested deeper than 64 levels [nesting]"


@PARSERS
def test_ten_thousand_aliases_to_nothing_are_ten_thousand_lines_not_a_crash(libyaml: bool) -> None:
    assert len(problems("- *x\n" * 10_000, libyaml=libyaml)) == 10_000


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"a: 1\nb: \xe9t\xe9", "f:2:4: error: the byte 0xe9 is not UTF-8; save the file as UTF-8 [encoding]"),
        ("é: ".encode() + b"\xff", "f:1:4: error: the byte 0xff is not UTF-8"),
        (b"\xef\xbb\xbfa: \xc3", "f:1:4: error: the byte 0xc3 is not UTF-8"),
        (b"a: \xed\xa0\x80", "f:1:4: error: the byte 0xed is not UTF-8"),
        ("a: é".encode("utf-16"), "f:1:1: error: the file is in UTF-16; save it as UTF-8 [encoding]"),
        ("a: é".encode("utf-16-be"), "f:1:1: error: the file is in UTF-16"),
        ("a: b".encode("utf-16-le"), "f:1:1: error: the file is in UTF-16"),
        (b"\0", "f:1:1: error: the character U+0000 (NUL) is not allowed in YAML"),
        (b"\0\0\0\0", "f:1:1: error: the character U+0000 (NUL) is not allowed in YAML"),
        (b"\0a: b", "f:1:1: error: the character U+0000 (NUL) is not allowed in YAML"),
    ],
)
def test_bytes_that_are_not_utf_8_have_their_place(data: bytes, expected: str) -> None:
    assert problem(data).startswith(expected)


def test_names_in_messages_cannot_reach_the_terminal() -> None:
    found = problem('"\\e[31m": 1\n"\\e[31m": 2')
    assert "\x1b" not in found
    assert "\\u{1b}" in found


def test_what_to_do_about_an_empty_file_depends_on_the_file() -> None:
    loaded = load_text(b"", "f", empty_hint="write something into it")
    assert str(loaded.diagnostics[0]) == "f:1:1: error: the file is empty; write something into it [empty-file]"
