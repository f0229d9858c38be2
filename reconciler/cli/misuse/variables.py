"""Explain environment variables that no command reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import click

from reconciler.cli.misuse.options import option_meant
from reconciler.cli.misuse.other_options import MEANT_FOR_WRITES, OTHER_OPTIONS
from reconciler.support.text import printable

PREFIX = "RECONCILER_"
"""How the names of all variables begin that set a flag."""

_CLOSE = 0.7
"""How alike a variable must be to be suggested, from 0 to 1."""

_OTHER_NAMES = {"CONFIG_FILE": "CONFIG", "CONFIG_PATH": "CONFIG"}
"""Words that are closer to the name of another variable."""


def odd_variables(values: Mapping[str, str], program: click.Group, arguments: Sequence[str]) -> Iterator[str]:
    """Yield a warning for each variable that was probably meant for a flag and is not read, or is read with quotes.

    Other names are somebody's own. All commands are imported only if the called one does not read a variable.
    """
    called = next((program.commands[each] for each in arguments[:1] if each in program.commands), None)
    if called is None:
        return
    read = dict(_flags(called))
    for name in sorted(set(values) & set(read)):
        text = values[name].strip()
        if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
            yield f"warning: {name} is in quotes, which are read as a part of its value: set it again without them\n"
    unknown = sorted(set(values) - set(read))
    if not unknown:
        return
    flags = dict(_flags(program))
    for name in unknown:
        meant = None if name in flags else _variable_meant(name, flags, called)
        if meant:
            yield f"warning: {printable(name)} is not read{meant}\n"


def _variable_meant(name: str, flags: Mapping[str, str], command: click.Command) -> str | None:
    from difflib import SequenceMatcher, get_close_matches

    begin, _, word = name.upper().partition("_")
    if not name.startswith(PREFIX):
        alike = SequenceMatcher(None, f"{begin}_", PREFIX).ratio() > _CLOSE
        return f"; did you mean {PREFIX}{word}?" if alike and f"{PREFIX}{word}" in flags else None
    if name in (f"{PREFIX}YES", f"{PREFIX}PRUNE"):
        return ": flags that delete, or that skip a question, must be in the command itself"
    option = f"--{word.lower().replace('_', '-')}"
    if OTHER_OPTIONS.get(option) in MEANT_FOR_WRITES and (meant := option_meant(option, command)):
        return f": {meant}"
    words = [each.removeprefix(PREFIX) for each in flags]
    close = [_OTHER_NAMES[word]] if word in _OTHER_NAMES else get_close_matches(word, words, n=1, cutoff=_CLOSE)
    return f"; did you mean {PREFIX}{close[0]}?" if close else None


def _flags(command: click.Command) -> Iterator[tuple[str, str]]:
    """Yield the variables of a command, or of all commands of a group, each with its flag."""
    for parameter in command.params:
        if isinstance(parameter.envvar, str):
            yield parameter.envvar, parameter.opts[0]
    if isinstance(command, click.Group):
        for name in command.commands:
            yield from _flags(command.commands[name])
