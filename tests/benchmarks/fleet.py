"""`plan --all` for 200 instances of 50 clients, all served by one other process: 1, 8 and 32 workers.

python -m tests.benchmarks.fleet [--instances 200] [--clients 50] [--runs 3] [--milliseconds 0,50]

First the same with 5 instances down and 3 with wrong credentials: the other plans must be right, and the summary must
tell of the eight. The benchmark ends there if they are not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.measuring import ACCOUNT, RECONCILER, Figure, Job, floor, measure_together
from tests.benchmarks.projects import write_project
from tests.benchmarks.results import as_table
from tests.benchmarks.serving import serving

WORKERS = (1, 8, 32)
DOWN, WRONG = 5, 3
NOBODY = "http://127.0.0.1:9"
"""The discard port, where nothing listens."""
REQUESTS = 3
"""Of a plan: log in, list, log out."""


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.fleet")
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--milliseconds", default="0,50")
    chosen = parser.parse_args()
    waits = list(map(int, chosen.milliseconds.split(",")))
    print(as_table(measure_fleet(chosen.instances, chosen.runs, clients=chosen.clients, milliseconds=waits)))


def measure_fleet(
    instances: int, runs: int, *, clients: int = 50, milliseconds: Sequence[int] = (0, 50)
) -> list[Figure]:
    """A fleet with faults must be planned right; then one without is measured, on servers as slow as given."""
    with project(clients, 0) as (folder, url):
        write_fleet(folder, url, instances, down=DOWN, wrong=WRONG)
        judge(folder, instances)
    return [each for wait in milliseconds for each in _measure(instances, clients, wait, runs)]


def _measure(instances: int, clients: int, milliseconds: int, runs: int) -> list[Figure]:
    with project(clients, milliseconds) as (folder, url):
        fleet = write_fleet(folder, url, instances)
        name, number = f"plan --all, {instances} instances, {milliseconds} ms a request", instances * clients
        least = Job(name=f"{name}: floor", clients=number, arguments=floor(folder, *fleet), url=url)
        waiting = REQUESTS * instances * milliseconds / 1000
        jobs = [
            Job(
                name=name,
                clients=number,
                workers=workers,
                arguments=command(folder, workers),
                url=url,
                floor=waiting / workers or least.name,
            )
            for workers in WORKERS
        ]
        if milliseconds:  # nothing but sleep, half a minute of it: no other noise, and no second warming up
            return measure_together(jobs, max(1, runs // 3), warm=False)
        return measure_together([*jobs, least], runs)


@contextmanager
def project(clients: int, milliseconds: int) -> Iterator[tuple[Path, str]]:
    """A project of so many clients, and the platform that lists them for every instance."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder, clients)
        with serving(folder / "listing.json", milliseconds) as url:
            yield folder, url


def write_fleet(folder: Path, url: str, instances: int, *, down: int = 0, wrong: int = 0) -> list[str]:
    """Settings with so many instances; the first are down, the next have wrong credentials. Returns their URLs."""
    good = {"username_env": "BENCH_USER", "password_env": "BENCH_PASSWORD"}
    bad = {"username_env": "BENCH_USER", "password_env": "BENCH_WRONG"}
    urls = [f"{NOBODY if number < down else url}/i{number:03}" for number in range(instances)]
    fleet = {
        f"i{number:03}": {
            "url": each,
            "credentials": bad if down <= number < down + wrong else good,
            "timeout": 2 if number < down else 30,
        }
        for number, each in enumerate(urls)
    }
    document = {"variables": {"host": "app.example.com"}, "instances": fleet}
    (folder / "reconciler.yaml").write_text(json.dumps(document), encoding="utf-8")
    return urls


def command(folder: Path, workers: int) -> list[str]:
    """The plan of the whole fleet."""
    files = ["--config", str(folder / "reconciler.yaml"), "--quiet"]
    return [*RECONCILER, "plan", "--all", "--parallelism", str(workers), *files]


def judge(folder: Path, instances: int) -> None:
    """Plan the fleet with its faults. Ends the benchmark unless the others are right and the summary tells of these."""
    run = [*command(folder, 8), "--format", "json"]
    environ = {**os.environ, **ACCOUNT, "BENCH_WRONG": "wrong"}
    ended = subprocess.run(run, capture_output=True, text=True, check=False, env=environ)
    summary: Mapping[str, int] = json.loads(ended.stdout)["summary"]
    expected = {"instances": instances, "in_sync": instances - DOWN - WRONG, "failed": DOWN, "login_refused": WRONG}
    found = {key: number for key, number in summary.items() if number}
    if found != expected or ended.returncode != 6:
        sys.exit(f"{DOWN} down, {WRONG} with wrong credentials: {found}, exit {ended.returncode}")


if __name__ == "__main__":
    main()
