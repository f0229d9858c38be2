"""A release can be built again, bit for bit, and says what changed and what it holds."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from reconciler import __version__
from reconciler.exporting.new_project.pipelines import WORKFLOWS, template
from tests.cli.projects import SECONDS
from tests.release import changelog, sbom, version
from tests.repository.tracked import ROOT, tracked

TEMPLATES = ("gitlab/gitlab-ci.yml", *(f"github/{name}" for name in WORKFLOWS))

LOG = """# Changelog

## [Unreleased]

### Plan

- New.

## [0.1.0] - 2026-01-02

The first.
"""


def copied(folder: Path) -> Path:
    """What git tracks here, and would track."""
    for path in [*tracked(), *tracked("--others", "--exclude-standard")]:
        if (ROOT / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
    return folder


def build(folder: Path, *words: str, umask: int = -1) -> dict[str, bytes]:
    """The distributions that are built in a folder."""
    line = [sys.executable, "-m", "hatchling", "build", "--directory", "made", *words]
    ended = subprocess.run(line, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False, umask=umask)
    assert ended.returncode == 0, ended.stderr
    return {path.name: path.read_bytes() for path in (folder / "made").iterdir()}


def test_two_builds_of_one_commit_are_the_same(tmp_path: Path) -> None:
    """In folders of other names, at another time, by somebody whose files nobody else may read."""
    here, there = copied(tmp_path / "here"), copied(tmp_path / "elsewhere" / "there")
    for path in there.rglob("*"):
        path.chmod(0o700 if path.is_dir() else path.stat().st_mode & 0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    first, second = build(here), build(there, umask=0o077)
    assert sorted(first) == [
        f"processmaker_reconciler-{__version__}-py3-none-any.whl",
        f"processmaker_reconciler-{__version__}.tar.gz",
    ]
    assert {name: second[name] == first[name] for name in first} == dict.fromkeys(first, True)


def test_the_source_distribution_builds_the_same_wheel(tmp_path: Path) -> None:
    made = build(copied(tmp_path / "here"))
    (source,) = (name for name in made if name.endswith(".tar.gz"))
    with tarfile.open(tmp_path / "here" / "made" / source) as archive:
        archive.extractall(tmp_path / "there", filter="data")
    (unpacked,) = (tmp_path / "there").iterdir()
    assert {"requirements", "Dockerfile", "tests", "docs", "LICENSE"} <= {path.name for path in unpacked.iterdir()}
    again = build(unpacked, "--target", "wheel")
    (wheel,) = again.values()
    held = zipfile.ZipFile(io.BytesIO(wheel))
    assert "reconciler/schemas/auth-clients.schema.json" in held.namelist()
    assert {name: held.read(f"reconciler/{name}").decode() for name in TEMPLATES} == {
        name: template(name) for name in TEMPLATES
    }
    assert [made[name] == again[name] for name in again] == [True]


def test_the_notes_are_the_section_of_the_version() -> None:
    assert changelog.notes(LOG, "v0.1.0", "0.1.0") == "The first.\n"
    assert changelog.notes(changelog.released(LOG, "0.2.0", "2026-03-04"), "v0.2.0", "0.2.0") == "### Plan\n\n- New.\n"


@pytest.mark.parametrize(
    ("tag", "inside", "said"),
    [
        ("v0.1.1", "0.1.0", "the tag is v0.1.1, and reconciler/__init__.py says 0.1.0; run: make version VERSION=…"),
        ("0.1.0", "0.1.0", "the tag is 0.1.0, and"),
        ("v0.2.0", "0.2.0", "CHANGELOG.md says nothing of 0.2.0; run: make version VERSION=0.2.0"),
    ],
)
def test_a_tag_that_does_not_fit_is_refused(tag: str, inside: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        changelog.notes(LOG, tag, inside)


def test_a_version_gets_a_section_and_leaves_an_empty_one() -> None:
    text = changelog.released(LOG, "0.2.0", "2026-03-04")
    assert "## [Unreleased]\n\n## [0.2.0] - 2026-03-04\n\n### Plan\n" in text
    for again in ("0.2.0", "0.3.0"):
        with pytest.raises(ValueError, match=r"has 0.2.0 already|has nothing below"):
            changelog.released(text, again, "2026-03-05")


@pytest.mark.parametrize("new", ["0.2", "v0.2.0", "0.2.0rc1", "01.2.3", "", "0.0.9"])
def test_a_version_that_is_none_or_older_is_refused(new: str) -> None:
    with pytest.raises(ValueError, match=r"write it as 1\.2\.3|is older than"):
        version.check(new, "0.1.0")


@pytest.mark.parametrize("new", ["0.1.0", "0.1.1", "0.10.0", "1.0.0"])
def test_a_newer_version_is_taken_and_so_is_the_one_of_the_first_release(new: str) -> None:
    version.check(new, "0.1.0")


def test_the_bill_of_materials_has_what_is_locked() -> None:
    lock = (ROOT / "requirements" / "run.txt").read_text(encoding="utf-8")
    found = sbom.document("1.2.3", lock)
    names = [f"{each['name']}=={each['version']}" for each in found["components"]]  # type: ignore[attr-defined]
    assert names == [line.split(" ")[0] for line in lock.splitlines() if re.match(r"[\w.-]+==", line)]
    assert len(names) > 10
    assert found == sbom.document("1.2.3", lock)
    assert json.dumps(found) != json.dumps(sbom.document("1.2.4", lock))
