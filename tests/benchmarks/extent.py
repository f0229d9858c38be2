"""How much a run measures: everything, or what shows in less than a minute that all of it works."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Extent:
    """Runs and sizes."""

    runs: int
    sizes: tuple[int, ...]
    """Numbers of clients for `validate`, `plan` and the other tools."""
    layout: int
    """The number of clients that are written in each layout."""
    https: tuple[int, ...]
    waiting: tuple[int, ...]
    """Numbers of clients on a server that takes its time for each request."""
    creates: int
    instances: int


WHOLE = Extent(
    9,
    (10, 100, 1_000, 10_000, 100_000),
    layout=10_000,
    https=(10, 1_000),
    waiting=(10, 100, 1_000),
    creates=200,
    instances=200,
)
QUICK = Extent(3, (10, 100, 1_000, 10_000), layout=1_000, https=(10, 1_000), waiting=(10,), creates=40, instances=24)
