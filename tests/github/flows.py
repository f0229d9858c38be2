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

SECRETS = {
    "github.token": "t",
    "secrets.PM_PRODUCTION_USERNAME": ADMIN[0],
    "secrets.PM_PRODUCTION_PASSWORD": ADMIN[1],
}


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

    def __post_init__(self) -> None:
        """Begin with nothing declared."""
        repository(self.work, {"reconciler.yaml": settings(self.instance.url), "clients/all.yaml": declared()})
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

    def merge(self, *clients: Mapping[str, object], **files: str | None) -> None:
        """Declare these clients on the main branch, as if somebody had merged a pull request."""
        written: dict[str, str | None] = {"clients/all.yaml": declared(*clients), **files}
        commit(self.work, written)
        git(self.work, "push", "--quiet", "origin", "main")

    def propose(self, files: dict[str, str | None]) -> None:
        """A pull request, merged into main for trial as GitHub does; what main has moves on meanwhile."""
        git(self.work, "checkout", "--quiet", "-b", "feature")
        commit(self.work, files)
        git(self.work, "checkout", "--quiet", "main")
        commit(self.work, {"README.md": "# Clients\n"})
        git(self.work, "push", "--quiet", "origin", "main")
        git(self.work, "checkout", "--quiet", "--detach", "main")
        git(self.work, "-c", "user.name=g", "-c", "user.email=g@example.com", "merge", "--quiet", "--no-ff", "feature")
        git(self.work, "push", "--quiet", "origin", "HEAD:refs/heads/trial")

    def runner(self, branch: str = "main") -> Runner:
        """A fresh runner that has checked out a branch."""
        self.runners += 1
        made = Runner(self.folder / f"runner-{self.runners}")
        made.checkout.rmdir()
        git(self.folder, "clone", "--quiet", "--branch", branch, str(self.bare), str(made.checkout))
        return made

    def applied(self) -> str:
        """What the origin remembers as applied; empty if nothing."""
        return git(self.bare, "for-each-ref", "--format=%(objectname)", "refs/reconciler/applied/production").strip()

    def head(self) -> str:
        """The newest commit of main."""
        return git(self.bare, "rev-parse", "main").strip()


def act(runner: Runner, workflow: str, job: str, name: str, **context: str) -> Ran:
    """Run one step of a workflow, with the secrets of its environment."""
    return runner.run(step_of(workflow, job, name), {**SECRETS, "matrix.instance": "production", **_dotted(context)})


def _dotted(context: Mapping[str, str]) -> dict[str, str]:
    return {key.replace("__", "."): value for key, value in context.items()}


DISPATCH = {"inputs.on_drift || 'refuse'": "refuse", "inputs.max_deletes": ""}


def plan_after_merge(origin: Origin, **inputs: str) -> tuple[Runner, Ran]:
    """The plan job of apply.yml."""
    runner = origin.runner()
    context = {**SECRETS, **DISPATCH, "matrix.instance": "production", **inputs}
    return runner, runner.run(step_of("apply.yml", "plan", "plan"), context)


def to_approve(planned: Runner) -> Any:
    """What the job between plan and apply makes of the plan's artifact: the matrix of the apply job."""
    kept = planned.temp / "plans" / "reconciler-plan-production"
    if (planned.temp / "plan" / "plan.json").exists():
        shutil.copytree(planned.temp / "plan", kept)
    ran = act(planned, "apply.yml", "changes", "list")
    assert ran.code == 0, ran.text
    return json.loads(ran.outputs["matrix"])


def apply_after_approval(origin: Origin, planned: Runner) -> tuple[Runner, Ran]:
    """The apply job, with the plan job's artifact; the ref is kept, whatever came of it."""
    runner = origin.runner()
    shutil.copytree(planned.temp / "plan", runner.temp / "plan")
    ran = runner.run(step_of("apply.yml", "apply", "apply"), {**SECRETS, **DISPATCH})
    kept = act(runner, "apply.yml", "apply", "keep what was applied")
    assert kept.code == 0, kept.text
    return runner, ran
