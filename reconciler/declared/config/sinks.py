"""`sinks:` and `owners:` of reconciler.yaml as values, and their errors."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, cast

from reconciler.declared.yaml.document import Document
from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, error, warning
from reconciler.model.placeholders import INSTANCE_PLACEHOLDERS
from reconciler.model.settings import (
    AgeSinkSetting,
    CommandSinkSetting,
    DotenvSinkSetting,
    JsonSinkSetting,
    SinkScope,
    SinkSetting,
)
from reconciler.support.text import quoted

if TYPE_CHECKING:
    from reconciler.secrets.paths import Fault

Node = Mapping[str, Any]

SHARED = "json"
"""The kind of sink whose file instances may share: its content is grouped by instance."""


def read_sinks(nodes: Sequence[Node], root: Path) -> tuple[SinkSetting, ...]:
    """The sinks of an instance, with paths relative to `root`."""
    return tuple(_sink(kind, node, root) for item in nodes for kind, node in item.items())


def read_owners(node: Node) -> dict[str, tuple[str, ...]]:
    """The age recipients of each owner."""
    return {owner: tuple(keys["age"]) for owner, keys in node.items()}


def _sink(kind: str, node: Node, root: Path) -> SinkSetting:
    scope = SinkScope(*(tuple(node[key]) if key in node else None for key in ("owners", "only")))
    match kind:
        case "age":
            return AgeSinkSetting(node["path"], root, scope)
        case "dotenv":
            return DotenvSinkSetting(node["path"], root, scope)
        case "json":
            return JsonSinkSetting(node["path"], root, scope)
        case _:
            return CommandSinkSetting(tuple(node["run"]), root, float(node.get("timeout", 30)), scope)


def sink_problems(document: Document) -> Iterator[Diagnostic]:
    """Invalid age recipients, and invalid paths."""
    yield from _recipient_problems(document)
    yield from _path_problems(document, list(_files(document)))
    yield from _argument_problems(document)


def _recipient_problems(document: Document) -> Iterator[Diagnostic]:
    for owner, node in cast("Node", document.root).get("owners", {}).items():
        from reconciler.model.extras import require
        from reconciler.secrets.age_recipients import recipient_fault  # only imported if age is used

        require("age", f"'owners.{owner}.age' of reconciler.yaml")
        for index, text in enumerate(node["age"]):
            fault = recipient_fault(text)
            if fault is not None:
                yield error("age-recipient", fault[0], document.location("owners", owner, "age", index), fault[1])


File = tuple[str, int, str, str]


def _files(document: Document) -> Iterator[File]:
    """The instance, position, kind and path of each sink that writes files."""
    for instance, node in cast("Node", document.root)["instances"].items():
        for position, item in enumerate(node.get("sinks", ())):
            for kind, sink in item.items():
                if "path" in sink:
                    yield instance, position, kind, sink["path"]


def _path_problems(document: Document, files: Sequence[File]) -> Iterator[Diagnostic]:
    for instance, position, kind, path in files:
        for message, hint in _path_faults(kind, path):
            place = document.location("instances", instance, "sinks", position, kind, "path")
            yield error("sink-path", message, place, hint)


def _argument_problems(document: Document) -> Iterator[Diagnostic]:
    """Placeholders in the arguments of a program, which gets them as they are."""
    for instance, node in cast("Node", document.root)["instances"].items():
        for position, item in enumerate(node.get("sinks", ())):
            for number, word in enumerate(item.get("command", {}).get("run", ())):
                if any(f"{{{name}}}" in word for name in INSTANCE_PLACEHOLDERS):
                    place = document.location("instances", instance, "sinks", position, "command", "run", number)
                    hint = "the program reads the name of the instance on standard input, as `instance`"
                    yield warning("placeholder", f"{quoted(word)} is passed to the program as it is", place, hint)


def _path_faults(kind: str, path: str) -> list[Fault]:
    from reconciler.secrets.paths import folder_faults, template_faults

    if kind == "age":
        return [*template_faults(path, (*INSTANCE_PLACEHOLDERS, "owner", "name"), ("name",)), *folder_faults(path)]
    return template_faults(path, INSTANCE_PLACEHOLDERS)


def shared_path_problems(document: Document, root: Path) -> Iterator[Diagnostic]:
    """Two sinks that would overwrite each other's file, also by another spelling of its path or through a link.

    Relative paths start from `root`. A path that several instances have from one place is reported once.
    """
    reported = set()
    for first, other in _sharing(list(_files(document)), root):
        place = document.location("instances", other[0], "sinks", other[1], other[2], "path")
        if place not in reported:
            reported.add(place)
            yield _shared(first[0], other, place)


def _sharing(files: Sequence[File], root: Path) -> Iterator[tuple[File, File]]:
    if not files:
        return
    from reconciler.secrets.paths import expand

    seen: dict[str, File] = {}
    for each in files:
        instance, _, kind, path = each
        file = os.path.realpath(root / expand(path, instance))
        first = seen.setdefault(file.casefold(), each)
        if first is not each and not (kind == first[2] == SHARED and instance != first[0]):
            yield first, each
    encrypted = [each for each in files if each[2] == "age" and not _path_faults("age", each[3])]
    yield from _overlapping(encrypted, root)


def _overlapping(files: Sequence[File], root: Path) -> Iterator[tuple[File, File]]:
    """Two sinks whose paths can be equal for some clients, or that one instance would give one manifest."""
    from reconciler.secrets.paths import expand, fixed_folder, may_be_one_file, shape

    below: dict[str, list[int]] = {}
    """The sinks, by the folder of all their files: only one that is further up, or the same, can have the same file."""
    folders, shapes = [], []
    for number, (instance, _, _, path) in enumerate(files):
        fixed = fixed_folder(path, instance)
        folder = os.path.realpath(root / fixed)
        folders.append(folder.casefold())
        shapes.append(shape(f"{folder}/{PurePath(expand(path, instance)).relative_to(fixed).as_posix()}"))
        below.setdefault(folders[-1], []).append(number)
    for number, folder in enumerate(folders):
        for above in (folder, *map(str, Path(folder).parents)):
            for other in below.get(above, ()):
                alike = above == folder and files[number][0] == files[other][0]
                if other != number and (alike or may_be_one_file(shapes[number], shapes[other])):
                    yield files[min(number, other)], files[max(number, other)]


def _shared(first: str, other: File, place: Location) -> Diagnostic:
    instance, _, kind, _ = other
    who = f"{first} and {instance}" if first != instance else f"two sinks of {instance}"
    separate = "put both into separate folders" if kind == "age" else "give each a separate path"
    hint = "put {instance} into both paths" if first != instance else separate
    return error("sink-path", f"{who} would write the same file", place, hint)
