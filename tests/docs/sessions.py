"""The console sessions about JSON in docs/reference/formats.md, run against the embedded sandbox. `make docs` writes
what they print; a test compares."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "formats.md"

_HEADING = "\n## JSON output\n"

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)

_CREATED = re.compile(r"created \d{4}-\d\d-\d\d")
"""The day on which a client of the fresh sandbox was made: today."""

DRAFT = """clients:
  - name: Customer portal
    owner: team-portal
    grants:
      authorization_code:
        redirect_url: http://portal.example.com/callback
"""


def has_jq() -> bool:
    """Whether the sessions can be run on this machine."""
    return shutil.which("jq") is not None


def replayed(page: str) -> str:
    """The page with what its commands print now, all of them run in order in one fresh project."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        _begin(project)
        before, heading, section = page.partition(_HEADING)
        section, following, rest = section.partition("\n## ")
        played = _BLOCK.sub(lambda block: f"```console\n{''.join(_transcript(block[1], project))}```", section)
        return "".join((before, heading, played, following, rest))


def _begin(project: Path) -> None:
    """The example declarations, an instance as it was before them, and a draft with a mistake."""
    shutil.copy(ROOT / "reconciler.yaml", project)
    shutil.copytree(ROOT / "clients", project / "clients")
    shutil.copytree(ROOT / "docs" / "demo" / "yesterday", project / "yesterday")
    (project / "drafts").mkdir()
    (project / "drafts" / "portal.yaml").write_text(DRAFT)
    # One after the other, so that each always gets the same id.
    for number, entry in enumerate(_entries(project / "yesterday" / "clients.yaml")):
        (project / f"yesterday-{number}").mkdir()
        (project / f"yesterday-{number}" / "clients.yaml").write_text(f"clients:\n{entry}")
        _run(f"reconciler apply --clients yesterday-{number} --instance sandbox --yes", project, must_succeed=True)


def _entries(file: Path) -> list[str]:
    return re.findall(r"^  - name: .*\n(?:(?!  - ).*\n)*", file.read_text(encoding="utf-8"), re.MULTILINE)


def _transcript(block: str, project: Path) -> Iterator[str]:
    for command in re.findall(r"^\$ (.*(?:\n>.*)*)", block, re.MULTILINE):
        yield f"$ {command}\n"
        yield _run(command.replace("\n>", "\n"), project)


def _run(command: str, project: Path, *, must_succeed: bool = False) -> str:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RECONCILER_")}
    path = os.pathsep.join((str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)))
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=project,
        env={**inherited, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=must_succeed,
    )
    return _CREATED.sub("created 2026-03-01", done.stdout)


def write() -> None:
    """Write the page anew."""
    PAGE.write_text(replayed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
