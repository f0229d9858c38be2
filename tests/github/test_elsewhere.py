"""The pipeline for GitLab and the script for everything else: checked, and run against a platform on loopback."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.projects import platform, stored, wanted
from tests.declared.git.repositories import git, repository
from tests.github.flows import EVIL, NAMED, SECRETS, Origin, declared
from tests.github.runner import ROOT, Ran, Runner, document, missing_secrets
from tests.github.test_files import judged

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")

PIPELINE = ROOT / "docs" / "guides" / "gitlab" / "gitlab-ci.yml"
SCRIPT = ROOT / "docs" / "guides" / "pipelines" / "pipeline.sh"
ACCOUNT = {NAMED[f"matrix.{each}"]: SECRETS[f"secrets.PM_{each.upper()}"] for each in ("username", "password")}
KEYWORDS = {"variables", "stages", "default"}


def gitlab() -> dict[str, Any]:
    return document(PIPELINE)


def job(runner: Runner, name: str, part: str = "script") -> Ran:
    """Run a job's script as GitLab's runner does: line after line in one shell, which ends at the first that fails."""
    script = "\n".join(gitlab()[name][part])
    return runner.run({"run": script}, {})


GitlabRunners = Callable[[Origin], Callable[..., Runner]]


@pytest.fixture
def gitlab_runner(origin: Origin, gitlab_runner_of: GitlabRunners) -> Callable[..., Runner]:
    """A maker of runners for a repository whose files are at its root."""
    return gitlab_runner_of(origin)


@pytest.fixture
def gitlab_runner_of() -> GitlabRunners:
    """A maker of runners with what GitLab sets; `curl` finds the observation beside them, if there is one."""
    return _gitlab_runners


def _gitlab_runners(origin: Origin) -> Callable[..., Runner]:
    def make(branch: str = "main", **variables: str) -> Runner:
        runner = origin.runner(branch)
        runner.environment.update(
            {
                "GITHUB_ACTIONS": "",
                "APPLIED": gitlab()["variables"]["APPLIED"],
                "INSTANCE": "production",
                "FOLDER": origin.project,
                "CI_PROJECT_DIR": str(runner.checkout),
                "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
                "CI_PROJECT_ID": "7",
                "CI_JOB_TOKEN": "t",
                "CI_DEFAULT_BRANCH": "main",
                "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main",
                "CI_PROJECT_URL": str(origin.bare).removesuffix(".git"),
                "RECONCILER_PUSH_TOKEN": "t",
                **variables,
            }
        )
        live = origin.folder / "live-production.json"
        curl = runner.folder / "bin" / "curl"
        curl.write_text(f'#!/bin/sh\nwhile [ "$1" != --output ]; do shift; done\ncp "{live}" "$2" 2>/dev/null\n')
        curl.chmod(0o755)
        return runner

    return make


def test_the_pipeline_is_as_gitlabs_published_schema_says() -> None:
    found = judged(
        "check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci", PIPELINE
    )
    assert found.returncode == 0, found.stdout


@pytest.fixture
def installing(origin: Origin) -> Runner:
    """A job before its script, a repository to fetch the program from, and a Python that only notes its arguments."""
    program = origin.folder / "program"
    locks = {f"requirements/{name}": "" for name in ("run.txt", "build.txt")}
    script = (ROOT / "requirements" / "install.sh").read_text(encoding="utf-8")
    repository(program, {"requirements/install.sh": script, **locks})
    runner = origin.runner()
    noted = f'echo "$@" >> "{runner.temp}/noted.txt"'
    python = f'#!/bin/sh\n{noted}\ncase $2 in venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";; esac\n'
    (runner.folder / "bin" / "python3").write_text(python)
    (runner.folder / "bin" / "python3").chmod(0o755)
    commit_id = git(program, "rev-parse", "HEAD").strip()
    runner.environment.update(RECONCILER=str(program), RECONCILER_COMMIT=commit_id, TMPDIR=str(runner.temp))
    return runner


def test_every_job_installs_the_program_of_one_commit_with_what_it_locks(installing: Runner) -> None:
    ran = job(installing, "default", "before_script")
    assert ran.code == 0, ran.text
    venv, dependencies, program = (installing.temp / "noted.txt").read_text().splitlines()
    assert venv.startswith(f"-m venv {installing.temp}/")
    assert "--require-hashes" in dependencies
    assert "--no-deps --no-build-isolation" in program


@pytest.mark.parametrize("commit_id", ["", "0123456789" * 4])
def test_no_other_commit_is_installed(installing: Runner, commit_id: str) -> None:
    installing.environment["RECONCILER_COMMIT"] = commit_id
    assert job(installing, "default", "before_script").code != 0
    assert not (installing.temp / "noted.txt").exists()


def test_only_protected_branches_run_what_holds_an_account() -> None:
    """A merge request runs jobs without an environment, so that no variable scoped to one reaches them."""
    for name, content in gitlab().items():
        if name in KEYWORDS:
            continue
        conditions = [rule["if"] for rule in content["rules"]]
        if name.startswith("review"):
            assert conditions == ['$CI_PIPELINE_SOURCE == "merge_request_event"']
            assert "environment" not in content
        else:
            assert all(each.startswith("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && ") for each in conditions)
            assert "environment" in content


def test_one_apply_at_a_time_is_started_by_a_person() -> None:
    apply = gitlab()["apply"]
    assert apply["resource_group"] == "reconciler-$INSTANCE"
    assert apply["interruptible"] is False
    assert {rule["when"] for rule in apply["rules"]} == {"manual"}


def test_a_merge_request_is_planned_without_an_account(origin: Origin, gitlab_runner: Callable[..., Runner]) -> None:
    looking = gitlab_runner(**ACCOUNT)
    assert job(looking, "observe").code == 0
    shutil.copy(looking.checkout / "live-production.json", origin.folder)
    origin.propose({"clients/all.yaml": declared(wanted(EVIL, "https://evil.example.com/cb"))})
    runner = gitlab_runner("trial")
    ran = job(runner, "review")
    assert ran.code == 0, ran.text
    assert "1 to create" in (runner.checkout / "review.md").read_text()
    assert document(runner.checkout / "review.gitlab-terraform.json") == {"create": 1, "update": 0, "delete": 0}
    assert not list(runner.folder.rglob("hurt"))


def test_in_a_subfolder_drift_is_a_job_of_its_own(tmp_path: Path, gitlab_runner_of: GitlabRunners) -> None:
    with platform(tmp_path / "platform.sqlite3") as served:
        origin = Origin(tmp_path, served, project="infra/auth")
        make = gitlab_runner_of(origin)
        origin.merge(wanted("Portal"))
        runner = make(**ACCOUNT)
        for name, part in (("plan", "script"), ("apply", "script"), ("apply", "after_script")):
            ran = job(runner, name, part)
            assert ran.code == 0, ran.text
        assert origin.applied() == origin.head()
        assert job(make(**ACCOUNT), "drift").code == 0
        served.change("Portal", stored("Portal", "https://night.example.com/cb"))
        looking = make(**ACCOUNT)
        assert job(looking, "observe").code == 0
        shutil.copy(looking.checkout / "live-production.json", origin.folder)
        assert job(make(**ACCOUNT), "drift").code == 4
        origin.propose({"clients/all.yaml": declared(wanted("Portal"), wanted("Desk"))})
        review = make("trial")
        ran = job(review, "review")
        assert ran.code == 0, ran.text
        assert "night.example.com" in (review.checkout / "infra/auth/review.md").read_text()
        assert job(review, "review drift").code == 1


def test_without_an_observation_a_merge_request_is_validated(
    origin: Origin, gitlab_runner: Callable[..., Runner]
) -> None:
    origin.propose({"clients/all.yaml": declared({"name": "Portal"})})
    runner = gitlab_runner("trial")
    assert job(runner, "review").code == 3
    good = gitlab_runner("main")
    ran = job(good, "review")
    assert ran.code == 0
    assert "no observation of production yet" in ran.text


def test_a_merge_is_planned_applied_and_remembered(origin: Origin, gitlab_runner: Callable[..., Runner]) -> None:
    origin.merge(wanted("Portal"), wanted("Old"))
    for expected in ({"Portal", "Old"}, {"Portal"}):
        runner = gitlab_runner(**ACCOUNT)
        ran = job(runner, "plan")
        assert ran.code == 0, ran.text
        ran = job(runner, "apply")
        assert ran.code == 0, ran.text
        kept = job(runner, "apply", "after_script")
        assert kept.code == 0, kept.text
        assert set(origin.instance.clients()) == expected
        assert origin.applied() == origin.head()
        if "Old" in expected:
            origin.merge(wanted("Portal"))


def test_a_job_in_a_checkout_that_was_kept_takes_no_record_back(
    origin: Origin, gitlab_runner: Callable[..., Runner]
) -> None:
    """Neither its own after an apply that failed, nor that of another instance."""
    origin.merge(wanted("Portal"))
    runner = gitlab_runner(**ACCOUNT)
    assert job(runner, "plan").code == 0
    newest = origin.let_others_apply(runner)
    origin.instance.has(stored("Portal", "https://night.example.com/cb"))
    assert job(runner, "apply").code == 4
    assert job(runner, "apply", "after_script").code == 0
    assert origin.remembered() == newest


def test_a_complete_apply_moves_its_own_record_alone(origin: Origin, gitlab_runner: Callable[..., Runner]) -> None:
    origin.merge(wanted("Portal"))
    runner = gitlab_runner(**ACCOUNT)
    assert job(runner, "plan").code == 0
    origin.let_others_apply(runner)
    origin.merge(wanted("Portal"), wanted("Desk"))
    newest = origin.let_others_apply(origin.runner())
    assert job(runner, "apply").code == 0
    assert job(runner, "apply", "after_script").code == 0
    applied = git(runner.checkout, "rev-parse", "HEAD").strip()
    assert origin.remembered() == {**newest, "production": applied}


def test_drift_fails_the_scheduled_job(origin: Origin, gitlab_runner: Callable[..., Runner]) -> None:
    origin.merge(wanted("Portal"))
    assert job(gitlab_runner(**ACCOUNT), "drift").code == 2
    origin.instance.has(stored("Portal"))
    assert job(gitlab_runner(**ACCOUNT), "drift").code == 0


# everything else


def pipeline(runner: Runner, *words: str) -> Ran:
    line = " ".join(("bash", str(SCRIPT), *words))
    return runner.run({"run": line}, {})


@pytest.fixture
def anywhere(origin: Origin) -> Runner:
    runner = origin.runner()
    runner.environment.update(ACCOUNT, GITHUB_ACTIONS="")
    return runner


def test_the_script_plans_and_applies_and_deletes_what_is_taken_out(origin: Origin, anywhere: Runner) -> None:
    for declarations in ([wanted("Portal"), wanted("Old")], [wanted("Portal")]):
        origin.merge(*declarations)
        git(anywhere.checkout, "pull", "--quiet")
        ran = pipeline(anywhere, "plan", "production")
        assert ran.code == 0, ran.text
        ran = pipeline(anywhere, "apply", "production")
        assert ran.code == 0, ran.text
        assert origin.applied() == origin.head()
    assert set(origin.instance.clients()) == {"Portal"}


def test_the_script_ends_with_the_code_of_the_apply(origin: Origin, anywhere: Runner) -> None:
    origin.merge(wanted("Portal"))
    git(anywhere.checkout, "pull", "--quiet")
    pipeline(anywhere, "plan", "production")
    origin.instance.has(stored("Portal", "https://night.example.com/cb"))
    assert pipeline(anywhere, "apply", "production").code == 4
    assert origin.applied() == ""


def test_the_script_takes_no_record_back_in_a_checkout_that_was_kept(origin: Origin, anywhere: Runner) -> None:
    origin.merge(wanted("Portal"))
    git(anywhere.checkout, "pull", "--quiet")
    assert pipeline(anywhere, "plan", "production").code == 0
    newest = origin.let_others_apply(anywhere)
    origin.instance.has(stored("Portal", "https://night.example.com/cb"))
    assert pipeline(anywhere, "apply", "production").code == 4
    assert origin.remembered() == newest


def test_the_script_says_how_it_is_used(anywhere: Runner) -> None:
    ran = pipeline(anywhere, "delete", "production")
    assert ran.code == 64
    assert "usage:" in ran.text


def test_the_script_can_be_run() -> None:
    assert subprocess.run(["bash", "-n", str(SCRIPT)], check=False).returncode == 0
    assert Path(SCRIPT).stat().st_mode & 0o100
