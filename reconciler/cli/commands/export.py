"""`reconciler export`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from reconciler.cli.flags.options import (
    files_options,
    instance_options,
    option,
    parallelism_option,
    plain_output_options,
    timeout_option,
)
from reconciler.cli.output.console import Console
from reconciler.workflow.options import Options, ProjectFiles, Selection


@click.command(
    epilog="""\b
Examples:
  reconciler export --instance production
  reconciler export --instance production -o clients/production.yaml
  reconciler export --instance production --split -o clients/production
  reconciler export --all -o clients/all.yaml
  reconciler export --instance production --update
  reconciler export --instance production --update --accept "Portal*\""""
)
@files_options
@instance_options
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="The file, or with --split the folder."
)
@option("--split", is_flag=True, help="One file a client, named after it.")
@option("--system", is_flag=True, help="The clients that the platform needs, too.")
# No environment variables: changes to files must be visible in the command itself.
@click.option("--force", is_flag=True, help="Overwrite what stands at PATH.")
@click.option("--update", is_flag=True, help="Add to clients/ what is live and not declared; change nothing else.")
@click.option("--into", type=click.Path(path_type=Path), metavar="FILE", help="With --update: where new entries go.")
@click.option(
    "--accept",
    is_flag=False,
    flag_value="*",
    metavar="[GLOB]",
    help="With --update: take over what a person changed on the instance, field by field.",
)
@timeout_option
@parallelism_option
@plain_output_options
def export(
    files: ProjectFiles,
    selection: Selection,
    output: Path | None,
    split: bool,
    system: bool,
    force: bool,
    update: bool,
    into: Path | None,
    accept: str | None,
    timeout: float | None,
    parallelism: int,
    console: Console,
) -> int:
    """Write what is live as YAML, for clients/. Only reads from the instances.

    For the first day: everything live is written, whether it is declared already or not. `validate` accepts it, and
    planning it changes nothing. Every entry names its instances; clients that several have alike become one entry.

    Comments stand where a reviewer must look: what cannot be declared (duplicates, unknown forms) is commented out
    with the fix; a rule that what is live breaks is waived by `allow:`. Ignored clients are left out. Exporting
    twice gives the same bytes. If one of the instances does not answer, nothing is written.

    With --update the files stay as they are, comments and all, but for entries of what nothing declares yet. They go
    into the only file of clients/, else into clients/INSTANCE.yaml. With --accept the entries of the clients that
    differ (those that GLOB covers) say afterwards what is live. An entry is left alone if another instance that it is
    for would change.
    """
    from reconciler.cli.run.export_files import ExportTarget, observe_or_report, show_export, write_export
    from reconciler.cli.run.export_update import UpdateFlags, run_update
    from reconciler.workflow.export.export import export as export_seen
    from reconciler.workflow.options import require_extras, select_instances
    from reconciler.workflow.validate import valid_settings

    choice = UpdateFlags(update, into, accept)
    choice.refuse({"-o": output, "--split": split, "--system": system, "--force": force})
    if update:
        return run_update(files, selection, choice, Options(os.environ, timeout=timeout), parallelism, console)
    settings = valid_settings(files.config)
    instances = select_instances(settings, selection)
    require_extras(instances)
    target = ExportTarget(output, split, force)
    target.refuse()
    if not instances:
        console.progress(f"shard {selection.shard} holds none of the instances: nothing to export")
        return 0
    seen, code = observe_or_report(instances, Options(os.environ, timeout=timeout), parallelism, console)
    if code:
        return code
    found = export_seen(seen, settings, system=system)
    proposals = write_export(found, target, files, settings, console)
    show_export(found, proposals, target, files, selection, console)
    return 0
