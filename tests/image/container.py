"""Build the image of the Dockerfile, and run it as strictly as Kubernetes can: without an engine for containers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests.cli.projects import SECONDS
from tests.repository.tracked import ROOT

PROGRAMS = ("buildah", "debootstrap", "unshare", "mount", "chroot")
BUILDING = 1800
"""Seconds."""
SUITE = "bookworm"
"""The release of Debian whose git is the oldest that the program takes."""
_TRUSTED = Path("/etc/ssl/certs/ca-certificates.crt")
_MEMORY = Path("/dev/shm")
_ROOM = 3_000_000_000
"""Bytes."""

# A new file system tree, read-only but for /tmp; the program is process 1 and has no capability.
_START = """
set -e
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmp "$root/tmp"
mount --bind "$work" "$root/work"
mount -o remount,bind,ro "$root/work"
user=$1
shift
exec chroot --userspec="$user:$user" --groups= "$root" /usr/bin/env -i --chdir=/work "$@"
"""


def missing() -> str:
    """What this machine lacks to build an image; empty if nothing."""
    lacking = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.geteuid() != 0:
        lacking.append("the user root, for debootstrap and mount")
    elif not lacking and not _may_isolate():
        lacking.append("the permission to make namespaces, for unshare and buildah")
    return ", ".join(lacking)


def _may_isolate() -> bool:
    line = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", "mount -t tmpfs none /mnt"]
    return subprocess.run(line, capture_output=True, timeout=SECONDS, check=False).returncode == 0


@dataclass(frozen=True)
class Image:
    """An image as a folder, and the one that it is built on."""

    root: Path
    base: Path
    config: Mapping[str, Any]

    def line(self, user: int, work: Path, *words: str, **variables: str) -> list[str]:
        """The command line of a run by this user, in a project that is mounted on its working directory."""
        environment = [*self.config["Env"], *(f"{name}={value}" for name, value in variables.items())]
        script = f"root={self.root}\nwork={work}\n{_START}"
        alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return [*alone, "sh", "-c", script, "sh", str(user), *environment, *self.config["Entrypoint"], *words]

    def run(self, user: int, work: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A run to its end."""
        line = self.line(user, work, *words, **variables)
        return subprocess.run(line, capture_output=True, text=True, timeout=SECONDS, check=False)


@contextmanager
def built() -> Iterator[Image]:
    """Build the image on a fresh Debian, where there is room: in memory if there is enough of it."""
    roomy = _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free > _ROOM
    with TemporaryDirectory(dir=_MEMORY if roomy else None) as folder:
        yield _build(Path(folder))


def _build(folder: Path) -> Image:
    base = _debian(folder / "base")
    buildah = [
        "buildah",
        "--root",
        str(folder / "storage"),
        "--runroot",
        str(folder / "run"),
        "--storage-driver",
        "vfs",
    ]

    def run(*words: str | Path) -> str:
        return _printed([*buildah, *map(str, words)])

    container = run("from", "scratch")
    run("add", "--quiet", container, base, "/")
    run("commit", "--quiet", "--rm", container, "base")
    arguments = {"BASE": "localhost/base", "VERSION": "1.2.3", "REVISION": "0123456"}
    flags = [word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")]
    run("build", "--quiet", "--isolation", "chroot", "--pull-never", *flags, "--tag", "built", ROOT)
    config = json.loads(run("inspect", "--type", "image", "localhost/built"))["OCIv1"]["config"]
    return Image(Path(run("mount", run("from", "--pull-never", "localhost/built"))), base, config)


def _debian(folder: Path) -> Path:
    """A small Debian with Python, which trusts the certificates that this machine trusts.

    Skips the test where no mirror can be reached, unless IMAGE_TEST is `required`.
    """
    line = ["debootstrap", "--variant=minbase", "--include=ca-certificates,python3-venv", SUITE, str(folder)]
    try:
        _printed(line)
    except AssertionError as problem:
        if os.environ.get("IMAGE_TEST") == "required":
            raise
        pytest.skip(f"debootstrap cannot make a Debian here: {str(problem).splitlines()[-1]}")
    for archive in (folder / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    if _TRUSTED.exists():
        shutil.copy(_TRUSTED, folder / _TRUSTED.relative_to("/"))
        (folder / "etc/pip.conf").write_text(f"[global]\ncert = {_TRUSTED}\n")
    return folder


def _printed(line: list[str]) -> str:
    ended = subprocess.run(line, capture_output=True, text=True, timeout=BUILDING, check=False)
    assert ended.returncode == 0, f"{' '.join(line)}\n{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}"
    return ended.stdout.strip()


def size(folder: Path) -> int:
    """The bytes of all files below a folder, each once."""
    files: dict[int, int] = {}
    for parent, _, names in os.walk(folder):
        for name in names:
            found = os.lstat(os.path.join(parent, name))
            files[found.st_ino] = found.st_size
    return sum(files.values())
