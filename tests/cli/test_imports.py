"""What each command imports: start-up time is a feature, and `validate` must not be able to reach a network."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.projects import SECONDS, Platform, Project, wanted

HTTP = {"requests", "urllib3", "werkzeug", "sqlite3"}
FILES = {"yaml", "jsonschema"}

_RUN = """
import sys
from reconciler.cli.main import main
code = main(sys.argv[1:])
print(code, *sys.modules, file=sys.__stderr__)
"""


def _imported(*arguments: str) -> set[str]:
    """The top-level modules in memory after a command that succeeded."""
    return {module.partition(".")[0] for module in _modules(*arguments)}


def _modules(*arguments: str) -> set[str]:
    """All modules in memory after it."""
    run = [sys.executable, "-c", _RUN, *arguments]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=SECONDS, check=True)
    code, *modules = ended.stderr.splitlines()[-1].split()
    assert code == "0", ended.stderr
    return set(modules)


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (["--help"], HTTP | FILES),
        (["plan", "--help"], HTTP | FILES),
        (["doctor", "--help"], HTTP | FILES),
        (["export", "--help"], HTTP | FILES),
        (["--version"], HTTP | FILES),
        (["version"], HTTP),
        (["schema", "auth-clients"], HTTP | FILES),
        (["validate"], HTTP | {"pyrage"}),
        (["fmt"], HTTP | {"jsonschema", "pyrage"}),
    ],
    ids=[
        "--help",
        "plan --help",
        "doctor --help",
        "export --help",
        "--version",
        "version",
        "schema",
        "validate",
        "fmt",
    ],
)
def test_a_command_imports_no_more_than_it_needs(
    project: Project, staging: Platform, arguments: list[str], absent: set[str]
) -> None:
    project.declare(wanted("One"))
    assert _imported(*arguments) & absent == set()


def test_a_plan_against_an_instance_does_not_import_the_sandbox(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    modules = _imported("plan")
    assert "requests" in modules
    assert modules & {"werkzeug", "sqlite3"} == set()


def test_a_look_at_an_instance_does_not_either(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert _imported("doctor", "--no-login") & {"werkzeug", "sqlite3"} == set()


def test_a_plan_with_the_sandbox_does(project: Project) -> None:
    """So that the test above could fail."""
    project.configure({"box": {"embedded": "box.sqlite3"}})
    project.declare(wanted("One"))
    assert {"werkzeug", "sqlite3"} <= _imported("plan")


def test_a_page_is_imported_by_those_alone_who_want_one(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    page = "reconciler.render.html_page"
    assert page not in _modules("plan", "--report", "plan.md") | _modules("history")
    assert page in _modules("plan", "--report", "plan.html") & _modules("history", "--report", "history.html")
