"""The action: what it installs, the command line that it makes of its inputs, and its outputs."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest

from tests.cli.projects import SECONDS, stored, wanted
from tests.github.flows import EVIL, Origin
from tests.github.runner import ACTION, ROOT, Ran, Runner, document, missing_secrets

pytestmark = pytest.mark.skipif(bool(missing_secrets()), reason=f"not installed: {', '.join(missing_secrets())}")

INPUTS: dict[str, Any] = document(ACTION)["inputs"]
ADMIN = {"PM_PRODUCTION_USERNAME": "admin", "PM_PRODUCTION_PASSWORD": "Admin-pass-1"}


def act(runner: Runner, **inputs: str) -> Ran:
    """Run the action's last step with these inputs, the others as they are by default."""
    (step,) = (each for each in document(ACTION)["runs"]["steps"] if each.get("id") == "run")
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    assert given.keys() <= INPUTS.keys()
    values = {f"inputs.{name}": given.get(name, about.get("default", "")) for name, about in INPUTS.items()}
    return runner.run(step, values)


@pytest.fixture
def runner(origin: Origin) -> Runner:
    """A checkout in which an old client is to be changed, one is to go, and two are new."""
    origin.instance.has(stored("Portal", "https://old.example.com/cb"), stored("Old"))
    absent = {"name": "Old", "state": "absent"}
    origin.merge(wanted("Portal"), wanted("New"), wanted(EVIL, "https://evil.example.com/cb"), absent)
    made = origin.runner()
    made.environment.update(ADMIN)
    return made


def test_a_plan_gives_its_counts_and_where_it_was_saved(runner: Runner) -> None:
    ran = act(runner, instance="production", plan="out put.json", report="plan.md\nplan.txt")
    assert ran.code == 0, ran.text
    assert ran.outputs == {
        "exit_code": "0",
        "changes": "true",
        "to_create": "2",
        "to_update": "1",
        "to_delete": "1",
        "plan_path": str(runner.checkout / "out put.json"),
    }
    assert "Portal" in (runner.checkout / "plan.md").read_text()
    assert (runner.checkout / "plan.txt").exists()
    assert not list(runner.folder.rglob("hurt"))


def test_a_saved_plan_is_applied_and_the_next_plan_has_no_changes(runner: Runner) -> None:
    act(runner, instance="production", plan="plan.json")
    ran = act(runner, command="apply", plan="plan.json")
    assert ran.code == 0, ran.text
    ran = act(runner)
    assert ran.outputs == {"exit_code": "0", "changes": "false", "to_create": "0", "to_update": "0", "to_delete": "0"}


def test_an_apply_without_a_saved_plan_asks_nobody(runner: Runner, origin: Origin) -> None:
    ran = act(runner, command="apply", arguments="--max-deletes\n1")
    assert ran.code == 0, ran.text
    assert set(origin.instance.clients()) == {"Portal", "New", EVIL}


def test_a_plan_is_made_from_an_observation_without_an_account(runner: Runner) -> None:
    assert act(runner, command="observe").code == 0
    runner.environment.clear()
    ran = act(runner, live="live.json", config_from="HEAD", base="HEAD")
    assert ran.outputs["to_create"] == "2", ran.text


def test_only_validating_needs_nothing_and_counts_nothing(runner: Runner) -> None:
    runner.environment.clear()
    assert act(runner, command="validate").outputs == {"exit_code": "0"}


def test_a_failure_fails_the_step_with_its_own_code(runner: Runner) -> None:
    ran = act(runner, instance="nowhere")
    assert ran.code == 64
    assert ran.outputs == {"exit_code": "64"}


def test_a_guard_fails_the_step_and_the_counts_are_there(runner: Runner) -> None:
    ran = act(runner, arguments="--max-creates\n0")
    assert ran.code == 4
    assert ran.outputs["to_create"] == "2"


@pytest.mark.parametrize("command", ["rollback", "$(touch hurt)", ""])
def test_another_command_is_refused(runner: Runner, command: str) -> None:
    ran = act(runner, command=command)
    assert ran.code == 64
    assert not list(runner.folder.rglob("hurt"))


FLAGS = {
    "instance": "--instance",
    "base": "--base",
    "live": "--live",
    "config_from": "--config-from",
    "plan": "--output",
    "report": "--report",
}


@pytest.mark.parametrize("name", FLAGS)
def test_no_input_becomes_a_flag_or_is_expanded(runner: Runner, name: str) -> None:
    """An input is a value, whatever it looks like: `reconciler` is replaced by a program that notes its arguments."""
    noted = runner.temp / "noted"
    (runner.folder / "bin" / "reconciler").write_text(f'#!/bin/sh\nprintf "%s\\0" "$@" > "{noted}"\n')
    for value in (EVIL, "--help"):
        act(runner, **{name: value})
        words = noted.read_text().split("\0")
        assert [word for word in words if value in word] == [f"{FLAGS[name]}={value}"]
    assert not list(runner.folder.rglob("hurt"))


def test_the_program_takes_what_looks_like_a_flag_for_a_value(runner: Runner) -> None:
    ran = act(runner, **dict.fromkeys(FLAGS, "--help"))
    assert ran.code != 0
    assert "Usage:" not in ran.text


@pytest.mark.parametrize(
    ("constraints", "expected"),
    [("", ["pip download", "--no-index", "--no-deps --no-build-isolation"]), ("pins.txt", ["--constraint pins.txt"])],
    ids=["locked", "constrained"],
)
def test_it_installs_itself_into_an_environment_of_its_own(
    runner: Runner, constraints: str, expected: list[str]
) -> None:
    """Without reaching a registry: `python3` and its pip are replaced by programs that note what they are asked."""
    (step,) = (each for each in document(ACTION)["runs"]["steps"] if each.get("id") == "install")
    tools = runner.folder / "bin"
    asked = runner.temp / "asked.txt"
    pretend = f'#!/bin/sh\necho "$@" >> "{asked}"\ncase $2 in venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";; esac\n'
    (tools / "python3").write_text(pretend)
    (tools / "python3").chmod(0o755)
    runner.environment["GITHUB_ACTION_PATH"] = str(ROOT)
    ran = runner.run(step, {"inputs.constraints": constraints, "runner.temp": str(runner.temp)})
    assert ran.code == 0, ran.text
    venv, *pip = asked.read_text().splitlines()
    assert venv == f"-m venv {runner.temp}/reconciler-venv"
    assert [flag in line for line, flag in zip(pip, expected, strict=True)] == [True] * len(expected)
    path = (runner.temp / "path.txt").read_text().strip()
    found = subprocess.run(["ls", path], capture_output=True, text=True, timeout=SECONDS, check=True)
    assert found.stdout == "reconciler\n"
