"""What `plan` and `apply` need first: valid declarations, and the selected instances."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.flags.repeated import repeated_flags
from reconciler.cli.output.console import Console
from reconciler.model.diagnostics import Diagnostic, Severity, has_errors
from reconciler.model.errors import InvalidDeclarations, ReconcilerError
from reconciler.model.settings import Instance, Settings
from reconciler.render.terminal.errors import render_diagnostic_lines, render_warning_count
from reconciler.workflow.options import Options, ProjectFiles, Selection, require_extras, select_instances
from reconciler.workflow.plan import PlanRequest
from reconciler.workflow.validate import declares_nothing_yet, validate_files

if TYPE_CHECKING:
    from reconciler.planning.drift.base import Base
    from reconciler.planning.plan.plan import Note, Update


def prepare(
    files: ProjectFiles,
    selection: Selection,
    options: Options,
    console: Console,
    *,
    first_day: bool = False,
    journal: Path | None = None,
    platform: str | None = None,
    reaching: bool = True,
    counting_warnings: bool = True,
) -> PlanRequest:
    """Check the files for the selected instances; print the number of warnings to stderr, or with -v the warnings.

    With `first_day`, missing declarations are not an error. `journal` is the folder of the journals, if one is named,
    `platform` a version to judge by in place of what the settings say. Without `reaching`, no instance will be logged
    in to. Without `counting_warnings`, those about the files are not mentioned.

    Raises `InvalidDeclarations`, with every problem, `WrongUsage` for an unknown instance, a missing extra and a sink
    that would overwrite a file of the run, and `GitError` for a revision that git does not have.
    """
    checked = validate_files(files, lambda settings: select_instances(settings, selection), platform)
    diagnostics = checked.diagnostics
    if first_day and declares_nothing_yet(files, checked):
        diagnostics = tuple(each for each in diagnostics if each.severity is not Severity.ERROR)
    if checked.settings is None or has_errors(diagnostics):
        raise InvalidDeclarations(checked.diagnostics)
    if counting_warnings:
        console.problem(_warnings(diagnostics, files, console))
    instances = select_instances(checked.settings, selection)
    if not instances:
        console.progress(f"shard {selection.shard} contains none of the instances: nothing to do")
    if reaching:
        require_extras(instances)
    has_sinks = any(instance.sinks for instance in instances)
    if has_sinks:
        from reconciler.cli.run.overwriting import RunFiles, refuse_misplaced_sinks

        refuse_misplaced_sinks(RunFiles(files, journal), checked.settings, instances)
    based = _bases(files, options, instances)
    told = _settings_changes(files, checked.settings, instances, based)
    request = PlanRequest(
        checked.settings,
        checked.declared,
        instances,
        options,
        based,
        told,
        diagnostics,
        was_applied=_asked_once(files.config, journal),
        is_ours=_looked_up_once(files, journal),
        own_nonces=_own_nonces(files, journal),
    )
    return _knowing_the_past(request, files, journal) if has_sinks else request


def _asked_once(config: Path, journal: Path | None) -> Callable[[Instance], bool]:
    """Ask once for each instance whether it was applied to: this run's own journal is no earlier apply."""
    answers: dict[str, bool] = {}

    def answer(instance: Instance) -> bool:
        from reconciler.cli.run.journals import was_applied

        if instance.name not in answers:
            answers[instance.name] = was_applied(config, journal, instance)
        return answers[instance.name]

    return answer


def _looked_up_once(files: ProjectFiles, journal: Path | None) -> Callable[[Instance], Callable[[Update], bool]]:
    """Look up once for each instance which clients past applies were of: this run's writes are no earlier apply."""
    found: dict[str, Callable[[Update], bool]] = {}

    def look_up(instance: Instance) -> Callable[[Update], bool]:
        from reconciler.cli.run.journals import known_clients

        if instance.name not in found:
            found[instance.name] = known_clients(files, journal, instance)
        return found[instance.name]

    return look_up


def _own_nonces(files: ProjectFiles, journal: Path | None) -> Callable[[Instance], Set[str]]:
    """What the journals say of unfinished creates: only an instance that has any needs them."""

    def find(instance: Instance) -> Set[str]:
        from reconciler.cli.run.journals import journal_directory
        from reconciler.workflow.delivery.unfinished import nonces_in
        from reconciler.workflow.revisions.committed import not_in_commit

        directory = journal_directory(files.config, journal)
        return nonces_in(directory, not_in_commit(files.config.parent, directory))(instance)

    return find


def _knowing_the_past(request: PlanRequest, files: ProjectFiles, journal: Path | None) -> PlanRequest:
    """Add what says who had secrets before: the journals, and the files of the base if there is one."""
    from reconciler.cli.run.journals import journal_directory
    from reconciler.workflow.delivery.deliveries import past_deliveries
    from reconciler.workflow.revisions.committed import never_committed, not_in_commit

    folder, directory = files.config.parent, journal_directory(files.config, journal)
    trusted = past_deliveries(directory, not_in_commit(folder, directory))
    request = replace(request, trusted_past=trusted, is_trusted=never_committed(folder))
    if not request.bases:
        return replace(request, past_deliveries=past_deliveries(directory))
    from reconciler.workflow.revisions.recipients import earlier_recipients

    return replace(
        request, past_deliveries=trusted, earlier=lambda instance, base: earlier_recipients(files, instance, base)
    )


def _warnings(diagnostics: Sequence[Diagnostic], files: ProjectFiles, console: Console) -> str:
    if console.verbose:
        from reconciler.cli.output.links import link_on

        return render_diagnostic_lines(diagnostics, link_on(sys.stderr, verbose=True))
    return render_warning_count(diagnostics, repeated_flags(files, Options({})))


def _settings_changes(
    files: ProjectFiles, in_force: Settings, instances: Sequence[Instance], based: Mapping[str, Base | ReconcilerError]
) -> Mapping[str, tuple[Note, ...]]:
    """Return how the settings differ from those of a revision, if one was given."""
    if files.config_from is None and not based:
        return {}
    from reconciler.workflow.revisions.trusted_config import changes_since, untrusted_changes

    return untrusted_changes(files, in_force, instances) or changes_since(files, in_force, based)


def _bases(
    files: ProjectFiles, options: Options, instances: Sequence[Instance]
) -> Mapping[str, Base | ReconcilerError]:
    if options.base is None:
        return {}
    from reconciler.workflow.revisions.base import bases

    return bases(files, options.base, instances, options.prune)
