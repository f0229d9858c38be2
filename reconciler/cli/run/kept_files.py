"""What an output must not overwrite: the files that a run reads, and the places of secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path, PurePosixPath
from typing import assert_never

from reconciler.declared.yaml.files import find_files
from reconciler.model.errors import GitError
from reconciler.model.settings import (
    AgeSinkSetting,
    CommandSinkSetting,
    DotenvSinkSetting,
    Instance,
    JsonSinkSetting,
    Settings,
)
from reconciler.secrets.paths import expand, fixed_folder
from reconciler.support.file_identity import FileIdentity, identify
from reconciler.support.frozen import frozen
from reconciler.support.text import printable
from reconciler.workflow.options import ProjectFiles
from reconciler.workflow.validate import settings_of

_PLACEHOLDER = re.compile(r"\{[^{}]*\}")
_BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")
_NO_WORD = re.compile(r"""[\s"'{}\[\],]+|: """)


@frozen
class KeptFile:
    """A file that stays as it is, and what it is."""

    what: str
    identity: FileIdentity

    def is_at(self, place: FileIdentity) -> bool:
        """Whether this is the file."""
        return self.identity.is_same(place)


@frozen
class SinkPlace:
    """Where a sink writes: one file, or one for each client."""

    what: str
    parts: tuple[str, ...]
    """Of the absolute path, links followed; `{owner}` and `{name}` stand for any text."""
    identity: FileIdentity | None
    """None if there is one for each client."""

    def is_at(self, place: FileIdentity) -> bool:
        """Whether the sink may write this file."""
        if self.identity is not None and self.identity.is_same(place):
            return True
        return len(self.parts) == len(place.real.parts) and self._leads_into(place.real)

    def is_below(self, folder: FileIdentity) -> bool:
        """Whether the sink may write files within the folder."""
        if self.identity is not None:
            return self.identity.is_below(folder)
        return len(self.parts) > len(folder.real.parts) and self._leads_into(folder.real)

    def _leads_into(self, real: Path) -> bool:
        return all(_fits(part, found) for part, found in zip(self.parts, real.parts, strict=False))


def _fits(part: str, found: str) -> bool:
    if "{" not in part:
        return part == found
    return re.fullmatch(".+".join(map(re.escape, _PLACEHOLDER.split(part))), found, re.DOTALL) is not None


def files_of_project(files: ProjectFiles) -> Iterator[KeptFile]:
    """The settings and every file of declarations."""
    yield KeptFile(f"the settings {printable(str(files.config))}", identify(files.config))
    directory = files.clients_directory
    try:
        found = find_files(directory, str(directory))
    except OSError:  # there is none to overwrite
        return
    for each in found:
        if each.is_yaml:
            yield KeptFile(f"the declarations {each.shown_as}", identify(Path(each.path)))


def files_of_settings(settings: Settings) -> Iterator[KeptFile]:
    """Every file that the settings name: of credentials and certificates, databases, the programs of sinks."""
    for instance in settings.instances:
        for key, path in _paths(instance):
            yield KeptFile(f"`{key}` of {instance.name}", identify(path))
        for suffix in _BESIDE_A_DATABASE if instance.embedded is not None else ():
            yield KeptFile(f"a part of `embedded` of {instance.name}", identify(Path(f"{instance.embedded}{suffix}")))
        for sink in instance.sinks:
            for word in sink.run if isinstance(sink, CommandSinkSetting) else ():
                if os.path.isfile(sink.folder / word):  # unlike Path.is_file, it takes a word of any length
                    yield KeptFile(
                        f"{printable(word)}, which a sink of {instance.name} runs", identify(sink.folder / word)
                    )


def _paths(value: object) -> Iterator[tuple[str, Path]]:
    """Every path among the fields of a value, with its key: a new key of the settings is kept as well."""
    for each in fields(value) if is_dataclass(value) else ():
        held = getattr(value, each.name)
        if isinstance(held, Path):
            yield each.name, held
        else:
            yield from _paths(held)


def sink_places(instances: Sequence[Instance]) -> Iterator[SinkPlace]:
    """Where the sinks of these instances write."""
    for instance in instances:
        for sink in instance.sinks:
            match sink:
                case AgeSinkSetting():
                    yield from _places_of_clients(sink, instance.name)
                case DotenvSinkSetting() | JsonSinkSetting():
                    yield _place(sink.path, sink.folder / expand(sink.path, instance.name), instance.name)
                case CommandSinkSetting():
                    pass
                case _:
                    assert_never(sink)


def _place(path: str, file: Path, instance: str) -> SinkPlace:
    identity = identify(file)
    return SinkPlace(_sink(path, instance), identity.real.parts, identity)


def _places_of_clients(sink: AgeSinkSetting, instance: str) -> Iterator[SinkPlace]:
    from reconciler.secrets.sinks.age_manifest import NAME

    fixed = fixed_folder(sink.path, instance)
    root = Path(os.path.realpath(sink.folder / fixed))
    rest = PurePosixPath(expand(sink.path, instance)).parts[len(fixed.parts) :]
    yield SinkPlace(_sink(sink.path, instance), (*root.parts, *rest), None)
    yield _place(sink.path, root / NAME, instance)


def delivered_files(settings: Settings) -> Iterator[KeptFile]:
    """The files that sinks have written for each client: only their inodes tell that a hard link is one of them."""
    for place in sink_places(settings.instances):
        if place.identity is None:
            fixed = [
                part for index, part in enumerate(place.parts) if not any("{" in p for p in place.parts[: index + 1])
            ]
            pattern = "/".join(map(_glob, place.parts[len(fixed) :]))
            for file in Path(*fixed).glob(pattern):
                yield KeptFile(place.what, identify(file))


def _sink(path: str, instance: str) -> str:
    return f"the sink {printable(path)} of {instance}"


def _glob(part: str) -> str:
    return "*".join(re.sub(r"([*?[])", r"[\1]", text) for text in _PLACEHOLDER.split(part))


def known_settings(files: ProjectFiles) -> Settings | None:
    """The settings, if they are valid."""
    try:
        return settings_of(files)[0]
    except GitError:
        return None


def files_mentioned(config: Path) -> Iterator[KeptFile]:
    """Every file whose name is a word of settings that are invalid: they cannot say what it is for."""
    try:
        text = config.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for word in sorted(set(_NO_WORD.split(text))):
        path = config.parent / word
        if word and "\0" not in word and os.path.isfile(path):
            yield KeptFile(f"{printable(word)}, which {printable(str(config))} names", identify(path))
