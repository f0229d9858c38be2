"""The hooks, run by pre-commit itself in a repository of its own.

Only how the program gets there differs: pre-commit would install it into an environment, for which it needs a network.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from reconciler.declared.yaml.load import load_text
from tests.cli.projects import SECONDS, environment

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
SLOPPY = "clients: [{owner: us, grants: {password: {justification: a job}}, name: A}]\n"


def hooks() -> list[dict[str, Any]]:
    root: Any = load_text(HOOKS.read_bytes(), HOOKS.name).documents[0].root
    here = {"language": "system", "additional_dependencies": []}
    return [{**hook, **here, "entry": f"{sys.executable} -m {hook['entry']}"} for hook in root]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with declarations, and the hooks as a person would configure them."""
    write(tmp_path / "reconciler.yaml", "instances:\n  box:\n    embedded: box.sqlite3\n")
    write(tmp_path / "clients/tidy.yaml", "clients: []\n")
    write(tmp_path / ".pre-commit-config.yaml", json.dumps({"repos": [{"repo": "local", "hooks": hooks()}]}))
    run(tmp_path, "git", "init", "--quiet")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = environment(PRE_COMMIT_HOME=str(folder / ".git/pre-commit"), PRE_COMMIT_COLOR="never")
    return subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False)


def commit_hooks(folder: Path) -> tuple[int, str]:
    """What pre-commit says of all that is there, staged."""
    run(folder, "git", "add", "--all")
    ended = run(folder, sys.executable, "-m", "pre_commit", "run", "--verbose")
    return ended.returncode, ended.stdout + ended.stderr


def test_the_manifest_is_one_that_pre_commit_reads(tmp_path: Path) -> None:
    ended = run(tmp_path, sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS))
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


def test_it_is_installed_with_the_extra_that_declarations_may_need() -> None:
    root: Any = load_text(HOOKS.read_bytes(), HOOKS.name).documents[0].root
    extras = tomllib.loads((HOOKS.parent / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert [hook["additional_dependencies"] for hook in root] == [extras["age"]] * 2


def test_sound_files_pass(repository: Path) -> None:
    code, said = commit_hooks(repository)
    assert code == 0, said
    assert said.count("Passed") == 2


def test_a_sloppy_file_is_formatted_and_stops_the_commit_once(repository: Path) -> None:
    write(repository / "clients/web/sloppy.yaml", SLOPPY)
    code, said = commit_hooks(repository)
    assert code == 1
    assert "files were modified by this hook" in said
    assert "clients/web/sloppy.yaml" in said
    assert (repository / "clients/web/sloppy.yaml").read_text().startswith("clients:\n  - name: A\n    owner: us\n")
    assert commit_hooks(repository)[0] == 0


def test_an_invalid_file_stops_the_commit_with_its_place(repository: Path) -> None:
    write(repository / "clients/bad.yaml", "clients:\n  - name: A\n    grant: {}\n")
    code, said = commit_hooks(repository)
    assert code == 1
    assert "clients/bad.yaml:3:5: error: " in said
    assert "- exit code: 3" in said


def test_files_that_nobody_reads_run_no_hook(repository: Path) -> None:
    commit_hooks(repository)
    run(repository, "git", "-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "--quiet", "--message", "x")
    for path in ("clients/.hidden.yaml", "clients/.d/x.yaml", "clients/notes.md", "other/clients/x.yaml"):
        write(repository / path, SLOPPY)
    code, said = commit_hooks(repository)
    assert code == 0, said
    assert said.count("Skipped") == 2
