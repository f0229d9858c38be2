"""Whole jobs of workflows, as other repositories have them: each step in its turn, artifacts kept between jobs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.github.composite import CompositeAction, filled
from tests.github.runner import Ran, Runner, steps_of


class Context(dict[str, str]):
    """The values of expressions. What a step or an event did not say is empty, as for GitHub."""

    def __missing__(self, name: str) -> str:
        """Nothing, for what may be missing; anything else is a mistake of the test."""
        if name.startswith(("steps.", "github.event.")):
            return ""
        raise KeyError(name)


@dataclass
class Jobs:
    """What runs the jobs of a repository whose workflows name our action."""

    action: CompositeAction
    name: str
    """As the workflows name it: `owner/repo@commit`."""
    artifacts: Path

    def run(self, runner: Runner, workflow: str, job: str, values: Mapping[str, str]) -> Ran:
        """Run a job; the result is that of the first step that failed, or of the last, with the outputs of all."""
        context = Context({**values, "runner.temp": str(runner.temp), "github.run_attempt": "1"})
        result = Ran(0, "", {})
        outputs: dict[str, str] = {}
        for step in steps_of(str(runner.checkout / ".github" / "workflows" / workflow), job):
            if not _runs(step.get("if", ""), context, failed=result.code != 0):
                continue
            ran = self._uses(runner, step, context) if "uses" in step else runner.run(step, context)
            context |= {f"steps.{step.get('id', '')}.outputs.{name}": value for name, value in ran.outputs.items()}
            outputs |= ran.outputs
            result = result if result.code != 0 else ran
        return Ran(result.code, result.text, outputs)

    def _uses(self, runner: Runner, step: Mapping[str, Any], context: Mapping[str, str]) -> Ran:
        given = {name: filled(str(value), context) for name, value in step.get("with", {}).items()}
        match step["uses"].partition("@")[0]:
            case "actions/checkout":
                assert given["persist-credentials"] == "False"
            case "actions/upload-artifact":
                _upload(Path(given["path"]), self.artifacts / given["name"])
            case "actions/download-artifact" if "pattern" in given:
                for each in self.artifacts.glob(given["pattern"]):
                    shutil.copytree(each, Path(given["path"]) / each.name)
            case "actions/download-artifact":
                shutil.copytree(self.artifacts / given["name"], given["path"])
            case _:
                assert step["uses"] == self.name
                return self.action.use(runner, **given)
        return Ran(0, "", {})


def _upload(source: Path, kept: Path) -> None:
    """Keep a file, or what is in a folder."""
    if source.is_dir():
        shutil.copytree(source, kept, dirs_exist_ok=True)
    elif source.is_file():
        kept.mkdir(parents=True)
        shutil.copy(source, kept)


def _runs(condition: str, context: Mapping[str, str], *, failed: bool) -> bool:
    """Whether a step is run: after a failure only if its condition says so."""
    match condition.removeprefix("${{").removesuffix("}}").strip():
        case "":
            return not failed
        case "always()" | "!cancelled()":
            return True
        case other:
            name, sign, text = other.partition(" != ")
            assert (sign, text) == (" != ", "''")
            return not failed and context[name] != ""
