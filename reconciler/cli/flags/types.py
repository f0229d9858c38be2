"""Types of flag values."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import click

from reconciler.support.text import quoted
from reconciler.workflow.options import Shard

_FORMATS = frozenset(("json", "text", "yaml", "yml", "table", "wide", "name", "md", "markdown", "html"))
_OF_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}


class MultiLine(click.types.StringParamType):
    """Text; in the environment each line is a separate value."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Split into values. A pipeline's block of text ends in a line feed, which is not another value."""
        return _lines(rv)


class MultiPath(click.Path):
    """A path; in the environment each line is a separate value."""

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Split into values, as `MultiLine` does."""
        return _lines(rv)


class SavedFile(click.Path):
    """A file to save to. Other programs take a format after -o, and a file `json` would surprise everybody."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the path."""
        if value in _FORMATS:
            hint = f"--format {value} prints it" if value in ("json", "text") else "--format json prints JSON"
            self.fail(f"'{value}' is the name of a format, and -o takes a file: {hint}, -o ./{value} saves", param, ctx)
        return super().convert(value, param, ctx)


def _lines(text: str) -> Sequence[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class WholeNumber(click.IntRange):
    """A whole number."""

    name = "whole number"


class Verbosity(WholeNumber):
    """How often -v was given. In the environment, people also write `true`."""

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        words = {"true": 1, "t": 1, "yes": 1, "y": 1, "on": 1, "false": 0, "f": 0, "no": 0, "n": 0, "off": 0}
        known = words.get(value.strip().lower()) if isinstance(value, str) else None
        return int(super().convert(value, param, ctx)) if known is None else known


class Seconds(click.FloatRange):
    """A timeout in seconds. The upper bound is that of `timeout:` in reconciler.yaml."""

    name = "number"

    def __init__(self) -> None:
        super().__init__(min=0, max=3600, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the seconds. `nan` passes every range check, since every comparison with it is false."""
        if isinstance(value, str) and (found := re.fullmatch(r"([0-9]{1,5})(s|sec|m|min|h)", value.strip())):
            self.fail(f"'{value}' has a unit: in seconds, write {int(found[1]) * _OF_SECONDS[found[2]]}", param, ctx)
        seconds = super().convert(value, param, ctx)
        if math.isnan(seconds):
            self.fail(f"'{value}' is not a valid number.", param, ctx)
        return seconds


def parse_shard(context: click.Context, parameter: click.Parameter, value: str | None) -> Shard | None:
    """Parse K/N: shard K of N. ASCII is checked because `int` accepts digits of other scripts."""
    if value is None:
        return None
    number, _, of = value.partition("/")
    if not all(part.isascii() and part.isdigit() and len(part) < 7 for part in (number, of)):
        raise click.BadParameter(f"{quoted(value)} is not of the form K/N, like 1/4", context, parameter)
    if not 1 <= int(number) <= int(of):
        raise click.BadParameter(f"{quoted(value)} is not one of the parts 1/{of} to {of}/{of}", context, parameter)
    return Shard(int(number), int(of))
