"""docs/reference/commands.md, made of every command's --help. `make docs` writes it, and the sessions of
docs/reference/formats.md; tests compare."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from reconciler.cli.main import cli
from tests.docs import sessions

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"

HEAD = """# Commands and exit codes

Results go to stdout, everything else to stderr. Each flag with an environment variable can be set there instead;
several values stand on several lines. A flag wins over the environment, the environment over `reconciler.yaml`. A
variable that is probably misspelt gets a warning. `RECONCILER_VERBOSE` is a number, or `true`.

| exit code | meaning |
|---|---|
| 0 | done, or nothing to do |
| 1 | failed, nothing written |
| 2 | changes are pending (only with `plan --detailed-exitcode`) |
| 3 | the declarations or the settings are invalid |
| 4 | refused or blocked: a guard, an ambiguous name, a declined question, an instance that changed meanwhile |
| 5 | applied in part |
| 6 | login refused: do not try again before the account is fixed |
| 64 | wrong usage |
| 130 | interrupted |

Of several instances the first in this order wins: 130, 5, 6, 1, 4, 3, 2, 0; if one was written to and another failed,
it is 5. Warnings never change the code. What to do about each:
[recover](../guides/recovering.md), and [in a pipeline](../guides/pipelines.md#exit-codes-to-act-on).

Where a command only looks, 1 says "not as it should be": `doctor` has found an error, `fmt --check` a file that
would change, `secrets deliver --check` a sink that lacks something, with `--try` also a secret that is not accepted.

<!-- Below: written by `make docs` from --help. -->
"""


def page() -> str:
    """The whole page."""
    sections = (
        f"\n## {path}\n\n```console\n$ {path} --help\n{text}\n```\n" for path, text in _helps(cli, "reconciler")
    )
    return HEAD + "".join(sections)


def _helps(command: click.Command, path: str, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    settings = {**command.context_settings, "terminal_width": 100}
    context = click.Context(command, info_name=path.rsplit(" ", 1)[-1], parent=parent, **settings)
    yield path, command.get_help(context)
    if isinstance(command, click.Group):
        for name, child in command.commands.items():
            yield from _helps(child, f"{path} {name}", context)


def write() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
    if sessions.has_jq():
        sessions.write()
    else:
        print("docs/reference/formats.md was not changed: its sessions need jq", file=sys.stderr)
