"""`reconciler instances`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.flags.options import config_option, instance_options, output_options_in
from reconciler.cli.output.console import Console
from reconciler.workflow.options import Selection

_MATRIX = "github-matrix"


@click.command(
    epilog="""\b
Examples:
  reconciler instances
  reconciler instances --all --shard 2/4
  reconciler instances --format github-matrix"""
)
@config_option
@instance_options
@output_options_in("text", "json", _MATRIX)
def instances(config: Path, selection: Selection, console: Console) -> int:
    """List the configured instances. No network, no credentials.

    All of them unless some are chosen; `github-matrix` leaves the embedded ones out then. It is one line for the
    `fromJSON` of a GitHub workflow, a job for each instance.
    """
    from reconciler.render.instances import instances_json, instances_text, matrix_text
    from reconciler.workflow.options import select_all, select_instances
    from reconciler.workflow.validate import valid_settings

    settings = valid_settings(config)
    if not selection.is_explicit:
        selection = select_all(settings, embedded=console.output_format != _MATRIX, shard=selection.shard)
    chosen = select_instances(settings, selection)
    if console.output_format == _MATRIX:
        console.result(matrix_text(chosen))
    elif console.wants_json:
        console.result(instances_json(chosen, settings.default_instance))
    else:
        console.result(instances_text(chosen, settings.default_instance, console.paint))
    return 0
