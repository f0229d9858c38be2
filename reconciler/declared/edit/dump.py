"""Write values as YAML: scalars that every YAML reader reads the same way, and entries in their file's style."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from reconciler.support.frozen import frozen
from reconciler.support.json_reader import JsonData
from reconciler.support.text import double_quoted, is_plain_scalar, printable, quoted_scalar

# People write URLs without quotes. In flow style, a variable's braces would end the value, so it needs quotes there.
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9._~-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?")
_PLAIN_TEMPLATE = re.compile(r"(?:https?://|(?=\$\{))(?:[A-Za-z0-9._~/-]|:[0-9]|\$\{[A-Za-z0-9_]+\})+")


@frozen
class Flow:
    """How to write in flow style (inside brackets)."""

    json: bool = False
    """All strings in double quotes, also keys."""
    colon: str = ": "
    comma: str = ", "


YAML_FLOW = Flow()
JSON = Flow(json=True)


def scalar(text: str, style: str = "", *, in_flow: bool = False) -> str:
    """The text in a style (`'`, `"`, or empty for no quotes), or in double quotes if the style cannot express it."""
    if style == "'" and printable(text) == text:
        return "'" + text.replace("'", "''") + "'"
    if style != '"' and (is_plain_scalar(text) or _is_plain_url(text, in_flow)):
        return text
    return double_quoted(text)


def block_lines(fields: Mapping[str, JsonData], step: int = 2) -> Iterator[str]:
    """The lines of a mapping, not indented; nested mappings are indented by `step` blanks. Lists are in brackets."""
    for key, value in fields.items():
        if isinstance(value, Mapping):
            yield f"{quoted_scalar(key)}:"
            yield from (" " * step + line for line in block_lines(value, step))
        else:
            written = scalar(value) if isinstance(value, str) else flow_text(value)
            yield f"{quoted_scalar(key)}: {written}"


def flow_text(value: JsonData, flow: Flow = YAML_FLOW) -> str:
    """A value on one line, in flow style."""
    match value:
        case bool() | int():
            return json.dumps(value)
        case str():
            return double_quoted(value) if flow.json else scalar(value, in_flow=True)
        case Mapping():
            return "{" + flow.comma.join(flow_pair(key, each, flow) for key, each in value.items()) + "}"
        case _:
            return "[" + flow.comma.join(flow_text(each, flow) for each in value) + "]"


def flow_pair(key: str, value: JsonData, flow: Flow = YAML_FLOW) -> str:
    """A key with its value, for a mapping in flow style."""
    return f"{double_quoted(key) if flow.json else quoted_scalar(key)}{flow.colon}{flow_text(value, flow)}"


def json_lines(value: JsonData, step: int) -> list[str]:
    """A value as JSON over several lines, not indented."""
    match value:
        case Mapping() if value:
            inner = [_prefixed(f"{double_quoted(key)}: ", json_lines(each, step)) for key, each in value.items()]
            return _bracketed("{", inner, "}", step)
        case str() | bool() | int() | Mapping():
            return [flow_text(value, JSON)]
        case _:
            return _bracketed("[", [json_lines(each, step) for each in value], "]", step)


def _prefixed(prefix: str, lines: list[str]) -> list[str]:
    return [prefix + lines[0], *lines[1:]]


def _bracketed(opening: str, inner: list[list[str]], closing: str, step: int) -> list[str]:
    for lines in inner[:-1]:
        lines[-1] += ","
    return [opening, *(" " * step + line for lines in inner for line in lines), closing]


def _is_plain_url(text: str, in_flow: bool) -> bool:
    return (_PLAIN_URL if in_flow else _PLAIN_TEMPLATE).fullmatch(text) is not None
