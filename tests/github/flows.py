"""A repository whose only instance is a platform on loopback, and runners that check it out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.sandbox.accounts import ADMIN
from tests.cli.projects import Platform, platform, wanted
from tests.declared.git.repositories import commit, git, repository
from tests.github.runner import HERE, Ran, Runner, step_of

__all__ = ["EVIL", "HERE", "Origin", "platform", "wanted"]

EVIL = "$(touch hurt)`touch hurt`\";touch hurt;'|touch hurt ::error::hurt ${{ secrets.HURT }}"
"""A client's name that would be run if any shell saw it as more than text."""

SECRETS = {"github.token": "t", "secrets.PM_USERNAME": ADMIN[0], "secrets.PM_PASSWORD": ADMIN[1]}
"""What an environment holds, and the token of a job."""

NAMED = {"matrix.username": "PM_PRODUCTION_USERNAME", "matrix.password": "PM_PRODUCTION_PASSWORD"}
"""What the list of instances says of production's account."""

CONTEXT = {**SECRETS, **NAMED, "matrix.instance": "production"}

LISTED = '[{"instance":"production","username":"PM_PRODUCTION_USERNAME","password":"PM_PRODUCTION_PASSWORD"}]'


def declared(*clients: Mapping[str, object]) -> str:
    """The only file of declarations."""
    return json.dumps({"clients": clients}, ensure_ascii=False)


def settings(url: str, **more: object) -> str:
    """reconciler.yaml with one instance, `production`."""
    credentials = {"username_env": "PM_PRODUCTION_USERNAME", "password_env": "PM_PRODUCTION_PASSWORD"}
    return json.dumps({"instances": {"production": {"url": url, "credentials": credentials, **more}}})


@dataclass
class Origin:
    """The repository on GitHub, as a working copy and the bare one that runners fetch from."""

    folder: Path
    instance: Platform
    runners: int = field(default=0)
    project: str = "."
    """The folder of the repository with the files of reconciler."""

    def __post_init__(self) -> None:
        """Begin with nothing declared."""
        files: dict[str, str | None] = {"reconciler.yaml": settings(self.instance.url), "clients/all.yaml": declared()}
        repository(self.work, self.placed(files))
        git(self.folder, "init", "--quiet", "--bare", str(self.bare))
        git(self.work, "branch", "-M", "main")
        git(self.work, "remote", "add", "origin", str(self.bare))
        git(self.work, "push", "--quiet", "origin", "main")

    @property
    def work(self) -> Path:
        """Where commits are made."""
        return self.folder / "work"

    @property
    def bare(self) -> Path:
        """What runners fetch from and push to."""
        return self.folder / "origin.git"

    def placed(self, files: Mapping[str, str | None]) -> dict[str, str | None]:
        """Files of reconciler, by their paths in the repository."""
        return {str(Path(self.project) / name): text for name, text in files.items()}

    def merge(self, *clients: Mapping[str, object], **files: str | None) -> None:
        """Declare these clients on the main branch, as if somebody had merged a pull request."""
        written: dict[str, str | None] = {"clients/all.yaml": declared(*clients), **files}
        commit(self.work, self.placed(written))
        git(self.work, "push", "--quiet", "origin", "main")

    def propose(self, files: dict[str, str | None]) -> None:
        """A pull request, merged into main for trial as GitHub does; what main has moves on meanwhile."""
        git(self.work, "checkout", "--quiet", "-b", "feature")
        commit(self.work, self.placed(files))
        git(self.work, "checkout", "--quiet", "main")
        commit(self.work, {"README.md": "# Clients\n"})
        git(self.work, "push", "--quiet", "origin", "main")
        git(self.work, "checkout", "--quiet", "--detach", "main")
        git(self.work, "-c", "user.name=g", "-c", "user.email=g@example.com", "merge", "--quiet", "--no-ff", "feature")
        git(self.work, "push", "--quiet", "origin", "HEAD:refs/heads/trial")

    def runner(self, branch: str = "main") -> Runner:
        """A fresh runner that has checked out a branch."""
        self.runners += 1
        made = Runner(self.folder / f"runner-{self.runners}", project=self.project)
        made.checkout.rmdir()
        git(self.folder, "clone", "--quiet", "--branch", branch, str(self.bare), str(made.checkout))
        return made

    def applied(self) -> str:
        """What the origin remembers as applied; empty if nothing."""
        return git(self.bare, "for-each-ref", "--format=%(objectname)", "refs/reconciler/applied/production").strip()

    def let_others_apply(self, kept: Runner) -> dict[str, str]:
        """Let a runner have kept a checkout with what was applied earlier, and the origin have what was applied since.

        Returns what the origin remembers.
        """
        for name in ("production", "staging"):
            git(kept.checkout, "update-ref", f"refs/reconciler/applied/{name}", "main~1")
            git(self.bare, "update-ref", f"refs/reconciler/applied/{name}", "main")
        return self.remembered()

    def remembered(self) -> dict[str, str]:
        """What the origin remembers as applied to all instances."""
        form = "--format=%(refname:lstrip=3) %(objectname)"
        lines = git(self.bare, "for-each-ref", form, "refs/reconciler/applied").splitlines()
        return dict(line.split() for line in lines)

    def head(self) -> str:
        """The newest commit of main."""
        return git(self.bare, "rev-parse", "main").strip()


def act(runner: Runner, workflow: str, job: str, name: str, **context: str) -> Ran:
    """Run one step of a workflow, with the secrets of its environment."""
    return runner.run(step_of(workflow, job, name), {**CONTEXT, **_dotted(context)})


def _dotted(context: Mapping[str, str]) -> dict[str, str]:
    return {key.replace("__", "."): value for key, value in context.items()}


DISPATCH = {"inputs.on_drift || 'refuse'": "refuse", "inputs.max_deletes": ""}


LAY = "lay the delivered secrets there"


def plan_after_merge(origin: Origin, **inputs: str) -> tuple[Runner, Ran]:
    """The plan job of apply.yml."""
    runner = origin.runner()
    context = {**CONTEXT, **DISPATCH, **inputs}
    laid = act(runner, "apply.yml", "plan", LAY)
    assert laid.code == 0, laid.text
    return runner, runner.run(step_of("apply.yml", "plan", "plan"), context)


def to_approve(planned: Runner) -> Any:
    """What the job between plan and apply makes of the plan's artifact: the matrix of the apply job."""
    kept = planned.temp / "plans" / "reconciler-plan-production"
    if (planned.temp / "plan" / "plan.json").exists():
        shutil.copytree(planned.temp / "plan", kept)
    ran = act(planned, "apply.yml", "changes", "list", needs__instances__outputs__instances=LISTED)
    assert ran.code == 0, ran.text
    return [{key: each[key] for key in ("instance", "environment")} for each in json.loads(ran.outputs["matrix"])]


def apply_after_approval(origin: Origin, planned: Runner) -> tuple[Runner, Ran]:
    """The apply job, with the plan job's artifact; the ref and the secrets are kept, whatever came of it."""
    runner = origin.runner()
    shutil.copytree(planned.temp / "plan", runner.temp / "plan")
    laid = act(runner, "apply.yml", "apply", LAY)
    assert laid.code == 0, laid.text
    ran = runner.run(step_of("apply.yml", "apply", "apply"), {**CONTEXT, **DISPATCH})
    for name in ("keep what was applied", "gather the delivered secrets"):
        kept = act(runner, "apply.yml", "apply", name)
        assert kept.code == 0, kept.text
    return runner, ran


def keep_secrets(origin: Origin, *applied: Runner) -> Ran:
    """The job after the applies, which has no account: it commits what they left."""
    runner = origin.runner()
    for number, each in enumerate(applied):
        shutil.copytree(each.temp / "secrets", runner.temp / "secrets" / f"reconciler-secrets-production-{number + 1}")
    return act(runner, "apply.yml", "secrets", "commit what the applies left")
