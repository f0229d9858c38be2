"""The servers that a benchmark talks to, each in a process of its own, and how many requests they had."""

from __future__ import annotations

import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


@contextmanager
def serving(listing: Path, milliseconds: int = 0, certificate: Path | None = None) -> Iterator[str]:
    """The platform, which takes so long for a request, by https if it has a certificate (a PEM file); its URL."""
    arguments = [str(listing.resolve()), str(milliseconds), *([str(certificate.resolve())] if certificate else [])]
    with running("platform", *arguments) as url:
        yield url


@contextmanager
def running(module: str, *arguments: str) -> Iterator[str]:
    """A module of this folder that prints its URL and then serves until it is ended."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1]) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def count_requests(url: str, bundle: Path | None = None) -> int:
    """How many requests a server had since this was last asked."""
    context = ssl.create_default_context(cafile=bundle) if bundle else None
    with urllib.request.urlopen(f"{url}/count", context=context) as answer:
        return int(answer.read())
