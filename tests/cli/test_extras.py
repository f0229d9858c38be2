"""An installation without an extra says so before any request, and does everything else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.model.extras import LIBRARIES, missing_extra
from reconciler.project import Addresses
from tests.cli.projects import SECONDS, environment
from tests.repository.tracked import ROOT

RECIPIENT = "age1hl6ucsfgpfs06xgmyq8yxezmfpw9e7wrr2g6a3l0ul45nlpuyd4s7lp34t"
EMBEDDED = {"box": {"embedded": "box.sqlite3"}}
ACCOUNT = {"username_env": "PM_USERNAME", "password_env": "PM_PASSWORD"}
UNREACHABLE = {"far": {"url": "https://127.0.0.1:1", "credentials": ACCOUNT}}
CLIENT = {
    "name": "Portal",
    "owner": "team",
    "grants": {"authorization_code": {"redirect_url": "https://p.localhost/cb"}},
}
IN_THE_CHECKOUT = "  install it, in the checkout of reconciler: pip install '.[{}]'\n"


class Without:
    """A project, and an installation that lacks some extras: links to all packages but theirs."""

    def __init__(self, folder: Path, *extras: str) -> None:
        """Install and begin with one declared client."""
        self.packages = folder / "packages"
        self.packages.mkdir()
        lacking = re.compile("|".join(LIBRARIES[extra] for extra in extras))
        for package in Path(sysconfig.get_path("purelib")).iterdir():
            if not lacking.match(package.name) and not package.name.startswith(("_", "processmaker", "reconciler")):
                (self.packages / package.name).symlink_to(package)
        for ours in ("reconciler", "schemas"):
            (self.packages / ours).symlink_to(ROOT / ours)
        self.folder = folder / "project"
        (self.folder / "clients").mkdir(parents=True)
        (self.folder / "clients" / "all.yaml").write_text(json.dumps({"clients": [CLIENT]}))

    def has(self, instances: Mapping[str, object], **more: object) -> None:
        """Write reconciler.yaml."""
        (self.folder / "reconciler.yaml").write_text(json.dumps({"instances": instances, **more}))

    def run(self, *words: str) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of a command."""
        start = f"import sys; sys.path.insert(0, {str(self.packages)!r}); from reconciler.__main__ import run; run()"
        line = [sys.executable, "-I", "-S", "-c", start, *words]
        environ = environment(PM_USERNAME="reconciler", PM_PASSWORD="Right-pass-1")
        ended = subprocess.run(
            line, cwd=self.folder, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
        )
        return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize("words", ["plan", "apply --yes --instance box", "observe -o live.json", "doctor", "export"])
def test_an_embedded_instance_needs_the_sandbox(words: str, tmp_path: Path) -> None:
    project = Without(tmp_path, "sandbox")
    project.has(EMBEDDED)
    code, out, err = project.run(*words.split())
    assert (code, out) == (64, "")
    assert err == (
        "error: 'box' is embedded: it needs the extra 'sandbox', which is not installed\n"
        + IN_THE_CHECKOUT.format("sandbox")
    )
    assert not (project.folder / "box.sqlite3").exists()


def test_no_other_instance_is_asked_first(tmp_path: Path) -> None:
    """The other one would end in exit 1, and its login would be for nothing."""
    project = Without(tmp_path, "sandbox")
    project.has({**UNREACHABLE, **EMBEDDED})
    code, _, err = project.run("plan", "-i", "far", "-i", "box")
    assert code == 64
    assert "far" not in err
    assert project.run("plan", "-i", "far")[0] == 1


def test_declarations_for_an_embedded_instance_are_valid_without_it(tmp_path: Path) -> None:
    """A repository with an instance to try things on is checked where that cannot be started; a note says so."""
    project = Without(tmp_path, "sandbox")
    project.has({**UNREACHABLE, **EMBEDDED})
    code, _, err = project.run("validate")
    assert code == 0
    assert err.startswith("valid: 2 clients on 2 instances, in 1 entry")
    assert "\nnote: 'box' is embedded: it needs the extra 'sandbox', which is not installed; " in err
    assert err.endswith("plan and apply will refuse it here\n" + IN_THE_CHECKOUT.format("sandbox"))
    assert project.run("validate", "--quiet")[2] == ""


def test_a_project_with_a_sandbox_is_not_begun_without_it(tmp_path: Path) -> None:
    code, out, err = Without(tmp_path, "sandbox").run("init", "new", "--sandbox")
    assert (code, out) == (64, "")
    assert "it needs the extra 'sandbox', which is not installed\n" in err
    assert not list(tmp_path.rglob("new"))


def test_the_sandbox_itself_needs_it(tmp_path: Path) -> None:
    code, out, err = Without(tmp_path, "sandbox").run("sandbox", "serve", "--port", "0")
    assert (code, out) == (64, "")
    assert err.startswith("error: reconciler sandbox serve needs the extra 'sandbox', which is not installed\n")


@pytest.mark.parametrize("command", ["validate", "plan", "apply --yes --all", "export"])
def test_recipients_of_age_need_age(command: str, tmp_path: Path) -> None:
    project = Without(tmp_path, "age")
    sink = {"age": {"path": "secrets/{owner}.age"}}
    project.has({"far": {**UNREACHABLE["far"], "sinks": [sink]}}, owners={"team": {"age": [RECIPIENT]}})
    code, out, err = project.run(*command.split())
    assert (code, out) == (64, "")
    assert err == (
        "error: 'owners.team.age' of reconciler.yaml needs the extra 'age', which is not installed\n"
        + IN_THE_CHECKOUT.format("age")
    )


def test_what_needs_neither_works_without_both(tmp_path: Path) -> None:
    project = Without(tmp_path, "age", "sandbox")
    project.has(UNREACHABLE)
    assert project.run("validate")[0] == 0
    code, _, err = project.run("plan")
    assert code == 1
    assert "cannot connect" in err or "refused" in err
    code, out, _ = project.run("version")
    assert code == 0
    assert "pyrage no (extra 'age')\nwerkzeug no (extra 'sandbox')\n" in out


def test_the_index_is_named_once_the_project_is_in_it() -> None:
    assert missing_extra("age", "it", Addresses(index_name="keeper")).hint == "install it: pip install 'keeper[age]'"
