"""`validate` and `plan` with nothing to do on N clients, and what starting takes: beside the floor and other tools."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tests.benchmarks import peers
from tests.benchmarks.measuring import RECONCILER, Figure, Job, floor, measure_together, runs_for
from tests.benchmarks.projects import write_project, write_settings
from tests.benchmarks.serving import running, serving

PARTS = ("validate", "plan", "peers")
MOST_OF_A_PEER = 10_000


def measure_start(runs: int) -> list[Figure]:
    """What starting takes."""
    bare = Job(name="bare python", arguments=[sys.executable, "-c", "pass"])
    options = (Job(name=each, arguments=[*RECONCILER, each], floor="bare python") for each in ("--help", "--version"))
    return measure_together([bare, *options], runs)


def measure_size(size: int, runs: int, parts: Collection[str] = PARTS) -> list[Figure]:
    """Some of the parts for N clients, all in the same rounds."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        write_project(folder, size)
        url = stack.enter_context(serving(folder / "listing.json"))
        write_settings(folder, url)
        jobs = list(_validate(folder, size)) if "validate" in parts else []
        if "plan" in parts or "peers" in parts:
            jobs += _plan(folder, size, url)
        if "peers" in parts and size <= MOST_OF_A_PEER:
            jobs += [*_deck(folder, size, stack), *_octodns(folder, size, runs, stack)]
        return measure_together(jobs, runs_for(size, runs))


def measure_waiting(size: int, runs: int, milliseconds: int = 50) -> list[Figure]:
    """`plan` on a server that takes its time for each request, beside the other tools."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, slow = Path(name), f", {milliseconds} ms a request"
        write_project(folder, size)
        url = stack.enter_context(serving(folder / "listing.json", milliseconds))
        write_settings(folder, url)
        jobs = [
            Job(name="plan", clients=size, arguments=command(folder, "plan"), url=url),
            *_deck(folder, size, stack, milliseconds),
            *_octodns(folder, size, runs, stack, milliseconds),
        ]
        beside = [each.beside and f"{each.beside}{slow}" for each in jobs]
        named = [replace(each, name=f"{each.name}{slow}", beside=to) for each, to in zip(jobs, beside, strict=True)]
        return measure_together(named, runs_for(size, runs))


def _validate(folder: Path, size: int) -> Iterator[Job]:
    yield Job(name="validate", clients=size, arguments=command(folder, "validate"), floor="validate: floor")
    yield Job(name="validate: floor", clients=size, arguments=floor(folder))


def _plan(folder: Path, size: int, url: str) -> Iterator[Job]:
    yield Job(name="plan", clients=size, arguments=command(folder, "plan"), url=url, floor="plan: floor")
    yield Job(name="plan: floor", clients=size, arguments=floor(folder, url), url=url)


def _deck(folder: Path, size: int, stack: ExitStack, milliseconds: int = 0) -> Iterator[Job]:
    if deck := peers.deck():
        url = stack.enter_context(running("kong", str(size), str(milliseconds)))
        arguments = [deck, *peers.write_services(folder, size), "--kong-addr", url]
        yield Job(name="decK: diff", clients=size, arguments=arguments, url=url, beside="plan")


def _octodns(folder: Path, size: int, runs: int, stack: ExitStack, milliseconds: int = 0) -> Iterator[Job]:
    if python := peers.octodns():
        url = stack.enter_context(running("powerdns", str(size), str(milliseconds)))
        arguments = [str(python), *peers.write_zone(folder / "zone", size, url)]
        most = max(1, runs // 4) if size >= MOST_OF_A_PEER else None  # one takes five seconds or more
        yield Job(name="octoDNS: plan", clients=size, arguments=arguments, url=url, beside="plan", at_most=most)


def command(folder: Path, name: str) -> list[str]:
    """One of our commands on the project in a folder."""
    return [*RECONCILER, name, "--config", str(folder / "reconciler.yaml"), "--quiet"]
