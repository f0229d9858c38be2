"""A repository of somebody else with reconciler.yaml, clients/, and jobs that name our action: all of its steps."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.projects import SECONDS, stored, wanted
from tests.declared.git.repositories import git
from tests.github.composite import Cache, CompositeAction, noted
from tests.github.flows import CONTEXT, DISPATCH, LISTED, Origin, declared
from tests.github.jobs import Jobs
from tests.github.runner import ROOT, missing_secrets
from tests.github.test_flows import RUNS, run_of

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")


def runs(folder: Path, *words: str) -> None:
    """Run the program in a folder."""
    line = [sys.executable, "-m", "reconciler", *words]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(line, cwd=folder, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture
def action(tmp_path: Path) -> CompositeAction:
    """Our action as a runner fetches it: what it needs is in its own checkout, not in that of the job."""
    at = tmp_path / "_actions" / "somebody" / "something" / "commit"
    shutil.copytree(ROOT / "requirements", at / "requirements")
    return CompositeAction(Cache(tmp_path / "cache"), at)


def test_from_init_to_an_applied_merge_with_the_workflows_that_init_writes(
    origin: Origin, action: CompositeAction, tmp_path: Path
) -> None:
    """A pull request is planned without an account against what was observed, and its merge applied after a yes."""
    assert {path.partition("/")[0] for path in git(origin.work, "ls-files").split()} == {"reconciler.yaml", "clients"}
    name = f"acme/reconciler@{'0123456789' * 4}"
    origin.instance.has(stored("Portal", "https://old.example.com/cb"))
    runs(origin.work, "init", "--github", "--action", name)
    git(origin.work, "add", ".")
    origin.merge(wanted("Portal"))
    jobs = Jobs(action, name, tmp_path / "artifacts")

    observed = jobs.run(origin.runner(), "observe.yml", "observe", CONTEXT)
    assert observed.code == 0, observed.text

    origin.propose({"clients/all.yaml": declared(wanted("Portal"), wanted("New"))})
    reviewing = origin.runner("trial")
    reviewing.answer({RUNS: {"workflow_runs": [run_of(31)]}})
    shutil.copytree(jobs.artifacts, reviewing.github / "artifacts" / "31")
    planned = jobs.run(reviewing, "plan.yml", "plan", {"github.token": "t"})
    assert planned.code == 0, planned.text
    comment = (jobs.artifacts / "reconciler-plan" / "plan.md").read_text()
    assert "1 to create" in comment
    assert "1 to update" in comment

    shutil.rmtree(jobs.artifacts)
    git(origin.work, "checkout", "--quiet", "main")
    origin.merge(wanted("Portal"), wanted("New"))
    for job, context in (
        ("plan", {**CONTEXT, **DISPATCH}),
        ("changes", {"needs.instances.outputs.instances": LISTED}),
        ("apply", {**CONTEXT, **DISPATCH}),
    ):
        ran = jobs.run(origin.runner(), "apply.yml", job, context)
        assert ran.code == 0, ran.text
    assert set(origin.instance.clients()) == {"Portal", "New"}
    assert origin.applied() == origin.head()


def test_packages_are_fetched_once_and_their_hashes_are_checked_each_time(
    origin: Origin, action: CompositeAction
) -> None:
    first, second = origin.runner(), origin.runner()
    for runner in (first, second):
        ran = action.use(runner, command="validate")
        assert ran.code == 0, ran.text
    assert [sum("pip download" in line for line in noted(runner)) for runner in (first, second)] == [1, 0]
    for runner in (first, second):
        installs = [line for line in noted(runner) if "pip install" in line]
        assert [("--require-hashes" in line, "--no-deps" in line) for line in installs] == [
            (True, False),
            (False, True),
        ]
    assert len(action.cache.saved) == 1
    assert not list(
        (action.cache.folder).rglob("reconciler")
    )  # packages are kept, no environment that could be changed


def test_another_lock_has_another_place_in_the_cache(origin: Origin, action: CompositeAction) -> None:
    action.use(origin.runner(), command="install")
    lock = action.at / "requirements" / "run.txt"
    lock.write_text(lock.read_text() + "# changed\n")
    action.use(origin.runner(), command="install")
    assert len(set(action.cache.saved)) == 2


@pytest.mark.parametrize("inputs", [{"cache": "false"}, {"constraints": "pins.txt"}], ids=["off", "constrained"])
def test_nothing_is_kept_where_it_is_off_or_no_hash_is_checked(
    origin: Origin, action: CompositeAction, inputs: dict[str, str]
) -> None:
    action.use(origin.runner(), command="install", **inputs)
    assert action.cache.saved == []


def test_a_cache_that_has_not_what_the_lock_names_is_filled_again(origin: Origin, action: CompositeAction) -> None:
    action.use(origin.runner(), command="install")
    [key] = action.cache.saved
    (action.cache.folder / key / "locked.whl").unlink()
    runner = origin.runner()
    assert action.use(runner, command="install").code == 0
    assert sum("pip download" in line for line in noted(runner)) == 1
