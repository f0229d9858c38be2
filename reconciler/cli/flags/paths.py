"""Check that PATH arguments name files of the project."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler.model.errors import WrongUsage
from reconciler.support.text import did_you_mean, quoted
from reconciler.workflow.options import ProjectFiles


def refuse_unread_paths(paths: Sequence[Path], files: ProjectFiles) -> None:
    """Raise `WrongUsage` for a path that would not be read, so that no file looks valid because it was skipped."""
    for path in paths:
        if not os.path.lexists(path):
            raise WrongUsage(f"there is no file or folder {quoted(str(path))}", _meant(path, files))
        if not any(_is_read(way, path, files) for way in (real_path, absolute_path)):
            reason = f"neither {quoted(str(files.config))} nor within {quoted(str(files.clients_directory))}"
            hint = "leave it out, or name the files that it belongs to: --config FILE, --clients DIR"
            raise WrongUsage(f"{quoted(str(path))} would not be read: it is {reason}", hint)


def _meant(path: Path, files: ProjectFiles) -> str:
    folder = files.clients_directory
    known = [str(files.config), str(folder), *map(str, sorted(folder.glob("**/*.y*ml")))]
    return did_you_mean(str(path), known) or "leave it out for all files"


def _is_read(way: Callable[[Path], Path], path: Path, files: ProjectFiles) -> bool:
    """Whether a path is one of the files, or above or below them; `way` may keep links, such as one in `clients/`."""
    wanted, config, clients = way(path), way(files.config), way(files.clients_directory)
    return config.is_relative_to(wanted) or wanted.is_relative_to(clients) or clients.is_relative_to(wanted)


def real_path(path: Path) -> Path:
    """Return the absolute path, links followed."""
    return Path(os.path.realpath(path))  # Path.resolve raises at a loop of links


def absolute_path(path: Path) -> Path:
    """Return the absolute path, links not followed."""
    return Path(os.path.abspath(path))
