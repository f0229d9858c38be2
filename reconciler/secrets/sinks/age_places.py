"""Where an age sink keeps its files, and which of them it may remove."""

from __future__ import annotations

import re
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from reconciler.model.errors import SinkError
from reconciler.model.settings import AgeSinkSetting
from reconciler.secrets import files
from reconciler.secrets.age_recipients import is_age
from reconciler.secrets.paths import file_of, file_pattern, fixed_folder
from reconciler.secrets.sinks import age_manifest
from reconciler.secrets.sinks.age_manifest import ManifestEntry
from reconciler.secrets.values import SinkClient

STAGED = ".staged"
"""What the name of a file ends in that is not in use yet, after the client's id."""


def is_staged(name: str) -> bool:
    """Whether the name of a file says that it is not in use yet."""
    return name.endswith(STAGED)


class AgePlaces:
    """The files of an age sink: one a client, below one folder, by its path in that folder."""

    def __init__(self, setting: AgeSinkSetting, instance: str) -> None:
        self._setting = setting
        self._folder = setting.folder
        self._pattern = file_pattern(setting.path, instance)
        self.root = setting.folder / fixed_folder(setting.path, instance)
        """The folder, with the manifest."""

    def file(self, client: SinkClient) -> Path:
        """The file that is in use for a client."""
        return self._folder / file_of(self._setting.path, client)

    def staged(self, client: SinkClient, client_id: int) -> Path:
        """The file with what is staged for a client."""
        file = self.file(client)
        return file.with_name(f"{file.name}.{client_id}{STAGED}")

    def key(self, file: Path) -> str:
        """The path of a file in the folder, as in the manifest."""
        return file.relative_to(self.root).as_posix()

    def shown(self, name: str) -> str:
        """The path of a file for people."""
        return (self.root / name).relative_to(self._folder).as_posix()

    def refuse_removal(self, name: str, entry: ManifestEntry | None) -> None:
        """Raise SinkError unless a file is one that this sink wrote, and as it wrote it.

        The manifest is committed: a pull request can put any path of the project into it.
        """
        file = self.root / name
        files.refuse_links(file, self._folder)
        encrypted, where = files.read(file, self._folder), files.path_text(file, self._folder)
        if encrypted is None:
            return
        manifest = files.path_text(self.root / age_manifest.NAME, self._folder)
        hint = f"look at it; if it is not needed, remove it, and its line in {manifest}"
        place = re.sub(rf"\.[1-9][0-9]*{re.escape(STAGED)}\Z", "", file.relative_to(self._folder).as_posix())
        if not re.fullmatch(self._pattern, place):
            raise SinkError(f"{manifest} has {where}, which is not a path of this sink, so it is not removed", hint)
        if not is_age(encrypted) or (entry is not None and entry.file != sha256(encrypted).hexdigest()):
            raise SinkError(f"{where} is not what was delivered there, so it is not removed", hint)

    def remove(self, name: str) -> None:
        """Remove a file, and its folder if that is empty then."""
        file = self.root / name
        files.remove(file, self._folder)
        if file.parent != self.root:
            with suppress(OSError):  # other files are still in it
                file.parent.rmdir()
