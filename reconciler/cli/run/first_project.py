"""The work of `init`: the files of a new project, and with `--from` what its instance has already."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.cli.output.console import Console
from reconciler.cli.run.first_files import write_files
from reconciler.cli.run.first_instance import InitFlags, ask_for_instance, instance_from_flags, problem_of
from reconciler.declared.git.repository import work_tree_root
from reconciler.declared.yaml.load import load_file
from reconciler.exporting.new_project.pipelines import (
    GITLAB,
    github_files,
    gitlab_files,
    left_in_gitlab,
    reached,
)
from reconciler.exporting.new_project.starting_files import (
    CLIENTS,
    NO_CLIENTS,
    SETTINGS,
    NewInstance,
    common_files,
    go_into,
    instance_lines,
    starting_files,
)
from reconciler.model.errors import Refused, WrongUsage
from reconciler.support.frozen import frozen
from reconciler.support.text import enumeration, printable, quoted, quoted_url, some
from reconciler.workflow.options import require_extras
from reconciler.workflow.validate import valid_settings

if TYPE_CHECKING:
    from reconciler.model.settings import Instance, Settings


_MOST_VARIABLES = 8
"""Maximum number of variables that the next commands name."""


@frozen
class Project:
    """A project in its folder: the settings, which were there or are about to be written."""

    folder: Path
    settings: Settings
    instance: Instance | None
    """The instance that the flags describe; None if they describe none."""
    files: Mapping[Path, str]
    """What is to be written, by the path in the folder."""


def start_project(folder: Path, flags: InitFlags, console: Console) -> int:
    """Write the files that are missing, and return the exit code. Never changes a file that is there."""
    flags.refuse()
    _refuse_url(folder)
    if os.path.lexists(folder) and not folder.is_dir():
        raise WrongUsage(
            f"{quoted(str(folder))} is not a folder", "name a folder, or leave the argument out for the current folder"
        )
    project = _known(folder, flags, console) if os.path.lexists(folder / SETTINGS) else _new(folder, flags)
    _refuse_declared(project, flags)
    files = {**project.files, **_pipelines(project, flags)}
    write_files(folder, files, console)
    console.result("".join(f"{printable(line)}\n" for line in _to_fill_in(project, flags, files)))
    if flags.adopts and project.instance is not None:
        from reconciler.cli.run.first_export import export_first  # imports what reaches an instance

        return export_first(folder, project.settings, project.instance, list(files), console)
    console.result(_next(project))
    return 0


def _refuse_url(folder: Path) -> None:
    """Raise `WrongUsage` for a URL in place of the folder. As a path, it has lost one of its slashes."""
    if found := re.fullmatch(r"(https?):/+(.+)", str(folder)):
        url = printable(f"{found[1]}://{found[2].rpartition('@')[2]}")
        hint = f"to export what it has: reconciler init --from {url}; only to write the files: --url {url}"
        raise WrongUsage(f"DIR is a folder, and {url} is a URL", hint)


def _known(folder: Path, flags: InitFlags, console: Console) -> Project:
    """Return the project that is there.

    Raises `Refused` if it lacks the instance that the flags describe, after printing the lines to add to stdout.
    """
    file = folder / SETTINGS
    if _has_no_instance(file):
        new = instance_from_flags(flags) if flags.names_an_instance else ask_for_instance(flags)
        console.result("instances:\n" + _lines_of(new))
        hint = "copy the lines above into it (in place of an empty `instances:`), and repeat the command"
        raise Refused(f"{file} has no instance yet", hint)
    settings = valid_settings(file)
    instance = None
    if flags.url is not None:
        url = flags.url.strip().rstrip("/")
        instance = next((each for each in settings.instances if each.url == url), None)
        if instance is None:
            new = instance_from_flags(flags)
            if taken := next((each for each in settings.instances if each.name == new.name), None):
                raise Refused(
                    f"{file} has an instance {quoted(new.name)} with another URL, {taken.identity}",
                    "if that URL is wrong, correct it there and repeat the command; for another instance, add a name"
                    " that is not taken: --name NAME",
                )
            console.result(_lines_of(new))
            raise Refused(
                f"{file} exists, and has no instance {quoted_url(url)}",
                "copy the lines above into its `instances:`, and repeat the command",
            )
        if flags.name not in (None, instance.name):
            raise Refused(
                f"{file} has this URL already, as the instance {quoted(instance.name)}",
                f"leave out --name; to call it {quoted(flags.name)}, change its name there",
            )
    elif flags.sandbox:
        raise Refused(f"{file} exists", "leave out --sandbox, or name another folder")
    declared = {} if flags.adopts or _declares(folder) else {CLIENTS: NO_CLIENTS}
    return Project(folder, settings, instance, {Path(SETTINGS): "", **declared, **common_files()})


def _has_no_instance(file: Path) -> bool:
    """Whether reconciler.yaml is empty but for comments, or names no instance."""
    if not file.is_file():
        return False
    loaded = load_file(file, str(file))
    if not loaded.documents:
        return {each.rule for each in loaded.diagnostics} == {"empty-file"}
    root = loaded.documents[0].root
    return isinstance(root, dict) and not root.get("instances")


def _lines_of(new: NewInstance) -> str:
    return "".join(f"{printable(line)}\n" for line in instance_lines(new).splitlines())


def _new(folder: Path, flags: InitFlags) -> Project:
    _refuse_inside(folder)
    new = instance_from_flags(flags) if flags.names_an_instance else ask_for_instance(flags)
    settings, wrong = problem_of(new, folder)
    if settings is None or wrong is not None:
        raise WrongUsage(*(wrong or (f"{quoted(new.name)} cannot be an instance", None)))
    require_extras(settings.instances)  # else the first command after this one would ask for it
    # An export writes the first declarations. Declarations that are there are somebody's own.
    clients = not flags.adopts and not _declares(folder)
    return Project(folder, settings, settings.instances[0], starting_files(new, clients=clients))


def _declares(folder: Path) -> bool:
    return any((folder / "clients").glob("**/*.y*ml"))


def _refuse_declared(project: Project, flags: InitFlags) -> None:
    """Raise `Refused` if the export would overwrite declarations."""
    if flags.adopts and project.instance is not None:
        name = project.instance.name
        file = project.folder / "clients" / f"{name}.yaml"
        if os.path.lexists(file):
            rest = shlex.join(["reconciler", "export", "--instance", name, "--update"])
            hint = f"add what is not declared yet: {rest}"
            if not os.path.lexists(project.folder / SETTINGS):
                first = shlex.join(["reconciler", "init", str(project.folder), "--url", str(project.instance.url)])
                hint = f"move it away; or write the other files first ({first}), then {hint}"
            raise Refused(f"{quoted(str(file))} exists", printable(hint))


def _refuse_inside(folder: Path) -> None:
    """Raise `Refused` for a folder that another project reads as declarations."""
    real = Path(os.path.realpath(folder))
    for above in real.parents:
        if real.is_relative_to(above / "clients") and os.path.isfile(above / SETTINGS):
            shown = printable(os.path.relpath(above, os.getcwd()))
            raise Refused(
                f"this folder belongs to the project in {shown}, which reads everything in its clients/",
                f"run in the project: cd {shlex.quote(shown)}; for another project, name a folder elsewhere",
            )


def _pipelines(project: Project, flags: InitFlags) -> Mapping[Path, str]:
    """Return the pipelines. Code hosts look for them at the root of the repository, wherever the project is in it."""
    if not (flags.github or flags.gitlab):
        return {}
    real = Path(os.path.realpath(project.folder))
    top = work_tree_root(next(each for each in (real, *real.parents) if each.is_dir()))
    inside = os.path.relpath(real, os.path.realpath(top)) if top is not None else "."
    texts = {
        **(github_files(project.settings, flags.action, inside) if flags.github else {}),
        **(gitlab_files(project.settings, flags.program, inside) if flags.gitlab else {}),
    }
    up = Path(*[".." for _ in Path(inside).parts])
    return {up / path: text for path, text in texts.items()}


def _next(project: Project) -> str:
    lines = [f"  {printable(each)}" for each in [*go_into(project.folder), *_commands(project)]]
    variables = _variables(project)
    needs = f", with {some(variables, _MOST_VARIABLES)} set" if variables else ""
    return "".join(f"{line}\n" for line in [f"next{needs}:", *lines])


def _commands(project: Project) -> Sequence[str]:
    """Return the next three commands."""
    instances = reached(project.settings)
    only = [] if len(project.settings.instances) == 1 or project.settings.default_instance else ["--all"]
    plan = shlex.join(["reconciler", "plan", *only])
    if not instances:
        return ["reconciler validate", "reconciler plan", "reconciler apply"]
    if _declares(project.folder) and project.instance is None:
        return ["reconciler validate", shlex.join(["reconciler", "doctor", *only]), plan]
    file = f"clients/{instances[0].name if len(instances) == 1 else 'all'}.yaml"
    return [
        shlex.join(["reconciler", "doctor", *only]),
        shlex.join(["reconciler", "export", *only, "-o", file]),
        plan,
    ]


def _variables(project: Project) -> Sequence[str]:
    accounts = [each.credentials for each in reached(project.settings) if each.credentials]
    names = (name for each in accounts for name in (each.username_env, each.password_env) if name)
    return list(dict.fromkeys(names))


def _to_fill_in(project: Project, flags: InitFlags, files: Iterable[Path]) -> Iterator[str]:
    """Yield what only the code host's own pages can set, and what is left to fill in."""
    instances = [each.name for each in reached(project.settings)]
    if flags.github:
        names = enumeration(name for each in instances for name in (f"reconciler-read-{each}", each))
        yield f"on GitHub: make the environments {names}, each with the secrets PM_USERNAME and PM_PASSWORD"
        if flags.action is None:
            yield "in .github/workflows: put the full id of a commit in place of SHA"
    if flags.gitlab:
        names = enumeration(name for each in instances for name in (f"reconciler-read/{each}", each))
        yield f"on GitLab: make the environments {names}, each with protected variables for its account"
        pipeline = next(project.folder / each for each in files if each.name == str(GITLAB))
        text = pipeline.read_text(encoding="utf-8", errors="replace")
        yield from (f"in {GITLAB}: {each}" for each in left_in_gitlab(text, project.settings))
