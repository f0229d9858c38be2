"""Behaviour of PHP and its database that is visible in the platform's API: loose numbers, forms, JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, quote

Value = None | bool | int | float | str | list["Value"] | dict[str, "Value"]
"""The values that a field of a request can hold. A PHP array is a list or a dict here."""

_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
_BRACKETS = re.compile(r"\[([^\]]*)\]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_LARGEST_INT = 2**63 - 1
_DEEPEST_JSON = 512


def leading_number(text: str) -> float:
    """Convert a text as the database does to compare it with a number: `6abc` is 6, `abc` is 0, `6.9` is not 6."""
    found = _NUMBER.match(text)
    return float(found[1]) if found else 0.0


def as_text(value: bool | int | float | str) -> str:
    """The text that is stored for a single value: true is `1`, false is `0`, a float has 14 digits."""
    match value:
        case str():
            return value
        case float():
            return _float_text(value)
        case _:
            return str(int(value))


def _float_text(number: float) -> str:
    digits, exponent, power = f"{number:.14G}".partition("E")
    if not exponent:
        return digits
    return f"{digits if '.' in digits else digits + '.0'}E{int(power):+d}"


def length(value: Value) -> int:
    """The length of a value: the entries of an array, else the characters. Null and false have length 0."""
    if isinstance(value, list | dict):
        return len(value)
    return 0 if value is None or value is False else len(as_text(value))


def decode_json(data: bytes) -> dict[str, Value]:
    """The fields of a JSON body; none if PHP cannot parse it. The items of a list are named by their numbers."""
    try:
        value: Value = json.loads(data.decode(), parse_int=_integer, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return {}
    if _depth_exceeds(value, _DEEPEST_JSON) or not _is_text_all_through(value):
        return {}
    match value:
        case None:
            return {}
        case dict():
            return value
        case list():
            return {str(i): item for i, item in enumerate(value)}
        case _:
            return {"0": value}


def _integer(digits: str) -> int | float:
    # 64 bits, or a float; the length is checked first because int() refuses thousands of digits.
    number = int(digits) if len(digits) < 25 else _LARGEST_INT + 1
    return number if -_LARGEST_INT - 1 <= number <= _LARGEST_INT else float(digits)


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _depth_exceeds(value: Value, limit: int) -> bool:
    level: list[Value] = [value]
    for _ in range(limit):
        level = [child for parent in level for child in children(parent)]
        if not level:
            return False
    return True


def children(value: Value) -> Iterable[Value]:
    """The values that an array holds; nothing for anything else."""
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _is_text_all_through(value: Value) -> bool:
    # A lone surrogate anywhere makes the whole body invalid for PHP.
    if isinstance(value, str):
        return _SURROGATE.search(value) is None
    keys = value if isinstance(value, dict) else ()
    return all(map(_is_text_all_through, keys)) and all(map(_is_text_all_through, children(value)))


def decode_form(data: bytes) -> dict[str, Value]:
    """The fields of a form body or a query string; `types[]` and `types[0]` make arrays."""
    text = data.decode(errors="surrogateescape")
    return build_fields(parse_qsl(text, keep_blank_values=True, errors="surrogateescape"))


def normalized_query(data: bytes) -> str:
    """A query string with its fields in alphabetical order, as the framework notes it for a page."""
    pairs = _flat(decode_form(data).items())
    return "&".join(
        f"{quote(name, errors='surrogateescape')}={quote(value, errors='surrogateescape')}" for name, value in pairs
    )


def _flat(fields: Iterable[tuple[str, Value]]) -> Iterator[tuple[str, str]]:
    for name, value in sorted(fields):
        if isinstance(value, dict):
            yield from _flat((f"{name}[{key}]", item) for key, item in value.items())
        else:
            yield name, str(value)


def build_fields(pairs: Iterable[tuple[str, str]]) -> dict[str, Value]:
    """Fields from names and values as PHP reads them: the last of two equal names wins, brackets nest."""
    fields: dict[str, Value] = {}
    for name, value in pairs:
        stem, bracket, rest = name.lstrip(" ").partition("[")
        keys = _BRACKETS.findall(bracket + rest) if stem else []
        if stem:
            _put(fields, [stem.replace(".", "_").replace(" ", "_"), *keys], value)
    return fields


def _put(fields: dict[str, Value], keys: list[str], value: str) -> None:
    for key in keys[:-1]:
        inner = fields.setdefault(_free(fields, key), {})
        if not isinstance(inner, dict):
            inner = fields[key] = {}
        fields = inner
    fields[_free(fields, keys[-1])] = value


def _free(fields: dict[str, Value], key: str) -> str:
    if key:
        return key
    return str(1 + max((int(k) for k in fields if k.isdecimal()), default=-1))
