"""`validate` on the same clients, written in different ways, so that none is tuned for at the cost of another."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.benchmarks.measuring import Figure, Job, floor, measure_together, runs_for
from tests.benchmarks.projects import LAYOUTS, write_project, write_settings
from tests.benchmarks.sizes import command


def measure_layouts(size: int, runs: int) -> list[Figure]:
    """Each layout in one file, and the first of them in a file a client, in the same rounds."""
    with ExitStack() as stack:
        jobs = [
            *(job for each in LAYOUTS for job in _jobs(_folder(stack), size, f"validate, {each} style", each)),
            *_jobs(_folder(stack), size, "validate, a file each", "block", files=True),
        ]
        return measure_together(jobs, runs_for(size, runs))


def _folder(stack: ExitStack) -> Path:
    return Path(stack.enter_context(tempfile.TemporaryDirectory()))


def _jobs(folder: Path, size: int, name: str, layout: str, *, files: bool = False) -> list[Job]:
    write_project(folder, size, layout=layout, files=files)
    write_settings(folder, "https://bench.example.com")
    least = f"{name}: floor"
    return [
        Job(name=name, clients=size, arguments=command(folder, "validate"), floor=least),
        Job(name=least, clients=size, arguments=floor(folder)),
    ]
