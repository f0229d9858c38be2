"""Whether a value has the structure that a schema demands: yes or no, fast, and without a library to import.

A schema becomes one function made of small ones. What is wrong, and where, jsonschema says (`shape.py`), which is ten
times as slow and takes longer to import than to run; it is asked only where the answer here is no. So a no may be too
strict, a yes must be right: the tests hold both to the same verdict, and a keyword that is not known here is refused.

Values are those of a YAML file: mappings, lists, text, whole numbers, truth values and None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Schema = Any
"""A schema as JSON, `$ref` written out."""
Fits = Callable[[Any], bool]

SAYS_NOTHING = {"$schema", "$id", "title", "description", "examples", "default", "then", "else"}
"""Keywords that demand nothing, or that belong to another one."""


def fitting(schema: Schema) -> Fits:
    """The function that tells whether a value fits the schema. Raises `ValueError` at what it cannot judge."""
    if schema is True or schema == {}:
        return _anything
    if schema is False:
        return _nothing
    unknown = [key for key in schema if key not in _DEMANDS and key not in SAYS_NOTHING and not key.startswith("x-")]
    if unknown:
        raise ValueError(f"cannot judge the keyword {unknown[0]!r}")
    return _all([demand(schema[key], schema) for key, demand in _DEMANDS.items() if key in schema])


def _anything(_: Any) -> bool:
    return True


def _nothing(_: Any) -> bool:
    return False


def _all(tests: Sequence[Fits]) -> Fits:
    """One test for several: written out for the numbers that are usual, since a loop takes as long as most tests."""
    match tests:
        case []:
            return _anything
        case [one]:
            return one
        case [one, two]:
            return lambda value: one(value) and two(value)
        case [one, two, three]:
            return lambda value: one(value) and two(value) and three(value)
        case [one, two, *rest]:
            others = _all(rest)
            return lambda value: one(value) and two(value) and others(value)
    raise AssertionError(tests)


_TYPES: Mapping[str, Fits] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
}


def _type(names: str | list[str], _: Schema) -> Fits:
    if isinstance(names, str):
        return _TYPES[names]
    one, *others = [_TYPES[name] for name in names]
    return lambda value: one(value) or any(test(value) for test in others)


def _enum(allowed: list[Any], _: Schema) -> Fits:
    if not all(isinstance(each, str | bool) for each in allowed):
        raise ValueError(f"cannot judge a choice of {allowed}")
    # Each with its type: True is not 1 here.
    choices = {(type(each), each) for each in allowed}
    return lambda value: isinstance(value, str | bool) and (type(value), value) in choices


def _const(allowed: Any, schema: Schema) -> Fits:
    return _enum([allowed], schema)


def _pattern(pattern: str, _: Schema) -> Fits:
    search: Callable[[str], re.Match[str] | None] | None = None

    def matches(value: Any) -> bool:
        nonlocal search
        # Compiled when first needed: that takes a millisecond, and few files use every key.
        search = search or re.compile(pattern).search
        return not isinstance(value, str) or search(value) is not None

    return matches


def _min_length(least: int, _: Schema) -> Fits:
    return lambda value: not isinstance(value, str) or len(value) >= least


def _max_length(most: int, _: Schema) -> Fits:
    return lambda value: not isinstance(value, str) or len(value) <= most


def _minimum(least: int, _: Schema) -> Fits:
    return lambda value: not _is_number(value) or value >= least


def _maximum(most: int, _: Schema) -> Fits:
    return lambda value: not _is_number(value) or value <= most


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _items(schema: Schema, _: Schema) -> Fits:
    fits = fitting(schema)
    return lambda value: not isinstance(value, list) or all(map(fits, value))


def _min_items(least: int, _: Schema) -> Fits:
    return lambda value: not isinstance(value, list) or len(value) >= least


def _unique_items(wanted: bool, _: Schema) -> Fits:
    # Lists of anything but text are left to jsonschema.
    return lambda value: (
        not wanted
        or not isinstance(value, list)
        or len(value) < 2
        or (all(isinstance(each, str) for each in value) and len(set(value)) == len(value))
    )


def _required(keys: list[str], _: Schema) -> Fits:
    if len(keys) == 1:
        only = keys[0]
        return lambda value: not isinstance(value, dict) or only in value
    return lambda value: not isinstance(value, dict) or all(key in value for key in keys)


def _properties(schemas: Mapping[str, Schema], schema: Schema) -> Fits:
    """With `additionalProperties`: one walk over what is there does for both."""
    tests = {key: fitting(each) for key, each in schemas.items()}
    others = fitting(schema.get("additionalProperties", True))

    def fits(value: Any) -> bool:
        if isinstance(value, dict):
            for key, item in value.items():
                if not tests.get(key, others)(item):
                    return False
        return True

    return fits


def _additional(_: Schema, schema: Schema) -> Fits:
    return _anything if "properties" in schema else _properties({}, schema)


def _property_names(schema: Schema, _: Schema) -> Fits:
    fits = fitting(schema)
    return lambda value: not isinstance(value, dict) or all(map(fits, value))


def _min_properties(least: int, _: Schema) -> Fits:
    return lambda value: not isinstance(value, dict) or len(value) >= least


def _max_properties(most: int, _: Schema) -> Fits:
    return lambda value: not isinstance(value, dict) or len(value) <= most


def _not(schema: Schema, _: Schema) -> Fits:
    fits = _exactly(schema)
    return lambda value: not fits(value)


def _exactly(schema: Schema) -> Fits:
    """A condition, in which a no that is too strict would become a wrong yes."""
    if '"uniqueItems"' in json.dumps(schema):
        raise ValueError("cannot judge 'uniqueItems' in a condition")
    return fitting(schema)


def _all_of(schemas: list[Schema], _: Schema) -> Fits:
    return _all([fitting(each) for each in schemas])


def _if(schema: Schema, whole: Schema) -> Fits:
    condition = _exactly(schema)
    then, otherwise = fitting(whole.get("then", True)), fitting(whole.get("else", True))
    return lambda value: then(value) if condition(value) else otherwise(value)


_DEMANDS: Mapping[str, Callable[[Any, Schema], Fits]] = {
    "type": _type,  # first: what has another type need not be looked at
    "enum": _enum,
    "const": _const,
    "minLength": _min_length,
    "maxLength": _max_length,
    "pattern": _pattern,
    "minimum": _minimum,
    "maximum": _maximum,
    "minItems": _min_items,
    "uniqueItems": _unique_items,
    "items": _items,
    "required": _required,
    "properties": _properties,
    "additionalProperties": _additional,
    "propertyNames": _property_names,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "not": _not,
    "allOf": _all_of,
    "if": _if,
}
