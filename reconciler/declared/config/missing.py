"""Say where a reconciler.yaml is that was not found."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from reconciler.model.clients import Location
from reconciler.model.diagnostics import Diagnostic, error
from reconciler.support.text import printable

SETTINGS = "reconciler.yaml"

_NO_SETTINGS = (
    "start a project here: reconciler init, or reconciler init --from URL with what an instance has already; "
    "or run this where reconciler.yaml is, or name it: --config FILE"
)
"""The hint where there is no reconciler.yaml."""


def missing_settings(config: Path) -> Diagnostic:
    """The error for a reconciler.yaml that is not there, with where it probably is."""
    return error("file", "there is no such file", Location(str(config), 1, 1), _where_it_is(config))


def _where_it_is(config: Path) -> str:
    if config == Path(config.name) and (above := _above(config.name)) is not None:
        folder = printable(str(above))
        return f"it is in {folder}: run there, or --config {folder}/{config.name}"
    found = _alike(config)
    if not found:
        return _NO_SETTINGS
    named = printable(shlex.quote(str(found[0])))
    if found[0].parent == config.parent and config.name == SETTINGS:
        return f"rename {named} to {SETTINGS}, or name it: --config {named}"
    if found[0] == Path(SETTINGS):
        return f"did you mean {SETTINGS}? It is the default: leave out --config"
    more = f" (or one of {len(found) - 1} more)" if found[1:] else ""
    return f"did you mean --config {named}{more}? To start a project here: reconciler init"


def _alike(config: Path) -> list[Path]:
    """Files that were probably meant: of the same folder, else of the folders in it."""
    folder = config.parent
    beside = [folder / SETTINGS, folder / "reconciler.yml", folder / config.with_suffix(".yml").name]
    beside += [folder / config.with_suffix(".yaml").name]
    try:
        below = sorted(folder.glob(f"*/{SETTINGS}"))
    except (OSError, ValueError):
        below = []
    return [each for each in beside if os.path.isfile(each)][:1] or below


def _above(name: str) -> Path | None:
    """The nearest parent folder that holds the file, as a relative path."""
    depth = len(Path.cwd().parents)
    ups = (Path(*[".."] * number) for number in range(1, depth + 1))
    return next((up for up in ups if os.path.isfile(up / name)), None)
