"""Command groups, which show their help and exit 64 if the command is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any

import click


class NoCommand(click.UsageError):
    """A group was called without a command: the message is its help."""


class NoSuchCommand(click.UsageError):
    """A group was called with a command that it does not have. Not all releases of click have an error for it."""

    def __init__(self, name: str, context: click.Context) -> None:
        super().__init__(f"there is no command {name}", context)
        self.name = name


class CommandGroup(click.Group):
    """A group for which a missing command is wrong usage, in every release of click."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments. Raises `NoCommand` if there are none."""
        if not args and not ctx.resilient_parsing:  # resilient: a shell asks for completions
            raise NoCommand(self.get_help(ctx), ctx)
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command. Raises `NoSuchCommand`."""
        if args[0] not in self.commands and args[0][:1] != "-" and not ctx.resilient_parsing:
            raise NoSuchCommand(args[0], ctx)
        return super().resolve_command(ctx, args)


class LazyCommands(MutableMapping[str, click.Command]):
    """Commands by name, each imported on first use: the attribute of that name in the module of that name.

    All commands share few imports; those of a single command take longer than most runs.
    """

    def __init__(self, package: str, names: Iterable[str]) -> None:
        self._package = package
        self._names = dict.fromkeys(names)
        self._added: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        if name not in self._added:
            if name not in self._names:
                raise KeyError(name)
            command: click.Command = getattr(import_module(f"{self._package}.{name}"), name)
            self._added[name] = command
        return self._added[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        self._names[name] = None
        self._added[name] = command

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        self._added.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


class LazyGroup(CommandGroup):
    """A group that imports only the called command. `purposes` has the first sentence of each command's help."""

    def __init__(self, *arguments: Any, package: str, purposes: Mapping[str, str], **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.purposes = purposes
        self.commands = LazyCommands(package, purposes)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands in the help, without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.purposes.items()))
