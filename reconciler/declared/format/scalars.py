"""The canonical form of a scalar, and of a collection in brackets on one line."""

from __future__ import annotations

import re
from functools import lru_cache

from reconciler.declared.edit.nodes import Node, NodeKind
from reconciler.declared.schema.key_order import KeyOrder
from reconciler.declared.yaml.scalars import plain_scalar
from reconciler.support.text import double_quoted, is_plain_scalar, printable

# Plain scalars that are text here, but not in YAML 1.1 (yaml.org/type) or in the core schema of YAML 1.2 (section
# 10.3.2).
_TYPED_ELSEWHERE = re.compile(
    r"""
    (?i: y | n | yes | no | on | off | true | false | null ) | ~ | = | <<
    | [-+]? (?: 0b[01_]+ | 0o?[0-7_]+ | 0x[0-9a-fA-F_]+ | [0-9][0-9_]*(?: :[0-5]?[0-9] )+(?: \.[0-9_]* )? )
    | [-+]? (?: [0-9][0-9_]*\.?[0-9_]* | \.[0-9_]+ ) (?: [eE][-+]?[0-9]+ )?
    | [-+]? \.(?: inf | Inf | INF ) | \.(?: nan | NaN | NAN )
    | [0-9]{4}-[0-9]{1,2}-[0-9]{1,2} (?: [Tt\ \t].* )?
    """,
    re.VERBOSE,
)
_OUTER_BLANKS = re.compile(r"^[ \t]+|(?<![\\ \t])[ \t]+$")
_DEDENTABLE = re.compile("([|>])(-?)")


def scalar_lines(node: Node, text: str) -> list[str]:
    """The lines of a scalar. The first goes after its key or dash; the others must be indented, if not empty.

    Quotes become double quotes, except single quotes around text with `"` or a backslash. Quotes are added if another
    YAML reader would not read the scalar as text, and never removed.
    """
    written = text[node.start : node.end]
    if node.style in ("|", ">"):
        return _block_lines(node, written)
    if "\n" in written:
        first, *more = written.split("\n")
        return [_OUTER_BLANKS.sub("", line) for line in (first, *more)]
    return [_in_line(node, written)]


def _in_line(node: Node, written: str) -> str:
    match node.style:
        case "":
            return double_quoted(node.text) if is_typed_elsewhere(node.text) else written
        case "'" if {'"', "\\"} & set(node.text):
            return written
        case _:
            return double_quoted(node.text) if printable(node.text) == node.text else written


def is_typed_elsewhere(text: str) -> bool:
    """Whether a plain scalar is text here, but not for every other YAML reader."""
    return _TYPED_ELSEWHERE.fullmatch(text) is not None and isinstance(plain_scalar(text), str)


def _block_lines(node: Node, written: str) -> list[str]:
    """A block scalar with minimal indentation; in quotes if it needs an indicator for its indentation or its end."""
    header, *lines = written.split("\n")
    indicators = _DEDENTABLE.fullmatch(header.partition("#")[0].strip())
    first = next((line for line in lines if line.strip(" ")), None)
    if indicators is None or first is None or node.text[:1] in (" ", "\t") or _has_odd_breaks(written):
        return [_quoted_lines(node.text)]
    indentation = len(first) - len(first.lstrip(" "))
    return [indicators[0], *(line[indentation:] for line in lines)]


def _quoted_lines(text: str) -> str:
    lines = [double_quoted(line)[1:-1] for line in text.split("\n")]
    return '"' + "\\n".join(lines) + '"'


def _has_odd_breaks(written: str) -> bool:
    return any(character in written for character in "\x85\u2028\u2029")


def key_text(node: Node) -> str:
    """A key, which is always text: without quotes if every YAML reader reads it as text."""
    return _with_anchor(node, _written_key(node.text, bool(node.style)))


@lru_cache(maxsize=1024)
def _written_key(text: str, in_quotes: bool) -> str:
    if in_quotes or is_typed_elsewhere(text) or not isinstance(plain_scalar(text), str):
        return text if is_plain_scalar(text) else double_quoted(text)
    return text


def one_line_text(node: Node, text: str, order: KeyOrder) -> str:
    """A value that is already on one line, in canonical form on one line."""
    match node.kind:
        case NodeKind.ALIAS:
            return f"*{node.anchor}"
        case NodeKind.SCALAR:
            return _with_anchor(node, _in_line(node, text[node.start : node.end]))
        case NodeKind.SEQUENCE:
            items = [one_line_text(item, text, order.below("")) for item in node.children]
            return _with_anchor(node, f"[{', '.join(items)}]")
        case NodeKind.MAPPING:
            pairs = sorted(node.pairs, key=lambda pair: order.rank(pair[0].text))
            written = [f"{key_text(key)}: {one_line_text(value, text, order.below(key.text))}" for key, value in pairs]
            return _with_anchor(node, f"{{{', '.join(written)}}}")


def _with_anchor(node: Node, written: str) -> str:
    return written if node.anchor is None else f"&{node.anchor} {written}".rstrip()
