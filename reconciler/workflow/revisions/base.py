"""The base revision, to separate changes in git from drift, and the ref that records the last apply."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import assert_never

from reconciler.applying.report import is_complete
from reconciler.declared.at_revision import declared_at, settings_at
from reconciler.declared.clients.resolve import InstanceDeclarations
from reconciler.declared.git.repository import get_ref, merge_base, set_ref
from reconciler.model.clients import Declarations
from reconciler.model.diagnostics import has_errors
from reconciler.model.errors import GitError, InvalidDeclarations, ReconcilerError
from reconciler.model.revisions import SHORT
from reconciler.model.settings import Instance
from reconciler.planning.drift.base import Base
from reconciler.planning.plan.modes import Prune
from reconciler.planning.plan.plan import Plan
from reconciler.results import ApplyResult, Finished, Planned, Stopped
from reconciler.support.frozen import frozen
from reconciler.support.text import quoted_path
from reconciler.workflow.options import ProjectFiles
from reconciler.workflow.revisions.places import places_at

APPLIED = "applied"
"""Instead of a git revision: the one that the last complete apply recorded."""

_REFS = "refs/reconciler/applied"

_MOVED = "its reconciler.yaml unchanged (git then knows where they were)"


def bases(
    files: ProjectFiles, ref: str, instances: Sequence[Instance], prune: Prune = Prune.NONE
) -> Mapping[str, Base | ReconcilerError]:
    """What was declared for each instance at the merge base of `ref` and HEAD, or at its own last complete apply.

    An instance without such a revision has the error instead. Raises `GitError` and `InvalidDeclarations` if the error
    is the same for all of them.
    """
    load = lru_cache(maxsize=None)(lambda commit: _declared_at(commit, files))
    if ref != APPLIED:
        commit = merge_base(files.config.parent, ref)
        if prune is Prune.REMOVED and (missing := load(commit).missing):
            raise _lacks(commit, missing, "leave out --prune removed: it deletes nothing that the base did not declare")
        return {each.name: _since(commit, load, files.config.parent, each) for each in instances}
    found: dict[str, Base | ReconcilerError] = {}
    for instance in instances:
        try:
            commit = _last_applied(files.config.parent, instance)
            if missing := load(commit).missing:
                again = f"or apply once without --base: reconciler apply --instance {instance.name}"
                raise _lacks(commit, missing, f"let one commit move the folder with {_MOVED}; {again}")
            found[instance.name] = _base(load(commit), commit, instance)
        except ReconcilerError as problem:
            found[instance.name] = problem
    return found


def applied_ref(instance: Instance) -> str:
    """The git ref of the commit that the last complete apply to an instance applied."""
    return f"{_REFS}/{instance.name}"  # the schema takes no name that git refuses


def record_applied(folder: Path, results: Iterable[ApplyResult], commit: str) -> list[Planned]:
    """Set the ref of each completely applied instance to the commit that declares it. Raises `GitError`.

    Returns what was planned for those whose ref has moved.
    """
    moved = []
    for planned in filter(None, map(_as_declared, results)):
        ref = applied_ref(planned.instance)
        if get_ref(folder, ref) != commit:
            set_ref(folder, ref, commit)
            moved.append(planned)
    return moved


def declares_all(results: Iterable[ApplyResult]) -> bool:
    """Whether there is an instance that `record_applied` would record."""
    return any(map(_as_declared, results))


def _as_declared(result: ApplyResult) -> Planned | None:
    """What was planned, if everything declared is live now, or a manual change was kept knowingly."""
    match result:
        case Finished(planned=planned, report=report):
            return planned if is_complete(report) and _is_all(planned.plan) else None
        case Planned(plan=plan, refusals=refused):
            return result if not (plan.has_changes or refused) and _is_all(plan) else None
        case Stopped():
            return None
        case _:
            assert_never(result)


def _is_all(plan: Plan) -> bool:
    """Whether the plan covers everything that is declared."""
    return not (plan.blocked or plan.left_out)


def _last_applied(folder: Path, instance: Instance) -> str:
    ref = applied_ref(instance)
    commit = get_ref(folder, ref)
    if commit is None:
        fetch = f"git fetch origin '+{_REFS}/*:{_REFS}/*'"
        first = f"if nothing was applied yet, apply once without --base: reconciler apply --instance {instance.name}"
        raise GitError(f"nothing here says what was applied last: there is no {ref}", f"get it: {fetch}; {first}")
    return commit


def _since(commit: str, load: Callable[[str], _Declared], folder: Path, instance: Instance) -> Base:
    """The base at a commit, with what the last complete apply to the instance applied, if that was another one."""
    base = _base(load(commit), commit, instance)
    applied = get_ref(folder, applied_ref(instance))
    if applied is None:
        return replace(base, is_applied=False)
    if applied == commit:
        return base
    try:
        return replace(base, applied=_base(load(applied), applied, instance))
    except ReconcilerError:  # a shallow clone may lack it; then what the base declares is taken to have been applied
        return base


@frozen
class _Declared:
    """What a commit declares, and the file or folder that it lacks, if it lacks one."""

    by_instance: InstanceDeclarations
    missing: Path | None


def _base(declared: _Declared, commit: str, instance: Instance) -> Base:
    found = declared.by_instance
    # An instance that the base did not configure had nothing declared.
    declarations = found.of(instance.name) if instance.name in found.instances else Declarations()
    return Base(commit, declarations, missing=str(declared.missing) if declared.missing else None)


def _declared_at(commit: str, files: ProjectFiles) -> _Declared:
    places = places_at(commit, files)
    settings, problems = settings_at(commit, files.config, places.config)
    if has_errors(problems):
        raise InvalidDeclarations(problems)
    return _Declared(declared_at(commit, settings, places.clients, files.config.parent), places.missing)


def _lacks(commit: str, missing: Path, hint: str) -> GitError:
    text = f"the base {commit[:SHORT]} has no {quoted_path(missing)}, so that nobody knows what was declared there"
    return GitError(text, hint)
