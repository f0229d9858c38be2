"""`plan --all` for 200 instances of 50 clients, all served by one other process: 1, 8 and 32 workers.

python -m tests.benchmarks.fleet [--instances 200] [--clients 50] [--runs 5] [--milliseconds 0,50]

Afterwards the same with 5 instances down and 3 with wrong credentials: the other plans must be right, and the summary
must tell of the eight. The process exits 1 if they are not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.__main__ import RECONCILER, Figure, measure, serving
from tests.benchmarks.projects import write_project

WORKERS = (1, 8, 32)
DOWN, WRONG = 5, 3
NOBODY = "http://127.0.0.1:9"
"""The discard port, where nothing listens."""


def main() -> None:
    """Measure, print a line for each number of workers, then look at a fleet with faults."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.fleet")
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--milliseconds", default="0,50")
    chosen = parser.parse_args()
    os.environ.update(BENCH_USER="bench", BENCH_PASSWORD="bench", BENCH_WRONG="wrong")
    for milliseconds in map(int, chosen.milliseconds.split(",")):
        with project(chosen.clients, milliseconds) as (folder, url):
            write_fleet(folder, url, chosen.instances)
            for workers in WORKERS:
                show(measure_workers(folder, url, workers, chosen.runs), chosen.instances, milliseconds)
    with project(chosen.clients, 0) as (folder, url):
        write_fleet(folder, url, chosen.instances, down=DOWN, wrong=WRONG)
        sys.exit(judge(folder, chosen.instances))


@contextmanager
def project(clients: int, milliseconds: int) -> Iterator[tuple[Path, str]]:
    """A project of so many clients, and the platform that lists them for every instance."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, clients)
        with serving(folder / "listing.json", milliseconds) as url:
            yield folder, url


def write_fleet(folder: Path, url: str, instances: int, *, down: int = 0, wrong: int = 0) -> None:
    """Settings with so many instances; the first are down, the next have wrong credentials."""
    good = {"username_env": "BENCH_USER", "password_env": "BENCH_PASSWORD"}
    bad = {"username_env": "BENCH_USER", "password_env": "BENCH_WRONG"}
    fleet = {
        f"i{number:03}": {
            "url": f"{NOBODY if number < down else url}/i{number:03}",
            "credentials": bad if down <= number < down + wrong else good,
            "timeout": 2 if number < down else 30,
        }
        for number in range(instances)
    }
    document = {"variables": {"host": "app.example.com"}, "instances": fleet}
    (folder / "reconciler.yaml").write_text(json.dumps(document), encoding="utf-8")


def measure_workers(folder: Path, url: str, workers: int, runs: int) -> Figure:
    """`plan --all` as a whole process."""
    return measure(command(folder, workers), workers, runs, "plan --all", url)


def command(folder: Path, workers: int) -> list[str]:
    """The plan of the whole fleet."""
    files = ["--config", str(folder / "reconciler.yaml"), "--quiet"]
    return [*RECONCILER, "plan", "--all", "--parallelism", str(workers), *files]


def show(figure: Figure, instances: int, milliseconds: int) -> None:
    """One line."""
    print(
        f"plan --all, {instances} instances, {milliseconds} ms a request, {figure.clients} at once: "
        f"{figure.seconds:.2f} s, {figure.mebibytes:.0f} MiB, {figure.requests} requests",
        flush=True,
    )


def judge(folder: Path, instances: int) -> int:
    """Plan the fleet with its faults; 0 if every plan that can be right is, and the summary tells of the others."""
    ended = subprocess.run([*command(folder, 8), "--format", "json"], capture_output=True, text=True, check=False)
    summary: Mapping[str, int] = json.loads(ended.stdout)["summary"]
    expected = {"instances": instances, "in_sync": instances - DOWN - WRONG, "failed": DOWN, "login_refused": WRONG}
    found = {key: number for key, number in summary.items() if number}
    print(f"{DOWN} down, {WRONG} with wrong credentials: {found}, exit {ended.returncode}")
    return 0 if found == expected and ended.returncode == 6 else 1


if __name__ == "__main__":
    main()
