"""Who gets secrets by the files of another revision."""

from __future__ import annotations

from pathlib import Path

from reconciler.declared.at_revision import SYMLINK, linked_content, settings_at
from reconciler.declared.git.repository import contains, file_at, read_blobs
from reconciler.model.clients import DesiredClient
from reconciler.model.recipients import Recipient
from reconciler.model.settings import Instance
from reconciler.planning.drift.base import Base
from reconciler.secrets.recipients import ReadFile, RecipientResolver
from reconciler.secrets.values import SinkClient
from reconciler.workflow.delivery.new_recipients import EarlierRecipients
from reconciler.workflow.options import ProjectFiles
from reconciler.workflow.revisions.places import places_at


def earlier_recipients(files: ProjectFiles, instance: Instance, base: Base) -> EarlierRecipients:
    """Who gets the secret of a declared client by the base's entries, sinks, owners and programs. Raises `GitError`."""
    settings, _ = settings_at(base.commit, files.config, places_at(base.commit, files).config)
    then = next((each for each in settings.instances if each.name == instance.name), None) if settings else None
    if settings is None or then is None or then.identity != instance.identity:
        return lambda _: ()
    resolver = RecipientResolver(then.sinks, settings.owners, _reading_at(base.commit, files.config.parent))

    def earlier(entry: DesiredClient) -> tuple[Recipient, ...]:
        before = base.entry_for(entry)
        if not isinstance(before, DesiredClient):
            return ()
        client = SinkClient(instance.name, instance.identity, before.name, before.owner)
        return resolver.recipients(client, named=entry.name)

    return earlier


def _reading_at(commit: str, folder: Path) -> ReadFile:
    def read(path: Path) -> bytes | None:
        place = path.absolute()
        if not contains(folder, place):
            return None
        found = file_at(folder, commit, place)
        if found is None:
            return None
        data = read_blobs(folder, [found.object_id])[found.object_id]
        return linked_content(commit, folder, place.as_posix(), data) if found.mode == SYMLINK else data

    return read
