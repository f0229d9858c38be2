"""docs/reference/commands.md, made of every command's --help. `make docs` writes it, and the sessions of
docs/reference/formats.md; tests compare."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from pathlib import Path
from textwrap import fill

import click

from reconciler.cli.main import cli
from tests.docs import sessions

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "commands.md"

HEAD = """# Commands and exit codes

For everybody who types a command or calls one from a script: every command, option and exit code.

Results go to stdout, everything else to stderr. Where an environment variable is shown, it can be set instead of the
option, with several values on several lines. An option wins over the environment, which wins over `reconciler.yaml`.
`RECONCILER_VERBOSE` is a number, or `true`. A variable that is probably misspelt gets a warning.

| exit code | meaning |
|---|---|
| 0 | done, or nothing to do |
| 1 | failed, nothing written to an instance |
| 2 | changes are pending (only with `plan --detailed-exitcode`) |
| 3 | the declarations or the settings are invalid |
| 4 | refused or blocked: a guard, an ambiguous name, a declined question, an instance that changed meanwhile |
| 5 | applied in part |
| 6 | login refused: do not try again until the account is fixed |
| 64 | wrong usage |
| 130 | interrupted |

With several instances, the first of these wins: 130, 5, 6, 1, 4, 3, 2, 0. If one instance was written to and another
failed, the code is 5. Warnings never change it. What to do about each code: [recover](../guides/recovering.md), or
[in a pipeline](../guides/pipelines.md#exit-codes-to-act-on).

Some commands only check. They exit 1 if `doctor` finds an error, `fmt --check` a file that would change, or
`secrets deliver --check` a missing or refused secret.

`reconciler --help` lists the commands. Most commands also have `--no-color`, `--quiet` and `--verbose`.

<!-- Below: written by `make docs` from --help. -->
"""

_SHARED_BY = 2
"""An option that at least so many commands have, in the same words, is listed once for all of them."""

_EVERYWHERE = ("--help", "--no-color", "--quiet", "--verbose", "--log-format")
"""Options that are not worth naming with each command."""

_Record = tuple[str, str]
"""An option, and what --help says of it."""


def page() -> str:
    """The whole page."""
    contexts = list(_contexts(cli, "reconciler"))
    counts = Counter(record for context in contexts for record, _ in _records(context))
    shared = {
        record: option for context in contexts for record, option in _records(context) if counts[record] >= _SHARED_BY
    }
    sections = [
        ("Options of several commands", _options(shared.values())),
        *(
            (each.command_path, _help(each, shared.keys()))
            for each in contexts
            if not isinstance(each.command, click.Group)
        ),
    ]
    return HEAD + "".join(f"\n## {title}\n\n```text\n{text}\n```\n" for title, text in sections)


def _contexts(command: click.Command, name: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """Those of the command and of all commands below it."""
    settings = {**command.context_settings, "terminal_width": 100}
    context = click.Context(command, info_name=name, parent=parent, **settings)
    yield context
    if isinstance(command, click.Group):
        for below, child in command.commands.items():
            yield from _contexts(child, below, context)


def _records(context: click.Context) -> Iterator[tuple[_Record, click.Parameter]]:
    for option in context.command.get_params(context):
        if isinstance(option, click.Option) and (record := option.get_help_record(context)):
            yield record, option


def _options(options: Iterable[click.Parameter]) -> str:
    """As a command lists its own."""
    command = click.Command("reconciler", params=list(options), add_help_option=False)
    context = click.Context(command, info_name="reconciler", terminal_width=100)
    formatter = context.make_formatter()
    command.format_options(context, formatter)
    return formatter.getvalue().strip("\n")


def _help(context: click.Context, shared: Collection[_Record]) -> str:
    """What --help prints, with no more than the names of the options that are listed above."""
    command = copy(context.command)
    command.params = [each for each in command.params if each.get_help_record(context) not in shared]
    command.add_help_option, command.epilog = False, None
    named = [_name(option) for record, option in _records(context) if record in shared]
    named = [name for name in named if name not in _EVERYWHERE]
    parts = [
        command.get_help(context),
        _paragraph(f"Also: {', '.join(named)}.") if named else "",
        _epilog(context),
    ]
    return "\n\n".join(part for part in parts if part)


def _name(option: click.Parameter) -> str:
    return max(option.opts, key=len)


def _paragraph(text: str) -> str:
    return fill(text, width=98, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _epilog(context: click.Context) -> str:
    formatter = context.make_formatter()
    context.command.format_epilog(context, formatter)
    return formatter.getvalue().strip("\n")


def write() -> None:
    """Write the page anew."""
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()
    if sessions.has_jq():
        sessions.write()
    else:
        print("docs/reference/formats.md was not changed: its sessions need jq", file=sys.stderr)
