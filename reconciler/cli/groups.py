"""Groups of commands, which without one show their help and exit 64."""

from __future__ import annotations

import click


class NoCommand(click.UsageError):
    """A group was called without a command: the message is its help."""


class Commands(click.Group):
    """A group for which a missing command is wrong usage, in every release of click."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the arguments apart. Raises `NoCommand` if there are none."""
        if not args:
            raise NoCommand(self.get_help(ctx), ctx)
        return super().parse_args(ctx, args)
