"""The flag `--platform` of commands that ask no instance: what would be on another version of the platform?"""

from __future__ import annotations

import click

from reconciler.model.lines import NEWEST_FOUR, STATES_OF_2026, capabilities_of
from reconciler.support.text import quoted


def _platform(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None or capabilities_of(value) is not None:
        return value
    known = f"4.0 to {NEWEST_FOUR}, with or without a third number, or {', '.join(STATES_OF_2026)}"
    raise click.BadParameter(f"{quoted(value)} is not a known version; known are {known}", context, parameter)


platform_option = click.option(
    "--platform",
    callback=_platform,
    metavar="VERSION",
    help="Assume this platform version for all instances, such as 2026. `plan` needs --live with it.",
)
