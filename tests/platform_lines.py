"""The lines of the platform that the life cycle, the faults, the kills and the stateful property are run on.

A test that takes `platform_line` runs on each that is chosen: `make test-thorough LINES=4.15`. A new line is one more
entry in LINES.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox.serve import running
from reconciler.sandbox.store import Store

if TYPE_CHECKING:
    from tests.faults import Fault


@dataclass(frozen=True)
class Line:
    """A line of the platform, and the version with which the sandbox behaves like it."""

    name: str
    platform: str
    creates: bool = True
    """Whether clients are created there."""
    limits_sessions: bool = True
    """Whether an instance can allow one session a user."""
    questions: int = 2
    """Requests of an apply before its first write, besides the login and the list; for three clients that change."""

    def __str__(self) -> str:
        return self.name

    def demand_creates(self) -> None:
        """Skip a test that creates clients, on a line on which the program creates none."""
        if not self.creates:
            pytest.skip("nothing is created on this line")

    def install(self, database: Path, *, upgraded: bool = False) -> None:
        """Make a fresh database, for tests that put something in it before the first start. Its next id is 6.

        If `upgraded`, the instance was of 4.15 before.
        """
        with Store(database, platform=self.platform, upgraded=upgraded) as store:
            for number in range(len(store.clients()) + 1, 6):
                store.create(f"Gap {number}", "", False, True)
                store.revoke(number)

    def running(
        self,
        database: Path | None,
        middleware: Fault | None = None,
        settings: Mapping[str, str | int] | None = None,
        clock: Callable[[], float] = time.time,
        port: int = 0,
    ) -> AbstractContextManager[str]:
        """The sandbox as this line; a test may have settings of its own besides. Port 0 takes a free port."""
        return running(
            database,
            platform=self.platform,
            settings={"session.secure": "false", **(settings or {})},
            middleware=middleware,
            clock=clock,
            port=port,
        )


DEFAULT = Line("4.15", "4.15.6")
LINES = (
    Line("4.0", "4.0.17", creates=False, limits_sessions=False, questions=1),
    Line("4.2", "4.2.36", creates=False, limits_sessions=False, questions=1),
    Line("4.6.3", "4.6.3", limits_sessions=False),
    Line("4.8.4", "4.8.4", limits_sessions=False),
    Line("4.11.1", "4.11.1"),
    Line("4.14.1", "4.14.1"),
    DEFAULT,
    Line("2026-hashed", "2026-hashed", creates=False, questions=3),
    Line("2026-owner-only", "2026-owner-only", creates=False, questions=4),
    Line("2026", "2026", creates=False, questions=1),
)


def named_lines() -> list[str]:
    """What PLATFORM_LINES names."""
    return os.environ.get("PLATFORM_LINES", "").replace(",", " ").split()


def chosen_lines() -> tuple[Line, ...]:
    """Those that PLATFORM_LINES names, separated by commas or blanks; the default if it names none.

    Raises ValueError if there is no such line.
    """
    known = {line.name: line for line in LINES}
    names = named_lines() or [DEFAULT.name]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise ValueError(f"LINES names {', '.join(unknown)}; the sandbox knows: {', '.join(known)}")
    return tuple(line for name, line in known.items() if name in names)
