"""Whole processes, measured in rounds: what is compared runs by turns, so that ratios hold on a busy machine."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.serving import HERE, count_requests

RECONCILER = [sys.executable, "-m", "reconciler"]
ACCOUNT = {"BENCH_USER": "bench", "BENCH_PASSWORD": "bench"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A command to measure, and what it is compared with."""

    name: str
    arguments: list[str]
    clients: int = 0
    workers: int | None = None
    """How many requests it may have under way at once, where that is varied."""
    url: str | None = None
    """The server that counts its requests."""
    bundle: Path | None = None
    """The authorities by which that server's certificate is checked."""
    floor: str | float | None = None
    """What the same work takes at least: the name of a job with as many clients, or seconds where that is known."""
    beside: str | None = None
    """For another tool: the name of our job for the same work."""
    at_most: int | None = None
    """Fewer runs than the others have, and none to warm up, for one that takes long."""


class Run(NamedTuple):
    """What one run took."""

    seconds: float
    mebibytes: float
    """The peak of resident memory."""
    requests: int | None = None
    processor: float = 0.0
    """The seconds that a processor worked for it, by itself and by the kernel: the rest is waiting."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What a job took, over all its runs."""

    job: Job
    median: float
    """In seconds, of the whole process."""
    least: float
    """The fastest of the runs, in seconds: what is left when the machine does nothing else."""
    runs: int
    mebibytes: float
    """The peak of resident memory, largest of the runs."""
    requests: int | None = None
    processor: float = 0.0
    """The median of the processor's seconds."""


def floor(folder: Path, *urls: str, bundle: Path | None = None) -> list[str]:
    """The command of what reading a folder and asking these instances takes at least."""
    return [sys.executable, str(HERE / "floor.py"), str(folder / "clients"), str(bundle or ""), *urls]


def runs_for(size: int, runs: int) -> int:
    """Fewer where one takes seconds: the noise is a smaller part of it."""
    return runs if size <= 1_000 else max(2, runs * 2 // 3) if size <= 10_000 else max(1, runs // 4)


def measure_together(jobs: Sequence[Job], runs: int, *, warm: bool = True) -> list[Figure]:
    """Run every job once a round: whatever else the machine does falls on all of them, and ratios stay true."""
    if warm:
        for job in (each for each in jobs if each.at_most is None):
            once(job.arguments)  # files into the page cache, bytecode onto the disk
    found: list[list[Run]] = [[] for _ in jobs]
    for number in range(runs):
        for job, so_far in zip(jobs, found, strict=True):
            if job.at_most is None or number < job.at_most:
                so_far.append(_counted(job))
    return [figure(job, each) for job, each in zip(jobs, found, strict=True)]


def _counted(job: Job) -> Run:
    if job.url is None:
        return once(job.arguments)
    count_requests(job.url, job.bundle)
    return once(job.arguments)._replace(requests=count_requests(job.url, job.bundle))


def figure(job: Job, runs: Sequence[Run]) -> Figure:
    """What several runs of a job come to."""
    seconds = [run.seconds for run in runs]
    peak = max(run.mebibytes for run in runs)
    processor = statistics.median(run.processor for run in runs)
    return Figure(job, statistics.median(seconds), min(seconds), len(runs), peak, runs[-1].requests, processor)


def once(command: Sequence[str], **environ: str) -> Run:
    """One run of a command. One that does not exit 0 ends the benchmark."""
    launcher = [sys.executable, "-I", "-S", str(HERE / "launcher.py")]
    environment = {**os.environ, **ACCOUNT, **environ}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs a package has its bytecode
    said = subprocess.run([*launcher, *command], stdout=subprocess.PIPE, env=environment, check=True).stdout
    seconds, processor, kibibytes, code = said.split()
    if code != b"0":
        sys.exit(f"{' '.join(command)} exited {int(code)}")
    return Run(float(seconds), int(kibibytes) / 1024, None, float(processor))
