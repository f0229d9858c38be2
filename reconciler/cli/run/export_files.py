"""The files of `export`: refuse to overwrite, write, and say what to review."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.cli.flags.repeated import repeated_flags, selection_flags
from reconciler.cli.output.console import Console
from reconciler.cli.output.exit_codes import of_plans
from reconciler.cli.output.files import write_atomically
from reconciler.cli.output.waiting import Waiting
from reconciler.cli.run.overwriting import refuse_led_elsewhere
from reconciler.exporting.entries import Export, ExportedEntry, InstanceListing, Withheld
from reconciler.exporting.file_names import render_files
from reconciler.exporting.file_text import MOST_NAMED, WITHHELD, heading_lines, left_out_lines, render_export
from reconciler.exporting.variables import Proposal, propose_variables
from reconciler.model.errors import ReconcilerError, Refused, WrongUsage
from reconciler.model.settings import Instance, Settings
from reconciler.render.terminal.fleet import render_stopped
from reconciler.render.terminal.next_step import Chosen
from reconciler.render.view.any_instance import naming
from reconciler.render.view.counts import plural
from reconciler.results import Stopped
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, first_few, printable, quoted
from reconciler.workflow.export.export import observe_all
from reconciler.workflow.options import Options, ProjectFiles, Selection
from reconciler.workflow.validate import validate_files

ENDINGS = (".yaml", ".yml")
SCHEMA = Path("schemas", "auth-clients.schema.json")
_MOST_NAMED = 3


@frozen
class ExportTarget:
    """Where an export goes: a file, a folder with `split`, or stdout."""

    path: Path | None
    split: bool = False
    force: bool = False

    @property
    def folder(self) -> Path | None:
        """The folder of the file or files."""
        return self.path if self.split or self.path is None else self.path.parent

    def refuse(self) -> None:
        """Raise `WrongUsage` if the target makes no sense, and `Refused` if something would be overwritten."""
        if self.path is None:
            if self.split or self.force:
                flag = "--split" if self.split else "--force"
                raise WrongUsage(f"{flag} needs a place to write to", "name it: -o clients/production")
        elif str(self.path) == "-":
            raise WrongUsage("-o needs a file name", "name a file, or leave -o out to print to stdout")
        elif self.split:
            _refuse_folder(self.path, self.force)
        else:
            _refuse_file(self.path, self.force)


def observe_or_report(
    instances: Sequence[Instance], options: Options, parallelism: int, console: Console
) -> tuple[list[InstanceListing], int]:
    """Return what every instance has now, and the exit code; if one cannot be observed, print why to stderr."""
    results = observe_all(instances, options, parallelism, Waiting(console))
    stopped = [result for result in results if isinstance(result, Stopped)]
    console.problem(render_stopped(stopped))
    found = [result for result in results if isinstance(result, InstanceListing)]
    if stopped and len(results) > 1:
        others = shlex.join(naming([each.instance.name for each in found]))
        leaving_out = f"; to export only those that did: {others}" if found else ""
        console.problem(f"nothing is exported unless every instance answers{leaving_out}\n")
    return found, of_plans(stopped, detailed=False)


def refuse_declared_twice(found: Export, target: ExportTarget, files: ProjectFiles) -> None:
    """Raise `Refused` if a file in clients/ would declare clients that other files there declare: both are invalid."""
    if target.path is None or not _real(target.path).is_relative_to(_real(files.clients_directory)):
        return
    entries = [item for item in found.items if isinstance(item, ExportedEntry)]
    exported = {(entry.name, instance) for entry in entries for instance in entry.instances}
    declared = validate_files(files).declared
    twice = [
        each
        for instance in dict.fromkeys(instance for _, instance in exported)
        for each in declared.of(instance).present
        if (each.name, instance) in exported and not _real(Path(each.source.path)).is_relative_to(_real(target.path))
    ]
    if twice:
        what = f"{plural(len(twice), 'client')} of this export would be declared twice"
        hint = "add only what is not declared yet: reconciler export --update; or name a file outside of clients/"
        raise Refused(f"{what}: {quoted(twice[0].name)} is at {twice[0].source}", hint)


def write_export(
    found: Export, target: ExportTarget, files: ProjectFiles, settings: Settings, console: Console
) -> Mapping[str, Proposal]:
    """Write the export, and return the variables that it proposes. Raises `ReconcilerError` if it cannot be written."""
    proposals = propose_variables(found.items, settings.instances)
    modeline = _modeline(target, files)
    if target.path is not None and target.split:
        _write_all(target.path, render_files(found.items, modeline, proposals))
        return proposals
    heading = heading_lines([each.instance for each in found.left_out], found.left_out)
    text = render_export(found.items, modeline, heading, proposals)
    if target.path is None:
        console.result(text)
    else:
        _write_all(target.path.parent, {target.path.name: text})
    return proposals


def show_export(
    found: Export,
    proposals: Mapping[str, Proposal],
    target: ExportTarget,
    files: ProjectFiles,
    selection: Selection,
    console: Console,
) -> None:
    """Print to stderr what was exported, what a reviewer must look at, and the next commands."""
    show_exported(found, proposals, target, console)
    console.progress(_next(found, target, files, selection))


def show_exported(found: Export, proposals: Mapping[str, Proposal], target: ExportTarget, console: Console) -> None:
    """Print to stderr what was exported, and what a reviewer must look at."""
    for line in _summary(found, proposals):
        console.progress(line)
    withheld = sum(isinstance(item, Withheld) for item in found.items)
    if withheld:
        what = f"{plural(withheld, 'client')} {'is' if withheld == 1 else 'are'} commented out"
        console.problem(f"warning: {what}: look for {quoted(WITHHELD)}\n")
    if target.path is not None and target.split:
        _warn_of_others(target.path, found, console)


def _summary(found: Export, proposals: Mapping[str, Proposal]) -> Iterator[str]:
    entries = [item for item in found.items if isinstance(item, ExportedEntry)]
    clients = sum(len(entry.instances) for entry in entries)
    merged = f", in {len(entries)} entr{'y' if len(entries) == 1 else 'ies'}" if clients > len(entries) else ""
    names = first_few([each.instance for each in found.left_out], MOST_NAMED)
    yield f"exported {plural(clients, 'client')} of {names}{merged}"
    for line in left_out_lines(found.left_out):
        yield f"{line}{'; --system includes system clients' if ' system client' in line else ''}"
    if waiving := sum(bool(entry.allow) for entry in entries):
        yield f"rules waived for {plural(waiving, 'client')}: look for 'allow:'"
    if proposals:
        many = plural(len(proposals), "client") + (" could each" if len(proposals) > 1 else " could")
        yield f"{many} be one entry with a variable: look for 'only the host differs'"


def _next(found: Export, target: ExportTarget, files: ProjectFiles, selection: Selection) -> str:
    flags = repeated_flags(files, Options({}))
    exported = [each.instance for each in found.left_out]  # all that were chosen, or nothing is written
    named = Chosen(selection_flags(selection), len(exported)).naming(exported)
    first = shlex.join(["reconciler", "validate", *flags])
    then = shlex.join(["reconciler", "plan", *named, *flags])
    clients = files.clients_directory
    inside = target.path is not None and _real(target.path).is_relative_to(_real(clients))
    put = "" if inside else f"put it into {printable(str(clients))}/, then "
    if not inside and any(clients.glob("**/*.y*ml")):
        update = shlex.join(["reconciler", "export", *named, "--update", *flags])
        return f"next: to add to {printable(str(clients))}/ what is not declared there yet: {printable(update)}"
    return f"next: {put}{printable(first)}, then {printable(then)}, which should report no changes"


def _modeline(target: ExportTarget, files: ProjectFiles) -> str:
    """Return the editor modeline with the path of the schema: relative to a file in the project, else to clients/."""
    root = _real(files.config).parent
    folder = _real(target.folder) if target.folder is not None else root / "clients"
    inside = folder.is_relative_to(root)
    path = Path(os.path.relpath(root / SCHEMA, folder)) if inside else Path("..") / SCHEMA
    return f"yaml-language-server: $schema={path.as_posix()}"


def _refuse_file(file: Path, force: bool) -> None:
    if file.is_dir():
        raise WrongUsage(f"{quoted(str(file))} is a folder", "name a file in it, or add --split")
    if not file.name.endswith(ENDINGS) or file.name.startswith("."):
        hint = "let its name end in .yaml and not start with a dot; --split takes a folder"
        raise WrongUsage(f"a file {quoted(file.name)} would not be read from clients/", hint)
    if os.path.lexists(file) and not force:
        raise Refused(f"{quoted(str(file))} exists", "name another file, or overwrite it: --force")


def _refuse_folder(folder: Path, force: bool) -> None:
    if os.path.lexists(folder) and not folder.is_dir():
        raise WrongUsage(f"{quoted(str(folder))} is not a folder", "--split needs a folder: -o clients/production")
    if folder.name.endswith(ENDINGS) or folder.name.startswith("."):
        raise WrongUsage(f"a folder {quoted(folder.name)} would not be read within clients/", "give it another name")
    if not force and folder.is_dir() and any(not each.name.startswith(".") for each in folder.iterdir()):
        hint = "name a new one, as in clients/production, or write among its files: --force"
        raise Refused(f"the folder {quoted(str(folder))} is not empty", hint)


def _write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into a folder, created if needed. If one fails, those that are new are removed."""
    for name in texts:
        refuse_led_elsewhere(f"-o {printable(str(folder / name))}", folder / name)
    made: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            file = folder / name
            if not os.path.lexists(file):
                made.append(file)
            write_atomically(file, text, "export")
    except BaseException as problem:
        for file in made:
            file.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            reason = (problem.strerror or "it cannot be made").lower()
            raise ReconcilerError(f"cannot make the folder {folder}: {reason}", "name another: -o") from None
        raise


def _warn_of_others(folder: Path, found: Export, console: Console) -> None:
    """Warn of other files: those of an earlier export would declare clients that have another name now."""
    ours = render_files(found.items, "")
    others = sorted(each.name for each in folder.iterdir() if each.name.endswith(ENDINGS) and each.name not in ours)
    if others:
        more = [f"{len(others) - _MOST_NAMED} more"] if len(others) > _MOST_NAMED else []
        names = enumeration([*map(quoted, others[:_MOST_NAMED]), *more])
        console.problem(f"warning: {printable(str(folder))} also holds {names}, which this export did not write\n")


def _real(path: Path) -> Path:
    return Path(os.path.realpath(path))
