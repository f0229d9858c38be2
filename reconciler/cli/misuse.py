"""Explain wrong usage: what was meant, also by those who come from other programs. Imported only after a mistake."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import click
from click.core import ParameterSource

from reconciler.cli.groups import NoSuchCommand
from reconciler.support.text import closest, printable, quoted

_NO_WRITE = {
    "apply": "`reconciler plan` shows what apply would do, and writes nothing",
    "plan": "plan never writes to an instance: leave it out",
    "fmt": "--check writes nothing, and --diff shows what would change",
    "rollback": "without --apply, nothing is written",
    "export": "without -o, it only prints",
    "deliver": "--check delivers nothing",
    "init": "init never changes a file that exists",
    **dict.fromkeys(("doctor", "history", "instances", "observe", "validate"), "this command only reads: leave it out"),
}
_NO_QUESTION = {"--yes": "--yes does not ask", "": "this command asks nothing: leave it out"}
_SOME_CLIENTS = {"--only": "--only GLOB limits the plan to some clients"}
_FORCE = {
    "init": "init never changes a file that exists: move it away first",
    "--max-deletes": "no flag forces everything: each guard has its own, --max-creates N, --max-updates N,"
    " --max-deletes N or --on-drift revert",
}
_ONE_INSTANCE = {"--instance": "--instance NAME chooses the instance"}
_AS_JSON = {"--format": "--format json"}
_LOGGED = {"--verbose": "-vv shows every request"}
_SAVED = {"--output": "-o FILE"}
_ACCOUNT = {"--instance": "`credentials:` in reconciler.yaml names the variables that hold the account"}
_TLS = {"--instance": "TLS is always verified: `ca_bundle:` in reconciler.yaml names your authority"}

_OPTIONS: Mapping[str, Mapping[str, str]] = {
    **dict.fromkeys(("--dry-run", "--dryrun", "--noop", "--no-op", "--what-if", "--diff", "--check"), _NO_WRITE),
    **dict.fromkeys(
        ("--auto-approve", "--approve", "--assume-yes", "--no-confirm", "--no-input", "--non-interactive", "-y"),
        _NO_QUESTION,
    ),
    **dict.fromkeys(("--target", "--select", "--filter", "--include", "--client"), _SOME_CLIENTS),
    **dict.fromkeys(("--force", "--overwrite", "--ignore-limits", "--doit", "-f"), _FORCE),
    **dict.fromkeys(("--workspace", "--env", "--environment", "--profile", "--url", "--host"), _ONE_INSTANCE),
    "--json": _AS_JSON,
    **dict.fromkeys(("--debug", "--trace"), _LOGGED),
    **dict.fromkeys(("--out", "--plan-file"), _SAVED),
    **dict.fromkeys(("--username", "--user", "--password"), _ACCOUNT),
    **dict.fromkeys(("--insecure", "-k", "--no-verify", "--skip-tls-verify"), _TLS),
}
"""Options of other programs, and what they are here: by the command, or by the flag of ours that it must have."""

_COMMANDS = {
    **dict.fromkeys(("diff", "drift", "preview", "dry-run", "show", "status", "whatif"), "plan"),
    **dict.fromkeys(("sync", "push", "deploy", "update", "up", "converge"), "apply"),
    **dict.fromkeys(("dump", "import", "pull", "download"), "export"),
    **dict.fromkeys(("lint", "check", "test", "verify"), "validate"),
    **dict.fromkeys(("format", "reformat"), "fmt"),
    **dict.fromkeys(("new", "create", "start", "setup", "bootstrap", "quickstart"), "init"),
    **dict.fromkeys(("undo", "revert", "restore"), "rollback"),
    **dict.fromkeys(("log", "journal", "runs"), "history"),
    **dict.fromkeys(("list", "ls", "workspace"), "instances"),
    **dict.fromkeys(("login", "ping", "auth", "diagnose"), "doctor"),
    **dict.fromkeys(("serve", "server", "mock"), "sandbox serve"),
    **dict.fromkeys(("deliver",), "secrets deliver"),
    "help": "--help",
}
"""Commands of other programs, and what they are called here."""

_NEVER_SUGGESTED = frozenset(("--prune",))
"""What nobody is to add because of a typing error."""

_CLOSE = 0.7
"""How alike an option must be to be suggested, from 0 to 1."""


def explain(misuse: click.UsageError, arguments: Sequence[str], commands: Collection[str]) -> str:
    """Return the message for wrong usage, with what was probably meant."""
    where = misuse.ctx.command_path if misuse.ctx else _command_path(arguments, commands)
    return f"error: {_misuse(misuse, arguments)}\n  {_instance_meant(misuse)}try: {where} --help\n"


def _instance_meant(misuse: click.UsageError) -> str:
    """Return a hint at `--instance` if there is an unexpected argument and the command has that flag."""
    extra = re.fullmatch(r"Got unexpected extra argument \((.+)\)", misuse.format_message().rstrip("."))
    if extra is None or misuse.ctx is None:
        return ""
    takes = any("--instance" in parameter.opts for parameter in misuse.ctx.command.params)
    return f"did you mean --instance {printable(shlex.quote(extra[1]))}? or " if takes else ""


def _command_path(arguments: Sequence[str], commands: Collection[str]) -> str:
    """Return the command that was meant. click does not name it if a flag has no value."""
    known = [each for each in arguments[:1] if each in commands]
    return " ".join(["reconciler", *known])


def _misuse(misuse: click.UsageError, arguments: Sequence[str]) -> str:
    """Return click's message; for a bad value, with its real source: the flag or the environment variable."""
    match misuse:
        case click.NoSuchOption(option_name=name, ctx=click.Context() as context):
            typed = _whole_option(name, arguments)
            return f"there is no option {quoted(typed)}{_meant(_option_meant(typed, context.command))}"
        case NoSuchCommand(name=name, ctx=click.Context() as context):
            return f"there is no command {quoted(name)}{_meant(_command_meant(name, context.command))}"
        case click.MissingParameter():
            pass
        case click.BadParameter(param=click.Option(name=str(name)) as option, ctx=click.Context() as context):
            typed_here = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
            return f"{option.opts[0] if typed_here else option.envvar}: {misuse.message.rstrip('.')}"
    return misuse.format_message()


def _meant(what: str | None) -> str:
    return f": {what}" if what else ""


def _whole_option(name: str, arguments: Sequence[str]) -> str:
    """Return the option of another program that was typed with one dash: of `-target`, click names the first letter."""
    words = [each.partition("=")[0] for each in arguments if each.startswith(name)]
    return next((word for word in words if f"-{word}" in _OPTIONS), name)


def _option_meant(typed: str, command: click.Command) -> str | None:
    ours = [name for parameter in command.params for name in parameter.opts if name.startswith("--")]
    name = typed if len(typed) <= len("-y") else f"--{typed.lstrip('-')}"
    for need, text in _OPTIONS.get(name, {}).items():
        if need in ("", command.name) or need in ours:
            return text
    from difflib import get_close_matches

    close = get_close_matches(name, [each for each in ours if each not in _NEVER_SUGGESTED], n=1, cutoff=_CLOSE)
    return f"did you mean {close[0]}?" if close else None


def _command_meant(name: str, group: click.Command) -> str | None:
    ours = list(group.commands) if isinstance(group, click.Group) else []
    other = _COMMANDS.get(name) if "apply" in ours else None
    found = other or closest(name, ours)
    return (
        f"did you mean `reconciler {found}`?"
        if found and other
        else f"did you mean {quoted(found)}?"
        if found
        else None
    )


PREFIX = "RECONCILER_"
"""How the names of all variables begin that set a flag."""


def unread_variables(names: Iterable[str], program: click.Group, arguments: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each variable that was probably meant for a flag, and that no command reads.

    Other names are somebody's own. All commands are imported only if the called one does not read a variable.
    """
    called = [program.commands[each] for each in arguments[:1] if each in program.commands]
    unknown = sorted(set(names) - {variable for command in called for variable, _ in _flags(command)})
    if not unknown or not called:
        return
    flags = dict(_flags(program))
    for name in unknown:
        if name not in flags and (text := _variable_meant(name, flags)):
            yield f"warning: {printable(name)} is not read{text}\n"


def _variable_meant(name: str, flags: Mapping[str, str]) -> str | None:
    from difflib import get_close_matches

    if name in (f"{PREFIX}YES", f"{PREFIX}PRUNE"):
        return ": flags that delete, or that skip a question, must be in the command itself"
    words = [each.removeprefix(PREFIX) for each in flags]
    close = get_close_matches(name.removeprefix(PREFIX), words, n=1, cutoff=_CLOSE)
    return f"; did you mean {PREFIX}{close[0]}?" if close else None


def _flags(command: click.Command) -> Iterator[tuple[str, str]]:
    """Yield the variables of a command, or of all commands of a group, each with its flag."""
    for parameter in command.params:
        if isinstance(parameter.envvar, str):
            yield parameter.envvar, parameter.opts[0]
    if isinstance(command, click.Group):
        for name in command.commands:
            yield from _flags(command.commands[name])
