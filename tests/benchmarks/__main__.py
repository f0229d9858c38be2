"""`make bench`: whole processes, medians, peak memory and requests, beside the floor of the same run.

python -m tests.benchmarks [--runs 9] [--sizes 10,100,1000,10000,100000] [--output .bench/results.json]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform as host
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.benchmarks import peers as octodns
from tests.benchmarks.picture import draw
from tests.benchmarks.projects import write_project, write_settings

HERE = Path(__file__).parent
RECONCILER = [sys.executable, "-m", "reconciler"]


@dataclass(frozen=True, slots=True)
class Figure:
    """What one command took."""

    command: str
    clients: int
    seconds: float
    """The median of the runs, whole process."""
    mebibytes: float
    """The peak of resident memory, largest of the runs."""
    requests: int | None = None
    least: float = 0.0
    """The fastest of the runs, in seconds: what is left when the machine does nothing else."""


@dataclass(frozen=True, slots=True)
class Job:
    """A command to measure."""

    name: str
    clients: int
    command: list[str]
    url: str | None = None
    """The platform that counts its requests."""


def main() -> None:
    """Measure, print a table in Markdown, write JSON and a picture."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--sizes", default="10,100,1000,10000,100000")
    parser.add_argument("--output", type=Path, default=Path(".bench/results.json"))
    parser.add_argument("--picture", type=Path, default=Path("docs/images/speed.svg"))
    chosen = parser.parse_args()
    sizes = list(map(int, chosen.sizes.split(",")))
    figures = measure_fixed(chosen.runs)
    # The largest last: a process that was started counts as its own the memory of the one that started it.
    figures += measure_many_files(max(each for each in sizes if each <= 10_000), runs_for(10_000, chosen.runs))
    for size in sizes:
        figures += measure_size(size, runs_for(size, chosen.runs))
    table = as_table(figures)
    print(table)
    results = {"python": platform_name(), "load": os.getloadavg(), "figures": [asdict(figure) for figure in figures]}
    for file, text in (
        (chosen.output, json.dumps(results, indent=2) + "\n"),
        (chosen.output.with_suffix(".md"), table),
        (chosen.picture, draw(curves(figures))),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(f"written to {file}")


def runs_for(size: int, runs: int) -> int:
    """Fewer where one takes seconds: the noise is a smaller part of it."""
    return runs if size <= 1_000 else max(3, runs * 2 // 3) if size <= 10_000 else max(1, runs // 4)


def platform_name() -> str:
    """The interpreter and the machine, without its name."""
    return f"{host.python_implementation()} {host.python_version()}, {host.machine()}, {os.cpu_count()} cores"


def measure_fixed(runs: int) -> list[Figure]:
    """What starting takes."""
    jobs = [
        Job("bare python", 0, [sys.executable, "-c", "pass"]),
        Job("--help", 0, [*RECONCILER, "--help"]),
        Job("--version", 0, [*RECONCILER, "--version"]),
    ]
    return measure_together(jobs, runs)


def measure_size(size: int, runs: int) -> list[Figure]:
    """`validate` and `plan` with nothing to do on N clients, each with its floor, and a peer's plan."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, size)
        files = ["--config", str(folder / "reconciler.yaml"), "--quiet"]
        floor = [sys.executable, str(HERE / "floor.py"), str(folder / "clients")]
        peer = octodns.installed() if size <= 10_000 else None
        with serving(folder / "listing.json") as url:
            write_settings(folder, url)
            jobs = [
                Job("validate", size, [*RECONCILER, "validate", *files]),
                Job("validate: floor", size, floor),
                Job("plan", size, [*RECONCILER, "plan", *files], url),
                Job("plan: floor", size, [*floor, url.removeprefix("http://")], url),
            ]
            slow = [Job("octoDNS: plan", size, [str(peer), *octodns.write_zone(folder / "zone", size)])] if peer else []
            return [*measure_together(jobs, runs), *measure_together(slow, runs if size < 10_000 else 2)]


def measure_many_files(size: int, runs: int) -> list[Figure]:
    """`validate` where every client has a file of its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, size, files=True)
        write_settings(folder, "https://bench.example.com")
        files = ["--config", str(folder / "reconciler.yaml"), "--quiet"]
        floor = [sys.executable, str(HERE / "floor.py"), str(folder / "clients")]
        jobs = [
            Job("validate, a file each", size, [*RECONCILER, "validate", *files]),
            Job("validate, a file each: floor", size, floor),
        ]
        return measure_together(jobs, runs)


def measure_together(jobs: Sequence[Job], runs: int) -> list[Figure]:
    """Run every job once a round: whatever else the machine does falls on all of them, and ratios stay true."""
    for job in jobs:
        once(job.command)  # files into the page cache, bytecode onto the disk
    results: list[list[tuple[float, float]]] = [[] for _ in jobs]
    requests = [0] * len(jobs)
    for _ in range(runs):
        for number, job in enumerate(jobs):
            if job.url:
                count_requests(job.url)
            results[number].append(once(job.command))
            requests[number] = count_requests(job.url) if job.url else 0
    return [_figure(job, found, asked) for job, found, asked in zip(jobs, results, requests, strict=True)]


def _figure(job: Job, results: Sequence[tuple[float, float]], requests: int) -> Figure:
    seconds = [result[0] for result in results]
    peak = max(result[1] for result in results)
    return Figure(job.name, job.clients, statistics.median(seconds), peak, requests if job.url else None, min(seconds))


@contextmanager
def serving(listing: Path, milliseconds: int = 0) -> Iterator[str]:
    """The platform in a process of its own, which takes so long for a request; its URL."""
    arguments = [sys.executable, str(HERE / "platform.py"), str(listing), str(milliseconds)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def measure(command: list[str], size: int, runs: int, name: str, url: str | None = None) -> Figure:
    """Run one command several times. A run that does not exit 0 ends the benchmark."""
    return measure_together([Job(name, size, command, url)], runs)[0]


def once(command: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of one run of a command."""
    environ = {**os.environ, "BENCH_USER": "bench", "BENCH_PASSWORD": "bench"}
    environ.pop("PYTHONDONTWRITEBYTECODE", None)  # who installs a package has its bytecode
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environ)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(command)} exited {process.returncode}")
    return seconds, usage.ru_maxrss / 1024


def count_requests(url: str) -> int:
    """How many requests the platform had since this was last asked."""
    with urllib.request.urlopen(f"{url}/count") as answer:
        return int(answer.read())


def as_table(figures: Sequence[Figure]) -> str:
    """A line a figure in Markdown, with the ratio to the floor, and how cost grows with N."""
    floors = {(f.command.removesuffix(": floor"), f.clients): f.seconds for f in figures if f.command.endswith("floor")}
    lines = ["| command | clients | median | least | MiB | requests | / floor |", "|---|---|---|---|---|---|---|"]
    for figure in figures:
        floor = floors.get((figure.command, figure.clients))
        cells = (
            figure.command,
            f"{figure.clients:,}" if figure.clients else "",
            f"{figure.seconds * 1000:.0f} ms",
            f"{figure.least * 1000:.0f} ms",
            f"{figure.mebibytes:.0f}",
            "" if figure.requests is None else str(figure.requests),
            f"{figure.seconds / floor:.1f}" if floor else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", *growth(figures)]) + "\n"


def growth(figures: Sequence[Figure]) -> Iterator[str]:
    """The exponents between two sizes: 1 is linear, less is what starting takes."""
    for command in ("validate", "plan", "plan: floor", "octoDNS: plan"):
        seconds = {figure.clients: figure.seconds for figure in figures if figure.command == command}
        for few, many in ((100, 10_000), (10_000, 100_000)):
            if few in seconds and many in seconds:
                exponent = math.log(seconds[many] / seconds[few]) / math.log(many / few)
                yield f"{command}: time grows with N^{exponent:.2f} between {few:,} and {many:,}"


def curves(figures: Sequence[Figure]) -> dict[str, dict[int, float]]:
    """What the picture shows."""
    shown = {"plan": "plan", "plan: floor": "the floor", "validate": "validate", "octoDNS: plan": "octoDNS plan"}
    return {
        label: {each.clients: each.seconds for each in figures if each.command == command}
        for command, label in shown.items()
    }


if __name__ == "__main__":
    main()
