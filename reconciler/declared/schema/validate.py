"""Validate a document against its schema, and report each error with its location and a hint.

Valid documents are accepted by `fast_path.py`; for the others, jsonschema finds the errors. The schema contains the
messages: `x-errors` has one for each keyword that can fail ("message; hint"; for a pattern, also one per kind of
mistake, by a pattern that matches the mistake), `x-misplaced` a hint for a key in the wrong place, `x-unless` the keys
whose own error explains why another one is missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reconciler.declared.schema.fast_path import Predicate, compile_schema
from reconciler.declared.schema.files import schema_text
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import LoadResult
from reconciler.model.diagnostics import Diagnostic, error, has_errors, sorted_diagnostics
from reconciler.support.odd_ends import odd_ends
from reconciler.support.text import closest, did_you_mean, enumeration, quoted

if TYPE_CHECKING:
    from jsonschema import Draft7Validator
    from jsonschema.exceptions import ValidationError

RULE = "schema"

_MOST_SUGGESTIONS = 50
"""Unknown keys of a file, or of a mapping, for which a similar one is looked for."""


def valid_documents(loaded: LoadResult, schema: str) -> LoadResult:
    """The documents that match the schema, and the errors of the others."""
    fits = fits_schema(schema)
    if all(fits(document.root) for document in loaded.documents):
        return loaded
    judged = [(document, validate_document(document, schema)) for document in loaded.documents]
    sound = tuple(document for document, problems in judged if not has_errors(problems))
    found = tuple(problem for _, problems in judged for problem in problems)
    return LoadResult(sound, loaded.diagnostics + found)


def validate_document(document: Document, schema: str) -> list[Diagnostic]:
    """All schema errors of a document; `schema` is one of SCHEMA_NAMES."""
    if fits_schema(schema)(document.root):
        return []
    found = list(_validator(schema).iter_errors(document.root))
    forbidden = {tuple(problem.absolute_path) for problem in found if _is_forbidden(problem)}
    problems = (problem for problem in found if not _is_below(problem, forbidden))
    suggestions = _Suggestions()
    return sorted_diagnostics(
        diagnostic for problem in problems for diagnostic in _explain(problem, document, suggestions)
    )


class _Suggestions:
    """The known keys that unknown ones were probably meant to be: of the first ones, since each takes a while."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, ...], str | None] = {}

    def hint(self, key: str, known: Sequence[str]) -> str | None:
        """What `did_you_mean` says, always the same for the same key."""
        asked = (key, *known)
        if asked not in self._found and len(self._found) < _MOST_SUGGESTIONS:
            self._found[asked] = did_you_mean(key, known)
        return self._found.get(asked)


@lru_cache
def fits_schema(schema: str, *keys: str) -> Predicate:
    """Tell whether a value matches a schema, or the part of it that is at the end of these keys."""
    content = _content(schema)
    for key in keys:
        content = content[key]
    return compile_schema(content)


@lru_cache
def _validator(schema: str) -> Draft7Validator:
    from jsonschema import Draft7Validator

    return Draft7Validator(_content(schema))


def _content(schema: str) -> Any:
    content = json.loads(schema_text(schema))
    return _Expansion(content.pop("definitions", {})).of(content)


class _Expansion:
    """A schema with `$ref` expanded: following `$ref` takes a fifth of the time. No definition contains itself."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._expanded: dict[str, Any] = {}

    def of(self, schema: Any) -> Any:
        """The schema, or a part of it, expanded. A definition that is used twice is one object then."""
        if isinstance(schema, dict):
            if "$ref" in schema:
                return self._definition(schema["$ref"].removeprefix("#/definitions/"))
            return {key: self.of(value) if isinstance(value, dict | list) else value for key, value in schema.items()}
        return [self.of(value) if isinstance(value, dict | list) else value for value in schema]

    def _definition(self, name: str) -> Any:
        if name not in self._expanded:
            self._expanded[name] = self.of(self._definitions[name])
        return self._expanded[name]


def _is_forbidden(problem: ValidationError) -> bool:
    """Whether a key is forbidden with any value: the schema says `not: {}`."""
    return problem.validator == "not" and not problem.validator_value


def _is_below(problem: ValidationError, forbidden: Collection[tuple[str | int, ...]]) -> bool:
    """Whether an error is inside the value of a forbidden key."""
    path = tuple(problem.absolute_path)
    return not _is_forbidden(problem) and any(path[:length] in forbidden for length in range(len(path) + 1))


def _explain(problem: ValidationError, document: Document, suggestions: _Suggestions) -> Iterator[Diagnostic]:
    path = tuple(problem.absolute_path)
    match problem.validator:
        case "additionalProperties":
            yield from _unknown_keys(problem, document, path, suggestions)
        case "uniqueItems":
            yield from _repeated(problem, document, path)
        case "pattern" | "maxLength" if "propertyNames" in problem.absolute_schema_path:
            yield _at(document.location(*path, str(problem.instance), key=True), *_words(problem))
        case "required" if _is_explained(problem):
            pass
        case "required" | "minProperties" if path and isinstance(path[-1], str):
            yield _at(document.location(*path, key=True), *_words(problem))
        case "not" if _is_forbidden(problem):
            yield _at(document.location(*path, key=True), *_words(problem))
        case _:
            yield _at(document.location(*path), *_words(problem))


def _at(location: Any, message: str, hint: str | None) -> Diagnostic:
    return error(RULE, message, location, hint)


def _unknown_keys(
    problem: ValidationError, document: Document, path: Sequence[str | int], suggestions: _Suggestions
) -> Iterator[Diagnostic]:
    schema = _mapping(problem.schema)
    known = list(schema.get("properties", {}))
    misplaced = schema.get("x-misplaced", {})
    found: Any = problem.instance
    for key in found:
        if key not in known:
            hint = misplaced.get(key) or suggestions.hint(key, known) or f"known here: {', '.join(known)}"
            odd = "".join(f", which {each}" for each in odd_ends(key))
            yield error(RULE, f"unknown key {quoted(key)}{odd}", document.location(*path, key, key=True), hint)


def _is_explained(problem: ValidationError) -> bool:
    """Whether a key is missing only because it is misspelt or misplaced, which is reported separately."""
    schema = _mapping(problem.schema)
    mapping: Any = problem.instance
    wanted: Any = problem.validator_value
    missing = [key for key in wanted if key not in mapping]
    strangers = [key for key in mapping if key not in schema.get("properties", {})]
    explaining = (*schema.get("x-misplaced", ()), *schema.get("x-unless", ()))
    return any(key in explaining for key in strangers) or any(
        closest(key, missing) for key in strangers[:_MOST_SUGGESTIONS]
    )


def _repeated(problem: ValidationError, document: Document, path: Sequence[str | int]) -> Iterator[Diagnostic]:
    items: Any = problem.instance
    seen = set()
    for index, item in enumerate(items):
        key = json.dumps(item, sort_keys=True)  # a list or a mapping has no hash, and 1 is not true
        if key not in seen:
            seen.add(key)
        else:
            yield error(RULE, f"{quoted(str(item))} is in the list twice", document.location(*path, index), "keep one")


def _words(problem: ValidationError) -> tuple[str, str | None]:
    """Message and hint, from the schema's `x-errors` if it has one."""
    keyword = str(problem.validator)
    said = _mapping(problem.schema).get("x-errors", {}).get(keyword)
    if keyword == "type" and said is None and _wants_text(problem):
        return f"expected text, got {_kind(problem.instance)}", f'put it in quotes: "{_as_written(problem.instance)}"'
    if isinstance(said, dict):
        said = next(sentence for way, sentence in said.items() if re.search(way, str(problem.instance)))
    if said is not None:
        message, _, hint = said.partition("; ")
        return message, hint or None
    return _plain_words(keyword, problem)


def _plain_words(keyword: str, problem: ValidationError) -> tuple[str, str | None]:
    allowed: Any = problem.validator_value
    match keyword:
        case "type":
            kinds = [allowed] if isinstance(allowed, str) else allowed
            found = problem.instance
            hint = _instead(found, kinds, problem.schema)
            return f"expected {enumeration(map(_TYPES.__getitem__, kinds), 'or')}, got {_kind(found)}", hint
        case "enum":
            hint = did_you_mean(problem.instance, allowed) if isinstance(problem.instance, str) else None
            return f"expected {enumeration(allowed, 'or')}, got {_kind(problem.instance)}", hint
        case "minItems" | "minProperties":
            return "this is empty", "give at least one, or remove the key"
        case "minimum":
            return f"{problem.instance} is too small", f"the least is {allowed}"
        case "maximum":
            return f"{problem.instance} is too large", f"the most is {allowed}"
        case _:
            return f"this breaks the schema's `{keyword}`", None


def _instead(found: object, kinds: Sequence[str], schema: Any) -> str | None:
    """How a value would be written as what it has to be; None if that is not known."""
    if isinstance(found, dict) and list(found) == ["label"]:
        return f'put it in quotes, without a blank: "label:{found["label"]}"'
    if not isinstance(found, str):
        return None
    if "array" in kinds and _is_list_of_texts(schema):
        return f"write a list: [{quoted(found)}]"
    if "integer" in kinds and re.fullmatch("[0-9]{1,9}", found):
        return f"write it without quotes: {int(found)}"
    return _SWITCHES.get(found.lower()) if "boolean" in kinds else None


_SWITCHES = {
    **dict.fromkeys(("yes", "on", "true", "y"), "write it as: true"),
    **dict.fromkeys(("no", "off", "false", "n"), "write it as: false"),
}

_TYPES = {
    "string": "text",
    "array": "a list",
    "object": "keys with values",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
}


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the truth value {str(value).lower()}"
        case int():
            return f"the number {value}"
        case str():
            return f"the text {quoted(value, 40)}"
        case list():
            return "a list"
        case _:
            return "keys with values"


def _wants_text(problem: ValidationError) -> bool:
    return problem.validator_value == "string" and isinstance(problem.instance, bool | int)


def _is_list_of_texts(schema: Any) -> bool:
    return isinstance(schema, dict) and "$ref" not in schema.get("items", {})


def _as_written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _mapping(schema: Any) -> dict[str, Any]:
    return schema if isinstance(schema, dict) else {}
