"""`reconciler doctor`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconciler.cli.flags.options import (
    files_options,
    instance_options,
    option,
    output_options,
    parallelism_option,
    timeout_option,
)
from reconciler.cli.flags.repeated import repeated_flags, selection_flags
from reconciler.cli.output.console import Console
from reconciler.workflow.options import Options, ProjectFiles, Selection

if TYPE_CHECKING:
    from reconciler.workflow.doctor import ExaminationRequest


@click.command(
    epilog="""\b
Examples:
  reconciler doctor
  reconciler doctor --instance production --no-login
  reconciler doctor --all --format json"""
)
@files_options
@instance_options
@option("--no-login", is_flag=True, help="Check connectivity only; do not read the credentials.")
@timeout_option
@parallelism_option
@output_options
def doctor(
    files: ProjectFiles,
    selection: Selection,
    no_login: bool,
    timeout: float | None,
    parallelism: int,
    console: Console,
) -> int:
    """Check connectivity, credentials, permissions and clients.

    Shows whether the instance can be reached, logged in to, planned and applied to. Each finding has a fix. Never
    writes: permissions are tested with requests that have no effect.

    Exits 0, or 1 if there is an error, or 6 if the login was refused. Warnings do not change the exit code.
    """
    from reconciler.cli.output.exit_codes import of_examinations
    from reconciler.cli.output.waiting import Waiting
    from reconciler.render.json.doctor import render_examinations as render_document
    from reconciler.render.terminal.doctor import render_examinations
    from reconciler.render.terminal.next_step import Chosen, next_after_examinations
    from reconciler.workflow.doctor import examine_instances

    request = _request(files, selection, Options(os.environ, timeout=timeout), console, log_in=not no_login)
    examined = list(examine_instances(request, parallelism, Waiting(console)))
    if console.wants_json:
        console.result(render_document(examined))
    else:
        flags = repeated_flags(files, request.options)
        is_refused = any(each.login_refused for each in examined)  # then no command may try that account again
        chosen = Chosen(() if is_refused else selection_flags(selection), len(examined))
        console.text(render_examinations(examined, console.paint, chosen.naming))
        clients = str(files.clients_directory)
        console.result(next_after_examinations(examined, flags, console.paint, clients, chosen))
    return of_examinations(examined)


def _request(
    files: ProjectFiles, selection: Selection, options: Options, console: Console, *, log_in: bool
) -> ExaminationRequest:
    """Return what to examine. Raises `InvalidDeclarations` if the settings are invalid.

    Invalid declarations are only a finding.
    """
    from reconciler.model.diagnostics import has_errors
    from reconciler.model.errors import InvalidDeclarations
    from reconciler.workflow.doctor import ExaminationRequest
    from reconciler.workflow.options import require_extras, select_instances
    from reconciler.workflow.validate import declares_nothing_yet, validate_files

    checked = validate_files(files, lambda settings: select_instances(settings, selection))
    if checked.settings is None:
        raise InvalidDeclarations(checked.diagnostics)
    instances = select_instances(checked.settings, selection)
    require_extras(instances)
    if not instances:
        console.progress(f"shard {selection.shard} contains none of the instances: nothing to do")
    declared = None if has_errors(checked.diagnostics) else checked.declared
    return ExaminationRequest(
        checked.settings, declared, instances, options, log_in, declares_nothing_yet(files, checked)
    )
