"""The program: its commands, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from reconciler import __version__
from reconciler.cli.apply import apply
from reconciler.cli.plan import plan
from reconciler.cli.sandbox import sandbox
from reconciler.cli.schema import schema
from reconciler.cli.validate import validate
from reconciler.cli.version import version
from reconciler.errors import InvalidDeclarations, ReconcilerError
from reconciler.render.error_text import render_error_lines

WRONG_USAGE = 64
"""sysexits.h EX_USAGE. click's own 2 would read as "changes pending"."""
INTERRUPTED = 130


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `reconciler validate`, then `reconciler plan`. Each command's --help has an example.",
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
def cli() -> None:
    """Keep the OAuth auth clients of ProcessMaker instances equal to YAML files in git.

    \b
    Exit codes: 0 done or nothing to do, 1 failed, 2 changes pending (--detailed-exitcode),
    3 invalid declarations, 4 refused or blocked, 5 applied in part, 6 login refused,
    64 wrong usage, 130 interrupted.
    """


for command in (validate, plan, apply, schema, version, sandbox):
    cli.add_command(command)


def run() -> NoReturn:
    """Run the program with the process's arguments and end the process."""
    # A run builds many small values and is over before collecting any of them pays.
    gc.disable()
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show a character of a client's name must not end the program.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    code = main(sys.argv[1:])
    sys.exit(_flushed(code))


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; whatever goes wrong is said on stderr, in words."""
    try:
        with cli.make_context("reconciler", list(arguments)) as context:
            return int(cli.invoke(context) or 0)
    except (click.ClickException, ReconcilerError) as problem:
        return _say(problem)
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return _silenced()
    except Exception as bug:  # the edge: whatever it is, a user gets words
        return _say_bug(bug, arguments)


def _say(problem: click.ClickException | ReconcilerError) -> int:
    match problem:
        case click.UsageError():
            return _say_misuse(problem)
        case click.ClickException():
            click.echo(f"error: {problem.format_message()}", err=True)
            return 1
        case InvalidDeclarations(diagnostics=diagnostics):
            click.echo("".join(f"{diagnostic}\n" for diagnostic in diagnostics), err=True, nl=False)
    click.echo(render_error_lines(problem), err=True, nl=False)
    return problem.exit_code


def _say_misuse(misuse: click.UsageError) -> int:
    if isinstance(misuse, click.exceptions.NoArgsIsHelpError):
        click.echo(misuse.format_message(), err=True)
        return WRONG_USAGE
    where = misuse.ctx.command_path if misuse.ctx else "reconciler"
    click.echo(f"error: {misuse.format_message()}\n  try: {where} --help", err=True)
    return WRONG_USAGE


def _say_bug(bug: Exception, arguments: Sequence[str]) -> int:
    if "-vv" in arguments:
        import traceback

        click.echo("".join(traceback.format_tb(bug.__traceback__)), err=True, nl=False)
    click.echo(
        f"error: reconciler itself failed ({type(bug).__name__}); this is a bug\n"
        "  please report it with the output of: reconciler version; the same command with -vv shows where",
        err=True,
    )
    return 1


def _silenced() -> int:
    """Nothing more can be said on stdout, also not by the interpreter at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _flushed(code: int) -> int:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return _silenced()
    except OSError as problem:
        click.echo(f"error: cannot write the output: {problem.strerror}", err=True)
        return code or _silenced()
    return code
