"""What was measured, with all that it is compared to: as JSON, as a table in Markdown, as curves for the picture."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence

from tests.benchmarks.measuring import Figure

Entry = Mapping[str, str | int | float | None]
"""A figure in the JSON."""

HEADS = (
    "command",
    "clients",
    "at once",
    "median",
    "least",
    "runs",
    "MiB",
    "requests",
    "/ floor",
    "/ ours",
    "CPU",
    "CPU / ours",
    "faster",
)
NOTES = """\
Times are of whole processes. "/ floor": how many times what the same work takes at least, measured in the same rounds;
where a server waits, that is the sum of its waiting, divided by the number of requests at once. "/ ours": how many
times our plan of as many clients with nothing to do, for another tool or command. CPU: what the processors worked, a
median, too. "faster": how many times as fast as one at a time. MiB: the largest peak of the runs.
"""
SHOWN = {
    "plan": "plan",
    "plan: floor": "the floor",
    "validate": "validate",
    "octoDNS: plan": "octoDNS plan",
    "decK: diff": "decK diff",
}
"""The curves of the picture."""


def entries(figures: Sequence[Figure]) -> list[Entry]:
    """Each figure with its ratios to the others of the same run."""
    medians = {(each.job.name, each.job.clients, each.job.workers): each.median for each in figures}
    processors = {(each.job.name, each.job.clients): each.processor for each in figures}
    return [_entry(each, medians, processors) for each in figures]


def _entry(
    figure: Figure,
    medians: Mapping[tuple[str, int, int | None], float],
    processors: Mapping[tuple[str, int], float],
) -> Entry:
    job = figure.job
    floor = medians.get((job.floor, job.clients, None)) if isinstance(job.floor, str) else job.floor
    ours = medians.get((job.beside, job.clients, None)) if job.beside else None
    alone = medians.get((job.name, job.clients, 1)) if job.workers else None
    return {
        "command": job.name,
        "clients": job.clients,
        "at_once": job.workers,
        "median_seconds": round(figure.median, 6),
        "least_seconds": round(figure.least, 6),
        "runs": figure.runs,
        "peak_mebibytes": round(figure.mebibytes, 1),
        "requests": figure.requests,
        "floor_seconds": round(floor, 6) if floor else None,
        "times_the_floor": _ratio(figure.median, floor),
        "times_ours": _ratio(figure.median, ours),
        "processor_seconds": round(figure.processor, 6),
        "processor_times_ours": _ratio(
            figure.processor, processors.get((job.beside, job.clients)) if job.beside else None
        ),
        "times_faster_than_one_at_a_time": _ratio(alone, figure.median),
    }


def _ratio(many: float | None, few: float | None) -> float | None:
    return round(many / few, 3) if many and few else None


def growth(figures: Sequence[Figure]) -> Iterator[Entry]:
    """The exponents between two sizes, of whatever was measured at both: 1 is linear, less is what starting takes."""
    seconds = {(each.job.name, each.job.clients): each.median for each in figures if each.job.workers is None}
    for command in dict.fromkeys(name for name, _ in seconds):
        for few, many in ((100, 10_000), (10_000, 100_000)):
            if (command, few) in seconds and (command, many) in seconds:
                exponent = math.log(seconds[command, many] / seconds[command, few]) / math.log(many / few)
                yield {"command": command, "from": few, "to": many, "exponent": round(exponent, 3)}


def as_json(about: Mapping[str, object], figures: Sequence[Figure]) -> str:
    """What a program reads; times in seconds."""
    document = {**about, "figures": entries(figures), "growth": list(growth(figures))}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def title(about: Mapping[str, object]) -> str:
    """When and on what, in a line."""
    peers = about["peers"]
    assert isinstance(peers, Mapping)
    loads = [about["load_before"], about["load_after"]]
    before, after = (each[0] for each in loads if isinstance(each, tuple))
    beside = "".join(f", {name} {version}" for name, version in peers.items())
    return (
        f"{about['date']}, {about['python']}, {about['machine']}, {about['cores']} cores, load {before:.1f} before and "
        f"{after:.1f} after{beside}"
    )


def as_table(figures: Sequence[Figure]) -> str:
    """A line a figure, and how cost grows with N."""
    lines = [_line(HEADS), _line(["---"] * len(HEADS)), *(_line(_cells(each)) for each in entries(figures))]
    exponents = [
        f"- {each['command']}: time grows with N^{each['exponent']:.2f} between {each['from']:,} and {each['to']:,}"
        for each in growth(figures)
    ]
    return "\n".join([*lines, "", NOTES, *exponents]).rstrip("\n") + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(entry: Entry) -> list[str]:
    return [
        str(entry["command"]),
        f"{entry['clients']:,}" if entry["clients"] else "",
        _number(entry["at_once"]),
        _time(entry["median_seconds"]),
        _time(entry["least_seconds"]),
        _number(entry["runs"]),
        f"{entry['peak_mebibytes']:.0f}",
        _number(entry["requests"]),
        *(_times(entry[key]) for key in ("times_the_floor", "times_ours")),
        _time(entry["processor_seconds"]),
        *(_times(entry[key]) for key in ("processor_times_ours", "times_faster_than_one_at_a_time")),
    ]


def _number(value: str | float | None) -> str:
    return "" if value is None else str(value)


def _time(seconds: str | float | None) -> str:
    assert isinstance(seconds, (int, float))
    return f"{seconds * 1000:,.0f} ms" if seconds < 10 else f"{seconds:.1f} s"


def _times(ratio: str | float | None) -> str:
    return "" if not isinstance(ratio, (int, float)) else f"{ratio:.2f}" if ratio < 1 else f"{ratio:.1f}"


def curves(figures: Sequence[Figure]) -> dict[str, dict[int, float]]:
    """What the picture shows."""
    return {
        label: {each.job.clients: each.median for each in figures if each.job.name == command}
        for command, label in SHOWN.items()
    }
