"""What a text becomes: values of few types, and the place of each."""

from __future__ import annotations

import subprocess
import sys

import pytest

from reconciler.declared.yaml.load import LoadResult, load_text
from reconciler.model.clients import Location

PARSERS = pytest.mark.parametrize("libyaml", [True, False], ids=["libyaml", "pure"])


def value_of(text: str) -> object:
    loaded = load_text(text.encode(), "x.yaml")
    assert loaded.diagnostics == ()
    return loaded.documents[0].root


def position(loaded: LoadResult, *keys: str | int, key: bool = False) -> tuple[int, int]:
    found = loaded.documents[0].location(*keys, key=key)
    return found.line, found.column


@pytest.mark.parametrize(
    ("written", "value"),
    [("true", True), ("false", False), ("null", None), ("", None), ("0", 0), ("17", 17), ("-5", -5)],
)
def test_few_plain_scalars_are_typed(written: str, value: object) -> None:
    found = value_of(f"key: {written}")
    assert found == {"key": value}
    assert isinstance(found, dict)
    assert type(found["key"]) is type(value)


@pytest.mark.parametrize(
    "written",
    (
        "no on Yes True TRUE ~ Null 012 0o17 0x1F 1_000 +5 -0 1.5 .5 1e3 .inf .nan 12:30 12:30:45 2026-11-23 = ٣ "
        + "9" * 19
    ).split(),
)
def test_every_other_plain_scalar_is_text(written: str) -> None:
    assert value_of(f"key: {written}") == {"key": written}


@pytest.mark.parametrize("written", ['"5"', "'true'", '"null"', '""', "|-\n  5", ">-\n  true"])
def test_quoted_and_block_scalars_are_text(written: str) -> None:
    found = value_of(f"key: {written}")
    assert isinstance(found, dict)
    assert isinstance(found["key"], str)


def test_an_integer_of_18_digits_is_the_longest() -> None:
    assert value_of(f"[{'9' * 18}, -{'9' * 18}]") == [10**18 - 1, 1 - 10**18]


def test_keys_are_text() -> None:
    assert value_of("5: a\ntrue: b\nnull: c\n? d\n: e") == {"5": "a", "true": "b", "null": "c", "d": "e"}


def test_a_byte_order_mark_is_no_part_of_the_text() -> None:
    loaded = load_text(b"\xef\xbb\xbfa: 1", "x.yaml")
    assert loaded.documents[0].root == {"a": 1}
    assert position(loaded, "a") == (1, 4)


TEXT = """\
# first line
clients:
  - name: é🦊 portal
    grants: &shared {password: true}   # é
  - {name: "second", grants: *shared}
  -
    name:
    ids:
      production: 17
"""


@PARSERS
@pytest.mark.parametrize(
    ("keys", "value", "key"),
    [
        ((), (2, 1), (2, 1)),
        (("clients",), (3, 3), (2, 1)),
        (("clients", 0), (3, 5), (3, 5)),
        (("clients", 0, "name"), (3, 11), (3, 5)),
        (("clients", 0, "grants"), (4, 13), (4, 5)),
        (("clients", 0, "grants", "password"), (4, 32), (4, 22)),
        (("clients", 1), (5, 5), (5, 5)),
        (("clients", 1, "grants"), (5, 30), (5, 22)),
        (("clients", 1, "grants", "password"), (4, 32), (4, 22)),
        (("clients", 2, "ids", "production"), (9, 19), (9, 7)),
    ],
)
def test_every_value_and_key_has_its_place(
    keys: tuple[str | int, ...], value: tuple[int, int], key: tuple[int, int], libyaml: bool
) -> None:
    """Columns count characters; a value written by an alias stands at the alias, what is inside of it at the anchor."""
    loaded = load_text(TEXT.encode(), "x.yaml", libyaml=libyaml)
    assert position(loaded, *keys) == value
    assert position(loaded, *keys, key=True) == key


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (("clients", 0, "owner"), (3, 5)),
        (("clients", 9), (3, 3)),
        (("clients", -1), (3, 3)),
        (("clients", 0, "name", "deeper"), (3, 11)),
        (("elsewhere", 0, "name"), (2, 1)),
        (("clients", "name"), (3, 3)),
    ],
)
def test_the_place_of_something_missing_is_that_of_the_last_value_on_the_way(
    keys: tuple[str | int, ...], found: tuple[int, int]
) -> None:
    loaded = load_text(TEXT.encode(), "x.yaml")
    assert position(loaded, *keys) == found
    assert position(loaded, *keys, key=True) == found


@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_lines_end_as_editors_end_them(line_break: str) -> None:
    text = line_break.join(["a: 1", "b:", "  c: 'x'", "d: 2", ""])
    assert load_text(text.encode(), "x.yaml").documents[0].location("d") == Location("x.yaml", 4, 4)


@PARSERS
def test_ten_thousand_clients_may_share_one_anchor(libyaml: bool) -> None:
    text = "clients:\n- &a {name: a, grants: &g {password: true}}\n" + "- {name: b, grants: *g}\n" * 10_000
    assert load_text(text.encode(), "x.yaml", libyaml=libyaml).diagnostics == ()


def test_an_anchor_may_be_defined_anew() -> None:
    assert value_of("a: &x 1\nb: *x\nc: &x 2\nd: *x") == {"a": 1, "b": 1, "c": 2, "d": 2}
    assert value_of("a: &x [&x 1, *x]\nb: *x") == {"a": [1, 1], "b": 1}


def test_64_levels_may_be_nested() -> None:
    assert load_text(b"[" * 64 + b"]" * 64, "x.yaml").diagnostics == ()


def test_loading_imports_no_library_that_it_does_not_need() -> None:
    code = """
import sys
import reconciler.declared.yaml.load
loaded = {"jsonschema", "requests", "urllib3", "click", "werkzeug", "difflib", "http"} & set(sys.modules)
sys.exit(f"imported {sorted(loaded)}" if loaded else 0)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("odd", "name"),
    [
        ("\r", "a carriage return without a line feed"),
        ("\x85", "the character U+0085 (next line)"),
        ("\u2028", "the character U+2028 (line separator)"),
        ("\u2029", "the character U+2029 (paragraph separator)"),
    ],
)
@pytest.mark.parametrize(
    "text",
    ["a: 1\nb: 2 # said{}c: 3\n", "a: 1\nb: xx 'y' z{}c: 3\n", "a: 1\nb:   '1234{}'\n", 'a: 1\nb:   "1234{}"\n'],
)
@PARSERS
def test_what_ends_a_line_for_some_readers_only_is_refused_everywhere(
    text: str, odd: str, name: str, libyaml: bool
) -> None:
    written = text.format(odd)
    for chosen in (None, libyaml):
        loaded = load_text(written.encode(), "x.yaml", libyaml=chosen)
        [found] = loaded.diagnostics
        place = Location("x.yaml", 2, len(written.splitlines()[1]) + 1)
        assert (loaded.documents, found.rule, found.location) == ((), "character", place)
        assert found.message.startswith(f"{name} ends a line for some programs only")
