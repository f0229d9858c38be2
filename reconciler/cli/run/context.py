"""The context of a run of `apply`: its name, its origin, its journal."""

from __future__ import annotations

import getpass
import os
import platform
import shlex
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from reconciler.applying.journal import new_run
from reconciler.cli.output.console import Console
from reconciler.cli.output.github_mask import github_mask
from reconciler.cli.output.progress import Progress
from reconciler.cli.output.signals import StopRequest
from reconciler.cli.output.waiting import Waiting
from reconciler.cli.run.journals import journal_to_write
from reconciler.cli.run.overwriting import refuse_led_elsewhere
from reconciler.declared.current_revision import Revision, current_revision
from reconciler.declared.git.repository import has_repository, head_commit, is_git_dir_ignored
from reconciler.model.errors import GitError
from reconciler.render.terminal.errors import render_error_lines
from reconciler.render.view.counts import removed_from_git
from reconciler.results import ApplyResult, Planned
from reconciler.support.text import printable, quoted
from reconciler.workflow.options import ProjectFiles, WriteOptions
from reconciler.workflow.revisions.base import applied_ref, declares_all, record_applied
from reconciler.workflow.run import Run, RunOrigin

_PIPELINES = ("CI_JOB_URL", "BUILD_URL", "BUILDKITE_BUILD_URL", "CIRCLE_BUILD_URL")
"""Environment variables in which GitLab, Jenkins, Buildkite and CircleCI give the URL of a run."""


_NOT_RECORDED = (
    "warning: not recorded for `--base applied`: the files are not exactly those of a commit; "
    "commit them before you plan and apply\n"
)


def declared_from(files: ProjectFiles, console: Console) -> Revision | None:
    """Return the revision of the declarations, if they are in git. Why git cannot tell is printed to stderr, once.

    With `--config-from`, it is only clean if the settings of that revision are those of the commit.
    """
    try:
        if is_git_dir_ignored(files.config.parent):
            hint = "run this in a git clone"
            raise GitError("neither their folder nor one above has a .git, and GIT_DIR is ignored", hint)
        return current_revision(files.config, files.clients_directory, files.config_from)
    except GitError as problem:
        told = render_error_lines(problem).removeprefix("error: ")
        console.warn_once(f"the commit of the files is not known: {told}")
        return None


def commit_before_loading(files: ProjectFiles) -> str | None:
    """Return the commit that has exactly the files, if there is one.

    What is loaded then is that of a commit only if it is the same one afterwards: somebody may commit meanwhile.
    """
    try:
        at = current_revision(files.config, files.clients_directory, files.config_from)
    except GitError:  # `declared_from` tells why, if the files can be loaded at all
        return None
    return at.commit if at is not None and at.clean else None


def record_applied_revision(
    results: Sequence[ApplyResult], files: ProjectFiles, commit: str | None, console: Console
) -> Callable[[], None]:
    """Record in git which instances are as a commit declares, for `--base applied`.

    A failure is only a warning: the next plan just starts from an older base. What to say about it is said by the
    function that is returned, once the results are shown.
    """
    if commit is None:
        return partial(console.problem, _NOT_RECORDED if declares_all(results) and _is_in_git(files) else "")
    try:
        return partial(_tell_moved, record_applied(files.config.parent, results, commit), commit, console)
    except GitError as problem:
        text = f"warning: for `--base applied`: {render_error_lines(problem).removeprefix('error: ')}"
        return partial(console.problem, text)


def _is_in_git(files: ProjectFiles) -> bool:
    """Whether git could record an apply, if only the files were committed. Why it cannot is told by `declared_from`."""
    try:
        if not has_repository(files.config.parent):
            return False
        head_commit(files.config.parent)  # raises if git refuses to look at it
    except GitError:
        return False
    return True


def _tell_moved(moved: Sequence[Planned], commit: str, console: Console) -> None:
    for planned in moved:
        _warn_of_what_was_left(planned, console)
    if moved:
        names = ", ".join(planned.instance.name for planned in moved)
        share = shlex.join(["git", "push", "origin", *(applied_ref(planned.instance) for planned in moved)])
        console.progress(f"recorded for `--base applied`: {names} at {commit[:12]}; to share it: {share}")


def _warn_of_what_was_left(planned: Planned, console: Console) -> None:
    if names := [client.name for client, _ in removed_from_git(planned.plan)]:
        left = ", ".join(map(quoted, names))
        later = "from now on only `state: absent` or --prune all deletes them"
        console.problem(f"warning: {planned.instance.name}: removed from git and not deleted: {left}; {later}\n")


def start_run(files: ProjectFiles, write_options: WriteOptions, console: Console, stop: StopRequest) -> Run:
    """Return a run that starts now. Raises `WrongUsage` if its journal would be written somewhere else."""
    journal = journal_to_write(files.config, write_options.journal)
    refuse_led_elsewhere(f"the journal {printable(str(journal))}", journal, files.config)
    now = datetime.now(UTC)
    at = declared_from(files, console)
    who = _pipeline(os.environ) or f"{_user()}@{platform.node()}"
    return Run(
        name=new_run(now),
        origin=RunOrigin(who, at.commit if at else None, at.clean if at else None),
        journal=journal,
        locks=_state_directory(os.environ) / "locks",
        now=lambda: datetime.now(UTC),
        on_progress=Progress(console),
        stop=stop,
        parallelism=write_options.parallelism,
        mask=github_mask(os.environ),
        watch=Waiting(console),
    )


def _state_directory(environ: Mapping[str, str]) -> Path:
    """Return this user's state directory (XDG Base Directory): the same in every shell, job and checkout."""
    state = Path(environ.get("XDG_STATE_HOME", ""))
    if state.is_absolute():  # the specification says to ignore a relative one
        return state / "reconciler"
    home = Path(environ.get("HOME", ""))
    if home.is_absolute():  # a relative one would be another folder in every folder
        return home / ".local" / "state" / "reconciler"
    # Not by the user's name: that comes from the environment too, and can lead anywhere.
    return Path(tempfile.gettempdir()) / f"reconciler-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _pipeline(environ: Mapping[str, str]) -> str | None:
    if run := environ.get("GITHUB_RUN_ID"):
        return f"{environ.get('GITHUB_SERVER_URL', '')}/{environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    return next((environ[name] for name in _PIPELINES if environ.get(name)), None)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user: a container that runs under a numeric id
        return str(os.getuid())
