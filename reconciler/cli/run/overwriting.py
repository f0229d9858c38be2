"""Refuse outputs that would overwrite what a run reads, or another output."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from reconciler.cli.output.files import open_descriptor
from reconciler.cli.run.journals import journal_directory
from reconciler.cli.run.kept_files import (
    KeptFile,
    SinkPlace,
    delivered_files,
    files_mentioned,
    files_of_project,
    files_of_settings,
    known_settings,
    sink_places,
)
from reconciler.declared.yaml.files import ENDINGS
from reconciler.git.links import git_folder_of, planted_link
from reconciler.model.errors import WrongUsage
from reconciler.model.settings import Instance, Settings
from reconciler.support.file_identity import FileIdentity, identify
from reconciler.support.frozen import frozen
from reconciler.support.text import printable
from reconciler.workflow.options import ProjectFiles

_ANOTHER = "name another file"


@frozen
class RunFiles:
    """The files of a run that the command line names: the project, a saved plan or observations, the journals."""

    files: ProjectFiles
    journal: Path | None = None
    """The folder of the journals; None for the one beside the settings."""
    saved: Path | None = None
    live: tuple[Path, ...] = ()

    def named(self) -> Iterator[KeptFile]:
        """The saved plan and the observations."""
        if self.saved is not None:
            yield KeptFile("the saved plan", identify(self.saved))
        yield from (KeptFile("the observation", identify(each)) for each in self.live)


def refuse_overwriting(run: RunFiles, output: Path | None = None, reports: Sequence[Path] = ()) -> None:
    """Raise `WrongUsage` if `-o` or a report would overwrite a file of the run, or the other one.

    Also if a symlink that somebody committed leads it elsewhere, or if it is among git's own files. Devices, pipes and
    descriptors may be named, since nothing replaces them.
    """
    named = [("-o", output)] if output is not None else []
    named += [("--report", report) for report in reports]
    for flag, path in named:
        refuse_led_elsewhere(f"{flag} {printable(str(path))}", path, run.files.config)
    written = [KeptFile(f"{flag} {printable(str(path))}", identify(path)) for flag, path in named if _is_file(path)]
    if not written:
        return
    for one, other in combinations(reversed(written), 2):
        if one.is_at(other.identity) or _as_one_name(one) == _as_one_name(other):
            what = "the saved plan" if other.what.startswith("-o") else other.what
            raise WrongUsage(f"{one.what} would overwrite {what}", _ANOTHER)
    kept = list(_kept(run))
    for each in written:
        _refuse_place_of_folder(each, run)
        _refuse(each.what, each.identity, kept, _ANOTHER)
        _refuse_folders(each.what, each.identity, each.identity.real.name, run, "name a file outside of it")


def refuse_led_elsewhere(what: str, path: Path, config: Path | None = None) -> None:
    """Raise `WrongUsage` if a path leads through a symlink that somebody may have committed, or to git's own files.

    Outside a repository, that is a symlink which leads out of the folder of `config`.
    """
    project = config.parent if config is not None else None
    link = planted_link(path, os.environ, project)
    if link is not None:
        raise WrongUsage(f"{what} is not written: {link}", "remove the symlink, or name the file that it leads to")
    folder = git_folder_of(path, os.environ, project)
    if folder is not None:
        raise WrongUsage(f"{what} would be among git's own files: it is within {printable(str(folder))}", _ANOTHER)


def _as_one_name(written: KeptFile) -> str:
    """What a path is where upper and lower case, and composed characters, are the same: on many disks they are."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", str(written.identity.real)).casefold())


def _refuse_place_of_folder(written: KeptFile, run: RunFiles) -> None:
    """Refuse a file where a folder of the run would have to be."""
    for what, path in ("declarations", run.files.clients_directory), ("journals", _journals(run)):
        folder = identify(path)
        if written.is_at(folder) or folder.is_below(written.identity):
            raise WrongUsage(f"{written.what} would take the place of the folder of the {what}", _ANOTHER)


def _journals(run: RunFiles) -> Path:
    return journal_directory(run.files.config, run.journal)


def _kept(run: RunFiles) -> Iterator[KeptFile | SinkPlace]:
    settings = known_settings(run.files)
    yield from run.named()
    yield from files_of_project(run.files)
    if settings is None:
        yield from files_mentioned(run.files.config)
        return
    yield from files_of_settings(settings)
    yield from sink_places(settings.instances)
    yield from delivered_files(settings)


def refuse_misplaced_sinks(run: RunFiles, settings: Settings, instances: Sequence[Instance]) -> None:
    """Raise `WrongUsage` if a sink of these instances would overwrite a file of the run."""
    places = [place for place in sink_places(instances) if place.identity is None or _is_file(place.identity.real)]
    if not places:
        return
    kept = [*run.named(), *files_of_project(run.files), *files_of_settings(settings)]
    for place in places:
        for each in kept:
            if place.is_at(each.identity):
                raise WrongUsage(f"{place.what} would overwrite {each.what}", "give the sink another path")
        _refuse_folders(place.what, place, place.parts[-1], run, "give the sink a path outside of it")


def _refuse(what: str, written: FileIdentity, kept: Sequence[KeptFile | SinkPlace], hint: str) -> None:
    for each in kept:
        if each.is_at(written):
            raise WrongUsage(f"{what} would overwrite {each.what}", hint)


def _refuse_folders(what: str, written: FileIdentity | SinkPlace, name: str, run: RunFiles, hint: str) -> None:
    """Refuse a file that would become a declaration, or that is among the journals."""
    clients = run.files.clients_directory
    if name.lower().endswith(ENDINGS) and written.is_below(identify(clients)):
        raise WrongUsage(f"{what} would be read as declarations: it is within {printable(str(clients))}", hint)
    journal = _journals(run)
    if written.is_below(identify(journal)):
        raise WrongUsage(f"{what} would be among the journals: it is within {printable(str(journal))}", hint)


def _is_file(path: Path) -> bool:
    """Whether writing to the path creates or replaces a file."""
    if open_descriptor(path) is not None:
        return False
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return True
    return stat.S_ISREG(mode)
