"""The locked dependencies are those of pyproject.toml, whole, and each with its hashes."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.cli.projects import SECONDS
from tests.repository.tracked import ROOT

FOLDER = ROOT / "requirements"
LOCKS = ("run", "build", "ci", "site")
PIN = re.compile(
    r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; (?P<marker>.*?))?(?P<hashes>(?: --hash=sha256:[0-9a-f]{64})+)$"
)
ADVICE = "run: make lock"


def locked(name: str) -> dict[str, re.Match[str]]:
    """The pins of a file by normalised name; fails for a line that is none."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    lines = [line for line in re.sub(r" *\\\n *", " ", text).splitlines() if not line.startswith("#")]
    pins = [PIN.match(line) for line in lines]
    assert [line for line, pin in zip(lines, pins, strict=True) if pin is None] == []
    return {canonicalize_name(pin["name"]): pin for pin in pins if pin is not None}


def pyproject() -> Any:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def asked(name: str) -> list[Requirement]:
    """What pyproject.toml asks for in the place of a lock."""
    project = pyproject()["project"]
    extras = project["optional-dependencies"]
    more = {"run": extras["age"], "ci": [each for extra in extras.values() for each in extra]}
    alone = {"build": pyproject()["build-system"]["requires"], "site": pyproject()["dependency-groups"]["site"]}
    lines = alone[name] if name in alone else [*project["dependencies"], *more[name]]
    return [Requirement(line) for line in lines]


def needed(requirements: list[Requirement]) -> set[str]:
    """The names of these and all that they need in turn on this Python, by what is installed."""
    names: set[str] = set()
    waiting = list(requirements)
    while waiting:
        requirement = waiting.pop()
        extras = requirement.extras or {""}
        if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            continue
        name = canonicalize_name(requirement.name)
        if name in names:
            continue
        names.add(name)
        for line in metadata.requires(name) or ():
            inner = Requirement(line)
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(Requirement(str(inner).partition(";")[0]))
    return names


@pytest.mark.parametrize("name", LOCKS)
def test_every_dependency_is_locked_to_a_version_that_pyproject_allows(name: str) -> None:
    pins = locked(name)
    for requirement in asked(name):
        pin = pins.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement} is not locked; {ADVICE}"
        assert requirement.specifier.contains(Version(pin["version"])), f"{requirement}, {pin['version']}; {ADVICE}"


@pytest.mark.parametrize("name", [name for name in LOCKS if name != "site"])  # that one is not installed here
def test_nothing_is_missing_that_a_dependency_needs(name: str) -> None:
    assert needed(asked(name)) - locked(name).keys() == set(), ADVICE


def test_where_passwords_are_there_is_nothing_that_only_tests_need() -> None:
    run = locked("run")
    assert "pyrage" in run
    assert "werkzeug" not in run
    assert len(run) < 20
    assert {name for name, pin in run.items() if pin["marker"] is None} - needed(asked("run")) == set()


def test_the_files_have_one_version_of_everything() -> None:
    ci = locked("ci")
    for name in ("run", "build", "site"):
        for package, pin in locked(name).items():
            assert (name == "site" and package not in ci) or ci[package]["version"] == pin["version"], ADVICE


@pytest.mark.parametrize("name", LOCKS)
def test_no_index_is_named(name: str) -> None:
    """Which index is asked is for the machine that installs."""
    text = (FOLDER / f"{name}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert "index" not in re.sub(r"^[\w.-]+==", "", text, flags=re.MULTILINE)


def test_the_script_installs_by_hash_and_builds_with_what_is_locked(tmp_path: Path) -> None:
    """Without reaching an index: an interpreter that notes what it is asked takes the place of Python."""
    for constraints, expected in (
        (
            [],
            [
                f"install --quiet --disable-pip-version-check --require-hashes --requirement {FOLDER}/build.txt "
                f"--requirement {FOLDER}/run.txt",
                f"install --quiet --disable-pip-version-check --no-deps --no-build-isolation {ROOT}",
            ],
        ),
        (["pins.txt"], [f"install --quiet --disable-pip-version-check --constraint pins.txt {ROOT}[age]"]),
    ):
        noted = tmp_path / "noted.txt"
        noted.unlink(missing_ok=True)
        ended = install(tmp_path, noted, str(tmp_path / "venv"), *constraints)
        assert ended.returncode == 0, ended.stderr
        assert noted.read_text().splitlines() == [f"-m venv {tmp_path}/venv", *(f"-m pip {line}" for line in expected)]


@pytest.mark.parametrize("words", [[], ["a", "b", "c"]])
def test_the_script_says_how_it_is_used(words: list[str], tmp_path: Path) -> None:
    ended = install(tmp_path, tmp_path / "noted.txt", *words)
    assert ended.returncode == 64
    assert ended.stderr == "usage: sh requirements/install.sh FOLDER [CONSTRAINTS]\n"
    assert not (tmp_path / "noted.txt").exists()


def install(folder: Path, noted: Path, *words: str) -> subprocess.CompletedProcess[str]:
    python = folder / "python"
    python.write_text(
        f'#!/bin/sh\necho "$@" >> "{noted}"\ncase $2 in venv) mkdir -p "$3/bin"; cp "$0" "$3/bin/python";; esac\n'
    )
    python.chmod(0o755)
    line = ["sh", str(FOLDER / "install.sh"), *words]
    environ = {**os.environ, "PYTHON": str(python)}
    return subprocess.run(line, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False)
