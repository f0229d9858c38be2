"""No program that we run can see what logs in to an instance."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from reconciler.git.command import open_repository, run_git
from reconciler.support.subprocess_env import environment_without, git_environment
from tests.secrets.handing import client, deliverer

PASSWORD = "correct-horse-battery-4711"


def test_git_gets_what_it_needs_and_nothing_that_might_be_secret() -> None:
    needed = {"PATH": "/bin", "HOME": "/home/x", "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "a.b"}
    others = {"PM_PASSWORD": PASSWORD, "GIT_DIR": "/else", "GIT_INDEX_FILE": "x", "GIT_TOKEN": PASSWORD, "AWS_KEY": "x"}
    inherited = git_environment({**needed, **others})
    assert needed.items() <= inherited.items()
    assert not others.keys() & inherited.keys()
    assert inherited["GIT_TERMINAL_PROMPT"] == "0"


def test_a_configured_program_gets_all_but_the_credentials() -> None:
    assert environment_without({"A": "1", "B": "2"}, {"B", "C"}) == {"A": "1"}


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a `git` of our own writes down its environment and its arguments."""
    (tmp_path / "bin").mkdir()
    git = tmp_path / "bin" / "git"
    body = (
        "import sys\nif '--version' in sys.argv:\n    sys.exit(print('git version 2.50.1'))\n"
        f"import json, os, sys\nopen({str(tmp_path / 'seen')!r}, 'w').write(json.dumps([dict(os.environ), sys.argv]))"
    )
    git.write_text(f"#!{sys.executable}\n{body}\n")
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:{os.environ['PATH']}")
    monkeypatch.setenv("PM_PASSWORD", PASSWORD)
    return tmp_path / "seen"


def test_the_git_that_reads_revisions_does_not_see_a_password(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    run_git(open_repository(tmp_path, os.environ), "rev-parse", "HEAD")
    environ, arguments = json.loads(recorded.read_text())
    assert arguments[-2:] == ["rev-parse", "HEAD"]
    assert PASSWORD not in json.dumps(environ)


def test_nor_does_the_git_that_judges_a_file_in_clear(recorded: Path, tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    sink = {"json": {"path": "clients.json"}}
    assert deliverer(tmp_path, sink, environ=dict(os.environ)).problems([client()]) == ()
    environ, arguments = json.loads(recorded.read_text())
    assert "check-ignore" in arguments
    assert PASSWORD not in json.dumps(environ)
