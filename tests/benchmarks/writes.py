"""200 creates with one worker and with eight, against a platform that takes 50 ms for a write.

python -m tests.benchmarks.writes [--creates 200] [--milliseconds 50] [--runs 3]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.sandbox.accounts import ADMIN
from reconciler.sandbox.serve import running
from tests.benchmarks.measuring import RECONCILER, Figure, Job, Run, figure, once
from tests.benchmarks.results import as_table

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WORKERS = (1, 8)


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.writes")
    parser.add_argument("--creates", type=int, default=200)
    parser.add_argument("--milliseconds", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    print(as_table(measure_writes(chosen.creates, chosen.runs, milliseconds=chosen.milliseconds)))


def measure_writes(creates: int, runs: int, *, milliseconds: int = 50) -> list[Figure]:
    """The same creates with each number of workers, by turns."""
    found: dict[int, list[Run]] = {workers: [] for workers in WORKERS}
    for _ in range(runs):
        for workers, so_far in found.items():
            so_far.append(apply(workers, creates, milliseconds / 1000))
    name = f"apply, {creates} creates, {milliseconds} ms a write"
    waiting = creates * milliseconds / 1000
    return [
        figure(Job(name=name, arguments=[], clients=creates, workers=workers, floor=waiting / workers), each)
        for workers, each in found.items()
    ]


def apply(workers: int, creates: int, delay: float) -> Run:
    """One apply, on a platform of its own that waits `delay` seconds before each write."""
    asked: list[str] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(folder / "platform.sqlite3", middleware=slow_writes(delay, asked)) as url:
            write_project(folder, url, creates)
            files = ["--config", str(folder / "reconciler.yaml"), "--quiet"]
            options = ["--instance", "bench", "--yes", "--parallelism", str(workers), *files]
            run = once([*RECONCILER, "apply", *options], BENCH_USER=ADMIN[0], BENCH_PASSWORD=ADMIN[1])
    return run._replace(requests=len(asked))


def slow_writes(delay: float, asked: list[str]) -> Callable[[WSGIApplication], WSGIApplication]:
    """A middleware that makes every write to a client take longer, and adds each request's path to `asked`."""

    def wrap(application: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            asked.append(environ["PATH_INFO"])
            if environ["PATH_INFO"].startswith("/oauth/clients") and environ["REQUEST_METHOD"] != "GET":
                time.sleep(delay)
            return application(environ, start_response)

        return answer

    return wrap


def write_project(folder: Path, url: str, creates: int) -> None:
    """A project that declares so many new clients."""
    (folder / "clients").mkdir()
    entries = "".join(f"  - name: New application {each}\n    grants: {{password: true}}\n" for each in range(creates))
    (folder / "clients" / "all.yaml").write_text("clients:\n" + entries, encoding="utf-8")
    (folder / "reconciler.yaml").write_text(
        f"instances:\n  bench:\n    url: {url}\n    limits: {{creates: {creates}}}\n"
        "    credentials: {username_env: BENCH_USER, password_env: BENCH_PASSWORD}\n"
        "rules:\n  password-without-justification: {severity: off}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
