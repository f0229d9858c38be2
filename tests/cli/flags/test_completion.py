"""Tab in a real shell. Bash is everywhere; zsh and fish get the same answers from the same functions."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.projects import SECONDS, Project, environment

_ASK = """
eval "$(reconciler completion bash)"
COMP_WORDS=({words}) COMP_CWORD={last} COMPREPLY=()
$(complete -p reconciler | sed 's/.*-F \\([^ ]*\\).*/\\1/') reconciler "" ""
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture
def shell(project: Project, tmp_path: Path) -> Project:
    """A project with two instances, and the program on the PATH as `reconciler`."""
    program = tmp_path / "bin/reconciler"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nexec "$PYTHON" -m reconciler "$@"\n')
    program.chmod(0o755)
    project.write("reconciler.yaml", "instances:\n  production: {url: x}\n  preview: {embedded: x}\n  staging: {}\n")
    return project


def offered(project: Project, *words: str) -> list[str]:
    """What bash offers for the last word."""
    line = " ".join(f"'{word}'" for word in ("reconciler", *words))
    script = _ASK.format(words=line, last=len(words))
    environ = environment(PATH=f"{project.folder.parent}/bin:{os.environ['PATH']}", PYTHON=sys.executable)
    bash = shutil.which("bash")
    assert bash, "the tests need bash"
    ended = subprocess.run(
        [bash, "-c", script],
        env=environ,
        cwd=project.folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ended.stderr == ""
    return ended.stdout.split()


def test_commands_and_flags_are_offered(shell: Project) -> None:
    assert offered(shell, "pl") == ["plan"]
    assert {"validate", "fmt", "sandbox"} <= set(offered(shell, ""))
    assert offered(shell, "sandbox", "") == ["reset", "serve"]
    assert "--detailed-exitcode" in offered(shell, "plan", "--d")
    assert offered(shell, "plan", "--on-drift", "") == ["refuse", "keep", "revert"]


def test_so_are_instances_also_of_another_configuration(shell: Project) -> None:
    assert offered(shell, "plan", "-i", "") == ["production", "preview", "staging"]
    assert offered(shell, "apply", "-i", "preview", "--instance", "pr") == ["production", "preview"]
    shell.write("other/reconciler.yaml", "instances: {elsewhere: {}}")
    assert offered(shell, "plan", "-c", "other/reconciler.yaml", "-i", "") == ["elsewhere"]


def test_so_are_labels_also_those_of_the_defaults(shell: Project) -> None:
    shell.write(
        "reconciler.yaml", "defaults: {labels: [all]}\ninstances:\n  acme: {labels: [eu, 5]}\n  us: {labels: x}\n"
    )
    assert offered(shell, "plan", "-i", "") == ["acme", "us", "label:5", "label:all", "label:eu"]


def test_what_bash_splits_is_completed_as_one_word(shell: Project) -> None:
    """It takes `:` and `=` for ends of words, and replaces only what is behind the last."""
    shell.write("reconciler.yaml", "instances:\n  acme: {labels: [eu, east]}\n  us: {labels: [us]}\n")
    assert offered(shell, "plan", "-i", "label", ":") == ["east", "eu", "us"]
    assert offered(shell, "plan", "-i", "label", ":", "e") == ["east", "eu"]
    assert offered(shell, "plan", "-i", "label", ":", "eu", "--instance", "label", ":", "u") == ["us"]
    assert offered(shell, "plan", "--instance", "=", "label", ":", "u") == ["us"]
    assert offered(shell, "plan", "--instance", "=") == ["acme", "us", "label:east", "label:eu", "label:us"]
    assert offered(shell, "plan", "--instance", "=", "u") == ["us"]
    assert offered(shell, "plan", "-i", "label", ":", "eu", "--on-drift", "k") == ["keep"]
    assert offered(shell, "plan", "-i", "label:e") == ["label:east", "label:eu"], "without `:` in COMP_WORDBREAKS"


@pytest.mark.parametrize("text", [None, "", "instances: [", "instances: 5", "instances: {5: 6}", "[]", "\0", "!x y"])
def test_whatever_is_wrong_a_shell_gets_no_message(shell: Project, text: str | None) -> None:
    (shell.folder / "reconciler.yaml").unlink()
    if text is not None:
        shell.write("reconciler.yaml", text)
    assert offered(shell, "plan", "-i", "") == (["5"] if text == "instances: {5: 6}" else [])


def test_runs_and_schemas_are_offered(shell: Project) -> None:
    for path in ("a/20261123T134500Z-7f3a9c", "b/20261123T134500Z-7f3a9c", "b/20261124T000000Z-000000"):
        shell.write(f".reconciler/journal/{path}.jsonl", "")
    newest_first = ["20261124T000000Z-000000", "20261123T134500Z-7f3a9c"]
    assert offered(shell, "rollback", "") == offered(shell, "history", "") == newest_first
    assert offered(shell, "schema", "a") == ["auth-clients"]


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(shell: Project, kind: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "reconciler"],
        env=environment(_RECONCILER_COMPLETE=f"{kind}_source"),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    assert f"_RECONCILER_COMPLETE={kind}_complete" in ended.stdout
