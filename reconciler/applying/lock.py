"""Lock instances: two applies on the same machine never write to the same instance at once.

Applies on different machines do not exclude each other, since the platform has no lock; the final listing shows which
one lost.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from reconciler.model.errors import ReconcilerError, Refused
from reconciler.support.canonical_url import canonical_url
from reconciler.support.state_dir import exposure, make_private_dir
from reconciler.support.text import printable, quoted_url

_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_NEW_HOLDER = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK

_LONGEST = 500
"""Characters shown of what the holder of the lock says about itself."""


@contextmanager
def instance_lock(identity: str, directory: Path, holder: str) -> Iterator[None]:
    """Hold the lock of an instance, without waiting for it.

    `directory` and the folder that holds it are this user's alone: nobody else may take a lock, or lead one elsewhere.
    `identity` is a URL in any spelling, or `embedded:` and the absolute path of a database: equal ones exclude each
    other if `directory` is the same. `holder` tells the next process, after this one's id, what this run is and since
    when. The operating system releases the lock when the process ends, even if it is killed. Raises Refused if the lock
    is held, another ReconcilerError if it cannot be taken here at all.
    """
    # Imported here: the import takes longer than making a plan.
    from filelock import FileLock, Timeout

    path = directory / f"{_file_name(canonical_url(identity))}.lock"
    lock = FileLock(path, timeout=0, mode=0o600, thread_local=False)  # another thread may end the run and release it
    try:
        _prepare(directory, path)
        lock.acquire()
    except Timeout:
        raise _already_locked(identity, path) from None
    except (OSError, NotImplementedError) as problem:
        hint = "its folder must be on a local disk, and yours to write to; the variable XDG_STATE_HOME says where it is"
        reason = (problem.strerror or str(problem)).lower() if isinstance(problem, OSError) else str(problem)
        raise ReconcilerError(f"cannot take the lock {path}: {reason}; so nothing was written", hint) from problem
    try:
        _write_holder(path, holder)
        yield
    finally:
        with suppress(OSError):
            _holder_file(path).unlink()
        lock.release()


def _prepare(directory: Path, lock: Path) -> None:
    """Create the folder and the file of a lock. Raises OSError, and ReconcilerError if they are open to others."""
    for folder in (directory.parent, directory):
        if not os.path.lexists(folder):
            make_private_dir(folder)
        if (problem := exposure(folder)) is not None:
            what, fix = problem
            message = f"cannot take the lock in {printable(str(folder))}: {what}; so nothing was written"
            raise ReconcilerError(message, f"{fix}; or set XDG_STATE_HOME to a folder of your own")
    # Some versions of filelock follow a link here. Nobody can put one there afterwards: the folder is ours alone.
    os.close(os.open(lock, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600))


def _file_name(identity: str) -> str:
    """A file name that is readable, and unique to the identity."""
    words = re.sub(r"[^a-z0-9.]+", "-", identity.lower()).strip("-.")[-60:]
    return f"{words}-{hashlib.sha256(identity.encode(errors='backslashreplace')).hexdigest()[:12]}"


def _holder_file(lock: Path) -> Path:
    # Not the lock file itself: filelock before 3.30 empties it whenever somebody tries to take the lock.
    return lock.with_suffix(".holder")


def _write_holder(lock: Path, holder: str) -> None:
    # The lock is held even if its holder cannot be written.
    with suppress(OSError):
        text = f"pid {os.getpid()}: {holder}"
        with open(os.open(_holder_file(lock), _NEW_HOLDER, 0o600), "wb") as stream:
            stream.write(text.encode(errors="backslashreplace"))


def _already_locked(identity: str, lock: Path) -> Refused:
    try:
        with open(os.open(_holder_file(lock), os.O_RDONLY | _NO_LINK), encoding="utf-8", errors="replace") as stream:
            said = stream.read(_LONGEST)
    except OSError:
        said = ""
    who = printable(said) or "an unknown process"
    return Refused(
        f"another apply to {quoted_url(identity)} is running on this machine: {who}",
        "wait until it ends, or end that process if it hangs; then run this command again, which continues its work",
    )
