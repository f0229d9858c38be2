"""Write files atomically, and from one process at a time."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import RLock

from reconciler.model.errors import SinkError
from reconciler.support.planted import planted
from reconciler.support.state_dir import STATE_DIR, make_private_dir
from reconciler.support.text import printable

PRIVATE = 0o600
WITHOUT_IT = "without it, all is delivered again, or nothing where the instance does not show its secrets any more"
"""What it means to go on without a file of a sink, for a hint."""
LARGEST = 16 * 1024 * 1024
"""Bytes. A longer file was not written by a sink."""

_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # opening a pipe must not wait

_LOCK = RLock()


def path_text(path: Path, folder: Path) -> str:
    """The path for a message: relative to the project's folder if it is inside."""
    inside = path != folder and path.is_relative_to(folder)
    return printable(str(path.relative_to(folder) if inside else path))


def failed(what: str, problem: OSError) -> SinkError:
    """An OSError as a SinkError. `what` is what could not be done, and with which file."""
    why = (problem.strerror or type(problem).__name__).lower()
    hints = {
        "permission denied": "let this account write there, or give another path",
        "no space left on device": "make room, then run the same command again",
        "read-only file system": "give a path on a disk that can be written",
    }
    return SinkError(f"cannot {what}: {why}", hints.get(why))


def read(path: Path, folder: Path) -> bytes | None:
    """The content of a regular file, None if there is none. Raises SinkError."""
    _refuse_planted(path)
    try:
        with open(os.open(path, _READ), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):  # a pipe or a terminal might never answer
                raise SinkError(f"{path_text(path, folder)} is not a regular file", "remove it, or give another path")
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise failed(f"read {path_text(path, folder)}", problem) from None
    if len(content) > LARGEST:
        raise SinkError(f"{path_text(path, folder)} is larger than {LARGEST >> 20} MiB", "give another path")
    return content


def refuse_links(path: Path, folder: Path) -> None:
    """Raise SinkError if a path within the project's folder is a symlink, or leads through one: it may be committed."""
    for each in reversed((path, *path.parents)):
        if each != folder and each.is_relative_to(folder) and os.path.islink(each):
            where = path_text(each, folder)
            raise SinkError(
                f"{where} is a symlink, and this sink follows none", "remove the symlink, or give another path"
            )


def _refuse_planted(path: Path) -> None:
    if why := planted(path):
        raise SinkError(why, "give a path in a folder that only you can write to")


def write(path: Path, content: bytes, mode: int, folder: Path) -> None:
    """Replace a file atomically. Its folder must exist. Raises SinkError; then the file is unchanged."""
    _refuse_planted(path)
    target = Path(os.path.realpath(path))  # a symlink keeps leading to the file
    try:
        temporary = _temporary_path(target, folder)
        try:
            _fill(temporary, content, mode)
            temporary.replace(target)
        except BaseException:
            with suppress(OSError):
                temporary.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as problem:
        raise failed(f"write {path_text(path, folder)}", problem) from None


def _temporary_path(target: Path, folder: Path) -> Path:
    """The path of the temporary file: what a killed run leaves there is private, and replaced by the next delivery.

    Inside the project, git ignores it too. Outside of the project it is beside the file.
    """
    name = f"delivery-{sha256(os.fsencode(target)).hexdigest()[:16]}.tmp"
    if target.is_relative_to(os.path.realpath(folder)):
        state = folder / STATE_DIR
        if not state.is_symlink():  # it may be committed, and lead to what is published
            make_private_dir(state)
            if state.stat().st_dev == target.parent.stat().st_dev:
                return state / name
    return target.parent / f".{name}"  # a file can replace another only on the same disk


def _fill(temporary: Path, content: bytes, mode: int) -> None:
    with suppress(FileNotFoundError):
        temporary.unlink()
    # O_EXCL: never write through a symlink that somebody put there, nor into a file with a wider mode.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with open(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(descriptor)
    temporary.chmod(mode)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: Path, folder: Path) -> None:
    """Remove a file that may not be there. Raises SinkError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as problem:
        raise failed(f"remove {path_text(path, folder)}", problem) from None


def make_folder(path: Path, folder: Path) -> None:
    """Create a folder and its parents, with the usual permissions. Raises SinkError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise failed(f"make the folder {path_text(path, folder)}", problem) from None


def try_writing(path: Path, folder: Path) -> None:
    """Check for write access: create and remove a file in `path` or its nearest existing parent. Raises SinkError."""
    nearest = next(each for each in (path, *path.parents) if each.is_dir())
    probe = nearest / f".reconciler-{token_hex(4)}.tmp"
    try:
        _fill(probe, b"\n" * 4096, PRIVATE)
    except OSError as problem:
        raise failed(f"write into {path_text(path, folder)}", problem) from None
    finally:
        with suppress(OSError):
            probe.unlink()


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Let one thread of one process at a time change files in a folder, which must exist.

    Processes are excluded only where the system can lock a folder: not on Windows, nor on some network disks.
    """
    with _LOCK:
        if sys.platform == "win32":
            yield
            return
        import fcntl

        try:
            descriptor = os.open(directory, os.O_RDONLY)
        except OSError as problem:
            raise failed(f"look into {printable(str(directory))}", problem) from None
        try:
            with suppress(OSError):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
