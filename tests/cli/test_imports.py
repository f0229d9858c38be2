"""What each command imports: start-up time is a feature, and `validate` must not be able to reach a network."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.projects import SECONDS, Platform, Project, at, wanted

HTTP = {"requests", "urllib3", "werkzeug", "sqlite3"}
FILES = {"yaml", "jsonschema"}
RARE = {"difflib", "hashlib", "logging", "random", "secrets", "tempfile", "unicodedata"}
"""Of the standard library: for misspellings, digests, -v, files that are written, and names that are not ASCII."""

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
        (["--help"], HTTP | FILES | RARE | {"dataclasses", "pathlib", "shutil"}),
        (["plan", "--help"], HTTP | FILES | {"hashlib", "secrets"}),
        (["doctor", "--help"], HTTP | FILES),
        (["export", "--help"], HTTP | FILES),
        (["--version"], HTTP | FILES | RARE | {"dataclasses", "pathlib"}),
        (["version"], HTTP),
        (["schema", "auth-clients"], HTTP | FILES),
        (["init", "--help"], HTTP | FILES),
        (["init", "--url", "https://acme.processmaker.net", "new"], HTTP | {"jsonschema", "pyrage"}),
        (["validate"], HTTP | RARE | {"jsonschema", "pyrage"}),
        (["fmt"], HTTP | RARE | {"jsonschema", "pyrage"}),
    ],
    ids=[
        "--help",
        "plan --help",
        "doctor --help",
        "export --help",
        "--version",
        "version",
        "schema",
        "init --help",
        "init",
        "validate",
        "fmt",
    ],
)
def test_a_command_imports_no_more_than_it_needs(
    project: Project, staging: Platform, arguments: list[str], absent: set[str]
) -> None:
    project.declare(wanted("One"))
    assert _imported(*arguments) & absent == set()


def test_the_schemas_are_found_without_the_library_for_archives(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert "importlib.resources" not in _modules("validate") | _modules("schema", "auth-clients")


SINKS = {"reconciler.secrets.paths", "reconciler.secrets.collisions", "reconciler.secrets.values"}


def test_sinks_are_imported_by_those_alone_who_have_some(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert _modules("validate") & SINKS == set()
    project.configure({"staging": at(staging.url, sinks=[{"dotenv": {"path": "delivered.env"}}])})
    assert _modules("validate") >= SINKS


DEFAULTS = {"reconciler.declared.config.defaults", "reconciler.declared.config.placeholders"}


def test_so_are_defaults_and_placeholders(project: Project, staging: Platform) -> None:
    project.declare(wanted("One"))
    assert _modules("validate") & {*DEFAULTS, "reconciler.declared.config.in_force"} == set()
    instance = {key: value for key, value in at(staging.url).items() if key != "credentials"}
    credentials = {"username_env": "PM_{INSTANCE}_USER", "password_env": "PM_PASSWORD"}
    project.configure({"staging": instance}, defaults={"credentials": credentials})
    assert _modules("validate") >= DEFAULTS


def test_a_plan_of_one_instance_imports_nothing_of_applies_deliveries_and_fleets(
    project: Project, staging: Platform
) -> None:
    project.declare(wanted("One"))
    others = {"reconciler.applying.report", "reconciler.secrets.delivery", "reconciler.render.terminal.fleet"}
    assert _modules("plan") & others == set()


def test_the_log_is_there_before_an_instance_is_reached(project: Project, staging: Platform) -> None:
    """What is tried again is said without -v, too."""
    project.declare(wanted("One"))
    log = "reconciler.cli.output.log"
    assert log in _modules("plan") & _modules("doctor", "--no-login") & _modules("validate", "-v")


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
    page = "reconciler.render.html.page"
    assert page not in _modules("plan", "--report", "plan.md") | _modules("history")
    assert page in _modules("plan", "--report", "plan.html") & _modules("history", "--report", "history.html")
