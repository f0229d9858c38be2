"""Find out whether a path leads to what somebody else has put there."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_TEMPORARY = stat.S_IWOTH | stat.S_ISVTX


def planted(path: Path) -> str | None:
    """Why a file must not be written at this path; None if it may.

    In a folder that others can write to, such as /tmp, nothing there is followed, replaced or written to that belongs
    to neither this user, root, nor the owner of the folder; and in one for everybody's temporary files no link at all.
    """
    if os.name != "posix":  # elsewhere a mode says nothing
        return None
    whole = Path(os.path.abspath(path))
    for entry in (*reversed(whole.parents), whole):
        try:
            found, folder = os.lstat(entry), os.stat(entry.parent)
        except OSError:
            return None  # there is nothing, or nothing that can be written
        if not folder.st_mode & _OTHERS or stat.S_ISDIR(found.st_mode):
            continue
        if stat.S_ISLNK(found.st_mode) and folder.st_mode & _TEMPORARY == _TEMPORARY:
            return f"{entry} is a link in a folder that everybody can write to"
        if found.st_uid not in (os.geteuid(), 0, folder.st_uid):
            return f"{entry} belongs to another user (uid {found.st_uid}), in a folder that others can write to"
    return None
