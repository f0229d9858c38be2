"""What a runner of GitHub does with a `run:` step, on this machine: real bash, real git, real jq, the real program."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.cli.projects import SECONDS

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
ACTION = ROOT / "action.yml"
HERE = "acme/clients"
"""The repository that the workflows run in."""

PROGRAMS = ("bash", "git", "jq", "unzip", "iconv")
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")


def missing_secrets() -> list[str]:
    """The programs of GitHub's runners that this machine has not."""
    return [program for program in PROGRAMS if shutil.which(program) is None]


def document(path: Path) -> dict[str, Any]:
    """A workflow, or the action. YAML 1.1 reads the key `on` as true."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


PROJECT = "the project"
"""Where steps run that name no folder: the one place of a workflow that its user edits."""


def steps_of(workflow: str, job: str) -> list[dict[str, Any]]:
    """The steps of a job, each with the folder it runs in and the variables of the whole workflow."""
    found = document(WORKFLOWS / workflow)
    content = found["jobs"][job]
    folder = content.get("defaults", {}).get("run", {}).get("working-directory", PROJECT)
    variables = found.get("env", {})
    return [
        {
            **step,
            "working-directory": step.get("working-directory", folder),
            "env": {**variables, **step.get("env", {})},
        }
        for step in content["steps"]
    ]


def step_of(workflow: str, job: str, name: str) -> dict[str, Any]:
    """The step of this name or id."""
    (found,) = (step for step in steps_of(workflow, job) if name in (step.get("name"), step.get("id")))
    return found


@dataclass(frozen=True)
class Ran:
    """How a step ended."""

    code: int
    text: str
    outputs: Mapping[str, str]


@dataclass
class Runner:
    """A runner with a checkout, and a GitHub that answers from a file."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    project: str = "."
    """The folder of the checkout that a user wrote into the workflows."""

    def __post_init__(self) -> None:
        """Put `gh` and `reconciler` where a runner would have them."""
        self.temp.mkdir(parents=True)
        self.checkout.mkdir()
        self.github.mkdir()
        self.answer({})
        self._program("gh", f'exec "{sys.executable}" "{Path(__file__).with_name("gh.py")}" "$@"')
        self._program("reconciler", f'exec "{sys.executable}" -m reconciler "$@"')

    @property
    def temp(self) -> Path:
        """RUNNER_TEMP."""
        return self.folder / "temp"

    @property
    def checkout(self) -> Path:
        """GITHUB_WORKSPACE, in which steps are run."""
        return self.folder / "checkout"

    @property
    def github(self) -> Path:
        """What the stand-in for `gh` knows."""
        return self.folder / "github"

    def answer(self, answers: Mapping[str, object]) -> None:
        """What GitHub has, by path."""
        (self.github / "state.json").write_text(json.dumps(answers))

    def state(self) -> Any:
        """What GitHub has now."""
        return json.loads((self.github / "state.json").read_text())

    def calls(self) -> list[list[str]]:
        """The calls of `gh` so far."""
        log = self.github / "calls.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def run(self, step: Mapping[str, Any], context: Mapping[str, str]) -> Ran:
        """Run a step as a runner would. `context` has the value of every expression of the step's `env:`."""
        output = self.temp / "output.txt"
        output.write_text("")
        variables = {key: _filled(str(value), context) for key, value in step.get("env", {}).items()}
        script = self.temp / "step.sh"
        script.write_text(_filled(step["run"], {}))
        folder = self.project if step.get("working-directory") == PROJECT else "."
        ended = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.checkout / folder,
            env={**self._surroundings(), "GITHUB_OUTPUT": str(output), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
        )
        text = ended.stdout.decode()
        return Ran(ended.returncode, text, _outputs(output.read_text()))

    def _surroundings(self) -> dict[str, str]:
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": HERE,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "7001",
            "GITHUB_SHA": "0" * 40,
            "GITHUB_WORKSPACE": str(self.checkout),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "GITHUB_PATH": str(self.temp / "path.txt"),
            "RUNNER_TEMP": str(self.temp),
            "FAKE_GH": str(self.github),
            "GIT_CONFIG_NOSYSTEM": "1",
            **self.environment,
        }

    def _program(self, name: str, line: str) -> None:
        file = self.folder / "bin" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"#!/bin/sh\n{line}\n")
        file.chmod(0o755)


def _filled(text: str, context: Mapping[str, str]) -> str:
    """Every expression replaced; one that `context` does not know is a mistake of the test."""
    return _EXPRESSION.sub(lambda found: context[found[1]], text)


def _outputs(text: str) -> dict[str, str]:
    """What a step wrote to GITHUB_OUTPUT: `name=value`, or `name<<end` with lines until `end`."""
    lines = iter(text.splitlines())
    found = {}
    for line in lines:
        name, sign, rest = line.partition("<<")
        if sign and "=" not in name:
            found[name] = "\n".join(iter(lambda: next(lines), rest))
        else:
            name, _, found_value = line.partition("=")
            found[name] = found_value
    return found
