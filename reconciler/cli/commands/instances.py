"""`reconciler instances`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import config_option, instance_options, output_options_in
from reconciler.cli.output.console import Console
from reconciler.workflow.options import Selection

if TYPE_CHECKING:
    from reconciler.model.settings import Instance, Settings

_MATRIX = "github-matrix"


@click.command(
    epilog="""\b
Examples:
  reconciler instances
  reconciler instances -i production
  reconciler instances --all --shard 2/4
  reconciler instances --format github-matrix"""
)
@config_option
@instance_options
@output_options_in("text", "json", _MATRIX)
def instances(config: Path, selection: Selection, console: Console) -> int:
    """List the configured instances. Needs no network and no credentials.

    Lists all instances by default. With --instance, also shows the effective settings of each, and their origin: the
    instance, `defaults:`, the top level, or the program.

    `github-matrix` prints one line for `fromJSON` in a GitHub workflow: one job per instance, by default without the
    embedded ones.
    """
    from reconciler.workflow.options import select_all, select_instances
    from reconciler.workflow.validate import valid_settings

    settings, named = valid_settings(config), bool(selection.names)
    if not selection.is_explicit:
        selection = select_all(settings, embedded=console.output_format != _MATRIX, shard=selection.shard)
    chosen = select_instances(settings, selection)
    if console.output_format == _MATRIX:
        from reconciler.render.instances import matrix_text

        console.result(matrix_text(chosen))
    else:
        _show(chosen, settings, console, in_full=named)
    return 0


def _show(chosen: Sequence[Instance], settings: Settings, console: Console, *, in_full: bool) -> None:
    from reconciler.render.instances import in_force_text, instances_json, instances_text
    from reconciler.workflow.validate import in_force

    found = in_force(settings.path)
    if console.wants_json:
        console.result(instances_json(chosen, found, settings.default_instance))
        return
    console.result(instances_text(chosen, settings.default_instance, console.paint))
    if in_full:
        console.result("".join(in_force_text(each.name, found[each.name], console.paint) for each in chosen))
    elif chosen and any(setting.origin == "defaults" for found_on in found.values() for setting in found_on):
        console.progress("to see the effective settings of one, and their origin: reconciler instances --instance NAME")
