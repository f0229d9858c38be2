"""`make bench`: whole processes, medians, peak memory and requests, beside the floor of the same run.

python -m tests.benchmarks [--runs 7] [--sizes 10,100,1000,10000] [--output .bench/results.json]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

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


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--sizes", default="10,100,1000,10000")
    parser.add_argument("--output", type=Path, default=Path(".bench/results.json"))
    chosen = parser.parse_args()
    figures = [measure([*RECONCILER, "--help"], 0, chosen.runs, "--help")]
    figures.append(measure([sys.executable, "-c", "pass"], 0, chosen.runs, "bare python"))
    for size in map(int, chosen.sizes.split(",")):
        figures += measure_size(size, chosen.runs)
    print_table(figures)
    chosen.output.parent.mkdir(parents=True, exist_ok=True)
    chosen.output.write_text(json.dumps([asdict(figure) for figure in figures], indent=2) + "\n", encoding="utf-8")
    print(f"\nwritten to {chosen.output}")


def measure_size(size: int, runs: int) -> list[Figure]:
    """`validate` and `plan` with nothing to do on N clients, each with its floor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, size)
        files = ["--config", str(folder / "reconciler.yaml"), "--quiet"]
        floor = [sys.executable, str(HERE / "floor.py"), str(folder / "clients")]
        with serving(folder / "listing.json") as url:
            write_settings(folder, url)
            return [
                measure([*RECONCILER, "validate", *files], size, runs, "validate"),
                measure(floor, size, runs, "validate: floor"),
                measure([*RECONCILER, "plan", *files], size, runs, "plan", url),
                measure([*floor, url.removeprefix("http://")], size, runs, "plan: floor", url),
            ]


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
    """Run a command several times. A run that does not exit 0 ends the benchmark."""
    once(command)  # files into the page cache, bytecode onto the disk
    if url:
        count_requests(url)
    results = [once(command) for _ in range(runs)]
    requests = count_requests(url) // runs if url else None
    seconds = statistics.median(result[0] for result in results)
    return Figure(name, size, seconds, max(result[1] for result in results), requests)


def once(command: list[str]) -> tuple[float, float]:
    """Seconds and peak MiB of one run of a command."""
    environ = {**os.environ, "BENCH_USER": "bench", "BENCH_PASSWORD": "bench"}
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


def print_table(figures: list[Figure]) -> None:
    """A line a figure, with the ratio to the floor, and how cost grows with N."""
    floors = {(f.command.removesuffix(": floor"), f.clients): f.seconds for f in figures if f.command.endswith("floor")}
    print(f"{'command':<18}{'clients':>8}{'ms':>9}{'MiB':>8}{'requests':>10}{'/ floor':>9}")
    for figure in figures:
        floor = floors.get((figure.command, figure.clients))
        ratio = f"{figure.seconds / floor:.1f}" if floor else ""
        requests = "" if figure.requests is None else str(figure.requests)
        print(
            f"{figure.command:<18}{figure.clients:>8}{figure.seconds * 1000:>9.0f}"
            f"{figure.mebibytes:>8.0f}{requests:>10}{ratio:>9}"
        )
    for command in ("validate", "plan"):
        seconds = {figure.clients: figure.seconds for figure in figures if figure.command == command}
        if 100 in seconds and 10_000 in seconds:
            exponent = math.log(seconds[10_000] / seconds[100]) / math.log(100)
            print(f"{command}: time grows with N^{exponent:.2f} between 100 and 10,000")


if __name__ == "__main__":
    main()
