"""What the image holds, and that it runs where it may do next to nothing."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.sandbox.accounts import ADMIN
from tests.cli.projects import SECONDS, Platform, at, platform, wanted
from tests.declared.git.repositories import repository
from tests.image.container import Image, built, missing, size
from tests.repository.tracked import ROOT

USER, SOMEBODY_ELSE = 23456, 34567
"""Numbers that no account has."""
MOST_ABOVE_THE_BASE = 120_000_000
"""Bytes."""
ACCOUNT = {"PM_USER": ADMIN[0], "PM_PASSWORD": ADMIN[1]}
COPIED = {
    "LICENSE",
    "README.md",
    "docs/github",
    "docs/guides/gitlab",
    "pyproject.toml",
    "reconciler",
    "requirements",
    "schemas",
}


def project(folder: Path, url: str) -> Path:
    """A checkout of USER with one declared client."""
    files: dict[str, str | None] = {
        "reconciler.yaml": json.dumps({"instances": {"production": at(url)}}),
        "clients/all.yaml": json.dumps({"clients": [wanted("Portal")]}),
    }
    repository(folder, files)
    for path in (folder, *folder.rglob("*")):
        os.chown(path, USER, USER)
    return folder


def test_a_build_sees_what_it_copies_and_nothing_else() -> None:
    """No password beside a checkout, and nothing of git, gets into a layer."""
    ignored, *kept = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith(("#", "**/"))
    ]
    assert ignored == "*"
    assert {line.removeprefix("!") for line in kept} == COPIED
    sources = re.findall(r"^COPY (?!--from)(.*) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    words = {word for line in sources for word in line.split()}
    assert {word if word in COPIED else word.partition("/")[0] for word in words} == COPIED


def test_no_digest_is_made_up_in_the_dockerfile() -> None:
    """The base has a name only: who builds for others gives the digest that their registry answers with."""
    text = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^ARG BASE=(.*)$", text, re.MULTILINE) == ["docker.io/library/python:3.13-slim"]
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert "sha256" not in text


@pytest.mark.thorough
@pytest.mark.skipif(bool(missing()), reason=f"to build an image, this is missing: {missing()}")
def test_the_image(tmp_path: Path) -> None:
    """One test, since one build takes minutes."""
    with built() as image, platform(tmp_path / "platform.sqlite3") as served:
        it_says_what_it_is(image)
        it_holds_the_program_and_git_alone(image)
        checkout = project(tmp_path / "checkout", served.url)
        it_applies_as_any_user_and_writes_to_tmp_alone(image, checkout, served)
        it_reads_the_history_of_its_own_user_alone(image, checkout)
        it_ends_at_once_when_it_is_stopped(image, tmp_path / "stopped")


def it_says_what_it_is(image: Image) -> None:
    assert image.config["Entrypoint"] == ["reconciler"]
    assert image.config["User"] == "10001:10001"
    labels = {name.rpartition(".")[2]: value for name, value in image.config["Labels"].items()}
    assert (labels["title"], labels["licenses"]) == ("reconciler", "MIT")
    assert (labels["version"], labels["revision"]) == ("1.2.3", "0123456")


def it_holds_the_program_and_git_alone(image: Image) -> None:
    assert size(image.root) - size(image.base) < MOST_ABOVE_THE_BASE
    programs = {path.name for folder in ("usr/bin", "opt/reconciler/bin") for path in (image.root / folder).iterdir()}
    assert {"git", "reconciler"} <= programs
    assert programs & {"gcc", "cc", "make", "pip", "pip3", "hatchling"} == set()
    assert {path.name for path in (image.root / "opt").iterdir()} == {"reconciler"}
    assert not (image.root / "source").exists()


def it_applies_as_any_user_and_writes_to_tmp_alone(image: Image, checkout: Path, served: Platform) -> None:
    ran = image.run(USER, checkout, "version")
    assert ran.stdout.startswith(f"reconciler {__version__}\n"), ran.stderr
    assert "werkzeug no" in ran.stdout
    ran = image.run(USER, checkout, "apply", "--yes", "-i", "production", "--journal", "/tmp/journal", **ACCOUNT)
    assert ran.returncode == 0, ran.stderr
    assert set(served.clients()) == {"Portal"}
    ran = image.run(USER, checkout, "plan", "--detailed-exitcode", **ACCOUNT)
    assert ran.returncode == 0, ran.stderr
    assert not (checkout / ".reconciler").exists()


def it_reads_the_history_of_its_own_user_alone(image: Image, checkout: Path) -> None:
    ran = image.run(USER, checkout, "plan", "--base", "HEAD", **ACCOUNT)
    assert ran.returncode == 0, ran.stderr
    ran = image.run(SOMEBODY_ELSE, checkout, "plan", "--base", "HEAD", **ACCOUNT)
    assert ran.returncode == 1
    assert "detected dubious ownership in repository at '/work'" in ran.stdout + ran.stderr


def it_ends_at_once_when_it_is_stopped(image: Image, folder: Path) -> None:
    """Process 1 gets only the signals that it has a handler for; a container engine kills it after a while."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(SECONDS)
        checkout = project(folder, f"http://127.0.0.1:{silent.getsockname()[1]}")
        line = image.line(USER, checkout, "plan", "--timeout", "600", **ACCOUNT)
        with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
            connection, _ = silent.accept()
            with connection:
                children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()
                os.kill(int(children[0]), signal.SIGTERM)
                _, said = running.communicate(timeout=SECONDS)
    assert running.returncode == 130, said
