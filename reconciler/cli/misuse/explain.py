"""Turn wrong usage into a message that says what was probably meant."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

import click
from click.core import ParameterSource

from reconciler.cli.groups import NoSuchCommand
from reconciler.cli.misuse.options import long_options, option_before_command, option_meant, whole_option
from reconciler.cli.misuse.other_commands import IN_GROUPS, OTHER_COMMANDS, OTHER_WISHES, PREFIXES
from reconciler.support.text import MIN_PREFIX, printable, quoted

_CLOSE = 0.75
"""How alike a command must be to be suggested, from 0 to 1."""

_NO_VALUES = ("true", "false", "yes", "no")


def explain(misuse: click.UsageError, arguments: Sequence[str], program: click.Group) -> str:
    """Return the message for wrong usage, with what was probably meant."""
    where = misuse.ctx.command_path if misuse.ctx else _command_path(arguments, program)
    text = re.sub(r"(?<=://)[^/@\s]+(?=@)", "***", _misuse(misuse, arguments))  # an account in a URL
    return f"error: {text}\n  {_argument_meant(misuse)}try: {where} --help\n"


_OF_PLANS = {
    "plan": "a saved plan is for `reconciler apply FILE`;",
    "apply": "several plans are saved in a folder, `reconciler plan --all -o FOLDER/`, and applied by its name;",
}


def _argument_meant(misuse: click.UsageError) -> str:
    """Return a hint if there is an unexpected argument: mostly, at `--instance`."""
    extra = re.fullmatch(r"Got unexpected extra argument \((.+)\)", misuse.format_message().rstrip("."))
    meant = _word_meant(extra[1], misuse.ctx.command) if extra is not None and misuse.ctx is not None else None
    return f"{meant} or " if meant else ""


def _word_meant(word: str, command: click.Command) -> str | None:
    takes = long_options(command)
    if word.lower() in _NO_VALUES:
        return "a flag is given without a value: leave it out;"
    if "://" in word:
        return "`reconciler init --from URL` starts a project for an instance;"
    if word.endswith(".json") and command.name in _OF_PLANS:
        return _OF_PLANS[command.name]
    if "/" in word or word.endswith((".yaml", ".yml")):
        return "everything in clients/ is read: leave it out;" if "--clients" in takes else None
    return f"did you mean --instance {printable(shlex.quote(word))}?" if "--instance" in takes else None


def _command_path(arguments: Sequence[str], program: click.Group) -> str:
    """Return the command that was meant. click does not name it if a flag has no value."""
    known = [each for each in arguments[:1] if each in program.commands]
    return " ".join(["reconciler", *known])


def _misuse(misuse: click.UsageError, arguments: Sequence[str]) -> str:
    """Return click's message; for a bad value, with its real source: the flag or the environment variable."""
    match misuse:
        case click.NoSuchOption(option_name=name, ctx=click.Context() as context):
            typed = whole_option(name, arguments, context.command)
            return f"there is no option {quoted(typed)}{_meant(_option_meant(typed, arguments, context))}"
        case NoSuchCommand(name=name, ctx=click.Context() as context):
            return f"there is no command {quoted(name)}{_meant(_command_meant(name, arguments, context.command))}"
        case click.MissingParameter(param=click.Argument(name="run")):
            return f"{misuse.format_message().rstrip('.')}: `reconciler history` lists the runs"
        case click.MissingParameter():
            pass
        case click.BadParameter(param=click.Option(name=str(name)) as option, ctx=click.Context() as context):
            typed_here = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
            source = option.opts[0] if typed_here else option.envvar
            return f"{source}: {_bad_value(misuse, option, context)}"
    return misuse.format_message()


def _bad_value(misuse: click.BadParameter, option: click.Option, context: click.Context) -> str:
    text = misuse.message.rstrip(".")
    if option.is_bool_flag:
        return re.sub(r" is not a valid boolean\b.*", " is neither true nor false", text)
    if option.opts[0] == "--format" and "--report" in long_options(context.command):
        return f"{text}; for others: --report FILE"
    return text


def _meant(what: str | None) -> str:
    return f": {what}" if what else ""


def _option_meant(typed: str, arguments: Sequence[str], context: click.Context) -> str | None:
    command = context.command
    if isinstance(command, click.Group) and context.parent is None:
        return option_before_command(typed, arguments, command.commands)
    return option_meant(typed, command)


def _command_meant(name: str, arguments: Sequence[str], group: click.Command) -> str | None:
    ours = list(group.commands) if isinstance(group, click.Group) else []
    if "apply" not in ours:
        return IN_GROUPS.get(str(group.name), {}).get(name) or _spelt(name, ours)
    after = next(iter(arguments[arguments.index(name) + 1 :] if name in arguments else []), "")
    word = after if name in PREFIXES and (after in OTHER_COMMANDS or after in ours) else name
    if wish := OTHER_WISHES.get(word):
        return wish
    known = [*OTHER_COMMANDS, *ours]
    word = next((each for each in (word, *word.split("-")) if each in known), word)  # octodns-sync
    other = word if word in ours else OTHER_COMMANDS.get(word)
    if other == "--help" and after in ours:
        other = f"{after} --help"
    return f"did you mean `reconciler {other}`?" if other else _spelt(name, ours)


def _spelt(name: str, ours: Sequence[str]) -> str | None:
    from difflib import get_close_matches

    folded = name.casefold()
    longer = [each for each in ours if len(name) >= MIN_PREFIX and each.startswith(folded)]
    found = longer if len(longer) == 1 else get_close_matches(folded, ours, n=1, cutoff=_CLOSE)
    return f"did you mean {quoted(found[0])}?" if found else None
