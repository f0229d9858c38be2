"""What runs cost, counted instead of timed: modules, function calls, requests. The same on every machine.

A budget is what a run takes now and a tenth more, so that new work is seen where it is added, and not months later. One
that is exceeded is not wrong: look at what came in (`python -X importtime -m reconciler plan`), and raise the number
only if it is worth its milliseconds to everybody. One that is no longer needed comes down with what saved it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.commands import RUNS, write_differences, write_journals
from tests.benchmarks.projects import write_project, write_settings
from tests.benchmarks.serving import count_requests, serving
from tests.cli.projects import SECONDS

_RUN = """
import json, sys
calls = 0
def count(frame, event, _):
    global calls
    calls += event == "call"
from reconciler.cli.main import main
if "-c" in sys.argv:
    main(sys.argv[1:])  # whatever is imported or compiled at first use is counted by its modules
    sys.setprofile(count)
code = main(sys.argv[1:])
sys.setprofile(None)
modules = [name for name in sys.modules]
ours = [name for name in modules if name.partition(".")[0] == "reconciler"]
print(json.dumps({"code": code, "calls": calls, "modules": len(modules), "ours": len(ours)}), file=sys.__stderr__)
"""

Cost = dict[str, int]


def cost(*arguments: str | Path) -> Cost:
    """What a command imports, and how many Python functions it calls when it runs once more in the same process."""
    run = [sys.executable, "-c", _RUN, *map(str, arguments)]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=SECONDS, check=True)
    found: Cost = json.loads(ended.stderr.splitlines()[-1])
    assert found["code"] == 0, ended.stderr
    return found


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, str]]:
    """Projects of 100 and 400 clients, in sync with a platform that answers at once; journals of as many changes."""
    few, many = tmp_path_factory.mktemp("few"), tmp_path_factory.mktemp("many")
    for folder, number in ((few, 100), (many, 400)):
        write_project(folder, number)
        write_journals(folder / ".reconciler" / "journal", number // RUNS)
    with serving(few / "listing.json") as first, serving(many / "listing.json") as second:
        write_settings(few, first)
        write_settings(many, second)
        yield few, many, first


@pytest.fixture(scope="module")
def different(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path]]:
    """Projects of 100 and 400 clients, each of which differs from what is live."""
    few, many = tmp_path_factory.mktemp("few"), tmp_path_factory.mktemp("many")
    for folder, number in ((few, 100), (many, 400)):
        write_project(folder, number)
        write_differences(folder / "listing.json")
    with serving(few / "listing.json") as first, serving(many / "listing.json") as second:
        write_settings(few, first)
        write_settings(many, second)
        yield few, many


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_USER", "bench")
    monkeypatch.setenv("BENCH_PASSWORD", "bench")


MODULES = {"--help": 11, "validate": 88, "plan": 166}
"""The most modules of our own that a command may import, packages counted."""


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_command_stays_within_its_budget_of_modules(command: str, bench: tuple[Path, Path, str]) -> None:
    found = cost(command, "--quiet", "-c", bench[0] / "reconciler.yaml")
    assert found["ours"] <= MODULES[command]


def test_the_help_stays_within_its_budget_of_modules() -> None:
    assert cost("--help")["ours"] <= MODULES["--help"]


CALLS = {"validate": 40, "plan": 72, "export": 172, "fmt --check": 221, "history": 238}
"""The most Python functions that one more client may call; in a history, one more change."""


@pytest.mark.parametrize("command", CALLS)
def test_a_client_stays_within_its_budget_of_calls(command: str, bench: tuple[Path, Path, str]) -> None:
    """Also says that cost grows no faster than the number of clients."""
    few, many = (cost(*command.split(), "--quiet", "-c", each / "reconciler.yaml")["calls"] for each in bench[:2])
    assert (many - few) / 300 <= CALLS[command]


UPDATES = {"as text": 219, "with four reports": 583}
"""The same for one more client that differs from what is live."""
REPORTS = {"as text": (), "with four reports": ("md", "html", "sarif", "json")}


@pytest.mark.parametrize("how", UPDATES)
def test_an_update_stays_within_its_budget_of_calls(how: str, different: tuple[Path, Path], tmp_path: Path) -> None:
    reports = [part for suffix in REPORTS[how] for part in ("--report", tmp_path / f"report.{suffix}")]
    few, many = (
        cost("plan", "--quiet", "-c", each / "reconciler.yaml", "--max-updates", "400", *reports)["calls"]
        for each in different
    )
    assert (many - few) / 300 <= UPDATES[how]


def test_a_plan_of_many_clients_makes_three_requests(bench: tuple[Path, Path, str]) -> None:
    few, _, url = bench
    count_requests(url)
    cost("plan", "--quiet", "-c", few / "reconciler.yaml")
    assert count_requests(url) == 2 * 3  # `cost` runs it twice
