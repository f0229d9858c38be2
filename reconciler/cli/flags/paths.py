"""Which of the project's files somebody means by PATH."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler.model.errors import WrongUsage
from reconciler.support.text import quoted
from reconciler.workflow.options import ProjectFiles


def refuse_unread_paths(paths: Sequence[Path], files: ProjectFiles) -> None:
    """No file may look valid because nobody read it. Raises `WrongUsage`."""
    for path in paths:
        if not os.path.lexists(path):
            raise WrongUsage(f"there is no file or folder {quoted(str(path))}")
        if not any(_is_read(way, path, files) for way in (real_path, absolute_path)):
            reason = f"neither {quoted(str(files.config))} nor within {quoted(str(files.clients_directory))}"
            hint = "leave it out, or name the files that it belongs to: --config FILE, --clients DIR"
            raise WrongUsage(f"{quoted(str(path))} would not be read: it is {reason}", hint)


def _is_read(way: Callable[[Path], Path], path: Path, files: ProjectFiles) -> bool:
    """Whether a path leads to the files, or is the way by which they lead elsewhere: a link in `clients/`."""
    wanted, config, clients = way(path), way(files.config), way(files.clients_directory)
    return config.is_relative_to(wanted) or wanted.is_relative_to(clients) or clients.is_relative_to(wanted)


def real_path(path: Path) -> Path:
    """Where a path leads, links followed."""
    return Path(os.path.realpath(path))  # Path.resolve raises at a loop of links


def absolute_path(path: Path) -> Path:
    """The path from the root, links not followed."""
    return Path(os.path.abspath(path))
