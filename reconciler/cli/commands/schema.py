"""`reconciler schema`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.flags import completion
from reconciler.cli.output.streams import print_result, say
from reconciler.model.errors import ReconcilerError


@click.command(
    epilog="""\b
Examples:
  reconciler schema auth-clients
  reconciler schema --write schemas"""
)
@click.argument("name", required=False, shell_complete=completion.schemas)
@click.option(
    "--write", "directory", type=click.Path(path_type=Path), metavar="DIR", help="Write all schemas to this folder."
)
def schema(name: str | None, directory: Path | None) -> int:
    """Print or write the JSON Schemas.

    `--write` saves all of them beside your files, for your editor.
    """
    from reconciler.declared.schema.files import SCHEMA_NAMES, schema_text

    if (name is None) == (directory is None):
        raise click.UsageError(f"give either a name ({', '.join(SCHEMA_NAMES)}) or --write DIR")
    if directory is not None:
        _write(directory, {known: schema_text(known) for known in SCHEMA_NAMES})
    elif name not in SCHEMA_NAMES:
        raise click.UsageError(f"no schema is named '{name}'; there are {', '.join(SCHEMA_NAMES)}")
    else:
        print_result(schema_text(name))
    return 0


def _write(directory: Path, texts: dict[str, str]) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            file = directory / f"{name}.schema.json"
            file.write_text(text, encoding="utf-8")
            say(f"wrote {file}\n")
    except OSError as problem:
        raise ReconcilerError(f"cannot write to {directory}: {problem.strerror}") from problem
