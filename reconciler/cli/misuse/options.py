"""Explain an option that a command does not have."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

import click

from reconciler.cli.misuse.other_options import OTHER_OPTIONS
from reconciler.support.text import MIN_PREFIX, printable

NEVER_SUGGESTED = frozenset(("--prune",))
"""What nobody is to add because of a typing error."""

_WHOLE = frozenset(("--all", "--apply", "--discard-secrets", "--force", "--yes"))
"""What is suggested for a typing error alone: each of them does more, or asks less."""

CLOSE = 0.8
"""How alike an option must be to be suggested, from 0 to 1."""

_BEFORE_COMMAND = "options come after the command"


def whole_option(name: str, arguments: Sequence[str], command: click.Command) -> str:
    """Return the option that was typed with one dash: of `-target`, click names the first letter that it lacks.

    A word that no program knows is not repeated: it could be a password.
    """
    words = [each.partition("=")[0] for each in arguments if re.match(r"-[A-Za-z]", each)]
    known = (word for word in words if len(word) > len("-x") and name.lstrip("-") in word)
    return name if name.startswith("--") else next((word for word in known if is_known(word, command)), name)


def is_known(word: str, command: click.Command) -> bool:
    """Whether a word with one dash is an option with two, of this command or of another program."""
    return f"-{word}" in OTHER_OPTIONS or f"-{word}" in long_options(command)


def option_meant(typed: str, command: click.Command) -> str | None:
    """Return what an option was meant to be, or None."""
    ours = long_options(command)
    name = typed if len(typed) <= len("-y") else f"--{typed.lstrip('-')}"
    if name in ours and name not in NEVER_SUGGESTED:
        return f"did you mean {name}?"
    for need, text in OTHER_OPTIONS.get(name, {}).items():
        if need in ("", command.name) or need in ours:
            return text
    close = _alike(name.lstrip("-").replace("_", "-"), ours)
    return f"did you mean {close}?" if close else None


def _alike(word: str, ours: Sequence[str]) -> str | None:
    """Return the option that was probably mistyped: it begins alike, or one of the two goes on with more words."""
    from difflib import get_close_matches

    allowed = [each.lstrip("-") for each in ours if each not in NEVER_SUGGESTED]
    parts = [each for each in allowed if f"--{each}" not in _WHOLE]
    longer = [each for each in parts if len(word) > MIN_PREFIX and each.startswith(word)]
    shorter = [each for each in parts if word.startswith(f"{each}-")]
    close = get_close_matches(word, [each for each in allowed if each[:1] == word[:1]], n=1, cutoff=CLOSE)
    found = close or (longer if len(longer) == 1 else []) or shorter
    return f"--{found[0]}" if found else None


def option_before_command(typed: str, arguments: Sequence[str], commands: Mapping[str, click.Command]) -> str | None:
    """Return what an option was meant to be that stands in front of the command."""
    after = arguments[arguments.index(typed) + 1 :] if typed in arguments else arguments
    named = [each for each in after if each in commands]
    if not named:
        return option_meant("-V" if typed == "-v" else typed, click.Command("reconciler", params=[]))
    name = named[1] if named[1:] and after[0] == named[0] else named[0]  # the first may be the value of the option
    command = commands[name]
    if isinstance(command, click.Group):
        return f"{_BEFORE_COMMAND}: reconciler {name} …"
    option = next((each for each in command.params if typed in each.opts), None)
    if option is not None:
        value = " …" if typed in _taking_values(command) else ""
        return f"{_BEFORE_COMMAND}: reconciler {name} {typed}{value}"
    meant = option_meant(typed, command)
    return f"{meant}; {_BEFORE_COMMAND}, {name}" if meant else f"{_BEFORE_COMMAND}, {name}"


def long_options(command: click.Command) -> list[str]:
    """Return the options of a command with two dashes."""
    return ["--help", *(name for parameter in command.params for name in parameter.opts if name.startswith("--"))]


def refuse_one_dash(command: click.Command, arguments: Sequence[str], context: click.Context) -> None:
    """Raise wrong usage for a word with one dash that click would read as a short option and its value.

    Of `-out=plan.json`, it would make the file `ut=plan.json`.
    """
    for word, equals, value in _one_dash(command, arguments):
        if len(word) > len("-x") and is_known(word, command):
            raise click.NoSuchOption(word, ctx=context)
        option = next((each for each in command.params if word in each.opts), None)
        if equals and option is not None and len(word) == len("-x"):
            typed = f"{word} {shlex.quote(value)}" if value else f"{word} VALUE"
            raise click.UsageError(f"a short option takes no '=': write {printable(typed)}", context)


def _one_dash(command: click.Command, arguments: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield each word with one dash and more than one letter, split at its `=`; not the values of other options."""
    takes_value = _taking_values(command)
    before = ""
    for each in arguments:
        if each == "--":
            return
        if before not in takes_value and re.match(r"-[A-Za-z][A-Za-z=]", each):
            yield each.partition("=")
        before = each


def _taking_values(command: click.Command) -> frozenset[str]:
    options = [each for each in command.params if isinstance(each, click.Option) and not each.is_flag]
    return frozenset(name for each in options if not each.count for name in each.opts)
