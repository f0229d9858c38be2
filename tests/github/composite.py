"""What a runner of GitHub does with `uses:` of our action: its steps in order; stand-ins for the actions of others."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.github.runner import ACTION, Ran, Runner, document

_PYTHON = """#!/bin/sh
echo "$@" >> "{noted}"
case "$*" in
  "-m venv"*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
  *"pip download"*) mkdir -p "{packages}"; touch "{packages}/locked.whl" ;;
  *--no-index*) [ -e "{packages}/locked.whl" ] ;;
  *--no-build-isolation*) cp "{program}" "${{0%/*}}/reconciler" ;;
  *) exec "{python}" "$@" ;;
esac
"""
"""A Python whose `venv` and `pip` reach no index; the last thing that pip installs is the program."""


@dataclass
class Cache:
    """GitHub's cache: folders by key, kept between runners."""

    folder: Path
    saved: list[str] = field(default_factory=list)

    def restored(self, key: str, path: Path) -> bool:
        """Lay what was saved under a key where it was; False if there is nothing."""
        if key not in self.saved:
            return False
        shutil.copytree(self.folder / key, path)
        return True

    def save(self, key: str, path: Path) -> None:
        """Keep a folder, as the action does at the end of a job that found nothing."""
        shutil.copytree(path, self.folder / key)
        self.saved.append(key)


@dataclass
class CompositeAction:
    """Our action in jobs of other repositories, from a checkout of its own."""

    cache: Cache
    at: Path

    def use(self, runner: Runner, **inputs: str) -> Ran:
        """Run all steps that are to be run, until one fails. What it puts on the PATH stays there for later steps."""
        (runner.folder / "bin" / "reconciler").unlink(missing_ok=True)  # only the action may bring it
        _installing(runner)
        runner.environment["GITHUB_ACTION_PATH"] = str(self.at)
        action = document(ACTION)
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        assert given.keys() <= action["inputs"].keys()
        context = {
            f"inputs.{name}": given.get(name, about.get("default", "")) for name, about in action["inputs"].items()
        }
        context["runner.temp"] = str(runner.temp)
        ran, to_save = Ran(0, "", {}), []
        for step in action["runs"]["steps"]:
            if not _holds(step.get("if", ""), context):
                continue
            if "uses" in step:
                to_save += self._other(runner, step, context)
                continue
            ran = runner.run(step, context)
            context |= {f"steps.{step['id']}.outputs.{name}": value for name, value in ran.outputs.items()}
            _prepend_paths(runner)
            if ran.code != 0:
                break
        for key, path in to_save:
            self.cache.save(key, path)
        return ran

    def _other(self, runner: Runner, step: Mapping[str, Any], context: Mapping[str, str]) -> list[tuple[str, Path]]:
        """The actions of others: Python is there, and a cache is one of ours. Returns what to save at the end."""
        name = step["uses"].partition("@")[0]
        if name == "actions/setup-python":
            return []
        assert name == "actions/cache"
        key, path = (filled(step["with"][each], context) for each in ("key", "path"))
        assert Path(path).is_relative_to(runner.temp)
        return [] if self.cache.restored(key, Path(path)) else [(key, Path(path))]


def noted(runner: Runner) -> list[str]:
    """What Python was asked for."""
    return (runner.temp / "python.txt").read_text().splitlines()


def _installing(runner: Runner) -> None:
    program = runner.folder / "installed"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n')
    program.chmod(0o755)
    text = _PYTHON.format(
        noted=runner.temp / "python.txt",
        packages=runner.temp / "reconciler-packages",
        program=program,
        python=sys.executable,
    )
    python = runner.folder / "bin" / "python3"
    python.write_text(text)
    python.chmod(0o755)


def _prepend_paths(runner: Runner) -> None:
    added = runner.temp / "path.txt"
    for line in added.read_text().splitlines() if added.exists() else ():
        runner.environment["PATH"] = os.pathsep.join([line, str(runner.folder / "bin"), os.environ["PATH"]])


def filled(text: str, context: Mapping[str, str]) -> str:
    """A text with the values of its expressions."""
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: context[found[1]], text)


def _holds(condition: str, context: Mapping[str, str]) -> bool:
    """The conditions of our action: comparisons with a text, all of which must hold."""
    for part in filter(None, condition.split("&&")):
        name, sign, text = re.fullmatch(r" *([\w.-]+) (==|!=) '([^']*)' *", part).groups()  # type: ignore[union-attr]
        if (context[name] == text) != (sign == "=="):
            return False
    return True
