"""The program: its commands, and the only place where errors become messages and exit codes."""

from __future__ import annotations

import errno
import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from reconciler import __version__
from reconciler.cli.groups import LazyGroup, NoCommand
from reconciler.cli.output.signals import NothingWritten, end_like_ctrl_c, notice_ctrl_c
from reconciler.cli.output.streams import help_width, say, silence_stdout
from reconciler.cli.output.traceback import silence_tracebacks, trace_of
from reconciler.model.errors import InvalidDeclarations, ReconcilerError

if TYPE_CHECKING:
    from reconciler.model.diagnostics import Diagnostic
    from reconciler.project import Addresses

WRONG_USAGE = 64
"""sysexits.h EX_USAGE. click's own 2 would read as "changes pending"."""
INTERRUPTED = 130

_WIDEST_HELP = 100
"""Columns of a help text."""

COMPLETION = "_RECONCILER_COMPLETE"
"""The variable that a shell sets when somebody presses Tab."""

PURPOSES = {
    "init": "Start a project: write its first files.",
    "validate": "Check the files for all instances.",
    "fmt": "Format the files in the canonical style.",
    "plan": "Show what `apply` would do.",
    "apply": "Apply the declared state to the instance.",
    "export": "Export live clients as YAML for clients/.",
    "observe": "Save the state of instances, without secrets.",
    "instances": "List the configured instances.",
    "doctor": "Check connectivity, credentials, permissions and clients.",
    "history": "List past applies, or show one.",
    "rollback": "Undo a run: print the declarations, or apply them.",
    "secrets": "Deliver client IDs and secrets to configured destinations.",
    "schema": "Print or write the JSON Schemas.",
    "completion": "Print or install the shell completion script.",
    "version": "Print version information for a bug report.",
    "sandbox": "Run or reset the local emulator.",
}
"""The commands, in the order of the documentation, with the first sentence of their help (tests compare them)."""


@click.group(
    cls=LazyGroup,
    package="reconciler.cli.commands",
    purposes=PURPOSES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": _WIDEST_HELP},
    epilog="Start with `reconciler init`, then `reconciler plan`. Every --help ends with examples.",
)
@click.version_option(__version__, prog_name="reconciler", message="%(prog)s %(version)s")
def cli() -> None:
    """Keep the OAuth clients of ProcessMaker instances in sync with YAML files in git.

    \b
    Exit codes: 0 done or no changes, 1 failed, 2 changes pending (--detailed-exitcode),
    3 invalid declarations, 4 refused or blocked, 5 applied in part, 6 login refused,
    64 wrong usage, 130 interrupted.
    """


def run() -> NoReturn:
    """Run the program with the process's arguments and end the process."""
    # A run creates many small objects, and ends before garbage collection pays off.
    gc.disable()
    _open_streams()
    silence_tracebacks()
    for stream in (sys.stdout, sys.stderr):
        # A character of a client's name that the terminal cannot show must not end the program.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    end_like_ctrl_c()
    if instruction := os.environ.get(COMPLETION):
        from reconciler.cli.flags.completion import answer_shell

        answer_shell(cli, COMPLETION, instruction)
    code = main(sys.argv[1:])
    gc.freeze()  # else the interpreter collects once more at exit: a tenth of the time of a large plan
    sys.exit(code)


def _open_streams() -> None:
    """Replace closed standard streams (`>&-`), so that no file or socket gets one of their descriptors."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115  (until the program ends)
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; every error becomes a message on stderr."""
    try:
        notice_ctrl_c()
        with cli.make_context("reconciler", list(arguments), terminal_width=help_width(_WIDEST_HELP)) as context:
            _warn_of_variables(arguments)
            _refuse_one_dash(arguments, context)
            return int(cli.invoke(context) or 0)
    except (click.ClickException, ReconcilerError) as problem:
        return _say(problem, arguments)
    except click.exceptions.Exit as done:
        return done.exit_code
    except (click.Abort, KeyboardInterrupt) as stop:
        say(_interrupted(stop))
        return INTERRUPTED
    except OSError as problem:
        return _say_system_error(problem)
    except Exception as bug:  # the outermost handler: users get a message, whatever the bug
        return _say_bug(bug)


def _interrupted(stop: click.Abort | KeyboardInterrupt) -> str:
    match stop:
        case NothingWritten(asked=asked):
            text = "interrupted: nothing was written\n"
        case _:
            asked, text = isinstance(stop, click.Abort), "interrupted\n"
    return f"\n{text}" if asked else text  # the question is still on this line


def _warn_of_variables(arguments: Sequence[str]) -> None:
    if ours := {name: value for name, value in os.environ.items() if name[:3].upper() == "REC"}:
        from reconciler.cli.misuse.variables import odd_variables

        for text in odd_variables(ours, cli, arguments):
            say(text)


def _refuse_one_dash(arguments: Sequence[str], context: click.Context) -> None:
    """Raise wrong usage for words like `-out=plan.json`, of which click would make `-o ut=plan.json`."""
    if not any(each[:1] == "-" != each[1:2] and each.strip("-vq")[1:] for each in arguments):
        return
    from reconciler.cli.misuse.options import refuse_one_dash

    command, rest = context.command, list(arguments)
    while isinstance(command, click.Group) and rest and rest[0] in command.commands:
        name = rest.pop(0)
        command = command.commands[name]
        context = click.Context(command, context, name)
    if not isinstance(command, click.Group):
        refuse_one_dash(command, rest, context)


def _say(problem: click.ClickException | ReconcilerError, arguments: Sequence[str]) -> int:
    from reconciler.render.terminal.errors import render_error_lines

    match problem:
        case click.UsageError():
            return _say_misuse(problem, arguments)
        case click.ClickException():
            say(f"error: {problem.format_message()}\n")
            return 1
        case InvalidDeclarations(diagnostics=diagnostics):
            say(_of_files(diagnostics))
            if [each.rule for each in diagnostics] in (["file"], ["no-files"]):
                return problem.exit_code  # the file does not exist, so nothing in it is invalid
    say(render_error_lines(problem))
    return problem.exit_code


def _of_files(diagnostics: Sequence[Diagnostic]) -> str:
    """Render the errors and the number of warnings; with -v, the warnings too."""
    from reconciler.cli.output.links import link_on
    from reconciler.cli.output.log import logs_steps
    from reconciler.model.diagnostics import Diagnostic, Severity
    from reconciler.render.terminal.errors import render_diagnostic_lines, render_warning_count

    errors = [each for each in diagnostics if each.severity is Severity.ERROR]
    match diagnostics:  # where there is no file, there is no line to point to
        case [Diagnostic(rule="no-files", message=message, location=place, hint=hint)]:
            return f"error: nothing is declared yet: {place.path}: {message}\n  {hint}\n"
        case [Diagnostic(rule="file", message="there is no such file" as message, location=place, hint=str(hint))]:
            return f"error: {place.path}: {message}\n  {hint}\n"
    link = link_on(sys.stderr, verbose=logs_steps())
    if logs_steps():
        return render_diagnostic_lines(diagnostics, link)
    return render_diagnostic_lines(errors, link) + render_warning_count(diagnostics)


def _say_misuse(misuse: click.UsageError, arguments: Sequence[str]) -> int:
    if isinstance(misuse, NoCommand):
        say(f"{misuse.format_message()}\n")
        return WRONG_USAGE
    from reconciler.cli.misuse.explain import explain

    say(explain(misuse, arguments, cli))
    return WRONG_USAGE


def _say_system_error(problem: OSError) -> int:
    from reconciler.support.text import printable

    why = (problem.strerror or "it failed").lower()
    if problem.filename is not None:
        say(f"error: {printable(str(problem.filename))}: {why}\n")
    elif problem.errno in (errno.EPIPE, errno.ENOSPC):  # click's own output: the help
        silence_stdout()
        say(f"error: cannot write the output: {why}\n" if problem.errno != errno.EPIPE else "")
    else:
        return _say_bug(problem)
    return 1


def _say_bug(bug: Exception) -> int:
    from reconciler.cli.output.log import logs_requests
    from reconciler.project import PROJECT

    if logs_requests():
        say(trace_of(bug))
    say(bug_message(type(bug).__name__, PROJECT))
    return 1


def bug_message(name: str, project: Addresses) -> str:
    """Return what is said of an exception of this name that nothing foresaw, with where to report it."""
    where = f" at {project.issues_url}" if project.issues_url else ""
    return (
        f"error: reconciler itself failed ({name}); this is a bug\n"
        f"  please report it{where} with the output of: reconciler version; the same command with -vv shows where\n"
    )
