"""Files as nobody should write them, and somebody does: any indentation, quotes, brackets, comments, line ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

NAMES = st.one_of(
    st.sampled_from(["no", "012", "0o17", "12:30", "2026-05-01", "~", "true", "1e3", "=", "Y", "a: b", "# no", "- x"]),
    st.sampled_from(
        ["It's", 'say "x"', "back\\slash", "é", "日本", "\U0001f3e5", "a #b", "${x}", "'", "{", "*", "&a", "!"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc", "Zl", "Zp", "Cn", "Co")), max_size=12),
    st.text(st.sampled_from("ab \n\t'\"\\#:-"), max_size=8),
)
_SAYINGS = [
    "",
    " why",
    " a: b",
    "-",
    " 'quoted'",
    " {a, b",
    "! # twice",
    " é",
    " clients:",
    " ---",
    " yaml-language-server: x",
]
_ENTRY_KEYS = [
    "name",
    "description",
    "owner",
    "instances",
    "ids",
    "state",
    "grants",
    "allow",
    "unknown",
    "previous_names",
]

Draw = Callable[[Any], Any]

_LEAVES = st.one_of(NAMES, st.booleans(), st.integers(-5, 10**6), st.none())
_BELOW = st.recursive(
    _LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=5,
)
ENTRIES = st.lists(st.dictionaries(st.sampled_from(_ENTRY_KEYS), _BELOW, min_size=1, max_size=5), max_size=4)
SETTINGS = st.dictionaries(
    st.sampled_from(["variables", "instances", "default_instance", "protected", "rules", "policy", "odd"]),
    st.one_of(_BELOW, st.dictionaries(NAMES, st.dictionaries(NAMES, _BELOW, min_size=1, max_size=3), max_size=3)),
    min_size=1,
    max_size=5,
)


@st.composite
def sloppy_texts(draw: Draw, roots: st.SearchStrategy[Any]) -> str:
    """Some values, written in a way that loads."""
    root = draw(roots)
    head = draw(
        st.sampled_from(["", "---\n", "# yaml-language-server: $schema=x\n", "# first\n\n", "\n\n", "# a\n---\n"])
    )
    lines = [*_block(draw, root, 0), *draw(st.sampled_from([[], ["# the end"], ["", "", "  # the end", ""], ["..."]]))]
    return str(head + "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n  \n"])))


def _block(draw: Draw, value: Any, indentation: int) -> list[str]:
    """The lines of a mapping or list that is not empty, in block style."""
    pad, lines = " " * indentation, list[str]()
    for key, each in value.items() if isinstance(value, dict) else ((None, item) for item in value):
        lines += _noise(draw, indentation)
        head = pad + ("-" if key is None else _key(draw, key) + ":")
        if each and isinstance(each, dict | list) and draw(st.integers(0, 3)):
            lines.append(head + _behind(draw))
            lines += _block(draw, each, indentation + draw(st.integers(1, 5)))
        else:
            lines.append(
                f"{head}{draw(st.sampled_from([' ', '   ']))}{_flow(draw, each, indentation + 1)}{_behind(draw)}"
            )
    lines += _noise(draw, indentation + draw(st.integers(0, 2)))
    return lines


def _noise(draw: Draw, indentation: int) -> list[str]:
    """Blank lines and comments, mostly none."""
    if draw(st.integers(0, 3)):
        return []
    comment = " " * indentation + "#" + draw(st.sampled_from(_SAYINGS))
    return list(draw(st.sampled_from([[comment], ["", comment], [comment, "", comment + "2"], [""], ["", "   "]])))


def _behind(draw: Draw) -> str:
    return str(draw(st.sampled_from(["", "", "", " # c", "      # far", "  ", " #"])))


def _key(draw: Draw, key: str) -> str:
    return json.dumps(key, ensure_ascii=True) if not key.isalpha() or draw(st.integers(0, 5)) == 0 else key


def _flow(draw: Draw, value: Any, indentation: int) -> str:
    """A value in one piece; in brackets perhaps over several lines, with comments."""
    if isinstance(value, str):
        return _scalar(draw, value)
    if not isinstance(value, dict | list):
        return json.dumps(value)
    pairs = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    parts = [("" if k is None else _key(draw, k) + ": ") + _flow(draw, each, indentation + 1) for k, each in pairs]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if not draw(st.integers(0, 3)):
        pad = "\n" + " " * indentation
        remark = pad + "# inside" if draw(st.booleans()) else ""
        return opening + remark + pad + f",{_behind(draw)}{pad}".join(parts) + pad + closing
    return opening + str(draw(st.sampled_from([", ", ","]))).join(parts) + closing


def _scalar(draw: Draw, text: str) -> str:
    plain = text.isascii() and text.isalnum() and not text.isdigit() and text not in ("true", "false", "null")
    if plain and draw(st.booleans()):
        return text
    if text.isprintable() and draw(st.booleans()):
        return "'" + text.replace("'", "''") + "'"
    return json.dumps(text)
