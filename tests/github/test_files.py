"""Tools that judge workflows accept ours, and the promises of docs/guides/github.md are kept in each file."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.projects import SECONDS
from tests.github.runner import ACTION, WORKFLOWS, document

FILES = sorted(WORKFLOWS.glob("*.yml"))
NAMES = [file.name for file in FILES]
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")

named = pytest.mark.parametrize("file", [*FILES, ACTION], ids=lambda file: file.name)


def judged(*words: str | Path) -> subprocess.CompletedProcess[str]:
    beside = Path(sys.executable).parent
    program = shutil.which(str(words[0]), path=f"{beside}") or str(words[0])
    line = [program, *map(str, words[1:])]
    return subprocess.run(line, capture_output=True, text=True, timeout=SECONDS, check=False)


def jobs() -> list[tuple[str, str, dict[str, Any]]]:
    return [(file.name, name, job) for file in FILES for name, job in document(file)["jobs"].items()]


def shells(file: Path) -> list[str]:
    parts = [document(file)["runs"]] if file == ACTION else document(file)["jobs"].values()
    return [step["run"] for part in parts for step in part["steps"] if "run" in step]


def test_all_workflows_are_there() -> None:
    assert NAMES == ["apply.yml", "ci.yml", "comment.yml", "drift.yml", "observe.yml", "plan.yml", "release.yml"]


def test_zizmor_finds_nothing() -> None:
    found = judged("zizmor", "--offline", "--no-progress", "--color=never", WORKFLOWS, ACTION)
    assert found.returncode == 0, found.stdout


def test_zizmor_would_find_a_name_that_the_shell_expands(tmp_path: Path) -> None:
    """So that the test above could fail."""
    hurt = tmp_path / ".github" / "workflows" / "comment.yml"
    hurt.parent.mkdir(parents=True)
    text = (WORKFLOWS / "comment.yml").read_text()
    hurt.write_text(text.replace('"$OWNER:$BRANCH"', '"$OWNER:${{ github.event.workflow_run.head_branch }}"'))
    found = judged("zizmor", "--offline", "--no-progress", "--color=never", hurt)
    assert "template-injection" in found.stdout


def test_the_workflows_are_as_their_published_schema_says() -> None:
    found = judged("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *FILES)
    assert found.returncode == 0, found.stdout


def test_dependabot_is_as_its_published_schema_says_and_watches_what_is_pinned() -> None:
    file = WORKFLOWS.parent / "dependabot.yml"
    found = judged("check-jsonschema", "--builtin-schema", "vendor.dependabot", file)
    assert found.returncode == 0, found.stdout
    watched = {each["package-ecosystem"]: each["directory"] for each in document(file)["updates"]}
    assert watched == {"pip": "/requirements", "github-actions": "/", "docker": "/", "npm": "/tests/editors"}


def test_the_action_is_as_its_published_schema_says() -> None:
    found = judged("check-jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)
    assert found.returncode == 0, found.stdout


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_finds_nothing() -> None:
    found = judged("actionlint", "-no-color", *FILES)
    assert found.returncode == 0, found.stdout


@named
def test_every_action_of_others_is_pinned_to_a_commit_with_its_version_beside(file: Path) -> None:
    for line in re.findall(r"uses: (.*)", file.read_text()):
        assert line.startswith("./ #") or PINNED.fullmatch(line), line


def test_one_action_has_one_version_everywhere() -> None:
    pins = {pin for file in [*FILES, ACTION] for pin in re.findall(r"uses: (\S+@.*)", file.read_text())}
    assert len({pin.partition("@")[0] for pin in pins}) == len(pins)


@named
def test_no_expression_stands_in_shell(file: Path) -> None:
    """What an expression gives is put into the script before bash reads it; a variable is only a value."""
    for shell in shells(file):
        assert "${{" not in shell


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_permitted_but_what_a_job_names(file: Path) -> None:
    workflow = document(file)
    assert workflow["permissions"] == {}
    for job in workflow["jobs"].values():
        assert "permissions" in job
        assert "timeout-minutes" in job


def test_nothing_is_written_but_where_it_has_to_be() -> None:
    writing = {
        (file, job): sorted(key for key, value in content["permissions"].items() if value == "write")
        for file, job, content in jobs()
    }
    assert {place: keys for place, keys in writing.items() if keys} == {
        ("apply.yml", "apply"): ["contents"],
        ("apply.yml", "secrets"): ["contents"],
        ("apply.yml", "observe"): ["actions"],
        ("comment.yml", "comment"): ["pull-requests"],
        ("drift.yml", "tell"): ["issues"],
        ("release.yml", "attest"): ["attestations", "id-token"],
        ("release.yml", "publish"): ["id-token"],
        ("release.yml", "image"): ["attestations", "id-token", "packages"],
        ("release.yml", "release"): ["contents"],
        ("release.yml", "site"): ["contents"],
    }


def test_a_job_with_credentials_has_an_environment_and_no_right_to_post() -> None:
    with_secrets = {(file, job) for file, job, content in jobs() if "secrets." in str(content)}
    assert with_secrets == {
        ("apply.yml", "apply"),
        ("apply.yml", "plan"),
        ("drift.yml", "look"),
        ("observe.yml", "observe"),
    }
    for file, job, content in jobs():
        waits = (file, job) in with_secrets or (file, job) == ("release.yml", "publish")  # that one has no secret
        assert ("environment" in content) == waits


def test_nothing_with_credentials_is_started_by_a_pull_request() -> None:
    triggers = {file.name: set(document(file)[True]) for file in FILES}  # type: ignore[index]
    assert triggers["plan.yml"] == {"pull_request", "merge_group"}
    assert triggers["comment.yml"] == {"workflow_run"}
    for name in ("apply.yml", "drift.yml", "observe.yml"):
        assert triggers[name] <= {"push", "schedule", "workflow_dispatch"}
    assert all("pull_request_target" not in each for each in triggers.values())


def test_what_may_comment_checks_nothing_out() -> None:
    """No code of a pull request comes near the right to post."""
    (job,) = document(WORKFLOWS / "comment.yml")["jobs"].values()
    assert not [step for step in job["steps"] if "uses" in step]


def test_no_checkout_keeps_its_token() -> None:
    for file, _, job in jobs():
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False, file


def test_a_job_has_the_environment_of_its_own_instance_and_two_secrets_that_are_called_alike_everywhere() -> None:
    """No name of a variable stands in a workflow, and no job can be handed what belongs to another instance."""
    environments = {
        ("apply.yml", "plan"): "reconciler-read-${{ matrix.instance }}",
        ("apply.yml", "apply"): "${{ matrix.environment }}",
        ("drift.yml", "look"): "reconciler-read-${{ matrix.instance }}",
        ("observe.yml", "observe"): "reconciler-read-${{ matrix.instance }}",
    }
    for file, name, job in jobs():
        if file == "release.yml":
            continue
        assert job.get("environment") == environments.get((file, name))
        secrets = set(re.findall(r"secrets[.\[][^ }]*", str(job)))
        assert secrets == ({"secrets.PM_USERNAME", "secrets.PM_PASSWORD"} if "environment" in job else set())


def test_the_folder_of_the_project_stands_in_one_place_of_each_workflow() -> None:
    """A job without a checkout has no such folder, and runs where it is; so does one that has paths of the whole."""
    edit = "    working-directory: . # EDIT: the folder that holds reconciler.yaml, such as infra/auth\n"
    elsewhere = {("apply.yml", "changes"), ("apply.yml", "secrets"), ("apply.yml", "observe")}
    elsewhere |= {("drift.yml", "tell"), ("plan.yml", "drift")}
    found = {(file, name) for file, name, job in jobs() if "defaults" in job}
    assert found == elsewhere
    for file, name, job in jobs():
        checks_out = any("actions/checkout" in step.get("uses", "") for step in job["steps"])
        assert checks_out or (file, name) in elsewhere or file in {"comment.yml", "ci.yml", "release.yml"}
    for name in ("apply.yml", "drift.yml", "observe.yml", "plan.yml"):
        assert (WORKFLOWS / name).read_text().count(edit) == 1
    steps = [step for _, _, job in jobs() for step in job["steps"]]
    assert not [step for step in steps if "working-directory" in step]


def test_every_file_of_a_revision_is_named_from_the_folder_of_the_project() -> None:
    """`REV:path` starts at the root of the repository: in a subfolder it would not be there, and nothing be trusted."""
    for _, _, job in jobs():
        for step in job["steps"]:
            named = re.findall(r"\$(?:base|BASE)\b[^ ]*:(\S*)", step.get("run", ""))
            assert all(each.startswith("./") for each in named), named


def test_no_failure_is_passed_over() -> None:
    assert all("continue-on-error" not in file.read_text() for file in FILES)


def test_ci_runs_everything_on_one_python_and_the_quick_tests_on_the_others() -> None:
    ci = document(WORKFLOWS / "ci.yml")["jobs"]
    assert ci["everything"]["steps"][1]["with"]["python-version"] == "3.11"
    assert ci["test"]["strategy"]["matrix"]["python"] == ["3.12", "3.13", "3.14"]
    runs = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in ci.items()}
    assert runs["everything"] == ["bash .ci/run"]
    assert runs["test"][-2:] == ["make setup", "make test"]
    assert runs["lowest"][-1] == "make test-lowest"
    assert runs["searches"][-1] == "make test-thorough SECONDS=600"
