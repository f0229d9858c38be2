"""How runs become figures, and figures JSON, a table and a picture. No test asserts a time."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.benchmarks import __main__ as bench
from tests.benchmarks.measuring import Figure, Job, Run, figure, measure_together, once
from tests.benchmarks.picture import draw
from tests.benchmarks.results import as_table, curves, entries, growth

FIELDS = {
    "command", "clients", "at_once", "median_seconds", "least_seconds", "runs", "peak_mebibytes", "requests",
    "floor_seconds", "times_the_floor", "times_ours", "processor_seconds", "processor_times_ours",
    "times_faster_than_one_at_a_time",
}  # fmt: skip
PYTHON = [sys.executable, "-I", "-S", "-c"]


def job(
    name: str, clients: int = 0, *, floor: str | float | None = None, beside: str | None = None, at: int = 0
) -> Job:
    return Job(name=name, arguments=[], clients=clients, floor=floor, beside=beside, workers=at or None)


def took(what: Job, seconds: float) -> Figure:
    return Figure(what, seconds, seconds, 1, 40.0)


FIGURES = [
    took(job("plan", 100, floor="plan: floor"), 0.2),
    took(job("plan: floor", 100), 0.05),
    took(job("decK: diff", 100, beside="plan"), 0.1),
    took(job("plan", 10_000, floor="plan: floor"), 2.0),
    took(job("apply", 200, floor=10.0, at=1), 11.0),
    took(job("apply", 200, floor=1.25, at=8), 2.0),
]


def test_runs_become_a_median_a_least_a_largest_peak_and_the_last_count() -> None:
    found = figure(job("plan"), [Run(3.0, 40.0, 7, 2.0), Run(1.0, 41.0, 3, 0.5), Run(2.5, 39.0, 3, 1.0)])
    assert (found.median, found.least, found.runs, found.mebibytes, found.requests) == (2.5, 1.0, 3, 41.0, 3)
    assert found.processor == 1.0


def test_each_entry_has_its_ratios() -> None:
    found = entries(FIGURES)
    assert all(set(each) == FIELDS for each in found)
    assert [each["times_the_floor"] for each in found] == [4.0, None, None, None, 1.1, 1.6]
    assert [each["times_ours"] for each in found] == [None, None, 0.5, None, None, None]
    assert [each["times_faster_than_one_at_a_time"] for each in found] == [None, None, None, None, 1.0, 5.5]


def test_growth_is_told_of_what_was_measured_at_both_sizes() -> None:
    assert list(growth(FIGURES)) == [{"command": "plan", "from": 100, "to": 10_000, "exponent": 0.5}]


def test_the_table_has_a_line_a_figure_and_the_exponent() -> None:
    table = as_table(FIGURES)
    assert "| plan | 100 |  | 200 ms | 200 ms | 1 | 40 |  | 4.0 |  | 0 ms |  |  |\n" in table
    assert "| apply | 200 | 8 | 2,000 ms | 2,000 ms | 1 | 40 |  | 1.6 |  | 0 ms |  | 5.5 |\n" in table
    assert table.endswith("- plan: time grows with N^0.50 between 100 and 10,000\n")


def test_the_picture_has_a_curve_for_each_tool_that_was_measured() -> None:
    drawn = ET.fromstring(draw(curves(FIGURES)))
    texts = [each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"plan", "the floor", "decK diff"} <= set(texts)
    assert "octoDNS plan" not in texts


def test_a_job_may_have_fewer_runs_than_the_others() -> None:
    many, few = (Job(name=name, arguments=[*PYTHON, "pass"], at_most=most) for name, most in (("a", None), ("b", 1)))
    assert [each.runs for each in measure_together([many, few], 2, warm=False)] == [2, 1]


def test_the_peak_is_of_the_process_and_not_of_who_started_it() -> None:
    """A process that a large one starts has the large one's peak, unless something small stands between."""
    ours = bytearray(b"x" * (128 << 20))
    assert once([*PYTHON, "pass"]).mebibytes < 64
    assert once([*PYTHON, "bytearray(b'x') * (96 << 20)"]).mebibytes > 96
    assert len(ours) > 0


def test_a_run_that_fails_ends_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="exited 3"):
        once([*PYTHON, "raise SystemExit(3)"])


def test_a_part_is_measured_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "results.json"
    chosen = ["--only", "plan", "--only", "start", "--sizes", "10", "--runs", "1", "--output", str(file)]
    monkeypatch.setattr(sys, "argv", ["bench", *chosen])
    bench.main()
    found = json.loads(file.read_text(encoding="utf-8"))
    assert {"date", "reconciler", "python", "machine", "cores", "peers", "load_before", "load_after"} <= set(found)
    assert [(each["command"], each["requests"]) for each in found["figures"]] == [
        ("bare python", None), ("--help", None), ("--version", None), ("plan", 3), ("plan: floor", 1),
    ]  # fmt: skip
    assert found["growth"] == []
    assert {each.name for each in tmp_path.iterdir()} == {"results.json", "results.md", "speed.svg"}
