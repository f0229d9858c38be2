"""A project in a folder of its own, and a platform for it."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.projects import Platform, Project, at, platform


@pytest.fixture(autouse=True)
def _quiet_again() -> Iterator[None]:
    """A command sets up the program's log for its process, which here is that of all tests."""
    log = logging.getLogger("reconciler")
    level, handlers = log.level, list(log.handlers)
    yield
    log.setLevel(level)
    log.handlers[:] = handlers


@pytest.fixture
def project(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Project:
    """An empty project, with the administrator's credentials in the environment and nothing else that matters."""
    bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
    for name in [each for each in os.environ if each.startswith("RECONCILER_") or each in bundles]:
        monkeypatch.delenv(name)
    # Locks stand in the user's state directory, where tests that run at the same time must not meet.
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    made = Project(folder, capsys, monkeypatch)
    made.log_in_as("admin")
    return made


@pytest.fixture
def staging(tmp_path: Path, project: Project) -> Iterator[Platform]:
    """A platform that the project knows as its only instance, `staging`."""
    with platform(tmp_path / "platform.sqlite3") as served:
        project.configure({"staging": at(served.url)})
        yield served
