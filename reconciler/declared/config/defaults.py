"""`defaults:` of reconciler.yaml: the document as if every instance had its own copy of them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from reconciler.declared.yaml.document import Document, LineIndex, YamlMapping
from reconciler.model.diagnostics import Diagnostic
from reconciler.support.text import enumeration

MERGED = ("limits", "variables")
"""The keys of which an instance has its own and those of the defaults. Of all others it has one or the other."""

NOT_EMBEDDED = frozenset(("credentials", "limits", "ca_bundle", "client_certificate", "allow_http"))
"""What an embedded instance cannot have: the defaults are not for it."""

_MOST_NAMED = 3
"""Maximum number of instances that a message names."""

Node = Mapping[str, Any]


def with_defaults(document: Document) -> Document:
    """The document with the defaults merged into each instance, every value at the place where it is written."""
    top = cast("YamlMapping", document.root)
    defaults, instances = top["defaults"], cast("YamlMapping", top["instances"])
    merged = {name: _instance(cast("YamlMapping", node), defaults, document.lines) for name, node in instances.items()}
    return replace(document, root=_with_values(top, {"instances": _with_values(instances, merged)}))


def naming_instances(document: Document, problems: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """The problems of instances, each once; those in a default with the instances that have it.

    `document` is as it was written.
    """
    inherited = list(_inherited(document))
    for problem in dict.fromkeys(problems):
        place = problem.location.line, problem.location.column
        names = next((names for begins, ends, names in inherited if begins <= place < ends), None)
        yield replace(problem, message=f"{problem.message} (on {_shown(names)})") if names else problem


def _instance(own: YamlMapping, defaults: Any, lines: LineIndex) -> YamlMapping:
    inherited = _for_embedded(defaults, lines) if "embedded" in own else defaults
    both = {key: _joined(own[key], inherited[key], lines) for key in MERGED if key in own and key in inherited}
    return _with_values(_joined(own, inherited, lines), both)


def _for_embedded(defaults: YamlMapping, lines: LineIndex) -> YamlMapping:
    return _chosen(defaults, [key for key in defaults if key not in NOT_EMBEDDED], lines)


def _joined(own: Any, inherited: Any, lines: LineIndex) -> YamlMapping:
    """The keys of both mappings; `own` wins."""
    added = _chosen(inherited, [key for key in inherited if key not in own], lines)
    joined = YamlMapping({**own, **added})
    joined.first = lines.keep([*_places(own, lines), *_places(added, lines)])
    return joined


def _chosen(mapping: YamlMapping, keys: Iterable[str], lines: LineIndex) -> YamlMapping:
    chosen = YamlMapping({key: mapping[key] for key in keys})
    positions = dict(zip(mapping, range(mapping.first, mapping.first + 2 * len(mapping), 2), strict=True))
    chosen.first = lines.keep([place for key in chosen for place in lines.places[positions[key] :][:2]])
    return chosen


def _places(mapping: YamlMapping, lines: LineIndex) -> Iterable[int]:
    return lines.places[mapping.first : mapping.first + 2 * len(mapping)]


def _with_values(mapping: YamlMapping, values: Mapping[str, object]) -> YamlMapping:
    """The mapping with other values for some of its keys, at the same places."""
    changed = YamlMapping({**mapping, **values})
    changed.first = mapping.first
    return changed


Place = tuple[int, int]


def _inherited(document: Document) -> Iterator[tuple[Place, Place, list[str]]]:
    """Where each default begins and ends, and the instances that have it."""
    top = cast("Node", document.root)
    keys = list(top["defaults"])
    starts = [_start(document, "defaults", key) for key in keys]
    ends = [*starts[1:], _end(document, top)]
    for key, begins, ends_before in zip(keys, starts, ends, strict=True):
        yield begins, ends_before, [name for name, node in top["instances"].items() if _is_inherited(key, node)]


def _is_inherited(key: str, own: Node) -> bool:
    return (key in MERGED or key not in own) and not ("embedded" in own and key in NOT_EMBEDDED)


def _end(document: Document, top: Node) -> Place:
    """Where the key after the defaults begins."""
    keys = list(top)
    after = keys[keys.index("defaults") + 1 :]
    return _start(document, after[0]) if after else (sys.maxsize, 1)


def _start(document: Document, *keys: str) -> Place:
    place = document.location(*keys, key=True)
    return place.line, place.column


def _shown(names: list[str]) -> str:
    if len(names) <= _MOST_NAMED:
        return enumeration(names)
    return f"{len(names)} instances, {names[0]} among them"
