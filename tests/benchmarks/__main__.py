"""`make bench`: whole processes, medians, peak memory and requests, beside the floor and other tools in the same run.

python -m tests.benchmarks [--quick] [--only PART]... [--runs 9] [--sizes 10,100] [--output .bench/results.json]
"""

from __future__ import annotations

import argparse
import os
import platform as host
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from reconciler import __version__
from tests.benchmarks.commands import measure_commands
from tests.benchmarks.extent import QUICK, WHOLE, Extent
from tests.benchmarks.fleet import measure_fleet
from tests.benchmarks.https import measure_https
from tests.benchmarks.layouts import measure_layouts
from tests.benchmarks.measuring import Figure
from tests.benchmarks.peers import versions
from tests.benchmarks.picture import draw
from tests.benchmarks.results import as_json, as_table, curves, title
from tests.benchmarks.sizes import PARTS as SIZED
from tests.benchmarks.sizes import measure_size, measure_start, measure_waiting
from tests.benchmarks.writes import measure_writes

OTHERS: dict[str, Callable[[Extent], list[Figure]]] = {
    "start": lambda extent: measure_start(extent.runs),
    "layouts": lambda extent: measure_layouts(extent.layout, extent.runs),
    "https": lambda extent: [each for size in extent.https for each in measure_https(size, extent.runs)],
    "commands": lambda extent: measure_commands(extent.layout, extent.runs),
    "waiting": lambda extent: [each for size in extent.waiting for each in measure_waiting(size, extent.runs)],
    "writes": lambda extent: measure_writes(extent.creates, max(1, extent.runs // 4)),
    "fleet": lambda extent: measure_fleet(extent.instances, max(1, extent.runs // 3)),
}
"""The parts that are measured one after the other; those by size run in the same rounds."""
PICTURE = Path("docs/images/speed.svg")


def main() -> None:
    """Measure, print a table in Markdown, write JSON and a picture."""
    chosen = _parser().parse_args()
    extent = QUICK if chosen.quick else WHOLE
    extent = replace(extent, runs=chosen.runs or extent.runs, sizes=chosen.sizes or extent.sizes)
    parts = chosen.only or [*OTHERS, *SIZED]
    about = about_here(parts)
    figures = list(measure(extent, parts))
    about["load_after"] = os.getloadavg()
    # What the documentation shows is drawn by a whole run alone.
    whole = extent == WHOLE and chosen.only is None
    picture = chosen.picture or (PICTURE if whole else chosen.output.with_name(PICTURE.name))
    print(table := f"{title(about)}\n\n{as_table(figures)}")
    for file, text in (
        (chosen.output, as_json(about, figures)),
        (chosen.output.with_suffix(".md"), table),
        (picture, draw(curves(figures))),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(f"written to {file}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--quick", action="store_true", help="less of everything, in under a minute")
    parser.add_argument("--only", action="append", choices=[*OTHERS, *SIZED], help="one part; may be repeated")
    parser.add_argument("--runs", type=int, help="of each command; fewer of those that take seconds")
    parser.add_argument("--sizes", type=_numbers, help="numbers of clients")
    parser.add_argument("--output", type=Path, default=Path(".bench/results.json"))
    parser.add_argument("--picture", type=Path, help=f"{PICTURE} for a whole run, else beside the results")
    return parser


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def measure(extent: Extent, parts: Collection[str]) -> Iterator[Figure]:
    """Each part that was chosen."""
    for part, run in OTHERS.items():
        if part in parts:
            yield from run(extent)
    if sized := [part for part in SIZED if part in parts]:
        for size in extent.sizes:
            yield from measure_size(size, extent.runs, sized)


def about_here(parts: Collection[str]) -> dict[str, object]:
    """When and on what was measured, without the machine's name."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "reconciler": __version__,
        "python": f"{host.python_implementation()} {host.python_version()}",
        "machine": f"{host.system()} {host.machine()}",
        "cores": os.cpu_count(),
        "peers": versions() if "peers" in parts else {},
        "load_before": os.getloadavg(),
    }


if __name__ == "__main__":
    main()
