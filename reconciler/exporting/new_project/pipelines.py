"""The pipelines of code hosts, with the names of a project filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reconciler.model.errors import WrongUsage
from reconciler.model.settings import Instance, Settings
from reconciler.project import PROJECT
from reconciler.support.shipped import shipped
from reconciler.support.text import enumeration, quoted, quoted_scalar

GITHUB = Path(".github", "workflows")
GITLAB = Path(".gitlab-ci.yml")
WORKFLOWS = ("apply.yml", "comment.yml", "drift.yml", "observe.yml", "plan.yml")

_IN_CHECKOUT = {"github": "docs/github", "gitlab": "docs/guides/gitlab"}
"""Where the templates are in a checkout. In an installation, the package has them."""

_COMMIT = r"[0-9a-f]{40}(?:[0-9a-f]{24})?"
_ACTION = rf"[\w.-]+/[\w.-]+(?:/[\w.-]+)*@{_COMMIT}"
_PROGRAM = rf"(?P<address>[^\s@\"\\]+(?:@[^\s@\"\\]+)?)@(?P<commit>{_COMMIT})"

_INSTANCES = r"(?<=- INSTANCE: )\[.*\]"
_USES = r"(?<=uses: )\S+@SHA(?: #.*)?"


def check_action(action: str) -> None:
    """Raise `WrongUsage` unless it names a commit of an action."""
    if re.fullmatch(_ACTION, action) is None:
        hint = "name the full id of a commit, 40 hexadecimal digits: a tag or a branch can be moved to other code"
        raise WrongUsage(f"{quoted(action)} is not of the form OWNER/REPO@SHA", hint)


def check_program(program: str) -> None:
    """Raise `WrongUsage` unless it names a commit at an address that git can fetch from."""
    if re.fullmatch(_PROGRAM, program) is None:
        hint = "name the address that git fetches from and the full id of a commit: https://…/reconciler.git@0123…"
        raise WrongUsage(f"{quoted(program)} is not of the form ADDRESS@COMMIT", hint)


def github_files(settings: Settings, action: str | None, folder: str) -> Mapping[Path, str]:
    """Return the five workflows. At each run, they read the instances from reconciler.yaml in this folder.

    Without an action, SHA stays in them. Raises `WrongUsage` if no instance has an account in environment variables.
    """
    account_variables(settings)
    place = _written(folder)
    return {GITHUB / name: _workflow(template(f"github/{name}"), action, place) for name in WORKFLOWS}


def gitlab_files(settings: Settings, program: str | None, folder: str) -> Mapping[Path, str]:
    """Return GitLab's pipeline for these instances, with reconciler.yaml in this folder of the repository.

    Without a program, its address and commit stay empty. Raises `WrongUsage` if no instance has an account in
    environment variables.
    """
    account_variables(settings)
    text = template("gitlab/gitlab-ci.yml")
    text = re.sub(r"(?<=\n  FOLDER: )\S+", lambda _: _written(folder), text)
    names = ", ".join(quoted_scalar(each.name) for each in reached(settings))
    text = re.sub(_INSTANCES, lambda _: f"[{names}]", text)
    if program is not None and (found := re.fullmatch(_PROGRAM, program)):
        text = re.sub(r'(?<=  RECONCILER: )"[^"]*"', lambda _: json.dumps(found["address"]), text)
        text = re.sub(r'(?<=  RECONCILER_COMMIT: )"[^"]*"', lambda _: json.dumps(found["commit"]), text)
    return {GITLAB: text}


def left_in_gitlab(text: str, settings: Settings) -> Iterator[str]:
    """Yield what is left to do in GitLab's pipeline: one just written, or one that was there."""
    listed = re.search(_INSTANCES, text)
    if listed is None:
        yield f"add the jobs of reconciler: {PROJECT.document('docs/guides/pipelines.md')} says which"
        return
    names = {each.strip().strip("\"'") for each in listed[0].strip("[]").split(",")}
    if missing := [each.name for each in reached(settings) if each.name not in names]:
        yield f"add {enumeration(missing)} to INSTANCE"
    if re.search(r'^  RECONCILER(?:_COMMIT)?: ""', text, re.MULTILINE):
        yield "fill in RECONCILER and RECONCILER_COMMIT, as it says there"


def reached(settings: Settings) -> Sequence[Instance]:
    """Return the instances that a pipeline is for: all but the embedded ones."""
    return [each for each in settings.instances if each.url is not None]


def account_variables(settings: Settings) -> Sequence[str]:
    """Return the environment variables with accounts, as configured. Raises `WrongUsage` if there are none."""
    found = list(dict.fromkeys(name for each in reached(settings) for name in _variables(each)))
    if not found:
        raise WrongUsage(
            "no instance in reconciler.yaml has a URL, and its account in environment variables: "
            "there is nothing that a pipeline could log in to",
            "add one, and repeat this command",
        )
    return found


def template(name: str) -> str:
    """Return the text of a template: `github/plan.yml`, for example."""
    folder, _, file = name.partition("/")
    return (shipped(folder, _IN_CHECKOUT[folder]) / file).read_text(encoding="utf-8")


def _variables(instance: Instance) -> Iterator[str]:
    names = instance.credentials
    yield from (name for name in (names and names.username_env, names and names.password_env) if name)


def _workflow(text: str, action: str | None, folder: str) -> str:
    text = re.sub(r"(?<=working-directory: )\S+(?= # EDIT)", lambda _: folder, text)
    return text if action is None else re.sub(_USES, lambda _: action, text)


def _written(folder: str) -> str:
    """Return the path of a folder as it stands in YAML. Raises `WrongUsage` if a code host could read it otherwise."""
    if folder == ".":
        return folder
    if re.fullmatch(r"[\w./ -]+", folder) is None:
        raise WrongUsage(
            f"the folder {quoted(folder)} cannot be named in a pipeline",
            "give it a name of letters, digits and - _ . only",
        )
    return quoted_scalar(Path(folder).as_posix())
