"""`reconciler observe`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli.flags.options import (
    config_from_option,
    config_option,
    instance_options,
    parallelism_option,
    plain_output_options,
    timeout_option,
)
from reconciler.cli.flags.types import SavedFile
from reconciler.cli.output.console import Console
from reconciler.workflow.options import Options, ProjectFiles, Selection


@click.command(
    epilog="""\b
Examples:
  reconciler observe -o live.json
  reconciler observe --instance production -o live.json
  reconciler observe --all -o live.json"""
)
@click.option(
    "-o",
    "--output",
    type=SavedFile(path_type=Path),
    required=True,
    metavar="FILE",
    help="File to save to, for plan --live.",
)
@config_option
@config_from_option
@instance_options
@timeout_option
@parallelism_option
@plain_output_options
def observe(
    output: Path,
    config: Path,
    config_from: str | None,
    selection: Selection,
    timeout: float | None,
    parallelism: int,
    console: Console,
) -> int:
    """Save the state of instances, without secrets. Only reads from them.

    `plan --live FILE` then makes a full plan without credentials, for example in a pull request from a fork. The file
    can never be applied.

    Every instance that answers is saved. If one does not, the exit code is not 0. If none does, no file is written.
    """
    from reconciler.cli.run.observation import refuse_to_observe, save_observations
    from reconciler.cli.run.overwriting import RunFiles, refuse_overwriting
    from reconciler.workflow.options import require_extras, select_instances
    from reconciler.workflow.validate import valid_settings

    files, options = ProjectFiles(config, config_from=config_from), Options(os.environ, timeout=timeout)
    refuse_to_observe(output)
    refuse_overwriting(RunFiles(files), output)
    instances = select_instances(valid_settings(config, config_from), selection)
    require_extras(instances)
    return save_observations(instances, output, files, selection, options, parallelism, console)
