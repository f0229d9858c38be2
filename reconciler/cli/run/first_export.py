"""`init --from`: examine the instance of a new project, and export what it has."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from reconciler.cli.output.console import Console
from reconciler.cli.output.exit_codes import of_examinations
from reconciler.cli.run.export_files import ExportTarget, observe_or_report, show_exported, write_export
from reconciler.declared.git.repository import work_tree_root
from reconciler.doctor.examination import Examination
from reconciler.doctor.finding import Check, FindingSeverity
from reconciler.exporting.new_project.starting_files import go_into
from reconciler.model.settings import Instance, Settings
from reconciler.render.terminal.doctor import render_examination
from reconciler.support.text import printable
from reconciler.workflow.doctor import ExaminationRequest, examine_instances
from reconciler.workflow.export.export import export
from reconciler.workflow.options import Options, ProjectFiles, Selection


def export_first(
    folder: Path, settings: Settings, instance: Instance, written: Sequence[Path], console: Console
) -> int:
    """Check that the instance can be listed, write its clients as declarations, and return the exit code.

    Whatever fails, the files of the project stay, and the commands to go on with are printed.
    """
    files = ProjectFiles(folder / "reconciler.yaml")
    has_others = any(files.clients_directory.glob("**/*.y*ml"))
    target = ExportTarget(files.clients_directory / f"{instance.name}.yaml")
    target.refuse()
    options = Options(os.environ)
    request = ExaminationRequest(settings, None, [instance], options, first_day=True)
    examined = list(examine_instances(request, parallelism=1))
    console.text("\n" + "".join(render_examination(_for_now(each), console.paint) for each in examined) + "\n")
    code = 0 if examined[0].account_uses.plan else of_examinations(examined)
    if has_others and not code:
        return _export_the_rest(folder, files, instance, written, console)
    seen, code = ([], code) if code else observe_or_report([instance], options, 1, console)
    if code:
        console.result(_what_is_left(folder, instance, examined[0]))
        return code
    found = export(seen, settings)
    proposals = write_export(found, target, files, settings, console)
    show_exported(found, proposals, target, console)
    head = "next (the plan should report no changes):"
    console.result(f"created {printable(str(target.path))}\n{_to_commit(folder, instance, written, head)}")
    return 0


def _export_the_rest(
    folder: Path, files: ProjectFiles, instance: Instance, written: Sequence[Path], console: Console
) -> int:
    """Export what the declarations that are there do not have, to a file of its own, and return the exit code."""
    from reconciler.cli.run.export_update import UpdateFlags, run_update

    file = files.clients_directory / f"{instance.name}.yaml"
    selection = Selection((instance.name,))
    code = run_update(files, selection, UpdateFlags(True, file, None), Options(os.environ), 1, console)
    if code == 0:
        head = "next (the plan shows how the live clients differ from the files that were there):"
        console.result(_to_commit(folder, instance, written, head))
    return code


def _for_now(examined: Examination) -> Examination:
    """Return the findings without the one that the export answers."""
    return replace(examined, findings=tuple(each for each in examined.findings if each.code != "nothing-declared"))


def _what_is_left(folder: Path, instance: Instance, examined: Examination) -> str:
    named = ["--instance", instance.name]
    file = f"clients/{instance.name}.yaml"
    commands = [
        ["reconciler", "doctor", *named],
        ["reconciler", "export", *named, "-o", file],
        ["reconciler", "plan", *named],
    ]
    failed = {each.check for each in examined.findings if each.severity is FindingSeverity.ERROR}
    head = "the files are there; correct the problem, and repeat the same command; or, once it is fixed:"
    if failed & {Check.NAME, Check.CONNECTION, Check.TLS, Check.PLATFORM}:
        head = "the files are there; if the URL is wrong, correct `url:` in reconciler.yaml; once it is fixed:"
    return _lines(head, folder, map(shlex.join, commands))


def _to_commit(folder: Path, instance: Instance, written: Sequence[Path], head: str) -> str:
    names = sorted({_top(each) for each in written} | {"clients"})
    add = shlex.join(["git", "add", *names])
    commands = [
        shlex.join(["reconciler", "plan", "--instance", instance.name]),
        add if work_tree_root(folder) is not None else f"git init && {add}",
        shlex.join(["git", "commit", "-m", f"Declare the auth clients of {instance.name} as they are"]),
    ]
    return _lines(head, folder, commands)


def _top(path: Path) -> str:
    """Return the first folder of a path, or the file; for one beside the project, with the `..` that lead there."""
    ups = sum(part == ".." for part in path.parts)
    return str(Path(*path.parts[: ups + 1]))


def _lines(first: str, folder: Path, commands: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in [first, *(f"  {printable(each)}" for each in [*go_into(folder), *commands])])
