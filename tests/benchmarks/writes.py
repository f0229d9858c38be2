"""200 creates with one worker and with eight, against a platform that takes 50 ms for a write.

python -m tests.benchmarks.writes [--creates 200] [--milliseconds 50]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.sandbox.accounts import ADMIN
from reconciler.sandbox.server import running

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def main() -> None:
    """Measure, and print a line for each number of workers."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.writes")
    parser.add_argument("--creates", type=int, default=200)
    parser.add_argument("--milliseconds", type=float, default=50.0)
    chosen = parser.parse_args()
    seconds = {workers: measure(workers, chosen.creates, chosen.milliseconds / 1000) for workers in (1, 8)}
    for workers, taken in seconds.items():
        print(
            f"{chosen.creates} creates, {workers} at once: {taken:.2f} s, {seconds[1] / taken:.1f} times as fast as one"
        )


def measure(workers: int, creates: int, delay: float) -> float:
    """Seconds for the whole process of an apply; the platform waits `delay` seconds before each write."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(folder / "platform.sqlite3", middleware=slow_writes(delay)) as url:
            write_project(folder, url, creates)
            command = [sys.executable, "-m", "reconciler", "apply", "--instance", "bench", "--yes", "--quiet"]
            options = ["--config", str(folder / "reconciler.yaml"), "--parallelism", str(workers)]
            environ = {**os.environ, "BENCH_USER": ADMIN[0], "BENCH_PASSWORD": ADMIN[1]}
            started = time.perf_counter()
            subprocess.run([*command, *options], check=True, env=environ, stdout=subprocess.DEVNULL)
            return time.perf_counter() - started


def slow_writes(delay: float) -> Callable[[WSGIApplication], WSGIApplication]:
    """A middleware that makes every write to a client take longer."""

    def wrap(application: WSGIApplication) -> WSGIApplication:
        def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
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
