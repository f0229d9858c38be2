"""Tell whether two paths lead to one file, whatever links and names are in between."""

from __future__ import annotations

import os
from pathlib import Path

from reconciler.support.frozen import frozen


@frozen
class FileIdentity:
    """What a path leads to; the file itself may not exist yet."""

    real: Path
    """Absolute, links followed."""
    inode: tuple[int, int] | None = None
    """Device and number of an existing file: hard links, and two spellings on a disk that ignores case, share it."""

    def is_same(self, other: FileIdentity) -> bool:
        """Whether both are one file."""
        return self.real == other.real or (self.inode is not None and self.inode == other.inode)

    def is_below(self, folder: FileIdentity) -> bool:
        """Whether it is within the folder, at any depth."""
        return any(folder.is_same(identify(parent)) for parent in self.real.parents)


def identify(path: Path) -> FileIdentity:
    """Return what a path leads to."""
    try:
        real = Path(os.path.realpath(path))
    except ValueError:  # a NUL: the system has no such path
        return FileIdentity(Path(os.path.abspath(path)))
    try:
        found = os.stat(real)
    except OSError:
        return FileIdentity(real)
    return FileIdentity(real, (found.st_dev, found.st_ino))
