"""Files that are whole or not there at all, and that one process at a time changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import RLock

from reconciler.model.errors import SinkError
from reconciler.support.state_dir import STATE_DIR, make_private_dir
from reconciler.support.text import printable

PRIVATE = 0o600
LARGEST = 16 * 1024 * 1024
"""Bytes. A longer file was not written by a sink."""

_LOCK = RLock()


def path_text(path: Path, folder: Path) -> str:
    """The path for a message: from the project's folder, where it is in there."""
    inside = path != folder and path.is_relative_to(folder)
    return printable(str(path.relative_to(folder) if inside else path))


def failed(what: str, problem: OSError) -> SinkError:
    """An OSError in words. `what` is what could not be done, and with which file."""
    why = (problem.strerror or type(problem).__name__).lower()
    hints = {
        "permission denied": "let this account write there, or give another path",
        "no space left on device": "make room, then run the same command again",
        "read-only file system": "give a path on a disk that can be written",
    }
    return SinkError(f"cannot {what}: {why}", hints.get(why))


def read(path: Path, folder: Path) -> bytes | None:
    """The content of a file, None if there is none. Raises SinkError."""
    try:
        with path.open("rb") as stream:
            content = stream.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise failed(f"read {path_text(path, folder)}", problem) from None
    if len(content) > LARGEST:
        raise SinkError(f"{path_text(path, folder)} is larger than {LARGEST >> 20} MiB", "give another path")
    return content


def write(path: Path, content: bytes, mode: int, folder: Path) -> None:
    """Replace a file as a whole, or leave it as it is. Its folder is there. Raises SinkError."""
    target = Path(os.path.realpath(path))  # a symlink goes on leading to the file
    try:
        temporary = _beside(target, folder)
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


def _beside(target: Path, folder: Path) -> Path:
    """Where the new content is first: what a killed run leaves there is private, and used again by the next delivery.

    In the project, git ignores it too. Outside of the project it is beside the file.
    """
    name = f"delivery-{sha256(os.fsencode(target)).hexdigest()[:16]}.tmp"
    if target.is_relative_to(os.path.realpath(folder)):
        state = folder / STATE_DIR
        make_private_dir(state)
        if state.stat().st_dev == target.parent.stat().st_dev:
            return state / name
    return target.parent / f".{name}"  # a file can replace another only on the same disk


def _fill(temporary: Path, content: bytes, mode: int) -> None:
    with suppress(FileNotFoundError):
        temporary.unlink()
    # O_EXCL: neither a symlink that somebody put there nor a file with a wider mode is written through.
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
    """Make a folder and those above it, with the usual permissions. Raises SinkError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise failed(f"make the folder {path_text(path, folder)}", problem) from None


def try_writing(path: Path, folder: Path) -> None:
    """Find out whether files can be made where `path` is to be, by making one and taking it away. Raises SinkError."""
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
    """Let one thread of one process at a time change what is in a folder, which is there.

    Of processes only where the system can lock a folder: not on Windows, nor on some network disks.
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
