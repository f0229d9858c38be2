"""Which warnings about the files a base has as well: only the others are news to whoever reviews a change."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from reconciler.declared.at_revision import documents_at, settings_at
from reconciler.declared.clients.entries import read_entries
from reconciler.declared.declare import declare
from reconciler.declared.schema.validate import valid_documents
from reconciler.declared.yaml.document import Document
from reconciler.declared.yaml.load import load_directory
from reconciler.model.diagnostics import Diagnostic, Severity
from reconciler.model.settings import Instance, Settings
from reconciler.workflow.options import ProjectFiles
from reconciler.workflow.revisions.places import places_at
from reconciler.workflow.validate import as_if

_PLACE = re.compile(r"(?:\b[0-9a-f]{12}:)?([\w./-]+\.ya?ml)(?::\d+){1,2}")

_Identity = tuple[str, str, str | None]
"""Of a warning: its rule, what it says, and the entry that it is about, wherever that stands."""


def known_warnings(
    files: ProjectFiles,
    commits: Collection[str],
    instances: Sequence[Instance],
    found: Iterable[Diagnostic],
    platform: str | None = None,
) -> frozenset[Diagnostic]:
    """Return the warnings that every one of the commits has too: of the same rule, about an entry of the same name.

    `platform` is the version that they were judged by in place of what the settings say.
    Raises `GitError`. The declarations in the commits are valid: plans were made from them.
    """
    warnings = [each for each in found if each.severity is Severity.WARNING]
    if not (warnings and commits):
        return frozenset()
    loaded = valid_documents(load_directory(files.clients_directory, str(files.clients_directory)), "auth-clients")
    now = _Subjects(loaded.documents)
    then = [_warnings_at(commit, files, instances, platform) for commit in commits]
    known: set[Diagnostic] = set()
    times: Counter[_Identity] = Counter()
    for each in warnings:
        identity = now.identity(each)
        times[identity] += 1
        if all(times[identity] <= earlier[identity] for earlier in then):
            known.add(each)
    return frozenset(known)


def _warnings_at(
    commit: str, files: ProjectFiles, instances: Sequence[Instance], platform: str | None
) -> Counter[_Identity]:
    """Count the warnings of a commit by what they are about, judged by the settings of that commit."""
    places = places_at(commit, files)
    settings, problems = settings_at(commit, files.config, places.config)
    documents = documents_at(commit, places.clients, files.config.parent)
    subjects = _Subjects(documents.documents)
    found = [*problems, *documents.diagnostics]
    if settings is not None:
        settings = as_if(settings, platform)
        declared = declare(documents.documents, settings, _same(settings, instances), complete=True)
        found += declared.diagnostics
    return Counter(map(subjects.identity, found))


def _same(settings: Settings, instances: Sequence[Instance]) -> list[Instance]:
    names = {instance.name for instance in instances}
    return [instance for instance in settings.instances if instance.name in names]


class _Subjects:
    """Which entry a place in a file belongs to."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._starts: dict[str, tuple[list[tuple[int, int]], list[str]]] = {}
        for document in documents:
            entries = [(entry.place(), entry.name) for entry in read_entries(document)]
            starts = [(place.line, place.column) for place, _ in entries]
            self._starts[document.path] = (starts, [name for _, name in entries])

    def identity(self, warning: Diagnostic) -> _Identity:
        starts, names = self._starts.get(warning.location.path, ([], []))
        number = bisect_right(starts, (warning.location.line, warning.location.column))
        # Of a place in another file, only the file counts: lines move, and those of a commit are named after it.
        said = _PLACE.sub(r"\1", warning.message)
        return warning.rule, said, names[number - 1] if number else None
