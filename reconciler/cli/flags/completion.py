"""Shell completion: fast, without network, and silent whatever is wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from pathlib import Path

    from click.shell_completion import CompletionItem


def answer_shell(cli: click.Command, variable: str, instruction: str) -> NoReturn:
    """Answer a shell's request and end the process: `bash_complete`, or `bash_source` for the script itself."""
    from click.shell_completion import add_completion_class, shell_complete

    from reconciler.cli.flags.bash_words import Bash

    add_completion_class(Bash)
    try:
        code = shell_complete(cli, {}, "reconciler", variable, instruction)
    except Exception:  # a message would end up in the line that somebody is typing
        code = 1
    sys.exit(code)


def instances(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names and labels of the configured instances, whatever else is wrong with the file."""
    from reconciler.declared.yaml.load import load_file

    loaded = load_file(_config(context), "")
    root = loaded.documents[0].root if loaded.documents else None
    found = root.get("instances") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(found, Mapping):
        return []
    return _starting([*found, *_labels([root.get("defaults"), *found.values()])], incomplete)


def _labels(settings: Iterable[object]) -> Iterable[str]:
    lists = (each.get("labels") for each in settings if isinstance(each, Mapping))
    return sorted({f"label:{label}" for labels in lists if isinstance(labels, list) for label in labels})


def runs(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the runs in the journal, the newest first."""
    from pathlib import Path

    chosen = context.params.get("journal")
    directory = Path(chosen) if chosen is not None else _config(context).parent / ".reconciler" / "journal"
    return _starting(sorted({file.stem for file in directory.glob("**/*.jsonl")}, reverse=True), incomplete)


def schemas(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The names of the schemas."""
    from reconciler.declared.schema.files import SCHEMA_NAMES

    return _starting(SCHEMA_NAMES, incomplete)


def _config(context: click.Context) -> Path:
    from pathlib import Path

    return Path(context.params.get("config") or "reconciler.yaml")


def _starting(names: Iterable[str], beginning: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    # Names in files may be anything; a line feed would be read as another answer.
    return [CompletionItem(name) for name in names if name.startswith(beginning) and name.isprintable()]
