"""In GitHub Actions the runner hears of every secret on stderr; where it would not, nothing is delivered."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.output.github_mask import github_mask
from tests.cli.projects import Platform, Project, process, stored, wanted
from tests.cli.sinking import DOCUMENT, configure, document

APPLY = ("apply", "-i", "staging", "--yes")
DELIVER = ("secrets", "deliver", "-i", "staging")
REFUSED, FAILED = 4, 1
IN_A_FILE = "GitHub Actions cannot mask the secrets: stderr is redirected to a file, which would keep them"
IN_NOTHING = "stderr is redirected to /dev/null, where nothing reads them"
FIX = "remove the redirection of stderr; the log of the job has it anyway"


def into_a_file(project: Project, *arguments: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run a command of a GitHub job whose stderr is a file; also what is in that file."""
    log = project.folder.parent / "log"
    with log.open("w") as stream:
        done = process(*arguments, stderr=stream)
    return done, log.read_text()


@pytest.fixture
def job(project: Project, staging: Platform) -> Project:
    """A project in a job of GitHub Actions, with a sink for everything and one client to create."""
    project.environ.setenv("GITHUB_ACTIONS", "true")
    configure(project, staging, DOCUMENT)
    project.declare(wanted("One"))
    return project


def test_the_runner_reads_it_on_stderr(job: Project, staging: Platform) -> None:
    done = process(*APPLY)
    assert (done.returncode, done.stderr) == (0, f"::add-mask::{staging.secrets()[-1]}\n")


def test_an_apply_that_would_deliver_is_refused_before_the_first_write(job: Project, staging: Platform) -> None:
    done, log = into_a_file(job, *APPLY)
    assert done.returncode == REFUSED
    assert IN_A_FILE in done.stdout + log
    assert FIX in done.stdout + log
    assert staging.log.writes() == []
    assert "add-mask" not in log
    assert document(job) == {}


def test_so_is_one_of_a_saved_plan(job: Project, staging: Platform) -> None:
    assert job.run("plan", "-o", "plan.json").code == 0
    done, log = into_a_file(job, "apply", "plan.json")
    assert (done.returncode, staging.log.writes()) == (REFUSED, [])
    assert IN_A_FILE in done.stdout + log


def test_so_is_one_that_only_delivers_what_was_missing(job: Project, staging: Platform) -> None:
    staging.has(stored("One"))
    done, log = into_a_file(job, *APPLY)
    assert (done.returncode, staging.log.writes(), document(job)) == (REFUSED, [], {})
    assert IN_A_FILE in done.stdout + log


def test_nor_does_a_job_deliver_that_leads_stderr_to_nowhere(job: Project, staging: Platform) -> None:
    with Path(os.devnull).open("w") as nowhere:
        done = process(*APPLY, stderr=nowhere)
    assert (done.returncode, staging.log.writes(), document(job)) == (REFUSED, [], {})
    assert IN_NOTHING in done.stdout


def test_secrets_deliver_refuses_as_well(job: Project, staging: Platform) -> None:
    staging.has(stored("One"))
    done, log = into_a_file(job, *DELIVER)
    assert (done.returncode, document(job)) == (FAILED, {})
    assert log == f"error: staging: {IN_A_FILE}\n  {FIX}\n"
    assert not (job.folder / ".reconciler" / "journal").exists()


def test_where_nothing_is_due_the_run_goes_on(job: Project, staging: Platform) -> None:
    assert job.run(*APPLY).code == 0
    job.declare(wanted("One", "https://new.example.com/cb"))
    assert into_a_file(job, *APPLY)[0].returncode == 0
    assert staging.redirect("One") == "https://new.example.com/cb"
    assert into_a_file(job, *DELIVER)[0].returncode == 0
    assert into_a_file(job, *DELIVER, "--check")[0].returncode == 0
    job.declare({"name": "One", "state": "absent"})
    assert into_a_file(job, *APPLY)[0].returncode == 0
    assert staging.clients() == {}


@pytest.mark.parametrize("sinks", [[], [{"json": {"path": "all.json", "only": ["Two"]}}]])
def test_where_no_sink_takes_the_client_the_run_goes_on(
    job: Project, staging: Platform, sinks: list[dict[str, object]]
) -> None:
    configure(job, staging, *sinks)
    assert into_a_file(job, *APPLY)[0].returncode == 0
    assert list(staging.clients()) == ["One"]


@pytest.mark.parametrize("environ", [{}, {"GITHUB_ACTIONS": ""}, {"GITHUB_ACTIONS": "false"}, {"CI": "true"}])
def test_elsewhere_nobody_is_told(environ: dict[str, str]) -> None:
    assert github_mask(environ) is None


def test_elsewhere_stderr_may_be_a_file(job: Project, staging: Platform) -> None:
    job.environ.delenv("GITHUB_ACTIONS")
    assert into_a_file(job, *APPLY)[0].returncode == 0
    assert list(document(job)) == ["One"]
