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
  reconciler export --instance production -o clients/production.yaml
  reconciler export --instance production --split -o clients/production
  reconciler export --all -o clients/all.yaml
  reconciler export --instance production --update
  reconciler export --instance production --update --accept "Portal*\""""
)
@files_options
@instance_options
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Output file, or folder with --split."
)
@option("--split", is_flag=True, help="Write one file per client, named after it.")
@option("--system", is_flag=True, help="Include system clients, which the platform needs.")
# No environment variables: changes to files must be visible in the command itself.
@click.option("--force", is_flag=True, help="Overwrite an existing PATH.")
@click.option("--update", is_flag=True, help="Add undeclared live clients to clients/; change nothing else.")
@click.option("--into", type=click.Path(path_type=Path), metavar="FILE", help="With --update: file for new entries.")
@click.option(
    "--accept",
    is_flag=False,
    flag_value="*",
    metavar="[GLOB]",
    help="With --update: accept manual changes on the instance into the files, field by field.",
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
    """Export live clients as YAML for clients/. Only reads from the instances.

    Use it on the first day. All live clients are exported, declared or not; a file in clients/ is refused if it would
    declare one twice. The result passes `validate`, and a plan of it has no changes. Every entry lists its instances;
    clients that are the same on several become one entry.

    Comments mark what a reviewer must look at. Clients that cannot be expressed in YAML (duplicates, unknown forms) are
    commented out, with the fix. If a live client breaks a rule, `allow:` waives the rule. Ignored clients are skipped.
    The same clients always give the same output. If an instance does not answer, nothing is written.

    With --update, existing entries and comments stay, and undeclared clients are added. New entries go into the only
    file in clients/, or into clients/INSTANCE.yaml if there are several. With --accept, entries that match GLOB also
    get the values of the instance. An entry is not changed if that would change another instance.
    """
    from reconciler.cli.run.export_files import (
        ExportTarget,
        observe_or_report,
        refuse_declared_twice,
        show_export,
        write_export,
    )
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
        console.progress(f"shard {selection.shard} contains none of the instances: nothing to export")
        return 0
    seen, code = observe_or_report(instances, Options(os.environ, timeout=timeout), parallelism, console)
    if code:
        return code
    found = export_seen(seen, settings, system=system)
    refuse_declared_twice(found, target, files)
    proposals = write_export(found, target, files, settings, console)
    show_export(found, proposals, target, files, selection, console)
    return 0
